"""Between picogpt/model.py on one page and its functions on the pages that explain them: links both ways.

A page explains a function where it has the tag `{{ source picogpt.model.NAME }}`; the first page in the
order of mkdocs.yml counts. On the page of the whole model each function's name becomes a link to that page,
and an anchor; beneath each cut-out function stands a link back.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from project import ROOT

WHOLE = "learn/the-whole-model.md"
HOMES = {"transformer_block": "learn/blocks.md"}  # shown elsewhere before its own page
TAG = re.compile(r"^\{\{[ \t]*source[ \t]+picogpt\.model\.(?P<name>\w+)[ \t]*\}\}[ \t]*$", re.MULTILINE)
LINES = re.compile(r"\{\{[ \t]*lines[ \t]+picogpt\.model[ \t]*\}\}")
DEFINED = re.compile(r'(?P<def><span class="k">def</span>.{,40}?)<span class="nf">(?P<name>\w+)</span>')


def expand(markdown: str, page: str) -> str:
    """The page at `page`, a path below site/, with links back and counts of lines."""
    markdown = LINES.sub(lambda _: str(lines_of_code(model_source())), markdown)
    if not page.startswith("learn/") or page == WHOLE:
        return markdown
    return TAG.sub(lambda tag: f"{tag[0]}\n\n{back(tag['name'])}", markdown)


def back(name: str) -> str:
    """A function's link to where it stands in the file."""
    return f"[`{name}` in the whole model](the-whole-model.md#model-{name}){{ .source-back }}"


def explained(pages: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Function -> the first of `pages` (path below site/, Markdown) that shows it."""
    found: dict[str, str] = {}
    for path, markdown in pages:
        if path.startswith("learn/") and path != WHOLE:
            for tag in TAG.finditer(markdown):
                found.setdefault(tag["name"], path)
    return found | {name: path for name, path in HOMES.items() if name in found}


def link(html: str, targets: dict[str, str]) -> str:
    """The page of the whole model as HTML: each function's name an anchor, and a link to its page."""

    def linked(match: re.Match[str]) -> str:
        name = match["name"]
        text = name
        if name in targets:  # the anchor is the span's: the theme hides links in code that have an id
            text = f'<a href="{targets[name]}" title="The page on {name}">{name}</a>'
        return f'{match["def"]}<span class="nf" id="model-{name}">{text}</span>'

    return DEFINED.sub(linked, html)


def model_source() -> str:
    """The text of picogpt/model.py."""
    return (ROOT / "picogpt" / "model.py").read_text("utf-8")


def lines_of_code(source: str) -> int:
    """How many lines of a module are code: not empty, no comment alone, no docstring."""
    lines = source.splitlines()
    code = {at for at, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")}
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            text = node.body[0]
            code -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(code)
