"""Experiments without typing, and a link that brings a run to somebody else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from accessibility import violations
from faulty_site import FaultySite
from picogpt import Generation, edit, experiments, load_checkpoint
from picogpt.models import shipped_folder
from picogpt.presets import PRESETS, Preset, ablation
from picogpt.sampling import probabilities
from picogpt.script import script
from prompt_box import BOOT_MS, PromptBox, opened, shared_box

PROMPT = "ROMEO:\nBut soft, what"
N_TOKENS = 6
ENDLESS = "def gelu(x):\n    while True:\n        pass\n"
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


def ids_here(name: str = "", text: str = "") -> list[int]:
    encoder, hparams, params = load_checkpoint(shipped_folder() / "shakespeare")
    assert encoder
    inputs, stop = encoder.encode(PROMPT), encoder.end_of_text
    if name:
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


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_a_preset_shows_its_code_and_writes_what_it_writes_on_cpython(box: PromptBox, preset: Preset) -> None:
    page = box.page
    expect(page.locator("model-presets button")).to_have_text([preset.title for preset in PRESETS])
    button = page.locator("model-presets").get_by_role("button", name=preset.title, exact=True)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true", timeout=BOOT_MS)
    wait(page, preset.name)
    assert preset.source.splitlines()[1] in page.get_by_role("textbox", name="Code of").inner_text()
    assert ids(page, "edited") == ids_here(preset.name, preset.source)
    assert ids(page, "original") == ids_here()
    expect(page.locator("edit-banner a")).to_have_count(1)  # each takes the place of the last one


def test_the_page_with_an_edited_model_is_accessible_and_reset_gives_the_exact_ids_back(
    box: PromptBox,
) -> None:
    page = box.page
    page.locator("model-presets button").first.click()
    wait(page, PRESETS[0].name)
    assert violations(page) == []
    page.get_by_role("button", name="Reset all").click()
    expect(page.locator("edit-banner")).to_be_hidden()
    box.generate.click()
    box.wait_until_done()
    assert box.ids() == ids_here()


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


def test_the_grid_shows_what_is_silent_in_the_model_whoever_has_silenced_it(box: PromptBox) -> None:
    page = box.page
    silent = page.locator("model-ablation [aria-pressed=true]")
    expect(silent).to_have_count(0)
    page.get_by_role("button", name="Silence attention heads").click()
    expect(silent).to_have_count(1, timeout=BOOT_MS)
    expect(page.get_by_role("button", name="Head 0 of block 0")).to_have_attribute("aria-pressed", "true")
    wait(page, "gpt2")
    page.get_by_role("button", name="Reset all").click()
    expect(silent).to_have_count(0)


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


@pytest.mark.parametrize("place", ["the block", "attention", "the feed-forward network"])
def test_patching_on_the_page_moves_the_answer_as_far_as_on_cpython(box: PromptBox, place: str) -> None:
    page = box.page
    encoder, hparams, params = load_checkpoint(shipped_folder() / "shakespeare")
    assert encoder
    patch = page.locator("model-patch")
    a, b, layer, position = "The king of", "The love of", 2, 1
    for label, text in (("First text", a), ("Second text", b), ("in block", layer), ("at token", position)):
        patch.get_by_label(label).fill(str(text))
    patch.get_by_role("combobox").select_option(place)
    patch.get_by_role("button", name="Run").click()
    path = patch_path(layer, place)
    expect(patch.locator("p code")).to_contain_text(f'"{path}", {position}, params')
    expect(patch.locator("form")).not_to_have_attribute("aria-busy", "true", timeout=BOOT_MS)
    moved = experiments.patch(encoder.encode(a), encoder.encode(b), path, position, params, hparams["n_head"])
    assert float(patch.locator("caption").inner_text().rstrip(".").split()[-1]) == pytest.approx(
        moved.largest, rel=0.02
    )
    first = patch.locator("tbody tr").first.locator("td").all_inner_texts()
    id = int(np.argmax(moved.before))
    shown = [float(text.removesuffix(" %")) for text in first]
    before, after = moved.probabilities([id])
    assert shown == pytest.approx(
        [100 * before[0], 100 * after[0], 100 * probabilities([id], moved.donor)[0]], abs=0.06
    )


def patch_path(layer: int, place: str) -> str:
    inner = {"the block": "", "attention": "/mha.0", "the feed-forward network": "/ffn.0"}
    return f"gpt2.0/transformer_block.{layer}{inner[place]}"


NO_MASK_HALF_GELU = (
    edit.source().replace(" + causal_mask(n_new, n_all - n_new)", "").replace("y += 1\n", "y += 2\n")
)


def test_all_of_the_model_is_edited_at_once_and_taken_along_it_writes_the_same_ids_natively(
    box: PromptBox, tmp_path: Path
) -> None:
    page = box.page
    go_to(page, "learn/the-whole-model/")
    at = page.locator('model-editor[function="model"]')
    at.get_by_role("button", name="Edit model.py").click()
    expect(at.get_by_role("textbox")).to_contain_text("def gelu(x)")
    at.get_by_role("textbox").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(NO_MASK_HALF_GELU)
    page.keyboard.press("Control+Enter")
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    written = ids_in(at, "edited")
    assert written == ids_here("model", NO_MASK_HALF_GELU)
    assert ids_in(at, "original") == ids_here() != written
    assert run_natively(downloaded(page, tmp_path), len(written)) == written
    assert violations(page) == []
    at.get_by_role("button", name="Close").click()
    expect(at.get_by_role("region", name="Edited code").locator("mark")).to_have_count(2)
    at.get_by_role("button", name="Reset model").click()
    expect(page.locator("edit-banner")).to_be_hidden()
    assert downloaded(page, tmp_path).read_text("utf-8") == script()
    assert run_natively(tmp_path / "gpt2.py", N_TOKENS) == ids_here()
    go_to(page, "learn/experiments/")


def go_to(page: Page, path: str) -> None:
    """By a click, as a reader goes: the model stays."""
    page.locator(f'a[href$="{path}"]').first.evaluate("a => a.click()")
    page.wait_for_url(f"**/{path}")


def ids_in(at: Locator, side: str) -> list[int]:
    found = at.locator(f'[data-side="{side}"] [data-id]')
    return [int(id) for id in found.evaluate_all("all => all.map(token => token.dataset.id)")]


def downloaded(page: Page, folder: Path) -> Path:
    """The file that the page gives to take along."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download .py").click()
    download.value.save_as(folder / "gpt2.py")
    return folder / "gpt2.py"


