"""The files that the page on hosting counts are those that Chromium asks for."""

from __future__ import annotations

import re

from playwright.sync_api import Page

import traffic
from faulty_site import FaultySite
from prompt_box import opened


def test_a_first_visit_fetches_the_files_that_are_counted(page: Page, site: FaultySite) -> None:
    box = opened(page, site.url)
    box.run("ROMEO:", n_tokens=2, greedy=True)
    asked = {request.path or "index.html" for request in site.requests}
    counted = {path.relative_to(site.root).as_posix() for path in traffic.first_visit(site.root)}
    assert asked == counted


def test_the_page_on_hosting_has_numbers_and_no_tags(site: FaultySite) -> None:
    text = (site.root / "host-your-own" / "index.html").read_text("utf-8")
    assert "{{" not in text
    assert "{{" not in (site.root / "search" / "search_index.json").read_text("utf-8")
    n_bytes = sum(path.stat().st_size for path in site.root.rglob("*") if path.is_file())
    [shown] = re.findall(r"<td>(\d+) MB with the small model</td>", text)
    assert abs(int(shown) * 1e6 - n_bytes) < 1e6


def test_numbers_of_the_published_file_are_what_it_says_of_itself() -> None:
    # 548,105,171 bytes: a header of 14,291, 124,439,808 float32, twelve masks of 1024 x 1024 float32
    assert traffic.parts_bytes() == 548_105_171 - 12 * 1024 * 1024 * 4
