"""Formulas: from Markdown, as mkdocs.yml has it read, to what a page shows."""

import re
from xml.etree import ElementTree

import markdown
import pytest

import formulas
from project import ROOT

MATHML = "{http://www.w3.org/1998/Math/MathML}"


def page(text: str) -> str:
    """Markdown with the formulas still to be set."""
    options = {"generic": True, "inline_syntax": ["dollar"], "block_syntax": ["dollar"]}
    settings = re.search(r"pymdownx\.arithmatex: {(.*?)}\n", (ROOT / "mkdocs.yml").read_text("utf-8"))
    assert settings
    assert settings[1].strip() == "generic: true, inline_syntax: [dollar], block_syntax: [dollar]"
    arithmatex = "pymdownx.arithmatex"
    return markdown.markdown(
        text, extensions=[arithmatex, "pymdownx.superfences"], extension_configs={arithmatex: options}
    )


def set_page(text: str) -> str:
    return formulas.set_all({"a.md": page(text)})["a.md"]


def mathml(html: str) -> list[ElementTree.Element]:
    found = re.findall(r"<math .*?</math>", html.replace(" data-search-exclude", ""), re.DOTALL)
    return [ElementTree.fromstring(math) for math in found]


def test_a_formula_in_a_line_is_set_and_said_in_mathml_too() -> None:
    html = set_page("If $a < b_i$, then.")
    (math,) = mathml(html)
    assert math.get("display") is None
    assert [element.text for element in math.iter() if element.tag in (f"{MATHML}mi", f"{MATHML}mo")] == [
        "a",
        "<",
        "b",
        "i",
    ]
    annotation = math.find(f".//{MATHML}annotation")
    assert annotation is not None
    assert annotation.text == "a < b_i"
    assert html.startswith('<p>If <span class="arithmatex"><span class="katex">')
    assert html.endswith(", then.</p>")


def test_a_formula_of_its_own_is_set_as_a_display() -> None:
    html = set_page("Before\n\n$$\n\\sum_{i=1}^n i\n$$\n\nafter")
    (math,) = mathml(html)
    assert math.get("display") == "block"
    assert '<div class="arithmatex" data-search-exclude><span class="katex-display">' in html


def test_the_formulas_of_all_pages_go_where_they_were() -> None:
    done = formulas.set_all({"a.md": page("$x_1$ and $x_2$"), "b.md": page("none"), "c.md": page("$x_3$")})
    said = {name: re.findall(r"<annotation[^>]*>(.*?)<", html) for name, html in done.items()}
    assert said == {"a.md": ["x_1", "x_2"], "b.md": [], "c.md": ["x_3"]}


def test_dollars_that_are_money_or_code_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formulas, "katex", pytest.fail)  # without a formula there is no need of Node.js
    text = "It costs $5 or $6, `$x$`.\n\n```console\n$ echo $HOME $PATH\n```\n"
    assert set_page(text) == page(text)


@pytest.mark.parametrize("wrong", [r"\frac{1}", r"\nosuchcommand", "x_1_2"])
def test_a_wrong_formula_is_an_error_that_names_page_and_formula(wrong: str) -> None:
    with pytest.raises(formulas.FormulaError, match=r"^a\.md: ") as caught:
        set_page(f"Right: $x$. Wrong: ${wrong}$.")
    assert repr(wrong) in str(caught.value)
    assert "KaTeX parse error" in str(caught.value)


def test_a_formula_in_a_heading_is_refused() -> None:
    with pytest.raises(formulas.FormulaError, match=r"^a\.md: a heading has a formula"):
        set_page("# About $x$\n\nText")
