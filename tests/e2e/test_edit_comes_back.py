"""Code that never returns, in a model that did not come with the site: the model comes back, not the edit."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from faulty_site import FaultySite
from prompt_box import BOOT_MS, PromptBox, opened
from tests.reference import made_up

ENDLESS = "def softmax(x):\n    while True:\n        pass\n"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of GPT-2's layout, 14 MB of made-up numbers."""
    path = tmp_path_factory.mktemp("reduced") / "model.safetensors"
    made_up.write(path, made_up.REDUCED)
    return path


def test_a_model_from_this_device_comes_back_from_its_file(page: Page, site: FaultySite, file: Path) -> None:
    box = opened(page, site.url + "learn/attention/")
    page.get_by_label("Open a checkpoint from this device").set_input_files(file)
    expect(box.model).to_have_value("file:model.safetensors", timeout=BOOT_MS)
    before = written(box)
    end_endless_code(box)
    expect(box.model).to_have_value("file:model.safetensors")
    box.wait_for("ready")
    assert written(box) == before
    expect(box.model).to_have_value("file:model.safetensors")


def test_a_model_that_the_browser_has_kept_comes_back_without_the_network(
    page: Page, site: FaultySite, file: Path
) -> None:
    site.mounts["kept/"] = file.parent
    address = site.url + "kept/model.safetensors"
    box = opened(page, f"{site.url}learn/attention/?model={address}")
    fetch(box)
    expect(box.model).to_have_value(address, timeout=BOOT_MS)
    before = written(box)
    site.requests.clear()
    end_endless_code(box)
    expect(box.model).to_have_value(address)
    box.wait_for("ready")
    assert written(box) == before
    expect(box.model).to_have_value(address)
    assert site.requested("kept/") == []


def test_a_model_that_the_browser_has_not_kept_is_offered_with_a_word_why(
    page: Page, site: FaultySite, file: Path
) -> None:
    site.mounts["kept/"] = file.parent
    address = site.url + "kept/model.safetensors"
    box = opened(page, f"{site.url}learn/attention/?model={address}")
    fetch(box)
    expect(box.model).to_have_value(address, timeout=BOOT_MS)
    own = box.element.locator("details.mp-own")
    own.locator("summary").click()
    own.get_by_role("button", name="Clear").click()
    expect(own).to_contain_text("Cleared.")
    end_endless_code(box)
    box.wait_for("ready")
    expect(box.model).to_have_value("shakespeare")
    panel = box.element.get_by_role("region", name="Model")
    expect(panel).to_contain_text("Python was started anew, and this browser has not kept the model")
    assert written(box)  # by the model of the site
    panel.get_by_role("button", name="Download").click()
    expect(box.model).to_have_value(address, timeout=BOOT_MS)


def fetch(box: PromptBox) -> None:
    """Agree to the model that is offered."""
    panel = box.element.get_by_role("region", name="Model")
    panel.get_by_role("button", name="for its size").click()
    panel.get_by_role("button", name="Download").click()


def written(box: PromptBox) -> list[int]:
    """The ids of a short text."""
    box.element.locator("details").first.evaluate("settings => { settings.open = true; }")
    box.run("ROMEO:", greedy=True, n_tokens=3)
    return box.ids()


def end_endless_code(box: PromptBox) -> None:
    """Run code that never returns and stop it; it stays in its editor, and does not run again."""
    page = box.page
    at = page.locator('model-editor[function="softmax"]').first
    at.locator(".edit-open").click()
    at.get_by_role("textbox").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(ENDLESS)
    at.get_by_role("button", name="Run").click()
    expect(at.get_by_role("status")).to_have_text("Trying it out …")
    at.get_by_role("button", name="Stop").click()
    at.get_by_role("button", name="Stop").click()
    box.wait_for("booting", "loading")
    expect(at).to_have_attribute("data-state", "stopped")
    expect(at.get_by_role("textbox")).to_contain_text("while True")
    expect(page.locator("edit-banner")).to_be_hidden()
