"""The page on training: a tiny GPT is trained in the tab as by CPython, paused, talked to, saved, opened."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from accessibility import violations
from faulty_site import FaultySite
from picogpt import load_checkpoint
from picogpt.model import gpt2
from picogpt.tiny import Choice
from picogpt.training_run import side_by_side
from project import ROOT
from prompt_box import BOOT_MS, PromptBox, shared_box
from test_learn import go

TEXT = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "site" / "learn").glob("*.md")))[:20_000]
TRAIN_MS = 120_000
MODULE = """import(new URL("js/training.js",
    document.querySelector("link[rel=icon]").href.replace(/[^/]*$/, "")))"""  # the icon is in the site's root
STATE = f"""() => {MODULE}.then(({{ training: one }}) => ({{ status: one.status, steps: one.steps,
    about: one.about, heldOut: one.heldOut, samples: one.samples, tokensPerSecond: one.tokensPerSecond }}))"""
HAS_STEPS = f"""n => {MODULE}.then(({{ training }}) => new Promise((resolve) => {{
  const look = () => (training.steps.length >= n || training.status === "failed") && resolve(training.status);
  training.addEventListener("change", look);
  look();
}}))"""
PAUSE = f"""() => {MODULE}.then(({{ training }}) => new Promise((resolve) => {{
  const buttons = [...document.querySelectorAll("live-training button")];
  const button = buttons.find((one) => one.textContent === "Pause");
  const clicked = performance.now();
  training.addEventListener("change", () => {{
    if (training.status !== "paused") return;
    const slices = training.steps.map(({{ elapsed_s }}) => elapsed_s * 1000);
    resolve({{ took: performance.now() - clicked, longest: Math.max(...slices), step: training.n_done }});
  }});
  button.click();
}}))"""


@pytest.fixture(scope="module")
def box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    """One page for all tests, its model loaded."""
    with shared_box(browser, served_site.url + "learn/training/") as box:
        yield box


@pytest.fixture
def page(box: PromptBox) -> Iterator[Page]:
    """The page on training, no run begun."""
    go(box, "training")
    box.page.set_viewport_size({"width": 1440, "height": 900})
    box.page.locator(".pb-settings").evaluate("details => { details.open = true }")
    reset(box.page)
    yield box.page
    go(box, "training")
    reset(box.page)


def reset(page: Page) -> None:
    """No run begun, none going on."""
    if page.locator("live-training").get_attribute("data-status") != "idle":
        button(page, "Reset").click()
    expect(page.locator("live-training")).to_have_attribute("data-status", "idle")
    expect(button(page, "Start")).to_be_enabled(timeout=BOOT_MS)


def button(page: Page, name: str) -> Any:
    return page.locator("live-training").get_by_role("button", name=name, exact=True)


def fill(page: Page, text: str | None = TEXT, **settings: Any) -> None:
    panel = page.locator("live-training")
    if text is not None:
        panel.get_by_label("Text", exact=True).select_option("own")
        panel.get_by_label("Your text").fill(text)
    labels = {"n_steps": "Steps", "learning_rate": "Learning rate", "seed": "Seed"}
    for name, value in settings.items():
        if name == "size":
            panel.get_by_label("Size: layers × channels").select_option(value)
        else:
            panel.get_by_label(labels[name], exact=True).fill(str(value))


def train(page: Page, text: str | None = TEXT, until: str = "done", **settings: Any) -> dict[str, Any]:
    fill(page, text, **settings)
    button(page, "Start").click()
    wait(page, until)
    return state(page)


def wait(page: Page, status: str) -> None:
    expect(page.locator("live-training")).to_have_attribute("data-status", status, timeout=TRAIN_MS)


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(STATE)
    return found


def wait_for_steps(page: Page, n: int) -> None:
    assert page.evaluate(HAS_STEPS, n) != "failed"


@pytest.mark.parametrize("size", ["tiny", "small"])
def test_the_losses_are_those_of_cpython_with_the_same_text_settings_and_seed(page: Page, size: str) -> None:
    found = train(page, size=size, n_steps=30, learning_rate=0.003, seed=3)
    names: dict[str, Any] = {"text": TEXT}
    exec(Choice(size, 30, 0.003, 3).recipe, names)
    with side_by_side(1):  # on busy cores, BLAS's threads wait for each other more than they compute
        expected = list(names["trainer"])
    np.testing.assert_allclose([step["loss"] for step in found["steps"]], expected, rtol=2e-3)
    assert found["about"]["n_vocab"] == names["encoder"].n_vocab
    assert [step["step"] for step in found["steps"]] == list(range(1, 31))


def test_the_code_that_is_shown_is_the_code_that_runs(page: Page) -> None:
    fill(page, size="small", n_steps=77, learning_rate=0.001, seed=9)
    expect(page.locator("live-training pre")).to_have_text(Choice("small", 77, 0.001, 9).recipe)


def test_a_ready_text_is_learned_visibly(page: Page) -> None:
    page.locator("live-training").get_by_label("Text", exact=True).select_option("alice")
    found = train(page, None, size="tiny", n_steps=60, learning_rate=0.003, seed=1)
    blind = found["about"]["blind_loss"]
    assert found["heldOut"][0]["loss"] == pytest.approx(blind, rel=0.03)
    assert found["heldOut"][-1]["loss"] < blind - 1.5
    assert found["tokensPerSecond"] > 0
    print(f"{found['tokensPerSecond']:.0f} tokens/s in {sum(s['elapsed_s'] for s in found['steps']):.1f} s")
    expect(page.locator("live-training plot-chart svg").first).to_be_visible()
    expect(page.locator("live-training .lt-samples > li")).to_have_count(len(found["samples"]))
    expect(page.locator("live-training .lt-sample").first).to_have_text(found["samples"][-1]["text"])


def test_pause_ends_with_the_slice_at_hand_and_continue_goes_on_from_there(page: Page) -> None:
    fill(page, size="small", n_steps=2000, learning_rate=0.003, seed=1)
    button(page, "Start").click()
    wait_for_steps(page, 12)
    found = page.evaluate(PAUSE)
    # on a busy machine a slice itself may take half a second; two of them would be one too many
    assert found["took"] < max(500, 1.9 * found["longest"]), found
    page.wait_for_timeout(1000)
    paused = state(page)
    assert (paused["status"], paused["steps"][-1]["step"]) == ("paused", found["step"])
    expect(page.locator("live-training .lt-status")).to_contain_text("paused")
    button(page, "Continue").click()
    wait_for_steps(page, found["step"] + 2)
    steps = [step["step"] for step in state(page)["steps"]]
    assert steps == list(range(1, len(steps) + 1))


def test_the_page_answers_and_the_prompt_box_writes_while_training_goes_on(
    box: PromptBox, page: Page
) -> None:
    fill(page, size="tiny", n_steps=5000, learning_rate=0.003, seed=1)
    button(page, "Start").click()
    wait_for_steps(page, 3)
    gap = page.evaluate(
        """() => new Promise((resolve) => {
          let last = performance.now(), longest = 0, n = 0;
          const timer = setInterval(() => {
            const now = performance.now();
            longest = Math.max(longest, now - last);
            last = now;
            if (++n === 100) { clearInterval(timer); resolve(longest); }
          }, 20);
        })"""
    )
    assert gap < 1000  # the page's own thread computes nothing
    before = len(state(page)["steps"])
    assert box.run("ROMEO:", n_tokens=5, greedy=True)
    after = state(page)
    assert after["status"] == "running"
    assert len(after["steps"]) > before


def test_the_run_goes_on_while_its_reader_is_on_another_page(box: PromptBox, page: Page) -> None:
    fill(page, size="tiny", n_steps=5000, learning_rate=0.003, seed=1)
    button(page, "Start").click()
    wait_for_steps(page, 3)
    go(box, "tokens")
    n = len(state(page)["steps"])
    wait_for_steps(page, n + 3)
    go(box, "training")
    expect(page.locator("live-training")).to_have_attribute("data-status", "running")
    expect(page.locator("live-training .lt-status")).to_contain_text("of 5,000")
    expect(page.locator("live-training plot-chart svg").first).to_be_visible()
    expect(page.locator("live-training").get_by_label("Steps", exact=True)).to_have_value("5000")


def test_the_trained_model_writes_is_saved_and_opened_again(
    box: PromptBox, page: Page, tmp_path: Path
) -> None:
    train(page, size="tiny", n_steps=20, learning_rate=0.003, seed=1)
    box.model.select_option("trained")
    expect(box.model.locator("option:checked")).to_have_text("Trained here: your text, step 20")
    box.wait_for("ready")
    box.run("The model", n_tokens=12, greedy=True)
    ids = box.ids()
    with page.expect_download() as download:
        button(page, "Save the model").click()
    saved = tmp_path / "saved.zip"
    download.value.save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        archive.extractall(tmp_path)
    assert continued("The model", tmp_path / "trained-by-picogpt", len(ids)) == ids
    box.model.select_option("shakespeare")
    box.wait_for("ready")
    open_again(box, saved)
    box.run("The model", n_tokens=12, greedy=True)
    assert box.ids() == ids
    assert "trained" in box.model.locator("option").evaluate_all("all => all.map(({ value }) => value)")
    box.model.select_option("shakespeare")
    box.wait_for("ready")


def continued(prompt: str, folder: Path, n: int) -> list[int]:
    """The likeliest tokens, one after the other, by CPython."""
    encoder, hparams, params = load_checkpoint(folder)
    ids = encoder.encode(prompt)
    start = len(ids)
    while len(ids) < start + n:
        ids.append(int(np.argmax(gpt2(ids, **params, n_head=hparams["n_head"])[-1])))
    return ids[start:]


def open_again(box: PromptBox, path: Path) -> None:
    box.element.locator("details.mp-own").evaluate("details => { details.open = true }")
    box.element.locator("input.mp-file").set_input_files(path)
    expect(box.model.locator("option:checked")).to_have_text("model.safetensors", timeout=BOOT_MS)
    box.wait_for("ready")


@pytest.mark.parametrize(
    ("text", "settings", "says"),
    [
        ("too short", {}, "The text has 9 characters."),
        (TEXT, {"n_steps": 0}, "n_steps is 0"),
        (TEXT, {"learning_rate": 5}, "learning_rate is 5"),
        (TEXT, {"seed": -1}, "seed is -1"),
    ],
)
def test_what_cannot_be_trained_is_explained(
    page: Page, text: str, settings: dict[str, Any], says: str
) -> None:
    usual = {"size": "tiny", "n_steps": 20, "learning_rate": 0.003, "seed": 1}
    train(page, text, until="failed", **(usual | settings))
    expect(page.locator("live-training").get_by_role("alert")).to_contain_text(says)
    expect(button(page, "Start")).to_be_enabled()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_the_panel_of_a_run_fits_and_everybody_can_use_it(page: Page, width: int, scheme: Any) -> None:
    train(page, size="tiny", n_steps=20, learning_rate=0.003, seed=1)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    expect(page.locator("live-training plot-chart svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page, "live-training") == []
