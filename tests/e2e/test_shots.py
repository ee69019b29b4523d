"""`python3 build shots`: which views, when a page is drawn, and what is told about one that is not."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import shots
from faulty_site import FaultySite, html
from project import BuildError

ADDRESSES = ["./", "learn/tokens/", "learn/attention/"]


def size(path: Path) -> tuple[int, int]:
    """Width and height in a PNG's header."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height


def planned(*options: str) -> list[str]:
    return [shot.name for shot in shots.plan(ADDRESSES, shots.parse([*options]))]


def test_every_page_is_shown_wide_and_narrow_light_and_dark() -> None:
    views = [f"{width}-{scheme}" for width in (1440, 390) for scheme in ("light", "dark")]
    names = ["home", "learn-tokens", "learn-attention"]
    assert planned() == [f"{name}-{view}" for name in names for view in views]


def test_options_narrow_the_views() -> None:
    names = planned("--page", "learn-*", "--width", "800", "--scheme", "dark")
    assert names == ["learn-tokens-800-dark", "learn-attention-800-dark"]
    with pytest.raises(BuildError, match=r"no page is called 'nope'; .* home, learn-tokens, learn-att"):
        planned("--page", "nope")


def test_the_pages_are_those_of_the_navigation(site: FaultySite) -> None:
    addresses = shots.pages()
    assert len(set(addresses)) == len(addresses) > 3
    assert all((site.root / address / "index.html").is_file() for address in addresses)
    assert shots.page_name(addresses[0]) == "home"


def test_a_page_with_a_prompt_is_taken_whole_and_as_first_seen_after_the_model_has_answered(
    browser: Browser, site: FaultySite, tmp_path: Path
) -> None:
    complaints = shots.take(browser, site.url, shots.Shot("./", 390, "dark"), "ROMEO:", tmp_path)
    assert complaints == []
    assert size(tmp_path / "home-390-dark-fold.png") == (390, 844)
    width, height = size(tmp_path / "home-390-dark.png")
    assert width == 390
    assert height > 844


def test_what_the_page_complains_of_and_what_is_not_ready_is_told(
    browser: Browser, site: FaultySite, tmp_path: Path
) -> None:
    site.fault("models/index.json", html())
    complaints = shots.take(browser, site.url, shots.Shot("./", 1440, "light"), None, tmp_path)
    assert any(text.startswith("not ready: <prompt-box") for text in complaints)
    assert (tmp_path / "home-1440-light.png").is_file()


def test_a_view_that_is_stale_or_busy_is_waited_for(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<p data-stale></p><p data-busy></p><p data-state=recorded></p><p data-state=live></p>")
    waiting = ['<p data-stale=""></p>', '<p data-busy=""></p>', '<p data-state="recorded"></p>']
    assert shots.settle(page, 100) == [f"not ready: {element}" for element in waiting]
    page.evaluate(
        """setTimeout(() => {
          document.querySelector("[data-stale]").removeAttribute("data-stale");
          document.querySelector("[data-busy]").removeAttribute("data-busy");
          document.querySelector("[data-state=recorded]").dataset.state = "live";
        }, 300)"""
    )
    assert shots.settle(page, 10_000) == []
    page.set_content("<p data-state=error></p><p data-state=waiting></p>")
    page.evaluate("document.querySelector('[data-state=waiting]').want = null")  # asks nothing
    assert shots.settle(page, 10_000) == ['not ready: <p data-state="error"></p>']
    page.close()
