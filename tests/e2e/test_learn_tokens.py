"""The pages on what a GPT is and on tokens: what happens where a reader clicks, types, and walks by keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from faulty_site import FaultySite
from prompt_box import BOOT_MS, PromptBox, shared_box

SETTLED = """() => [...document.querySelectorAll("*")]
    .filter((element) => element.localName.startsWith("view-") && element.want)
    .every(({ dataset }) => dataset.state === "live" && !("stale" in dataset))"""


@pytest.fixture(scope="module")
def box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    """One page for all tests, its model loaded."""
    with shared_box(browser, served_site.url + "learn/tokens/") as box:
        yield box


def settle(page: Page) -> None:
    """Until all views show the answer to what is asked now."""
    page.wait_for_timeout(350)  # views wait for a pause in typing before they ask
    page.wait_for_function(SETTLED, timeout=BOOT_MS)


@pytest.fixture
def page(box: PromptBox) -> Page:
    """The page on tokens, with a prompt of five words."""
    if not box.page.url.endswith("learn/tokens/"):
        follow(box.page, "learn/tokens/")
    box.page.set_viewport_size({"width": 1440, "height": 900})
    box.prompt.fill("But soft! yonder rose")
    settle(box.page)
    return box.page


def follow(page: Page, path: str) -> None:
    """The site's own link, so that the model stays."""
    page.locator(f'nav a[href$="{path}"]').first.evaluate("a => a.click()")
    page.wait_for_url(f"**/{path}")
    page.wait_for_selector("learn-bench prompt-box", state="attached")
    settle(page)


def test_a_word_that_is_chosen_shows_its_merges_and_its_bytes(page: Page) -> None:
    page.locator("view-words button", has_text="onder").click()
    settle(page)
    expect(page.locator(".merge-head p")).to_have_text("Word 4 of 5: ␣yonder")
    expect(page.locator("view-utf8 tbody tr")).to_have_count(7)
    expect(page.locator("view-words [aria-pressed=true]")).to_have_text("␣y282onder1586")
    expect(page.locator(".merge-end .merge-part")).to_have_text(["␣y", "onder"])


def test_the_turns_walk_from_word_to_word_and_keep_the_keyboards_place(page: Page) -> None:
    head = page.locator(".merge-head p")
    page.locator("view-words button").first.click()
    settle(page)
    expect(head).to_contain_text("Word 1 of 5")
    expect(page.get_by_role("button", name="Previous word")).to_be_disabled()
    following = page.get_by_role("button", name="Next word")
    following.focus()
    for number in (2, 3, 4):
        page.keyboard.press("Enter")
        settle(page)
        expect(head).to_contain_text(f"Word {number} of 5")
        expect(following).to_be_focused()


def test_arrow_keys_walk_through_the_words(page: Page) -> None:
    page.locator("view-words button").first.click()
    settle(page)
    page.keyboard.press("ArrowRight")
    settle(page)
    page.keyboard.press("ArrowRight")
    settle(page)
    expect(page.locator(".merge-head p")).to_contain_text("Word 3 of 5")
    expect(page.locator("view-words [tabindex='0']")).to_be_focused()


def test_in_a_long_text_the_chosen_word_is_in_sight_and_the_page_stays_where_it_is(
    box: PromptBox, page: Page
) -> None:
    box.prompt.fill("But soft! yonder rose " * 25)
    settle(page)
    row = page.locator(".view-words-row")
    row.scroll_into_view_if_needed()
    assert row.evaluate("row => row.scrollHeight > row.clientHeight")
    before = page.evaluate("scrollY")
    page.locator("view-tokens button").first.click()
    settle(page)
    assert row.evaluate("row => row.scrollTop") == 0
    page.locator("view-tokens button").last.evaluate("button => button.click()")
    settle(page)
    chosen = row.locator("[aria-pressed=true]").bounding_box()
    assert chosen
    bounds = row.bounding_box()
    assert bounds
    assert bounds["y"] <= chosen["y"]
    assert chosen["y"] + chosen["height"] <= bounds["y"] + bounds["height"] + 1
    assert page.evaluate("scrollY") == before


def test_the_search_takes_what_is_typed_as_text_and_keeps_the_keyboards_place(page: Page) -> None:
    field = page.get_by_role("searchbox", name="Search the vocabulary")
    field.click()
    field.fill("")
    page.keyboard.type(" king")
    settle(page)
    rows = page.locator("view-vocabulary tbody tr")
    expect(rows.first).to_contain_text("␣king")
    expect(field).to_be_focused()
    expect(field).to_have_value(" king")
    field.fill("2256")
    settle(page)
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("<|endoftext|>")
    field.fill("no such entry")
    settle(page)
    expect(rows).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="0 of 2,257")).to_be_visible()


def test_an_emoji_is_shown_by_its_bytes_and_an_empty_box_says_so(box: PromptBox, page: Page) -> None:
    box.prompt.fill("🌹")
    settle(page)
    expect(page.locator("view-utf8 tbody tr")).to_contain_text(["U+1F339"])
    expect(page.locator("view-words .view-word-token").first).to_contain_text("⟨F0⟩")
    box.prompt.fill("")
    settle(page)
    expect(page.locator("view-words")).to_contain_text("The box is empty")
    expect(page.locator("view-merges")).to_contain_text("nothing to merge")


def test_a_token_of_the_text_leads_to_what_was_expected_in_its_place(box: PromptBox, page: Page) -> None:
    follow(page, "learn/what-a-gpt-is/")
    box.prompt.fill("But soft!")
    settle(page)
    page.locator("view-surprise button", has_text="!").click()
    settle(page)
    pressed = page.locator("view-tokens [aria-pressed=true]")
    expect(pressed).to_have_attribute("data-key", "2")  # the token before it
    expect(page.locator("view-next-token caption")).to_contain_text("ft")
    expect(page.locator("view-surprise [aria-pressed=true]")).to_contain_text("!")
    box.prompt.fill("But")
    settle(page)
    expect(page.locator("view-surprise")).to_contain_text("nothing that could be foretold")


def test_numbers_within_sentences_follow_the_prompt(box: PromptBox, page: Page) -> None:
    fact = page.locator('view-fact[name="n_characters"]').first
    expect(fact).to_have_text("21")
    box.prompt.fill("But soft")
    settle(page)
    expect(fact).to_have_text("8")
