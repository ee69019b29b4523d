"""Checkpoints of the reader's own: from a file, from an address."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import Page

from faulty_site import FaultySite
from gpt2_page import (
    CONTINUE,
    EXPECTED,
    open_home,
    panel,
    the_small_model_answers,
)
from hub import HUB, Hub
from project import ROOT
from tests.reference import made_up


def test_a_file_from_the_readers_disk_is_opened_and_nothing_is_uploaded(
    home: Page, hub: Hub, reduced_file: Path
) -> None:
    home.locator(".mp-own summary").click()
    home.locator(".mp-file").set_input_files(reduced_file)
    panel(home, "done")
    result = home.evaluate(CONTINUE, [EXPECTED["reduced"]["input_ids"], 24])
    assert result["ids"] == EXPECTED["reduced"]["greedy"]
    assert result["model"] == "file:model.safetensors"
    assert hub.asked == []


DROP = """([content, name]) => {
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name));
    const box = document.querySelector("prompt-box");
    box.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def test_a_dropped_checkpoint_without_a_vocabulary_is_opened_and_takes_ids(home: Page, hub: Hub) -> None:
    content = (ROOT / "tests" / "reference" / "published" / "model.safetensors").read_bytes()
    home.evaluate(DROP, [base64.b64encode(content).decode(), "mine.safetensors"])
    panel(home, "done")
    home.get_by_text("This model came without a vocabulary").wait_for()


def test_a_file_of_another_kind_is_refused_with_a_hint(home: Page, hub: Hub, tmp_path: Path) -> None:
    other = tmp_path / "model.safetensors"
    other.write_text("<!doctype html><p>Sign in")
    home.locator(".mp-own summary").click()
    home.locator(".mp-file").set_input_files(other)
    failed = panel(home, "failed").inner_text()
    assert "got a web page" in failed
    assert "Choose a model.safetensors" in failed
    assert the_small_model_answers(home)


def test_a_model_at_an_address_is_confirmed_by_host_and_size(page: Page, site: FaultySite, hub: Hub) -> None:
    open_home(page, site, f"?model=https://{HUB}{hub.published_path}")
    offered = panel(page, "offered").inner_text()
    assert HUB in offered
    assert hub.asked == []
    page.get_by_role("button", name=f"Ask {HUB}").click()
    page.get_by_text(f"26 MB from {HUB}").wait_for()
    page.get_by_role("button", name="Download").click()
    panel(page, "done")
    result = page.evaluate(CONTINUE, [EXPECTED["reduced"]["input_ids"], 24])
    assert result["ids"] == EXPECTED["reduced"]["greedy"]


def test_an_address_that_is_none_is_an_error(page: Page, site: FaultySite, hub: Hub) -> None:
    page.goto(f"{site.url}?model=javascript:alert(1)")
    page.get_by_text("expected the address of a model.safetensors").wait_for()


def test_a_model_that_does_not_fit_into_memory_is_a_clear_error_and_the_small_one_goes_on(
    home: Page, hub: Hub, tmp_path: Path
) -> None:
    huge = tmp_path / "model.safetensors"
    sizes = made_up.Sizes(48, 1600)
    text = made_up.header(sizes)
    with huge.open("wb") as file:  # only its header is ever read
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(made_up.file_bytes(sizes))
    home.locator(".mp-own summary").click()
    home.locator(".mp-file").set_input_files(huge)
    failed = panel(home, "failed").inner_text()
    assert "no more memory" in failed
    assert the_small_model_answers(home)
