"""Third-party libraries in the page: formulas without JavaScript; charts and the editor once needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

import faulty_site
import formulas
from accessibility import violations
from faulty_site import FaultySite

WIDE = r"\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{D}} + M\right) V" + r"\qquad x_1 + x_2 + x_3" * 4
FORMULAS = (
    r'<p>In a line: <span class="arithmatex">\(a &lt; b\)</span>.</p>'
    rf'<div class="arithmatex">\[{WIDE}\]</div><div class="arithmatex">\[x\]</div>'
)
PLOT = """async (url) => {
  const { plot } = await import(url);
  const { barX, plot: draw } = await plot();
  const data = [{ token: "a", p: 0.75 }, { token: "b", p: 0.25 }];
  const chart = draw({ marks: [barX(data, { x: "p", y: "token" })] });
  document.querySelector("article").prepend(chart);
  return [...chart.querySelectorAll("rect")].map((bar) => Number(bar.getAttribute("width")));
}"""
EDITOR = """async (url) => {
  const { codemirror } = await import(url);
  const cm = await codemirror();
  const parent = document.createElement("div");
  document.querySelector("article").prepend(parent);
  const view = new cm.EditorView({
    doc: "def relu(x):\\n    return 3",
    extensions: [
      cm.lineNumbers(),
      cm.lintGutter(),
      cm.python(),
      cm.syntaxHighlighting(cm.classHighlighter),
      cm.EditorView.contentAttributes.of({ "aria-label": "Code" }),
    ],
    parent,
  });
  const error = { from: 17, to: 23, severity: "error", message: "not so" };
  view.dispatch(cm.setDiagnostics(view.state, [error]));
}"""


@pytest.fixture
def formula_page(site: FaultySite) -> str:
    """The address of a page with formulas, one of them wider than a phone."""
    home = (site.root / "index.html").read_text("utf-8")
    content = formulas.set_all({"test.md": FORMULAS})["test.md"]
    body = home.replace("</article>", f"{content}</article>").encode()
    site.fault("formulas.html", faulty_site.Fault(body=body, content_type="text/html"))
    return site.url + "formulas.html"


@pytest.fixture
def no_script(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_formulas_are_there_without_javascript_in_their_own_fonts(
    no_script: Page, site: FaultySite, formula_page: str
) -> None:
    no_script.goto(formula_page)
    line = no_script.locator("span.arithmatex .katex-html")
    expect(line).to_be_visible()
    assert line.inner_text() == "a<b"
    assert no_script.locator("span.arithmatex math annotation").text_content() == "a < b"
    fonts = {request.path.rpartition("/")[2] for request in site.requested("vendor/fonts/")}
    assert {"KaTeX_Main-Regular.woff2", "KaTeX_Math-Italic.woff2"} <= fonts


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_wide_formula_scrolls_within_itself_and_by_keyboard(
    page: Page, formula_page: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(formula_page)
    wide, narrow = page.locator("div.arithmatex").all()
    expect(wide).to_have_attribute("tabindex", "0")
    expect(narrow).not_to_have_attribute("tabindex", "0")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert wide.evaluate("e => [e.scrollHeight - e.clientHeight, e.scrollLeft]") == [0, 0]
    assert violations(page, ".md-content") == []
    wide.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('div.arithmatex').scrollLeft > 0")
    page.set_viewport_size({"width": 2000, "height": 844})
    expect(wide).not_to_have_attribute("tabindex", "0")


def test_plot_is_fetched_when_it_is_needed_and_draws_what_it_is_given(page: Page, site: FaultySite) -> None:
    page.goto(site.url + "speed/")
    expect(page.locator("speed-test button").first).to_be_visible()
    assert [request for request in site.requested("vendor/") if request.path.endswith(".js")] == []
    longer, shorter = page.evaluate(PLOT, site.url + "js/vendor.js")
    assert longer == pytest.approx(3 * shorter)
    page.evaluate(PLOT, site.url + "js/vendor.js")
    assert len(site.requested("vendor/plot.js")) == 1
    assert site.requested("vendor/codemirror.js") == []


def test_the_editor_knows_python_and_marks_a_line(page: Page, site: FaultySite) -> None:
    page.goto(site.url + "speed/")
    page.evaluate(EDITOR, site.url + "js/vendor.js")
    expect(page.locator(".cm-lineNumbers .cm-gutterElement:visible")).to_have_text(["1", "2"])
    assert page.locator(".cm-content .tok-keyword").all_text_contents() == ["def", "return"]
    expect(page.locator(".cm-lintRange-error")).to_have_text("return")
    expect(page.locator(".cm-lint-marker-error")).to_be_visible()
    page.get_by_role("textbox", name="Code").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\npass")
    assert page.locator(".cm-content .tok-keyword").all_text_contents() == ["def", "return", "pass"]
    assert violations(page, ".cm-editor") == []
