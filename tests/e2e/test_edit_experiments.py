"""Experiments without typing, and a link that brings a run to somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from accessibility import violations
from faulty_site import FaultySite
from picogpt import Generation, edit, experiments, load_checkpoint
from picogpt.models import shipped_folder
from picogpt.presets import PRESETS, ablation
from picogpt.script import script
from prompt_box import BOOT_MS, PromptBox, opened, shared_box

PROMPT = "ROMEO:\nBut soft, what"
N_TOKENS = 6
FREE = "def gelu(x):\n    return np.tanh(x)\n"


@pytest.fixture(scope="module")
def box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    """One page for all tests, its model loaded."""
    with shared_box(browser, served_site.url + "learn/experiments/") as box:
        set_up(box)
        yield box


def set_up(box: PromptBox) -> None:
    box.element.locator("details").first.evaluate("settings => { settings.open = true; }")
    box.set(greedy=True, n_tokens=N_TOKENS)
    box.prompt.fill(PROMPT)


def ids(page: Page, side: str) -> list[int]:
    found = page.locator(f'model-editor [data-side="{side}"] [data-id]')
    return [int(id) for id in found.evaluate_all("all => all.map(token => token.dataset.id)")]


def ids_here(name: str, text: str) -> list[int]:
    encoder, hparams, params = load_checkpoint(shipped_folder() / "shakespeare")
    assert encoder
    inputs, stop = encoder.encode(PROMPT), encoder.end_of_text
    edit.replace(name, text)
    try:
        return [token.id for token in Generation(inputs, params, hparams["n_head"], N_TOKENS, stop_id=stop)]
    finally:
        edit.restore()


def wait(page: Page, name: str) -> None:
    """Until this edit's before and after are there."""
    expect(
        page.locator(f'model-editor[data-experiments][function="{name}"][data-state="done"]')
    ).to_be_visible(timeout=BOOT_MS)


def test_presets_show_their_code_and_write_what_they_write_on_cpython(box: PromptBox) -> None:
    page = box.page
    expect(page.locator("model-presets button")).to_have_text([preset.title for preset in PRESETS])
    for preset in (PRESETS[0], PRESETS[2], PRESETS[9]):
        button = page.locator("model-presets").get_by_role("button", name=preset.title, exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true", timeout=BOOT_MS)
        wait(page, preset.name)
        assert preset.source.splitlines()[1] in page.get_by_role("textbox", name="Code of").inner_text()
        assert ids(page, "edited") == ids_here(preset.name, preset.source)
    expect(page.locator("edit-banner a")).to_have_count(1)  # each takes the place of the last one
    assert violations(page) == []
    page.get_by_role("button", name="Reset all").click()
    expect(page.locator("edit-banner")).to_be_hidden()


def test_heads_and_layers_are_silenced_by_clicking_them(box: PromptBox) -> None:
    page = box.page
    page.get_by_role("button", name="Head 1 of block 0").click()
    wait(page, "gpt2")
    assert ids(page, "edited") == ids_here("gpt2", ablation(heads={(0, 1)}))
    page.get_by_role("button", name="Feed-forward layer of block 1").click()
    expect(page.locator(".cm-content")).to_contain_text("SILENT_FFNS = [1]")
    expect(page.locator("model-ablation [aria-pressed=true]")).to_have_count(2)
    wait(page, "gpt2")
    assert ids(page, "edited") == ids_here("gpt2", ablation(heads={(0, 1)}, ffns={1}))
    for name in ("Head 1 of block 0", "Feed-forward layer of block 1"):
        page.get_by_role("button", name=name).click()
    expect(page.locator("edit-banner")).to_be_hidden(timeout=BOOT_MS)


def test_patching_and_rounding_show_how_far_the_answer_moves(box: PromptBox) -> None:
    page = box.page
    encoder, hparams, params = load_checkpoint(shipped_folder() / "shakespeare")
    assert encoder
    page.locator("model-rounding").get_by_role("combobox").select_option("int8")
    page.locator("model-rounding").get_by_role("button", name="Run").click()
    moved = experiments.rounding(encoder.encode(PROMPT), params, hparams["n_head"], 0, "int8")
    caption = page.locator("model-rounding caption")
    expect(caption).to_contain_text("the largest change of a logit is", timeout=BOOT_MS)
    assert float(caption.inner_text().rstrip(".").split()[-1]) == pytest.approx(moved.largest, rel=0.02)
    expect(page.locator("model-rounding p code")).to_have_text('rounding(ids, params, n_head, 0, "int8")')
    a, b = "The king", "The kings of"
    assert len(encoder.encode(a)) != len(encoder.encode(b))
    page.locator("model-patch").get_by_label("First text").fill(a)
    page.locator("model-patch").get_by_label("Second text").fill(b)
    page.locator("model-patch").get_by_role("button", name="Run").click()
    expect(page.locator("model-patch").get_by_role("alert")).to_contain_text("two of equal length")
    page.locator("model-patch").get_by_label("First text").fill(b)
    page.locator("model-patch").get_by_role("button", name="Run").click()
    zero = page.locator("model-patch caption")
    expect(zero).to_have_text("The token after the second text: the largest change of a logit is 0.")
    assert np.isfinite(moved.largest)


def test_the_model_can_be_taken_along_in_one_file(box: PromptBox, tmp_path: Path) -> None:
    page = box.page
    page.locator('a[href$="learn/the-whole-model/"]').first.evaluate("a => a.click()")
    page.wait_for_url("**/learn/the-whole-model/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download .py").click()
    download.value.save_as(tmp_path / "gpt2.py")
    assert (tmp_path / "gpt2.py").read_text("utf-8") == script()


def test_a_link_shows_its_code_runs_it_after_a_click_and_writes_the_same_text(
    browser: Browser, site: FaultySite
) -> None:
    first, second = browser.new_context(), browser.new_context()
    box = opened(first.new_page(), site.url + "learn/feed-forward/")
    set_up(box)
    box.set(greedy=False, temperature=1, seed=3)
    at = box.page.locator('model-editor[function="gelu"]').first
    at.locator(".edit-open").click()
    at.get_by_role("textbox").click()
    box.page.keyboard.press("Control+a")
    box.page.keyboard.insert_text(FREE)
    at.get_by_role("button", name="Run").click()
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    box.generate.click()
    box.wait_until_done()
    written = box.ids()
    box.page.get_by_role("button", name="Share").click()
    box.page.wait_for_function("() => location.hash.startsWith('#try=')")
    link = site.url + "#" + box.page.url.partition("#")[2]
    first.close()

    other = opened(second.new_page(), link)
    region = other.page.get_by_role("region", name="Code in the link")
    expect(region.locator("code")).to_have_text(FREE)
    expect(other.prompt).to_have_value(PROMPT)
    assert other.page.evaluate(
        "import(new URL('js/engine.js', document.baseURI)).then(({ engine }) => [engine.edits, engine.run])"
    ) == [{}, None]
    region.get_by_role("button", name="Run this code").click()
    expect(other.page.locator("edit-banner")).to_contain_text("gelu", timeout=BOOT_MS)
    other.wait_until_done()
    expect(other.tokens).to_have_count(len(written))
    assert other.ids() == written
    second.close()
