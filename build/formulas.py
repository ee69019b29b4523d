"""Formulas, `$…$` in a line and `$$…$$` of their own, set by KaTeX while the site is built.

A page then needs KaTeX's styles and fonts alone, shows its formulas without JavaScript, and has each one as
MathML too, for screen readers.
"""

from __future__ import annotations

import html
import json
import re
import subprocess

import node_tools
import vendor
from project import BuildError

# What pymdownx.arithmatex writes with `generic: true`.
FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<tex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL
)
HEADING = re.compile(r"<h(?P<level>[1-6])\b.*?</h(?P=level)>", re.DOTALL)


class FormulaError(Exception):
    """A formula that KaTeX refuses, or in a place where none can be."""


def set_all(pages: dict[str, str]) -> dict[str, str]:
    """The pages (HTML by name) with their formulas set, by one run of Node.js for all of them.

    Raises FormulaError, which names the page and the formula.
    """
    for name, page in pages.items():
        if any(FORMULA.search(heading[0]) for heading in HEADING.finditer(page)):
            raise FormulaError(f"{name}: a heading has a formula, which a table of contents cannot show")
    found = [(name, formula) for name, page in pages.items() for formula in FORMULA.finditer(page)]
    answers = katex([formula for _, formula in found]) if found else []
    for (name, formula), answer in zip(found, answers, strict=True):
        if "error" in answer:
            raise FormulaError(f"{name}: {tex(formula)!r}: {answer['error']}")
    in_order = iter(answers)
    return {
        name: FORMULA.sub(lambda formula: element(formula, next(in_order)["html"]), page)
        for name, page in pages.items()
    }


def katex(formulas: list[re.Match[str]]) -> list[dict[str, str]]:
    """What KaTeX says to each formula: its "html", or its "error"."""
    node_tools.require_node()
    line = [node_tools.find("node"), str(vendor.bundles() / "formulas.mjs")]
    asked = json.dumps([{"tex": tex(formula), "display": formula["tag"] == "div"} for formula in formulas])
    result = subprocess.run(line, input=asked, capture_output=True, text=True, encoding="utf-8")
    if result.returncode != 0:
        raise BuildError(f"build/vendor/formulas.mjs failed:\n{result.stderr.strip()}")
    answers: list[dict[str, str]] = json.loads(result.stdout)
    return answers


def tex(formula: re.Match[str]) -> str:
    """What the author wrote between the dollars."""
    return html.unescape(formula["tex"]).strip()


def element(formula: re.Match[str], inside: str) -> str:
    """The formula's element. Search would find every symbol three times: it gets a line's formulas once (the
    MathML is left out), and those of their own, whose fractions make no sense as text, not at all."""
    if formula["tag"] == "div":
        return f'<div class="arithmatex" data-search-exclude>{inside}</div>'
    return f'<span class="arithmatex">{inside.replace("<math ", "<math data-search-exclude ", 1)}</span>'
