"""Every page of Learn: its views show what the same Python computes here, for whatever the reader types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import recorded
import source_tag
from accessibility import violations
from faulty_site import FaultySite
from picogpt import browser as python
from project import ROOT
from prompt_box import BOOT_MS, PromptBox, shared_box

PAGES = sorted(
    path.stem
    for path in (ROOT / "site" / "learn").glob("*.md")
    if "template: learn.html" in path.read_text("utf-8")
)
WIDTHS = {"int64": "int32"}  # whole numbers are as wide as the machine's, and WebAssembly's are narrower
OTHER_PROMPT = "JULIET:\nO, be some other name! 🌹"
READ = """() => [...document.querySelectorAll("*")]
    .filter((element) => element.localName.startsWith("view-") && element.want)
    .map(({ localName, want, value, inspection, dataset }) => {
      const plain = (item) => {
        if (ArrayBuffer.isView(item)) return [...item].map((n) => (Number.isFinite(n) ? n : String(n)));
        if (item === null || typeof item !== "object") return item;
        if (Array.isArray(item)) return item.map(plain);
        return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, plain(inner)]));
      };
      return { name: localName, want, value: plain(value), state: dataset.state, focus: inspection?.focus };
    })"""
SETTLED = """([state]) => [...document.querySelectorAll("*")]
    .filter((element) => element.localName.startsWith("view-") && element.want)
    .every(({ dataset }) => dataset.state === state && !("stale" in dataset))"""


@pytest.fixture(scope="module")
def box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    """One page for all tests, its model loaded."""
    with shared_box(browser, served_site.url + "learn/") as box:
        yield box


@pytest.fixture(scope="module")
def model() -> None:
    """The shipped model in this Python."""
    recorded.load()


def go(box: PromptBox, name: str) -> None:
    """Follow the site's own link, so that Python and the model stay."""
    path = "learn/" if name == "index" else f"learn/{name}/"
    box.page.set_viewport_size({"width": 1440, "height": 900})
    if not box.page.url.endswith(path):
        box.page.locator(f'nav a[href$="{path}"], .md-nav a[href$="{path}"]').first.evaluate("a => a.click()")
        box.page.wait_for_url(f"**/{path}")
        box.page.wait_for_selector("learn-bench prompt-box", state="attached")
    settle(box.page)


def settle(page: Page, state: str = "live") -> None:
    """Until all views show the answer to what is asked now."""
    page.wait_for_timeout(350)  # views wait for a pause in typing before they ask
    page.wait_for_function(SETTLED, arg=[state], timeout=BOOT_MS)


def check_against_python(page: Page) -> list[dict[str, Any]]:
    """Every view's value is what Python computes here; the values."""
    found: list[dict[str, Any]] = page.evaluate(READ)
    prompt = page.locator("prompt-box").evaluate("box => box.prompt")
    expected = python.inspect(prompt, found[0]["focus"], [one["want"] for one in found])
    for one, answer in zip(found, expected["answers"], strict=True):
        assert_same(one["value"], recorded.jsonable(answer["value"]), str(one["want"]))
    return found


