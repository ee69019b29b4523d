"""Every page as a whole, the theme's parts included, by axe-core."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from accessibility import violations
from faulty_site import FaultySite
from prompt_box import BOOT_MS

SIZES = {"phone": (390, 844), "desktop": (1440, 900)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_page_has_a_serious_violation(
    page: Page, site: FaultySite, size: str, scheme: Literal["light", "dark"]
) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    addresses = re.findall(r"<loc>(.*?)</loc>", (site.root / "sitemap.xml").read_text("utf-8"))
    assert site.url in addresses
    for address in addresses:
        page.goto(address)
        if page.locator("prompt-box").count():
            expect(page.locator("prompt-box")).to_have_attribute("data-state", "ready", timeout=BOOT_MS)
        assert violations(page) == [], address


def test_a_violation_is_noticed(page: Page, site: FaultySite) -> None:
    page.goto(site.url + "speed/")
    page.evaluate("document.querySelector('article').innerHTML += '<button></button><img src=data:,>'")
    found = violations(page, "article")
    assert any(text.startswith("button-name (critical)") for text in found)
    assert any(text.startswith("image-alt (critical)") for text in found)
