"""How far each line of Python in a page is indented: in a narrow page, the style sheet lets a long line go on
below its own beginning.
"""

from __future__ import annotations

import re

BLOCK = re.compile(r'<div class="language-python.*?</pre>', re.DOTALL)
# Pygments calls a docstring "sd"; the spaces of its first line stand before that, in a span of their own
LINE = re.compile(
    r'(?P<tag><span id="__span-[\d-]+")>'
    r'(?P<before>(?:<a [^>]*></a>)?(?:<span class="(?P<kind>\w+)">)?)'
    r'(?P<spaces> *)(?P<docstring>(?=</span><span class="sd">))?'
)


def mark(html: str) -> str:
    """The page with `--indent`, a number of characters, on each line of Python that begins with spaces, and
    with `--hang: 0` on those of docstrings, which are text: any other line goes on deeper than it began."""
    return BLOCK.sub(lambda block: LINE.sub(marked, block[0]), html)


def marked(line: re.Match[str]) -> str:
    """A line's beginning with what the style sheet has to know."""
    style = {"--indent": len(line["spaces"])} if line["spaces"] else {}
    if line["kind"] == "sd" or line["docstring"] is not None:
        style["--hang"] = 0
    if not style:
        return line[0]
    said = "; ".join(f"{name}: {value}" for name, value in style.items())
    return f'{line["tag"]} style="{said}">{line["before"]}{line["spaces"]}'
