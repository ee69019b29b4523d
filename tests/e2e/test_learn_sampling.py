"""The pages on sampling and on generating, as one uses them: settings, seeds, a loop, steps, a chart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

import recorded
from faulty_site import FaultySite
from prompt_box import PromptBox, shared_box
from test_learn import check_against_python, go, settle


@pytest.fixture(scope="module")
def box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    with shared_box(browser, served_site.url + "learn/sampling/") as box:
        recorded.load()
        yield box


@pytest.fixture
def sampling(box: PromptBox) -> Page:
    """The page on sampling, its settings open."""
    go(box, "sampling")
    box.page.locator(".pb-settings").evaluate("details => { details.open = true }")
    return box.page


def test_the_views_follow_the_settings_and_the_drawn_token_is_the_one_that_is_generated(
    box: PromptBox, sampling: Page
) -> None:
    box.prompt.fill("JULIET:\nO Romeo")
    for label, value in (("Temperature", "1.3"), ("Top-k", "0"), ("Top-p", "0.9"), ("Seed", "5")):
        sampling.get_by_label(label, exact=True).fill(value)
    settle(sampling)
    values = {one["name"]: one["value"] for one in check_against_python(sampling)}
    expect(sampling.locator("view-draw .view-caption").first).to_contain_text("Seed 5: ")
    expect(sampling.locator("view-top-p .view-caption")).to_contain_text("reach top-p = 0.9")
    sampling.get_by_label("Tokens", exact=True).fill("1")
    sampling.get_by_role("button", name="Generate").click()
    sampling.wait_for_function("() => document.querySelector('.pb-facts').textContent.includes('seed 5')")
    generated = sampling.evaluate(
        """() => import(new URL("../../js/engine.js", location))
            .then(({ engine }) => engine.run.tokens[0].id)"""
    )
    assert generated == values["view-draw"]["drawn"]


def test_greedily_the_views_say_that_nothing_is_drawn(sampling: Page) -> None:
    sampling.get_by_label("Greedy", exact=True).check()
    settle(sampling)
    check_against_python(sampling)
    expect(sampling.locator("view-draw")).to_contain_text("no number is drawn")
    sampling.get_by_label("Sampled", exact=True).check()


def test_a_setting_out_of_range_is_explained_in_the_views(sampling: Page) -> None:
    sampling.get_by_label("Top-p", exact=True).fill("3")
    expect(sampling.locator("view-sampling .view-note")).to_contain_text("top_p is 3")
    sampling.get_by_label("Top-p", exact=True).fill("1")
    settle(sampling)
    expect(sampling.locator("view-sampling .view-note")).to_be_hidden()


def test_a_click_goes_on_greedily(sampling: Page) -> None:
    button = sampling.get_by_role("button", name="Go on greedily")
    button.focus()
    sampling.keyboard.press("Enter")
    sampling.wait_for_selector("view-greedy-loop[data-state=live] .loop-text")
    settle(sampling)
    check_against_python(sampling)


def test_each_click_takes_one_token_with_its_times_and_another_prompt_begins_anew(box: PromptBox) -> None:
    go(box, "generating")
    page = box.page
    box.prompt.fill("ROMEO:\nBut soft!")
    settle(page)
    for n in (1, 2):
        page.get_by_role("button", name="Next token").click()
        settle(page)
        value = page.locator("view-step").evaluate("view => view.value")
        assert (value["n"], len(value["written"])) == (n, n)
        assert value["same"] is True
        assert all(way["ms"] > 0 for way in value["ways"])
    box.prompt.fill("ROMEO:\nBut")
    settle(page)
    value = page.locator("view-step").evaluate("view => view.value")
    assert value["n"] == 0
    assert "ms" not in value["ways"][0]


def test_the_chart_is_measured_length_by_length_up_to_the_context(box: PromptBox) -> None:
    go(box, "generating")
    page = box.page
    page.locator("cache-chart button").click()
    expect(page.locator("cache-chart")).to_contain_text("Measured in this tab", timeout=60_000)
    measured = page.locator("cache-chart").evaluate("chart => chart.measured")
    assert [one["length"] for one in measured] == [32, 63, 95, 126, 158, 189, 221, 252]
    assert measured[-1]["without_ms"] > measured[-1]["with_ms"] > 0
    expect(page.locator("cache-chart svg[role=img], cache-chart [role=img]").first).to_be_visible()
