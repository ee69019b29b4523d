"""One model for all pages; looks; accessibility."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accessibility import violations
from faulty_site import FaultySite
from prompt_box import PromptBox, opened


def test_a_second_page_and_back_keep_model_text_and_settings_without_loading_anything_again(
    page: Page, site: FaultySite
) -> None:
    box = opened(page, site.url)
    text = box.run("ROMEO:\n", n_tokens=12, greedy=False, seed=5)
    page.evaluate("window.isSamePage = true")
    site.requests.clear()
    page.get_by_role("link", name="Learn", exact=True).first.click()
    expect(page.get_by_role("heading", name="Learn", level=1, exact=True)).to_be_visible()
    page.get_by_role("link", name="Try it", exact=True).first.click()
    expect(page.locator("prompt-box")).to_have_attribute("data-state", "ready")
    assert page.evaluate("window.isSamePage"), "the page was loaded anew"
    assert site.requested("pyodide/") == []
    assert site.requested("models/") == []
    assert box.prompt.input_value() == "ROMEO:\n"
    assert box.generated() == text
    assert box.setting("Tokens").input_value() == "12"
    assert box.run("ROMEO:\n") == text


def test_generating_goes_on_while_another_page_is_read(page: Page, site: FaultySite) -> None:
    box = opened(page, site.url)
    box.set(n_tokens=60, greedy=True)
    box.prompt.fill("ROMEO:")
    box.generate.click()
    page.get_by_role("link", name="Learn", exact=True).first.click()
    expect(page.get_by_role("heading", name="Learn", level=1, exact=True)).to_be_visible()
    page.go_back()
    expect(page.locator("prompt-box")).to_be_visible()
    expect(box.tokens).to_have_count(60)
    assert box.output.inner_text().startswith("ROMEO:")


def test_a_boot_that_has_begun_goes_on_while_another_page_is_read(page: Page, site: FaultySite) -> None:
    page.goto(site.url)
    expect(page.locator("prompt-box[data-state=booting]")).to_be_visible()
    page.get_by_role("link", name="Learn", exact=True).first.click()
    expect(page.get_by_role("heading", name="Learn", level=1, exact=True)).to_be_visible()
    page.go_back()
    PromptBox(page).wait_for("ready")
    assert len(site.requested("pyodide.asm.wasm")) == 1


def test_everything_that_was_asked_for_came_from_the_sites_own_folder(page: Page, site: FaultySite) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    box = opened(page, site.url)
    box.run("ROMEO:", n_tokens=2)
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((site.url, "data:", "blob:"))] == []


@pytest.fixture(params=["light", "dark"])
def colored(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def test_axe_finds_nothing_serious_in_any_state(colored: BrowserContext, site: FaultySite) -> None:
    page = colored.new_page()
    page.goto(site.url)
    box = PromptBox(page)
    expect(page.locator("prompt-box[data-state]")).to_be_visible()
    assert violations(page, "prompt-box") == [], "booting"
    box.wait_for("ready")
    assert violations(page, "prompt-box") == [], "ready"
    box.run("ROMEO:", n_tokens=30, greedy=False, seed="")
    box.tokens.nth(3).focus()
    expect(box.tooltip).to_be_visible()
    assert violations(page, "prompt-box") == [], "with a tooltip"
    box.set(greedy=True)
    assert violations(page, "prompt-box") == [], "greedy"
    box.run("word " * 600)
    expect(box.alert).to_contain_text("tokens")
    assert violations(page, "prompt-box") == [], "with an error"


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_is_wider_than_the_window(page: Page, site: FaultySite, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    overflow = "() => document.documentElement.scrollWidth - innerWidth"
    box = opened(page, site.url)
    assert page.evaluate(overflow) <= 0
    box.prompt.fill("x" * 400)
    box.generate.click()
    box.wait_until_done()
    assert page.evaluate(overflow) <= 0
    inner = "e => e.scrollWidth - e.clientWidth"
    assert box.output.evaluate(inner) <= 0, "long words break"
    if width == 390:
        page.get_by_text("Settings").click()
        expect(box.setting("Seed")).to_be_visible()
        assert page.evaluate(overflow) <= 0
        edges = box.element.bounding_box()
        assert edges is not None
        for control in box.element.locator("input[type=number], button:visible, select").all():
            area = control.bounding_box()
            assert area is not None
            assert area["x"] >= edges["x"]
            assert area["x"] + area["width"] <= edges["x"] + edges["width"]


def test_settings_are_folded_on_a_phone_and_open_on_a_wide_screen(page: Page, site: FaultySite) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site.url)
    box = PromptBox(page)
    expect(box.setting("Temperature")).to_be_hidden()
    expect(box.element).to_contain_text("80 tokens")
    page.set_viewport_size({"width": 1440, "height": 844})
    expect(box.setting("Temperature")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_does_not_jump_while_the_model_loads(page: Page, site: FaultySite, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    opened(page, site.url)
    assert page.evaluate("window.shift") < 0.02


def test_without_javascript_the_text_in_the_tag_is_read(browser: Browser, site: FaultySite) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url)
    box = page.locator("prompt-box")
    expect(box).to_contain_text("JavaScript")
    assert box.evaluate("e => getComputedStyle(e).color") != "rgba(0, 0, 0, 0)"
    context.close()


def test_no_motion_where_the_reader_wants_none(browser: Browser, site: FaultySite) -> None:
    context = browser.new_context(reduced_motion="reduce")
    box = opened(context.new_page(), site.url)
    box.set(n_tokens=200)
    box.prompt.fill("x")
    box.generate.click()
    box.wait_for("generating")
    moving = (
        "e => e.getAnimations({ subtree: true }).map((a) => `${a.effect.target.className} ${a.playState}`)"
    )
    assert box.element.evaluate(moving) == []
    context.close()
