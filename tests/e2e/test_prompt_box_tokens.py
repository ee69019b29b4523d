"""What the model thought of a token: by mouse, by keyboard, by touch."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from faulty_site import FaultySite
from prompt_box import PromptBox, opened, shared_box


@pytest.fixture(scope="module")
def ready_box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    with shared_box(browser, served_site.url) as box:
        yield box


@pytest.fixture
def box(ready_box: PromptBox) -> PromptBox:
    box = ready_box
    box.reset()
    box.run("ROMEO:", n_tokens=40, greedy=False, temperature=1.2, seed=3)
    return box


def shares(box: PromptBox) -> list[float]:
    """The rows' percentages; what is too little to show counts as nothing."""
    texts = box.tooltip.locator("li > :last-child").all_text_contents()
    return [0.0 if text.startswith("<") else float(text.removesuffix(" %")) for text in texts]


def token_of_run(box: PromptBox, index: int) -> dict[str, object]:
    """A token as the engine has it."""
    token: dict[str, object] = box.page.evaluate(
        """async (i) => {
          const { engine } = await import(new URL("js/engine.js", document.baseURI));
          return engine.run.tokens[i];
        }""",
        index,
    )
    return token


def word(box: PromptBox) -> int:
    """The index of a token with letters in it, which a mouse can point at."""
    texts = box.tokens.all_text_contents()
    return next(i for i, text in enumerate(texts) if i > 3 and re.search(r"\w\w", text))


def test_hovering_a_token_shows_its_probability_and_the_five_likeliest(box: PromptBox) -> None:
    index = word(box)
    box.tokens.nth(index).hover()
    expect(box.tooltip).to_be_visible()
    token = token_of_run(box, index)
    assert f"token {token['id']}" in box.tooltip.inner_text()
    assert len(token["alternatives"]) == 5  # type: ignore[arg-type]
    rows = box.tooltip.locator("li[data-id]")
    ids = rows.evaluate_all("rows => rows.map(row => Number(row.dataset.id))")
    assert ids[:5] == [alternative["id"] for alternative in token["alternatives"]]  # type: ignore[attr-defined]
    chosen = box.tooltip.locator("li[data-kind=chosen]")
    assert chosen.get_attribute("data-id") == str(token["id"])
    box.prompt.hover()
    expect(box.tooltip).to_be_hidden()


def test_the_rows_of_every_token_add_up_to_a_hundred_per_cent(box: PromptBox) -> None:
    box.tokens.first.focus()
    for index in range(box.tokens.count()):
        expect(box.tokens.nth(index)).to_be_focused()
        assert sum(shares(box)) == pytest.approx(100, abs=0.4)  # seven roundings
        box.page.keyboard.press("ArrowRight")


def test_the_output_is_one_tab_stop_and_the_arrow_keys_walk_its_tokens(box: PromptBox) -> None:
    focused = "() => [...document.querySelectorAll('[data-id]')].indexOf(document.activeElement)"
    assert box.output.locator("[tabindex='0']").count() == 1
    box.page.get_by_role("button", name="Copy", exact=True).focus()
    press = box.page.keyboard.press
    press("Tab")
    assert box.page.evaluate(focused) == 0
    for key, index in [
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 39),
        ("ArrowRight", 39),
    ]:
        press(key)
        assert box.page.evaluate(focused) == index, key
    press("Tab")
    assert box.page.evaluate(focused) == -1
    press("Shift+Tab")
    assert box.page.evaluate(focused) == 39, "the tab stop is where the reader left"
    press("Home")
    assert box.page.evaluate(focused) == 0
    press("ArrowDown")
    below = box.page.evaluate(focused)
    assert below > 0
    press("ArrowUp")
    assert box.page.evaluate(focused) < below


def test_the_focused_token_is_described_by_its_tooltip(box: PromptBox) -> None:
    box.tokens.nth(5).focus()
    expect(box.tooltip).to_be_visible()
    assert box.tokens.nth(5).get_attribute("aria-describedby") == box.tooltip.get_attribute("id")
    box.page.keyboard.press("ArrowRight")
    assert box.tokens.nth(5).get_attribute("aria-describedby") is None
    assert box.tokens.nth(6).get_attribute("aria-describedby") == box.tooltip.get_attribute("id")


def test_escape_closes_the_tooltip_and_the_next_key_opens_it_again(box: PromptBox) -> None:
    box.tokens.nth(5).focus()
    expect(box.tooltip).to_be_visible()
    box.page.keyboard.press("Escape")
    expect(box.tooltip).to_be_hidden()
    expect(box.tokens.nth(5)).to_be_focused()
    box.page.keyboard.press("ArrowRight")
    expect(box.tooltip).to_be_visible()


def test_escape_closes_a_tooltip_that_the_mouse_opened(box: PromptBox) -> None:
    box.tokens.nth(word(box)).hover()
    expect(box.tooltip).to_be_visible()
    box.page.keyboard.press("Escape")
    expect(box.tooltip).to_be_hidden()


def test_spaces_and_line_ends_are_visible_in_the_tooltip(box: PromptBox) -> None:
    texts = box.tokens.all_text_contents()
    for char, sign in ((" ", "␣"), ("\n", "↵")):
        index = next(i for i, text in enumerate(texts) if text.startswith(char))
        box.tokens.nth(index).focus()
        head = box.tooltip.locator(".pb-tooltip-text")
        assert head.text_content() == texts[index].replace(" ", "␣").replace("\n", "↵")
        assert sign in (head.text_content() or "")


def test_the_tooltip_stays_within_the_window(box: PromptBox) -> None:
    for width in (1440, 390):
        box.page.set_viewport_size({"width": width, "height": 800})
        for index in range(0, 40, 6):
            box.tokens.nth(index).focus()
            box.tokens.nth(index).scroll_into_view_if_needed()
            area = box.tooltip.bounding_box()
            assert area is not None
            assert area["x"] >= 0
            assert area["x"] + area["width"] <= width


@pytest.fixture
def phone(browser: Browser, site: FaultySite) -> Iterator[PromptBox]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    yield opened(context.new_page(), site.url)
    context.close()


def test_a_tap_shows_the_tooltip_and_a_tap_elsewhere_closes_it(phone: PromptBox) -> None:
    phone.prompt.fill("ROMEO:")
    phone.generate.tap()
    phone.wait_until_done()
    index = word(phone)
    phone.tokens.nth(index).tap()
    expect(phone.tooltip).to_be_visible()
    assert f"token {token_of_run(phone, index)['id']}" in phone.tooltip.inner_text()
    phone.prompt.tap()
    expect(phone.tooltip).to_be_hidden()