def run_natively(file: Path, n: int) -> list[int]:
    """The ids that the file writes in a Python that does not know this project."""
    code = (
        "import runpy, sys; m = runpy.run_path(sys.argv[1]); e, h, p = m['load_checkpoint'](sys.argv[2]);"
        "print(*m['greedy'](e.encode(sys.argv[3]), p, h['n_head'], int(sys.argv[4])))"
    )
    weights = str(shipped_folder() / "shakespeare")
    line = [sys.executable, "-I", "-X", "utf8", "-c", code, str(file), weights, PROMPT, str(n)]
    done = subprocess.run(line, capture_output=True, text=True, cwd=file.parent, check=True)
    return [int(id) for id in done.stdout.split()]


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
    expect(region.locator("pre code")).to_have_text(FREE)
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


def test_code_of_a_link_that_never_returns_is_stopped_where_it_was_begun(
    browser: Browser, site: FaultySite
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url + "404.html")
    shared = {"prompt": PROMPT, "settings": {}, "model": "124M", "edits": {"gelu": ENDLESS}}
    fragment = page.evaluate(
        "(shared) => import(new URL('js/share.js', document.baseURI)).then(({ pack }) => pack(shared))",
        shared,
    )
    box = opened(context.new_page(), site.url + fragment)
    region = box.page.get_by_role("region", name="Code in the link")
    expect(region).to_contain_text("It was written for the model “GPT-2 124M”")
    region.get_by_role("button", name="Run this code").click()
    expect(region.get_by_role("status")).to_have_text("Trying it out …")
    expect(region.get_by_role("button", name="Run this code")).to_be_disabled()
    region.get_by_role("button", name="Stop the code").click()
    region.get_by_role("button", name="Stop the code").click()
    expect(region.get_by_role("status")).to_contain_text("Stopped")
    box.wait_for("ready")
    expect(box.page.locator("edit-banner")).to_be_hidden()
    region.get_by_role("button", name="Leave it").click()
    box.element.locator("details").first.evaluate("settings => { settings.open = true; }")
    box.set(greedy=True, n_tokens=N_TOKENS)
    box.generate.click()
    box.wait_until_done()
    assert box.ids() == ids_here()
    context.close()
