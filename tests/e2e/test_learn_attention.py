"""The page on attention, as one uses it: choosing heads and tokens with mouse, finger and keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import recorded
from faulty_site import FaultySite
from prompt_box import PromptBox, shared_box
from test_learn import check_against_python, settle

PROMPT = "ROMEO:\nBut soft! What light"


@pytest.fixture(scope="module")
def box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    with shared_box(browser, served_site.url + "learn/attention/") as box:
        yield box


@pytest.fixture
def page(box: PromptBox) -> Page:
    """The page with its prompt, the first head and the last token chosen."""
    box.page.set_viewport_size({"width": 1440, "height": 900})
    box.prompt.fill(PROMPT)
    settle(box.page)
    head(box.page, 0, 0).click()
    box.page.locator(".view-chip").last.click()
    settle(box.page)
    return box.page


def head(page: Page, layer: int, head: int) -> Locator:
    return page.locator(f'.head[data-key="{layer}.{head}"]')


def focus(page: Page) -> dict[str, int]:
    found: dict[str, int] = page.locator("view-softmax").evaluate("view => view.inspection.focus")
    return found


def map_of(page: Page) -> Locator:
    return page.locator("view-attention-weights heat-map")


def test_a_small_picture_chooses_its_head_for_the_whole_page(page: Page) -> None:
    head(page, 2, 1).click()
    settle(page)
    assert (focus(page)["layer"], focus(page)["head"]) == (2, 1)
    expect(head(page, 2, 1)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("layer", exact=True)).to_have_value("2")
    expect(page.locator("view-softmax caption")).to_contain_text("Layer 2, head 1")
    recorded.load()
    check_against_python(page)


def test_the_small_pictures_are_one_tab_stop_and_keys_choose_among_them(page: Page) -> None:
    assert page.locator('.head[tabindex="0"]').count() == 1
    head(page, 0, 0).focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    settle(page)
    assert (focus(page)["layer"], focus(page)["head"]) == (1, 1)
    expect(head(page, 1, 1)).to_be_focused()  # drawn anew, the keyboard is where it was
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".heads-readout")).to_contain_text("Layer 1, head 0: ")


def test_the_map_is_read_by_keys_and_enter_follows_a_row(page: Page) -> None:
    canvas, readout = map_of(page).locator("canvas"), map_of(page).locator(".heat-readout")
    canvas.focus()
    page.keyboard.press("End")
    expect(readout).to_contain_text("masked")
    for key in ("Home", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(readout).to_contain_text("↵ → ROMEO: ")
    page.keyboard.press("Enter")
    settle(page)
    assert focus(page)["token"] == 2
    expect(canvas).to_be_focused()
    expect(readout).to_contain_text("↵ → ROMEO: ")
    rows = page.locator("view-softmax tbody tr")
    assert rows.count() == 6  # three that it may look at, and three of those that come later
    expect(page.locator(".attention-forbidden")).to_have_count(3)


def test_a_click_into_the_map_follows_its_row(page: Page) -> None:
    canvas = map_of(page).locator("canvas")
    n_tokens = len(page.locator("view-tokens").evaluate("view => view.value.ids"))
    canvas.scroll_into_view_if_needed()
    size = canvas.bounding_box()
    assert size
    canvas.click(position={"x": 3, "y": size["height"] * 3.5 / n_tokens})
    settle(page)
    assert focus(page)["token"] == 3


def test_the_numbers_stand_in_a_table_too(page: Page) -> None:
    map_of(page).locator("summary").click()
    second = map_of(page).locator("tbody tr").nth(1)
    second.wait_for()
    found = second.locator("td").all_inner_texts()
    weights = page.locator("view-attention-weights").evaluate("view => [...view.value.weights.data]")
    n_tokens = int(len(weights) ** 0.5)
    assert [float(text) for text in found] == pytest.approx(weights[n_tokens : 2 * n_tokens], rel=5e-3)


def test_another_theme_repaints_the_pictures(page: Page) -> None:
    pixel = """map => [...map.querySelector("canvas").getContext("2d").getImageData(0, 0, 1, 1).data]"""
    light = map_of(page).evaluate(pixel)
    page.evaluate("document.body.dataset.mdColorScheme = 'slate'")
    page.wait_for_function(
        f"light => String(({pixel})(document.querySelector('view-attention-weights'))) !== light",
        arg=",".join(map(str, light)),
    )
    page.evaluate("document.body.dataset.mdColorScheme = 'default'")


def test_more_words_do_not_change_an_earlier_tokens_row_but_another_beginning_does(
    page: Page, box: PromptBox
) -> None:
    page.locator(".view-chip").nth(4).click()
    settle(page)
    weights = "view => [...view.value.weights.data].slice(0, 5)"
    before = page.locator("view-softmax").evaluate(weights)
    box.prompt.fill(PROMPT + " through yonder window breaks?")
    settle(page)
    assert page.locator("view-softmax").evaluate(weights) == pytest.approx(before, abs=1e-6)
    box.prompt.fill(PROMPT.replace("ROMEO", "JULIET") + " through")
    settle(page)
    assert page.locator("view-softmax").evaluate(weights) != pytest.approx(before, abs=1e-3)
