"""What the views of a page show before a model has loaded: recorded.json beside the page.

The same Python answers the same questions as in the reader's browser later: the views that the built page
has, about the prompt that its box begins with, by the small model that ships with the site.
"""

from __future__ import annotations

import html
import json
import math
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from picogpt import browser
from project import SITE_SOURCES, BuildError

MODEL = SITE_SOURCES / "models" / "shakespeare"
FOCUS = {"layer": 0, "head": 0, "token": -1}
PLAIN = ("class", "id", "style", "hidden")  # attributes that are no options
Want = dict[str, Any]


def write(site: Path) -> None:
    """Write recorded.json beside every page of `site` that has views and a prompt box."""
    pages = {
        path: found for path in sorted(site.glob("learn/**/index.html")) if (found := questions(path)).wants
    }
    if not pages:
        return
    load()
    for path, found in pages.items():
        inspection = browser.inspect(found.prompt, FOCUS, found.wants)
        for want, answer in zip(found.wants, inspection["answers"], strict=True):
            if "error" in answer:
                raise BuildError(f"{path.parent.name}: the view {want} fails: {answer['error']['message']}")
        text = json.dumps(jsonable({"wants": found.wants, "inspection": inspection}), separators=(",", ":"))
        path.with_name("recorded.json").write_text(text + "\n", "utf-8")
        page = path.read_text("utf-8")
        for want, answer in zip(found.wants, inspection["answers"], strict=True):
            page = with_fact(page, **answer["value"]) if want["view"] == "fact" else page
        path.write_text(page, "utf-8")


def with_fact(page: str, name: str, value: Any) -> str:
    """The page with a `<view-fact>` filled in: its sentences are whole before any script has run."""
    text = f"{value:,}" if isinstance(value, int) else html.escape(str(value))
    return page.replace(f'<view-fact name="{name}"></', f'<view-fact name="{name}">{text}</')


def load() -> None:
    """The small model, as the page loads it."""
    weights = np.fromfile(MODEL / "model.safetensors", np.uint8)
    texts = [(MODEL / name).read_text("utf-8") for name in ("config.json", "merges.txt")]
    browser.load(MODEL.name, weights, *texts)


class Questions(HTMLParser):
    """The views of a page, each once, and its prompt."""

    def __init__(self) -> None:
        super().__init__()
        self.wants: list[Want] = []
        self.prompt = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take note of a view or a prompt box."""
        if tag == "prompt-box":
            self.prompt = dict(attributes).get("prompt") or ""
        if not tag.startswith("view-"):
            return
        options = {
            name.replace("-", "_"): option(value or "")
            for name, value in attributes
            if name not in PLAIN and not name.startswith("data-")
        }
        want = {"view": tag.removeprefix("view-").replace("-", "_"), **options}
        if want not in self.wants:
            self.wants.append(want)


def questions(path: Path) -> Questions:
    """Of a built page."""
    parser = Questions()
    parser.feed(path.read_text("utf-8"))
    return parser


def option(text: str) -> Any:
    """The value of an attribute as site/js/widgets/live-view.js gives it to Python."""
    if text == "":
        return True
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def jsonable(value: Any) -> Any:
    """Arrays as lists of numbers with five digits; what JSON has no number for, as text for JavaScript."""
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [jsonable(item) for item in value]
    if isinstance(value, np.ndarray):
        return [jsonable(item) for item in value.tolist()]
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else str(value).replace("inf", "Infinity")
    return value
