"""How lines of code in a page are marked with their indentation."""

from __future__ import annotations

import re

from markdown import Markdown

import code_lines

EXTENSIONS = ["pymdownx.highlight", "pymdownx.superfences"]
HIGHLIGHT = {
    "pymdownx.highlight": {"anchor_linenums": True, "line_spans": "__span", "pygments_lang_class": True}
}


def rendered(language: str, code: str) -> str:
    """A fenced block as the site's pages have it."""
    markdown = Markdown(extensions=EXTENSIONS, extension_configs=HIGHLIGHT)
    return code_lines.mark(markdown.convert(f"```{language}\n{code}\n```"))


def indents(html: str) -> list[str | None]:
    """What each line says of its indentation."""
    tags = re.findall(r'<span id="__span-[^>]*>', html)
    return [found[1] if (found := re.search(r"--indent: (\d+)", tag)) else None for tag in tags]


def test_each_line_of_python_says_how_far_it_is_indented_docstrings_and_comments_too() -> None:
    code = 'def f(x):\n    """What it does.\n\n    More.\n    """\n    if x:\n        # why\n        return x'
    assert indents(rendered("python", code)) == [None, "4", None, "4", "4", "4", "8", "8"]


def test_only_a_docstring_goes_on_where_it_began() -> None:
    html = rendered("python", 'def f():\n    """What\n\n    it does.\n    """\n    return 1')
    tags = re.findall(r'<span id="__span-[^>]*>', html)
    assert ["--hang: 0" in tag for tag in tags] == [False, True, False, True, True, False]


def test_the_text_stays_as_it_was() -> None:
    code = "def f():\n    return 1"
    html = rendered("python", code)
    assert re.sub(r"<[^>]+>", "", html).strip() == code


def test_other_blocks_are_left_alone() -> None:
    assert indents(rendered("text", "a\n    b")) == [None, None]
