"""What a site sends to a new reader, for the page on hosting: counted in the built files.

The page has tags such as `{{ site MB }}`, which stand until all files are there. What a first visit fetches
is followed from the home page as a browser does; a test compares it with what Chromium asks for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import preload
import shards
from picogpt.models import PUBLISHED
from project import BuildError

PAGES = ("host-your-own/index.html", "search/search_index.json")
TAG = re.compile(r"\{\{ ?(?P<what>[\w ,]+?) ?\}\}")
LINKED = re.compile(r'<(?:link|script)\b[^>]*?\b(?:href|src)="(?P<path>[^":?#]+)"[^>]*>')
NOT_FETCHED = re.compile(r'rel="?(?:canonical|next|prev|edit)\b')
SEARCH_WORKER = re.compile(r'"search": "(?P<path>[^"]+)"')
WORKERS = (Path("js/worker.js"), Path("js/loader-worker.js"))
MONTH_BYTES = 100e9  # that GitHub Pages sends, as a soft limit
GPT2 = PUBLISHED["124M"]
HEADER_BYTES = 14_291  # of the published file, with the eight that say how long it is


def write(site: Path) -> None:
    """Put the numbers into the built pages. Raises BuildError for a tag that there is none for."""
    numbers = figures(site)
    for name in PAGES:
        path = site / name
        text = TAG.sub(lambda tag: number(numbers, tag["what"]), path.read_text("utf-8"))
        path.write_text(text, "utf-8")


def number(numbers: dict[str, str], what: str) -> str:
    """What a tag stands for."""
    if what not in numbers:
        raise BuildError(f"{{{{ {what} }}}}: expected one of {', '.join(numbers)}")
    return numbers[what]


def figures(site: Path) -> dict[str, str]:
    """By tag. The site's own parts, which an earlier build may have left in it, are not its pages'."""
    parts = sum(size(folder.iterdir()) for folder in parts_folders(site))
    own = size(site.rglob("*")) - parts
    weights = parts_bytes()
    reader = size(first_visit(site) | gpt2_visit(site))
    return {
        "site MB": megabytes(own),
        "site with parts MB": megabytes(own + weights),
        "reader MB": megabytes(reader),
        "reader with parts MB": megabytes(reader + weights),
        "readers": rounded(MONTH_BYTES / reader),
        "readers with parts": rounded(MONTH_BYTES / (reader + weights)),
        "fetched MB": megabytes(weights),
        "file MB": megabytes(GPT2.n_bytes or 0),
        "masks MB": megabytes((GPT2.n_bytes or 0) - weights),
        "parts": str(-(-weights // shards.PART_BYTES)),
        "part MiB": str(shards.PART_BYTES >> 20),
    }


def parts_folders(site: Path) -> list[Path]:
    """Where the site has a model in parts."""
    return [path.parent for path in site.glob("models/*/manifest.json")]


def parts_bytes() -> int:
    """What a page fetches of GPT-2 124M: all numbers, and the header that tells where they are."""
    return 4 * GPT2.n_params + HEADER_BYTES


def first_visit(site: Path) -> set[Path]:
    """The files that a first visit to the home page fetches, up to the small model's first word."""
    page = (site / "index.html").read_text("utf-8")
    found = {site / "index.html", site / "sitemap.xml", site / "search" / "search_index.json"}
    found |= {
        site / link["path"]
        for link in LINKED.finditer(page)
        if not NOT_FETCHED.search(link[0]) and "//" not in link["path"]
    }
    search = SEARCH_WORKER.search(page)
    if search is None:
        raise BuildError("index.html: the theme's pages name their search worker otherwise now")
    found |= {site / search["path"], *(site / module for module in preload.graph(site, WORKERS[0]))}
    return found | python_files(site) | small_model(site)


def python_files(site: Path) -> set[Path]:
    """Python's, and the module for the matrix product that newer browsers take."""
    folder = site / "pyodide"
    listed = json.loads((folder / "runtime.json").read_text("utf-8"))["files"]
    files = {folder / "runtime.json", *(folder / file["name"] for file in listed)}
    return {*files, site / "wasm" / "sgemm-relaxed.wasm"}


def small_model(site: Path) -> set[Path]:
    """The first model of the list."""
    index = site / "models" / "index.json"
    files = json.loads(index.read_text("utf-8"))[0]["files"]
    return {index, *(site / "models" / file["path"] for kind, file in files.items() if kind != "parity")}


def gpt2_visit(site: Path) -> set[Path]:
    """What the site sends besides when GPT-2 is chosen: the loader, and the vocabulary."""
    loader = {site / module for module in preload.graph(site, WORKERS[1])}
    return {*loader, site / "models" / "gpt2" / "merges.txt"}


def size(paths: Iterable[Path]) -> int:
    """Bytes of all files among them."""
    return sum(path.stat().st_size for path in paths if path.is_file())


def megabytes(n_bytes: int) -> str:
    """Megabytes of 10^6 bytes, without a fraction."""
    return f"{n_bytes / 1e6:.0f}"


def rounded(n: float) -> str:
    """Two digits that count."""
    return f"{float(f'{n:.2g}'):,.0f}"
