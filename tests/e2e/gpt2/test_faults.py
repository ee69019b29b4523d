"""What lines and servers do wrong ends in the right model, or in a clear word and a page that works."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Page

from faulty_site import FaultySite
from gpt2_page import (
    EXPECTED,
    announce,
    continuation,
    download,
    needed_bytes,
    open_home,
    panel,
    stored,
    the_small_model_answers,
)
from hub import HUB, Faults, Hub
from tests.reference import made_up


@pytest.mark.parametrize(
    "cuts",
    [[0, 3, 14_000], [None, 0, 200_000, 5], [None, None, None, None, 1, 5_000_000, 2_000_000]],
    ids=["header", "first-block", "embeddings"],
)
def test_connections_that_break_are_resumed_where_they_stopped(
    home: Page, hub: Hub, cuts: list[int | None]
) -> None:
    hub.faults.cuts = cuts
    download(home)
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_a_server_that_is_overloaded_is_asked_again(home: Page, hub: Hub) -> None:
    hub.faults.statuses = [503, 429, 500]
    download(home)
    panel(home, "done")


def test_a_lost_server_ends_in_an_error_and_try_again_goes_on_where_it_stopped(home: Page, hub: Hub) -> None:
    hub.faults.cuts = [None, None, None, None, 6_000_000, 0, 0, 0, 0]
    download(home)
    failed = panel(home, "failed")
    assert HUB in failed.inner_text()
    assert "what has arrived is kept" in failed.inner_text()
    assert the_small_model_answers(home)
    hub.faults.cuts = []
    n_before = hub.n_sent
    home.get_by_role("button", name="Try again").click()
    panel(home, "done")
    assert hub.n_sent - n_before < needed_bytes(EXPECTED["reduced"], made_up.REDUCED) - 4_000_000
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        (Faults(status=404), "answered 404"),
        (Faults(status=500), "answered 500"),
        (Faults(html=True), "got a page of HTML"),
        (Faults(drop=1000), "expected 26,314,762 bytes, the server's file has 26,313,762"),
        (Faults(drop=1000, ranges=False), "expected 26,314,762 bytes, the server's file has 26,313,762"),
    ],
    ids=["404", "500", "html", "too-short", "too-short-without-ranges"],
)
def test_a_wrong_answer_is_a_clear_error_and_the_page_goes_on_and_a_mended_server_serves(
    home: Page, hub: Hub, faults: Faults, says: str
) -> None:
    hub.faults = faults
    download(home)
    assert says in panel(home, "failed").inner_text()
    assert the_small_model_answers(home)
    hub.faults = Faults()
    home.get_by_role("button", name="Try again").click()
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_wrong_bytes_are_found_deleted_and_named_and_the_right_ones_taken_after_it(
    home: Page, hub: Hub
) -> None:
    hub.faults.flip = EXPECTED["reduced"]["bytes"] - 1_000_001
    download(home)
    failed = panel(home, "failed").inner_text()
    assert f"expected SHA-256 {EXPECTED['reduced']['sha256']}" in failed
    assert "deleted" in failed
    assert the_small_model_answers(home)
    assert "GPT-2" not in stored(home) or "0 MB" in stored(home)
    hub.faults = Faults()
    home.get_by_role("button", name="Try again").click()
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_a_file_whose_masks_are_others_is_fetched_whole_before_it_is_judged(
    home: Page, site: FaultySite, hub: Hub, reduced_file: Path, tmp_path: Path
) -> None:
    content = bytearray(reduced_file.read_bytes())
    at = content.index(b"\x00\x00\x80\x3f" + bytes(4092))  # a mask's first row
    content[at + 9] ^= 1
    other = tmp_path / "model.safetensors"
    other.write_bytes(content)
    hub.reset(other)
    announce(site, {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    open_home(home, site)
    download(home)
    assert "verified" in panel(home, "done").inner_text()
    assert hub.n_sent == len(content)


@pytest.mark.parametrize("exposes_range", [True, False])
def test_a_server_without_ranges_serves_by_one_plain_stream(
    home: Page, hub: Hub, exposes_range: bool
) -> None:
    hub.faults = Faults(ranges=False, exposes_range=exposes_range)
    download(home)
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]
    assert hub.n_sent == EXPECTED["reduced"]["bytes"]


def test_content_range_need_not_be_readable(home: Page, hub: Hub) -> None:
    hub.faults.exposes_range = False
    download(home)
    assert "verified" in panel(home, "done").inner_text()
