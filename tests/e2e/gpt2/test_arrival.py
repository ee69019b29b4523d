"""GPT-2 arrives: once, whatever the reader does meanwhile, and is there at the next visit."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import BrowserContext, Page

import shards
from accessibility import violations
from faulty_site import FaultySite, replaced
from gpt2_page import (
    CONTINUE,
    EXPECTED,
    announce,
    choose,
    continuation,
    download,
    needed_bytes,
    open_home,
    panel,
    stored,
    the_small_model_answers,
)
from hub import CDN, HUB, Faults, Hub
from tests.reference import made_up


def test_the_full_124m_arrives_over_a_bad_line_and_continues_as_in_pytorch_and_comes_from_storage_next_time(
    page: Page, context: BrowserContext, site: FaultySite, hub: Hub, full_file: Path
) -> None:
    hub.reset(full_file)
    announce(site, EXPECTED["124M"])
    hub.faults = Faults(cuts=[65_536, 1_000_000, 10, 30_000_000, 0])
    open_home(page, site)
    choose(page)
    assert f"498 MB from {HUB}" in panel(page, "offered").inner_text()
    page.get_by_role("button", name="Download").click()
    assert "verified" in panel(page, "done").inner_text()
    assert continuation(page) == EXPECTED["124M"]["greedy"]
    assert hub.n_sent <= 1.02 * needed_bytes(EXPECTED["124M"], made_up.GPT2_124M)
    assert {host for host, _, _ in hub.asked} == {HUB, CDN}
    page.close()
    hub.reset(full_file)
    again = open_home(context.new_page(), site)
    choose(again)
    assert "verified" in panel(again, "done").inner_text()
    assert continuation(again) == EXPECTED["124M"]["greedy"]
    assert hub.asked == []


@pytest.mark.skipif(
    "PICOGPT_GPT2" not in os.environ, reason="PICOGPT_GPT2 names no folder with OpenAI's 124M"
)
def test_openais_own_file_is_verified_and_continues_as_published(
    page: Page, site: FaultySite, hub: Hub
) -> None:
    hub.reset(Path(os.environ["PICOGPT_GPT2"]) / "model.safetensors")
    site.mend("models/index.json")  # as published: its own hash
    open_home(page, site)
    download(page)
    assert "verified" in panel(page, "done").inner_text()
    prompt = "Alan Turing theorized that computers would one day become"
    text = page.evaluate(CONTINUE, [prompt, 40])["text"]
    assert text.startswith(" the most powerful machines on the planet.")


def test_what_is_fetched_is_all_but_the_masks_in_single_ranges(home: Page, hub: Hub) -> None:
    download(home)
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]
    assert hub.n_sent == needed_bytes(EXPECTED["reduced"], made_up.REDUCED)
    assert all(re.fullmatch(r"bytes=\d+-\d+", span) for _, _, span in hub.asked)


def test_nothing_is_asked_of_the_hub_before_the_reader_agrees(home: Page, hub: Hub) -> None:
    choose(home)
    panel(home, "offered")
    assert the_small_model_answers(home)
    home.get_by_role("button", name="Not now").click()
    assert home.locator(".mp-panel").is_hidden()
    assert hub.asked == []


def test_cancel_keeps_what_has_arrived_and_the_small_model_is_usable_meanwhile(home: Page, hub: Hub) -> None:
    hub.faults.bytes_per_second = 4e6
    download(home)
    home.wait_for_function("() => document.querySelector('.mp-progress').value > 6e6")
    text = panel(home, "fetching").inner_text()
    assert re.search(r"[\d.]+ of 13.7 MB from huggingface.co · [\d.]+ MB/s · \d+ s left", text), text
    assert the_small_model_answers(home)
    home.get_by_role("button", name="Cancel").click()
    assert "What has arrived is kept" in panel(home, "canceled").inner_text()
    n_before = hub.n_sent
    hub.faults = Faults()
    home.get_by_role("button", name="Go on").click()
    panel(home, "done")
    assert hub.n_sent - n_before < 9_000_000
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_a_reload_in_the_middle_goes_on_where_it_stopped(home: Page, site: FaultySite, hub: Hub) -> None:
    hub.faults.bytes_per_second = 4e6
    download(home)
    home.wait_for_function("() => document.querySelector('.mp-progress').value > 8e6")
    open_home(home, site)
    hub.faults = Faults()
    assert "not whole yet" in stored(home)
    n_before = hub.n_sent
    download(home)
    panel(home, "done")
    assert hub.n_sent - n_before < 7_000_000
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_two_tabs_at_once_fetch_it_once_and_both_have_it(
    home: Page, context: BrowserContext, site: FaultySite, hub: Hub
) -> None:
    other = open_home(context.new_page(), site)
    hub.faults.bytes_per_second = 8e6
    download(home)
    panel(home, "fetching")
    download(other)
    assert "Another tab" in panel(other, "waiting").inner_text()
    panel(home, "done")
    panel(other, "done")
    assert continuation(home) == continuation(other) == EXPECTED["reduced"]["greedy"]
    assert hub.n_sent == needed_bytes(EXPECTED["reduced"], made_up.REDUCED)


def test_the_small_model_matches_pytorch_and_a_model_without_a_record_says_so(home: Page, hub: Hub) -> None:
    home.locator(".mp-own summary").click()
    home.get_by_role("button", name="Compare with PyTorch").click()
    home.get_by_text("Matches PyTorch to 1e-4").wait_for()
    download(home)
    panel(home, "done")
    home.get_by_text("No logits of PyTorch's are recorded for this model").wait_for()
    assert home.get_by_role("button", name="Compare with PyTorch").is_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panels_are_accessible_and_fit_a_phone(
    page: Page, site: FaultySite, hub: Hub, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    open_home(page, site)
    page.locator(".mp-own summary").click()

    def check(state: str) -> None:
        assert violations(page, "prompt-box") == [], state
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, state

    choose(page)
    panel(page, "offered")
    check("offered")
    hub.faults.status = 404
    page.get_by_role("button", name="Download").click()
    panel(page, "failed")
    check("failed")
    hub.faults = Faults()
    page.get_by_role("button", name="Try again").click()
    panel(page, "done")
    check("done")


def test_parts_on_the_site_itself_are_preferred_and_a_wrong_one_is_refused(
    page: Page, site: FaultySite, hub: Hub, reduced_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "124M"
    parts = shards.write(reduced_file, folder, part_bytes=4 << 20)["parts"]
    site.mounts["models/124M/"] = folder
    models: list[Any] = site.models()
    for model in models:
        if model["name"] == "124M":
            model["parts"] = {"manifest": "124M/manifest.json"}
    site.fault("models/index.json", replaced(json.dumps(models).encode()))
    path = f"models/124M/{parts[2]['name']}.bin"
    site.fault(path, replaced(bytes(parts[2]["bytes"])))
    open_home(page, site)
    download(page)
    assert f"expected SHA-256 {parts[2]['name']}" in panel(page, "failed").inner_text()
    site.mend(path)
    page.get_by_role("button", name="Try again").click()
    assert "verified" in panel(page, "done").inner_text()
    assert continuation(page) == EXPECTED["reduced"]["greedy"]
    assert hub.asked == []
