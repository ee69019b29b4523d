"""Browsers that keep nothing, and disks that are full."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from faulty_site import FaultySite, replaced
from gpt2_page import (
    EXPECTED,
    continuation,
    download,
    open_home,
    panel,
    stored,
)
from hub import Hub

REFUSES = "navigator.storage.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'));"


def test_a_browser_without_storage_keeps_it_in_memory_says_so_and_verifies_it(
    page: Page, site: FaultySite, hub: Hub
) -> None:
    path = "js/loader-worker.js"
    site.fault(path, replaced((site.root / path).read_bytes() + REFUSES.encode()))
    open_home(page, site)
    download(page)
    text = panel(page, "done").inner_text()
    assert "does not keep it" in text
    assert "verified" in text
    assert continuation(page) == EXPECTED["reduced"]["greedy"]


def override_quota(page: Page, site: FaultySite, n_bytes: int) -> None:
    session = page.context.new_cdp_session(page)
    origin = site.url.removesuffix("/picogpt/")
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": n_bytes})


LITTLE_ROOM = "navigator.storage.estimate = async () => ({ quota: 20e6, usage: 15e6 });"


@pytest.mark.parametrize("tells", [True, False], ids=["the-browser-tells", "writing-fails"])
def test_a_disk_with_too_little_room_is_not_filled(
    page: Page, site: FaultySite, hub: Hub, tells: bool
) -> None:
    path = "js/loader-worker.js"
    if tells:
        site.fault(path, replaced((site.root / path).read_bytes() + LITTLE_ROOM.encode()))
    open_home(page, site)
    if not tells:
        override_quota(page, site, 5_000_000)
    download(page)
    text = panel(page, "done").inner_text()
    assert "does not keep it" in text
    assert "verified" in text
    assert continuation(page) == EXPECTED["reduced"]["greedy"]


def test_a_disk_that_fills_up_on_the_way_makes_no_difference_to_the_model(
    home: Page, site: FaultySite, hub: Hub
) -> None:
    hub.faults.bytes_per_second = 5e6
    download(home)
    home.wait_for_function("() => document.querySelector('.mp-progress').value > 5e6")
    override_quota(home, site, 6_000_000)
    hub.faults.bytes_per_second = 0
    text = panel(home, "done").inner_text()
    assert "does not keep it" in text
    assert "verified" in text
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_clear_empties_the_storage(home: Page, hub: Hub) -> None:
    download(home)
    panel(home, "done")
    assert "GPT-2 124M: 14 MB, verified" in stored(home)
    home.locator(".mp-own summary").click()
    home.locator(".mp-clear").click()
    home.get_by_text("Cleared.").wait_for()
    expect(home.locator(".mp-stored")).to_contain_text("No model")
