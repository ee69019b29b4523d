"""Editing the model as a reader does it: buttons, the editor, before and after, errors, Stop."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from accessibility import violations
from faulty_site import FaultySite
from picogpt import Generation, edit, load_checkpoint
from picogpt.models import shipped_folder
from prompt_box import BOOT_MS, PromptBox, shared_box

PROMPT = "ROMEO:\nBut soft, what"
N_TOKENS = 8
FREE = "def softmax(x):\n    return np.ones_like(x) / x.shape[-1]\n"
MODIFIER = "Control+Enter"


@pytest.fixture(scope="module")
def shared(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    """One page for all tests, its model loaded."""
    with shared_box(browser, served_site.url + "learn/attention/") as box:
        yield box


@pytest.fixture
def box(shared: PromptBox) -> Iterator[PromptBox]:
    """The page of the attention's functions, nothing edited."""
    shared.element.locator("details").first.evaluate("settings => { settings.open = true; }")
    shared.prompt.fill(PROMPT)
    shared.set(greedy=True, n_tokens=N_TOKENS)
    yield shared
    reset = shared.page.get_by_role("button", name="Reset all")
    if reset.is_visible():
        reset.click()
        expect(shared.page.locator("edit-banner")).to_be_hidden()


def editor(page: Page, function: str = "softmax") -> Locator:
    return page.locator(f'model-editor[function="{function}"]').first


def write(page: Page, text: str, function: str = "softmax") -> Locator:
    """Open the editor of a function and put a text there; the editor."""
    at = editor(page, function)
    opener = at.locator(".edit-open")
    if opener.is_visible():
        opener.click()
    code = at.get_by_role("textbox")
    code.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    return at


def ids(at: Locator, side: str) -> list[int]:
    found = at.locator(f'[data-side="{side}"] [data-id]')
    return [int(id) for id in found.evaluate_all("all => all.map(token => token.dataset.id)")]


def ids_here() -> list[int]:
    encoder, hparams, params = load_checkpoint(shipped_folder() / "shakespeare")
    assert encoder
    inputs, stop = encoder.encode(PROMPT), encoder.end_of_text
    return [token.id for token in Generation(inputs, params, hparams["n_head"], N_TOKENS, stop_id=stop)]


def ids_here_under(name: str, text: str) -> list[int]:
    edit.replace(name, text)
    try:
        return ids_here()
    finally:
        edit.restore()


def test_a_free_edit_writes_what_it_writes_on_cpython_and_reset_brings_the_ids_back(box: PromptBox) -> None:
    page = box.page
    before, after = ids_here(), ids_here_under("softmax", FREE)
    assert before != after
    at = write(page, FREE)
    page.keyboard.press(MODIFIER)
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    assert (ids(at, "original"), ids(at, "edited")) == (before, after)
    assert at.locator(".edit-scroll").nth(1).locator("tbody tr").count() == len(after)
    expect(page.locator("edit-banner")).to_contain_text("The model is edited: softmax")
    assert violations(page, "model-editor, edit-banner") == []
    box.generate.click()
    box.wait_until_done()
    assert box.ids() == after
    at.get_by_role("button", name="Reset").click()
    expect(page.locator("edit-banner")).to_be_hidden()
    box.generate.click()
    box.wait_until_done()
    assert box.ids() == before


def test_an_error_marks_its_line_and_the_model_stays_as_it_was(box: PromptBox) -> None:
    at = write(box.page, "def softmax(x):\n    y = x\n    return nope(y)\n")
    at.get_by_role("button", name="Run").click()
    expect(at).to_have_attribute("data-state", "failed", timeout=BOOT_MS)
    expect(at.get_by_role("alert")).to_contain_text("softmax, line 3: NameError: name 'nope' is not defined.")
    expect(at.get_by_role("region", name="Traceback")).to_contain_text("return nope(y)")
    expect(at.locator(".cm-lintRange-error")).to_have_text("return nope(y)")
    expect(at.locator(".cm-lint-marker-error")).to_be_visible()
    expect(box.page.locator("edit-banner")).to_be_hidden()
    box.generate.click()
    box.wait_until_done()
    assert box.ids() == ids_here()
    at.get_by_role("button", name="Reset").click()


def test_the_banner_leads_from_another_page_to_the_edit_which_is_still_in_its_editor(box: PromptBox) -> None:
    page = box.page
    at = write(page, FREE)
    page.keyboard.press(MODIFIER)
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    page.locator('a[href$="learn/tokens/"]').first.evaluate("a => a.click()")
    page.wait_for_url("**/learn/tokens/")
    banner = page.locator("edit-banner")
    banner.get_by_role("link", name="softmax").click()
    page.wait_for_url("**/learn/attention/")
    expect(editor(page).get_by_role("textbox")).to_contain_text("np.ones_like")


def test_code_that_never_returns_is_stopped_and_kept_and_the_model_is_back_soon(box: PromptBox) -> None:
    page = box.page
    at = write(page, "def softmax(x):\n    while True:\n        pass\n")
    at.get_by_role("button", name="Run").click()
    page.wait_for_timeout(500)
    start_s = time.monotonic()
    at.get_by_role("button", name="Stop").click()
    expect(at).to_have_attribute("data-state", "stopped")
    box.wait_for("booting", "loading")
    box.wait_for("ready")
    elapsed_s = time.monotonic() - start_s
    expect(at.get_by_role("textbox")).to_contain_text("while True")
    expect(page.locator("edit-banner")).to_be_hidden()
    box.generate.click()
    box.wait_until_done()
    assert box.ids() == ids_here()
    print(f"back after {elapsed_s:.1f} s")
    at.get_by_role("button", name="Reset").click()
