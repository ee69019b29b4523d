"""The page on prompting, as one uses it, and the whole model's links from function to page and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

import recorded
from faulty_site import FaultySite
from prompt_box import PromptBox, shared_box
from test_learn import check_against_python, settle


@pytest.fixture(scope="module")
def box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    with shared_box(browser, served_site.url + "learn/prompting/") as box:
        yield box


@pytest.fixture
def page(box: PromptBox) -> Page:
    box.page.set_viewport_size({"width": 1440, "height": 900})
    box.prompt.fill("one line")
    settle(box.page)
    return box.page


def test_a_button_puts_the_example_into_the_box_and_the_table_follows(box: PromptBox, page: Page) -> None:
    example = page.locator("prompt-example", has_text="up ->")
    example.get_by_role("button").click()
    expect(box.prompt).to_have_value("big -> small\nhot -> cold\nearly -> late\nup ->")
    settle(page)
    expect(page.locator("view-shots tbody th")).to_have_text(["0", "1", "2", "3"])
    recorded.load()
    check_against_python(page)


def test_an_example_that_needs_gpt2_says_so_while_another_model_is_chosen(page: Page) -> None:
    example = page.locator("prompt-example", has_text="The capital of France is")
    example.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(example.get_by_role("status")).to_contain_text("124M is the one to try this with")
    own = page.locator("prompt-example", has_text="wherefore art thou")
    own.get_by_role("button").click()
    expect(own.get_by_role("status")).to_have_text("It is in the box: press Generate there.")


def test_a_prompt_of_one_line_says_what_more_lines_would_show(page: Page) -> None:
    expect(page.locator("view-shots tbody tr")).to_have_count(1)
    expect(page.locator("view-shots .view-hint")).to_contain_text("several lines")


def test_the_page_is_as_wide_as_its_window_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    wide = """() => [...document.querySelectorAll("prompt-example, prompt-example *, view-shots *")]
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
        .map((e) => e.outerHTML.slice(0, 80))"""
    assert page.evaluate(wide) == []


def test_a_function_leads_to_its_page_and_that_page_back(page: Page) -> None:
    page.locator('.md-nav a[href$="learn/the-whole-model/"]').first.evaluate("a => a.click()")
    page.wait_for_url("**/the-whole-model/")
    page.locator("#model-attention_weights a").click()
    page.wait_for_url("**/learn/attention/")
    page.get_by_role("link", name="attention_weights in the whole model").click()
    page.wait_for_url("**/the-whole-model/#model-attention_weights")
    expect(page.locator("#model-attention_weights")).to_be_in_viewport()