def assert_same(found: Any, expected: Any, where: str) -> None:
    """Equal texts and whole numbers, and floats within what another order of additions makes of float32."""
    if isinstance(expected, dict):
        assert set(found) == {str(key) for key in expected}, where
        for key, value in expected.items():
            assert_same(found[str(key)], value, f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for n, value in enumerate(expected):
            assert_same(found[n], value, f"{where}[{n}]")
    elif isinstance(expected, float):
        assert float(found) == pytest.approx(expected, rel=2e-3, abs=2e-4), where
    elif expected == "int64":  # NumPy's integers are as wide as an address, and WebAssembly's is 32 bits
        assert found in ("int32", "int64"), where
    else:
        assert found == (WIDTHS.get(expected, expected) if isinstance(expected, str) else expected), where


@pytest.mark.parametrize("name", PAGES)
def test_the_views_show_what_python_computes_and_follow_the_prompt(
    box: PromptBox, model: None, name: str
) -> None:
    go(box, name)
    box.prompt.fill("ROMEO:\nBut soft!")
    settle(box.page)
    before = check_against_python(box.page)
    box.prompt.fill(OTHER_PROMPT)
    settle(box.page)
    after = check_against_python(box.page)
    changed = [a["name"] for a, b in zip(after, before, strict=True) if a["value"] != b["value"]]
    assert "view-tokens" in changed


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("size", "scheme"),  # the other two pairs are those of test_accessibility.py
    [((390, 844), "dark"), ((1440, 900), "light")],
    ids=["phone-dark", "desktop-light"],
)
def test_the_page_fits_and_everybody_can_use_it(
    box: PromptBox, name: str, size: tuple[int, int], scheme: Any
) -> None:
    go(box, name)
    page = box.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    if size[0] < 960:
        page.locator(".learn-sheet-toggle").click()
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_before_the_model_has_loaded_every_view_shows_a_recorded_example(
    page: Page, site: FaultySite, name: str
) -> None:
    page.route(re.compile(r"/pyodide/pyodide\.mjs"), lambda _: None)  # is never answered
    page.goto(site.url + ("learn/" if name == "index" else f"learn/{name}/"))
    settle(page, "recorded")
    page.unroute_all(behavior="ignoreErrors")


def test_a_line_of_code_shows_its_arrays_and_follows_the_focus(box: PromptBox, model: None) -> None:
    go(box, "attention")
    page = box.page
    line = page.locator(".code-line", has_text="return softmax").first
    line.click()
    page.locator("view-lines heat-map").first.wait_for()
    settle(page)
    check_against_python(page)
    page.get_by_label("layer", exact=True).select_option("2")
    settle(page)
    assert check_against_python(page)[0]["focus"]["layer"] == 2
    line.press("Enter")
    settle(page)
    assert line.get_attribute("aria-expanded") == "false"


def test_code_that_is_copied_is_the_functions_own_text(box: PromptBox) -> None:
    go(box, "layer-norm")
    box.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = box.page.locator(".live-source").first
    line = block.locator(".code-line").first  # drawn, and so the lines are as readers have them
    expect(line).to_be_visible()
    block.get_by_role("button", name="Copy").click()
    expect(box.page.locator(".md-dialog--active")).to_be_visible()
    copied = box.page.evaluate("navigator.clipboard.readText()")
    assert copied == source_tag.cut("picogpt.model.layer_norm", ROOT)[1]


def test_a_long_line_of_code_goes_on_below_its_beginning_and_deeper(box: PromptBox) -> None:
    go(box, "what-a-gpt-is")
    box.page.set_viewport_size({"width": 390, "height": 844})
    line = box.page.locator(".live-source code > span", has_text="return unembedding(")
    pieces: list[dict[str, float]] = line.evaluate(
        """(line) => {
          const text = document.createRange();
          text.selectNodeContents(line);
          const code = line.parentElement.getBoundingClientRect();
          return [...text.getClientRects()].filter(({ width }) => width > 0)
            .map(({ top, left, right }) => ({ top, left: left - code.left, right: right - code.left }));
        }"""
    )
    width = line.locator("..").evaluate("code => code.clientWidth")
    rows = sorted({round(piece["top"]) for piece in pieces})
    starts = [min(piece["left"] for piece in pieces if round(piece["top"]) == row) for row in rows]
    assert len(rows) > 1
    assert max(piece["right"] for piece in pieces) <= width  # nothing is cut off
    assert min(starts[1:]) > starts[0]


def test_the_prompt_the_focus_and_the_model_follow_the_reader_from_page_to_page(box: PromptBox) -> None:
    go(box, "attention")
    box.prompt.fill("HAMLET:\nTo be, or")
    settle(box.page)
    box.page.locator(".view-chip").nth(1).click()
    settle(box.page)
    go(box, "embeddings")
    assert box.prompt.input_value() == "HAMLET:\nTo be, or"
    assert box.page.locator(".view-chip[aria-pressed=true]").get_attribute("data-key") == "1"
