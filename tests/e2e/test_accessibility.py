"""Every page as a whole, the theme's parts included, by axe-core."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Page

import shots
from accessibility import violations
from faulty_site import FaultySite
from prompt_box import opened


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_no_page_has_a_serious_violation(
    page: Page, site: FaultySite, width: int, scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    opened(page, site.url)
    addresses = re.findall(r"<loc>(.*?)</loc>", (site.root / "sitemap.xml").read_text("utf-8"))
    assert site.url in addresses
    for address in addresses:
        go_to(page, address)
        assert shots.settle(page) == [], address
        assert violations(page) == [], address


def go_to(page: Page, address: str) -> None:
    """Follow a link of the site's, so that Python and the model stay."""
    page.evaluate(
        """(address) => {
          document.querySelector("[data-md-component=container]").dataset.isOld = "";
          const link = Object.assign(document.createElement("a"), { href: address });
          document.body.append(link);
          link.click();
          link.remove();
        }""",
        address,
    )
    page.wait_for_function("url => document.querySelector('link[rel=canonical]')?.href === url", arg=address)
    page.wait_for_function("() => !document.querySelector('[data-is-old]')")


def test_a_violation_is_noticed(page: Page, site: FaultySite) -> None:
    page.goto(site.url + "speed/")
    page.evaluate("document.querySelector('article').innerHTML += '<button></button><img src=data:,>'")
    found = violations(page, "article")
    assert any(text.startswith("button-name (critical)") for text in found)
    assert any(text.startswith("image-alt (critical)") for text in found)
