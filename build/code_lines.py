"""How far each line of Python in a page is indented: in a narrow page, the style sheet lets a long line go on
below its own beginning.
"""

from __future__ import annotations

import re

BLOCK = re.compile(r'<div class="language-python.*?</pre>', re.DOTALL)
LINE = re.compile(
    r'(?P<tag><span id="__span-[\d-]+")>(?P<before>(?:<a [^>]*></a>)?(?:<span class="\w+">)?)(?P<spaces> +)'
)


def mark(html: str) -> str:
    """The page with `--indent`, a number of characters, on each line of Python that begins with spaces."""
    return BLOCK.sub(lambda block: LINE.sub(marked, block[0]), html)


def marked(line: re.Match[str]) -> str:
    """A line's beginning with its indentation said."""
    return f'{line["tag"]} style="--indent: {len(line["spaces"])}">{line["before"]}{line["spaces"]}'
