"""What a reader can do on the pages on the feed-forward layer, the blocks and the unembedding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from faulty_site import FaultySite
from prompt_box import PromptBox, shared_box
from test_learn import go, settle

PROMPT = "ROMEO:\nBut soft! What light through yonder window breaks?\nIt is the"


@pytest.fixture(scope="module")
def shared(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    """One page for all tests, its model loaded."""
    with shared_box(browser, served_site.url + "learn/blocks/") as box:
        yield box


@pytest.fixture
def box(shared: PromptBox) -> PromptBox:
    """The same prompt for each, looked at at its last token."""
    shared.prompt.fill(PROMPT)
    settle(shared.page)
    shared.page.locator(".view-chip").last.click()
    settle(shared.page)
    return shared


def value(element: Locator) -> Any:
    return element.evaluate("element => element.value")


def focus(box: PromptBox) -> dict[str, int]:
    found: dict[str, int] = box.page.locator("view-tokens").evaluate("view => view.inspection.focus")
    return found


def test_a_cell_of_the_lens_says_what_it_holds_and_leads_there(box: PromptBox) -> None:
    go(box, "blocks")
    settle(box.page)
    lens = box.page.locator("view-logit-lens")
    row, column = 3, 4
    found = value(lens)
    position = found["positions"]["data"][column]
    cell = lens.locator("tbody tr").nth(row).locator(".lens-cell").nth(column)
    cell.hover()
    expect(lens.locator(".heat-readout")).to_contain_text(f"token {position}, after block 2:")
    cell.click()
    settle(box.page)
    assert focus(box) == {**focus(box), "layer": 2, "token": position}
    assert value(lens)["positions"] == found["positions"]  # nothing moves under the reader's hand
    assert lens.locator("[aria-pressed=true]").get_attribute("data-key") == f"{row}-{position}"
    expect(box.page.get_by_label("layer", exact=True)).to_have_value("2")


def test_the_lens_is_one_stop_of_the_tab_key_and_the_arrows_walk_through_it(box: PromptBox) -> None:
    go(box, "blocks")
    settle(box.page)
    lens = box.page.locator("view-logit-lens")
    assert lens.locator(".lens-cell[tabindex='0']").count() == 1
    chosen = lens.locator("[aria-pressed=true]")
    row, position = (int(part) for part in str(chosen.get_attribute("data-key")).split("-"))
    chosen.focus()
    chosen.press("ArrowDown")
    box.page.keyboard.press("ArrowLeft")
    box.page.keyboard.press("Enter")
    settle(box.page)
    assert (focus(box)["layer"], focus(box)["token"]) == (row, position - 1)
    key = box.page.evaluate("document.activeElement.getAttribute('data-key')")
    assert key == f"{row + 1}-{position - 1}"  # the keyboard stays where it was


def test_the_colour_of_the_lens_can_be_that_of_the_final_answer(box: PromptBox) -> None:
    go(box, "blocks")
    settle(box.page)
    lens = box.page.locator("view-logit-lens")
    colours = "view => [...view.querySelectorAll('.lens-cell')].map((cell) => cell.style.background)"
    before = lens.evaluate(colours)
    lens.get_by_label("how likely the final answer already is").check()
    after = lens.evaluate(colours)
    n_columns = len(value(lens)["positions"]["data"])
    assert after[-n_columns:] == before[-n_columns:]  # in the end the two are the same
    assert after[:-n_columns] != before[:-n_columns]
    lens.get_by_label("how likely the final answer already is").uncheck()


def test_a_block_is_chosen_by_its_number(box: PromptBox) -> None:
    go(box, "blocks")
    settle(box.page)
    box.page.locator("view-block-words").get_by_role("button", name="block 3").click()
    settle(box.page)
    assert focus(box)["layer"] == 3


def test_choosing_a_token_shows_its_own_row_and_products(box: PromptBox) -> None:
    go(box, "from-vectors-to-words")
    settle(box.page)
    view = box.page.locator("view-logits")
    third = value(view)["tokens"][2]
    view.get_by_role("button").nth(2).press("Enter")
    expect(view.locator(".strip-head").nth(1)).to_contain_text(f"wte[{third['id']}]")
    assert box.page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    view.locator("vector-strips .strips").press("ArrowRight")
    expect(view.locator(".heat-readout")).to_contain_text("channel 1:")


def test_a_column_of_the_neurons_leads_to_its_token(box: PromptBox) -> None:
    go(box, "feed-forward")
    settle(box.page)
    canvas = box.page.locator("view-neurons .heat-canvas")
    canvas.focus()
    canvas.press("ArrowRight")
    canvas.press("ArrowRight")
    canvas.press("Enter")
    settle(box.page)
    assert focus(box)["token"] == 2
    expect(canvas).to_be_focused()


@pytest.mark.parametrize("name", ["feed-forward", "blocks", "from-vectors-to-words"])
def test_charts_have_their_numbers_in_tables(box: PromptBox, name: str) -> None:
    go(box, name)
    settle(box.page)
    charts = box.page.locator("plot-chart")
    for n in range(charts.count()):
        chart = charts.nth(n)
        expect(chart.get_by_role("img", name=re.compile("of "))).to_have_count(1)
        chart.locator("summary").click()
        expect(chart.locator("tbody tr")).not_to_have_count(0)
        chart.locator("summary").click()
    assert charts.count() == {"feed-forward": 2, "blocks": 1, "from-vectors-to-words": 2}[name]


def test_on_a_phone_the_lens_opens_at_the_token_that_is_looked_at(box: PromptBox) -> None:
    go(box, "blocks")
    box.page.set_viewport_size({"width": 390, "height": 844})
    settle(box.page)
    box.page.locator(".learn-sheet-toggle").click()
    lens = box.page.locator("view-logit-lens")
    assert lens.locator(".lens-scroll").evaluate("box => box.scrollWidth > box.clientWidth")
    column, place = (lens.locator(name).bounding_box() for name in (".lens-looked", ".lens-scroll"))
    assert column
    assert place
    assert place["x"] < column["x"]
    assert column["x"] + column["width"] <= place["x"] + place["width"] + 1
    box.page.locator(".learn-sheet-toggle").click()
    box.page.set_viewport_size({"width": 1440, "height": 900})
