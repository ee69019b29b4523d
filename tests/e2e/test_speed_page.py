"""The page on speed: the benchmark in the reader's own tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from accessibility import violations
from faulty_site import FaultySite, not_found

PATIENCE_MS = 90_000


@pytest.fixture
def start(page: Page, site: FaultySite) -> Locator:
    page.goto(site.url + "speed/")
    return page.get_by_role("button", name="Measure in this tab")


def test_the_reader_measures_both_engines_in_the_tab(page: Page, start: Locator) -> None:
    start.click()
    expect(start).to_be_disabled()
    table = page.get_by_role("table", name="Tokens per second in this tab")
    expect(table).to_be_visible(timeout=PATIENCE_MS)
    rows = [row.get_by_role("cell").all_text_contents() for row in table.get_by_role("row").all()[1:]]
    assert [row[0] for row in rows] == ["SIMD", "NumPy"]
    assert all(float(cell) > 0 for row in rows for cell in row[1:])
    expect(page.locator("speed-test")).to_contain_text("GB of memory a second")
    expect(start).to_be_enabled()
    assert violations(page, "speed-test") == []


def test_a_measurement_can_be_cancelled_and_begun_again(page: Page, start: Locator) -> None:
    start.click()
    status = page.locator("speed-test").get_by_role("status")
    expect(status).to_contain_text("relaxed:", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Cancel").click()
    expect(status).to_have_text("Cancelled.")
    table = page.locator("speed-test").get_by_role("table")
    expect(table).to_have_count(0)
    start.click()
    expect(table).to_be_visible(timeout=PATIENCE_MS)


def test_a_model_that_cannot_be_had_is_told(
    page: Page, site: FaultySite, start: Locator, expected_errors: list[str]
) -> None:
    expected_errors.append("404")
    site.fault("models/shakespeare/model.safetensors", not_found())
    start.click()
    alert = page.locator("speed-test").get_by_role("alert")
    expect(alert).to_contain_text("404", timeout=PATIENCE_MS)
    expect(start).to_be_enabled()
