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
ENDLESS = "def softmax(x):\n    while True:\n        pass\n"
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
    assert at.locator(".edit-side .view-scroll").nth(1).locator("tbody tr").count() == len(after)
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
    at = write(page, ENDLESS)
    at.get_by_role("button", name="Run").click()
    expect(at.get_by_role("status")).to_have_text("Trying it out …")
    start_s = time.monotonic()
    at.get_by_role("button", name="Stop").click()
    expect(at).to_have_attribute("data-state", "stopped")
    expect(at.get_by_role("status")).to_contain_text("asked to stop and has 1 s to answer")
    box.wait_for("booting", "loading")
    box.wait_for("ready")
    elapsed_s = time.monotonic() - start_s
    expect(at.get_by_role("status")).to_contain_text("Python did not answer and was started anew")
    expect(at.get_by_role("textbox")).to_contain_text("while True")
    expect(page.locator("edit-banner")).to_be_hidden()
    box.generate.click()
    box.wait_until_done()
    assert box.ids() == ids_here()
    assert elapsed_s < max(5, 2 * start_of(page) + 1.2)  # 5 s, where the machine has nothing else to do
    at.get_by_role("button", name="Reset").click()


def start_of(page: Page) -> float:
    """How long Python took to start the last time, with the model: seconds, by the engine's own clock."""
    ms: float = page.evaluate(
        """async () => {
          const main = document.querySelector("script[src$='js/main.js']").src;
          const { engine } = await import(new URL("engine.js", main));
          return Object.values(engine.state.times).reduce((sum, ms) => sum + ms, 0);
        }"""
    )
    return ms / 1000


def test_a_second_stop_ends_python_at_once_and_the_box_has_its_own(box: PromptBox) -> None:
    page = box.page
    late = "def softmax(x):\n    while x.shape[-1] > 9:\n        pass\n    return np.ones_like(x)\n"
    at = write(page, late)  # short texts end, so the trial does
    at.get_by_role("button", name="Run").click()
    expect(page.locator("edit-banner")).to_contain_text("softmax", timeout=BOOT_MS)
    at.get_by_role("button", name="Stop").click()
    at.get_by_role("button", name="Stop").click()
    box.wait_for("booting", "loading")
    box.wait_for("ready")
    expect(page.locator("edit-banner")).to_be_hidden()
    expect(at.get_by_role("textbox")).to_contain_text("shape[-1] > 9")
    at.get_by_role("button", name="Reset").click()


def test_reset_all_ends_code_that_never_returns_from_any_page(box: PromptBox) -> None:
    page = box.page
    at = write(page, FREE)
    page.keyboard.press(MODIFIER)
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    write(page, ENDLESS)
    page.keyboard.press(MODIFIER)
    expect(at).to_have_attribute("data-state", "working")
    page.locator('a[href$="learn/tokens/"]').first.evaluate("a => a.click()")
    page.wait_for_url("**/learn/tokens/")
    banner = page.locator("edit-banner")
    expect(banner).to_contain_text("An edit of softmax is at work.")
    banner.get_by_role("button", name="Reset all").click()
    expect(banner.get_by_role("button", name="End it now")).to_be_visible()
    box.wait_for("booting", "loading")
    box.wait_for("ready")
    expect(banner).to_be_hidden()
    page.go_back()
    page.wait_for_url("**/learn/attention/")
    expect(editor(page)).to_have_attribute("data-state", "closed")


def test_edited_code_stands_where_it_was_printed_and_goes_with_the_edit(box: PromptBox) -> None:
    page = box.page
    printed = page.locator(".live-source", has=editor(page)).locator(".highlight").first
    at = write(page, FREE)
    page.keyboard.press(MODIFIER)
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    at.get_by_role("button", name="Close").click()
    shown = at.get_by_role("region", name="Edited code")
    expect(shown).to_have_text(FREE.rstrip())
    expect(shown.locator("mark")).to_have_text(FREE.splitlines())  # the shapes went from its first line
    expect(at.locator(".edit-says")).to_contain_text("Edited: this is what runs in the model now.")
    expect(printed).to_be_hidden()
    assert violations(page, "model-editor, edit-banner") == []
    at.get_by_role("button", name="Edit softmax").click()
    expect(at.get_by_role("textbox")).to_contain_text("np.ones_like")
    expect(shown).to_be_hidden()
    at.get_by_role("button", name="Close").click()
    at.get_by_role("button", name="Reset softmax").click()
    expect(printed).to_be_visible()
    expect(shown).to_be_hidden()
    expect(at.locator(".edit-open")).to_be_focused()


def test_what_an_edit_changes_besides_its_own_function_is_marked_as_well(box: PromptBox) -> None:
    page = box.page
    other = editor(page, "attention_weights")
    at = write(page, f"{FREE}\n\ndef attention_weights(q, k):\n    return softmax(attention_scores(q, k))\n")
    page.keyboard.press(MODIFIER)
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    expect(other.locator(".edit-says")).to_contain_text("Edited, by the edit of softmax")
    expect(other.get_by_role("region", name="Edited code")).to_contain_text(
        "return softmax(attention_scores(q, k))"
    )
    page.get_by_role("button", name="Reset all").click()
    expect(other.get_by_role("region", name="Edited code")).to_be_hidden()


def test_a_text_that_is_not_the_one_that_runs_says_so(box: PromptBox) -> None:
    page = box.page
    at = write(page, FREE)
    page.keyboard.press(MODIFIER)
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    expect(at.get_by_role("status")).to_have_text("This runs in the model now.")
    write(page, "def softmax(x):\n    return nope\n")
    expect(at.get_by_role("status")).to_contain_text("The text that was run before this one")
