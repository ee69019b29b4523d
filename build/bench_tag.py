"""The tag `{{ benchmark benchmarks/124M.json }}`: a line of a page that becomes a recorded result's charts.

The file, a copy of what `python3 build bench` wrote, lies below site/ and is served along with the page.
Without it the page says so: numbers in a page come from a measurement or not at all.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import bench_charts
from project import SITE_SOURCES

TAG = re.compile(r"^\{\{[ \t]*benchmark[ \t]+(?P<path>[\w./-]+\.json)[ \t]*\}\}[ \t]*$", re.MULTILINE)
NOTHING = "No result has been recorded in this checkout: `python3 build bench` makes one."


def expand(markdown: str, root: Path = SITE_SOURCES) -> str:
    """The page with every tag replaced by charts."""
    return TAG.sub(lambda tag: charts(root / tag["path"]), markdown)


def charts(path: Path) -> str:
    """The charts of a result's file, or the sentence that there is none."""
    if not path.is_file():
        return NOTHING
    return bench_charts.html(json.loads(path.read_text("utf-8")))
