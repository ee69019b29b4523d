"""`python3 build shots`: pictures of every page, wide and narrow, light and dark, once all of it is drawn."""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

from mkdocs.config import load_config
from mkdocs.structure.files import get_files
from mkdocs.structure.nav import get_navigation
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

import browsers
import build_site
from project import DIST, ROOT, BuildError, say, warn
from static_server import StaticServer

SHOTS = DIST / "shots"
WIDTHS = (1440, 390)
SCHEMES = ("light", "dark")
PATIENCE_MS = 60_000
# What will change yet: a prompt box whose model has not answered, a view that is stale or busy or shows a
# recording; but not a view that asks nothing at present (its `want` is null).
UNFINISHED = """prompt-box:not([data-state=ready]), [data-stale], [data-busy], [data-state=waiting],
  [data-state=recorded], [data-state=error]"""
LIST = f"""[...document.querySelectorAll(`{UNFINISHED}`)].filter((element) => element.want !== null)"""
UNSETTLED = f"() => {LIST}.map((element) => element.cloneNode().outerHTML)"
SETTLED = f"""() => document.querySelector("prompt-box[data-state=error]") ||
  !document.querySelector(":not(:defined)") &&
  {LIST}.every((element) => element.dataset.state === "error" && element.dataset.stale === undefined)"""
GENERATE = """(prompt) => document.querySelectorAll("prompt-box").forEach((box) => {
  box.querySelector("textarea").value = prompt;
  box.querySelector("textarea").dispatchEvent(new Event("input", { bubbles: true }));
  box.querySelector("form").requestSubmit();
})"""
DRAWN = "() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => done())))"


class Shot(NamedTuple):
    """One page in one size and scheme."""

    page: str  # its address below the site's
    width: int
    scheme: str

    @property
    def name(self) -> str:
        """What its files are called, without their ends."""
        return f"{page_name(self.page)}-{self.width}-{self.scheme}"


def main(argv: list[str]) -> int:
    """Build, and write dist/shots; the exit code is 1 if a page complained or did not come to rest."""
    options = parse(argv)
    shots = plan(pages(), options)
    program = browsers.find_or_install()
    if not options.as_built:
        build_site.build()
    SHOTS.mkdir(parents=True, exist_ok=True)
    with StaticServer(DIST / "site", "127.0.0.1", 0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        launch: Any = browsers.launch_options(program)
        browser = playwright.chromium.launch(**launch)
        n_bad = sum(bool(report(shot, take(browser, server.url, shot, options.prompt))) for shot in shots)
        browser.close()
        server.shutdown()
    say(f"{len(shots)} views in {SHOTS}, {n_bad} of them with complaints")
    return int(n_bad > 0)


def parse(argv: list[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python3 build shots", description=__doc__)
    parser.add_argument(
        "--page", default="*", metavar="GLOB", help="which ones, as in 'learn-*' (default: all)"
    )
    parser.add_argument("--width", type=int, metavar="PIXELS", help="one width (default: 1440 and 390)")
    parser.add_argument("--scheme", choices=SCHEMES, help="one scheme (default: both)")
    parser.add_argument("--prompt", metavar="TEXT", help="let the model go on from this text first")
    parser.add_argument("--as-built", action="store_true", help="take dist/site as it is")
    return parser.parse_args(argv)


def pages() -> list[str]:
    """The addresses of the pages that the navigation has, below the site's, in its order."""
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    config = load_config(str(ROOT / "mkdocs.yml"))
    return [page.url for page in get_navigation(get_files(config), config).pages]


def page_name(address: str) -> str:
    """learn-tokens for learn/tokens/."""
    return address.strip("./").replace("/", "-") or "home"


def plan(addresses: list[str], options: argparse.Namespace) -> list[Shot]:
    """The views that the options ask for."""
    chosen = [address for address in addresses if fnmatch.fnmatch(page_name(address), options.page)]
    if not chosen:
        names = ", ".join(map(page_name, addresses))
        raise BuildError(f"--page: no page is called {options.page!r}; expected one or more of {names}")
    widths = WIDTHS if options.width is None else (options.width,)
    schemes = SCHEMES if options.scheme is None else (options.scheme,)
    return [Shot(page, width, scheme) for page in chosen for width in widths for scheme in schemes]


def take(browser: Browser, site: str, shot: Shot, prompt: str | None, folder: Path = SHOTS) -> list[str]:
    """Write NAME.png (the whole page) and NAME-fold.png (what is seen first); return what went wrong."""
    viewport: Any = {"width": shot.width, "height": 900 if shot.width >= 600 else 844}
    scheme: Any = shot.scheme
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    complaints: list[str] = []
    context.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.goto(site + shot.page)
    complaints += settle(page)
    if prompt is not None:
        page.evaluate(GENERATE, prompt)
        complaints += settle(page)
    page.evaluate(DRAWN)
    for end, whole in (("-fold", False), ("", True)):
        page.screenshot(path=folder / f"{shot.name}{end}.png", full_page=whole, animations="disabled")
    context.close()
    return complaints


def settle(page: Page, patience_ms: int = PATIENCE_MS) -> list[str]:
    """Wait until nothing on the page is computed any more; return what still waits, or has failed."""
    with contextlib.suppress(TimeoutError):
        page.wait_for_function(SETTLED, timeout=patience_ms)
    waiting: list[str] = page.evaluate(UNSETTLED)
    return [f"not ready: {element}" for element in waiting]


def report(shot: Shot, complaints: list[str]) -> list[str]:
    """Say that the view is there, and what was wrong with it."""
    say(f"{SHOTS / shot.name}.png")
    for complaint in complaints:
        warn(f"  {complaint}")
    return complaints
