"""Fixtures of the end-to-end tests: a real Chromium on the built site.

`site` is the server (see faulty_site.py), `page` a fresh browser context's page that fails its test on any
console error, uncaught exception, or request to another origin. A test that provokes console errors appends
to `expected_errors` regular expressions that match them.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

import browsers
import build_site
from faulty_site import PREFIX, FaultySite
from project import ROOT

PORTS = range(8765, 8785)
TIMEOUT_MS = 30_000
SOURCES = ("mkdocs.yml", "pyproject.toml", "README.md", "build", "picogpt", "site")


@pytest.fixture(scope="session")
def launch_options() -> dict[str, Any]:
    """How to start Chromium, which is looked for before Playwright runs: there can be only one at a time."""
    return browsers.launch_options(browsers.find_or_install())


@pytest.fixture(scope="session")
def playwright(launch_options: dict[str, Any]) -> Iterator[Playwright]:
    """Playwright itself."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright, launch_options: dict[str, Any]) -> Iterator[Browser]:
    """Chromium."""
    browser = playwright.chromium.launch(**launch_options)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def served_site() -> Iterator[FaultySite]:
    """The site, built for the address at which it is served: instant navigation works nowhere else."""
    port = next(port for port in PORTS if is_free(port))
    folder = ROOT / "dist" / "e2e" / str(port)
    if built_at(folder) < newest_source():
        build_site.build(folder, f"http://127.0.0.1:{port}{PREFIX}")
    site = FaultySite(folder, port)
    yield site
    site.stop()


@pytest.fixture
def site(served_site: FaultySite) -> Iterator[FaultySite]:
    """The served site, without what other tests did to it."""
    served_site.reset()
    yield served_site
    served_site.reset()


@pytest.fixture
def expected_errors() -> list[str]:
    """Regular expressions of the console errors that this test means to cause."""
    return []


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of the test's own, with an empty cache."""
    context = browser.new_context()
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


@pytest.fixture
def complaints(context: BrowserContext, site: FaultySite, expected_errors: list[str]) -> Iterator[list[str]]:
    """What went wrong in any page of the context so far; the test fails if that is anything unexpected."""
    found: list[str] = []
    origin = site.url.removesuffix(PREFIX) + "/"

    def on_request(url: str) -> None:
        if not url.startswith((origin, "data:", "blob:")):
            found.append(f"request to another origin: {url}")

    def on_console(kind: str, text: str) -> None:
        if kind == "error":
            found.append(f"console: {text}")

    context.on("console", lambda message: on_console(message.type, message.text))
    context.on("weberror", lambda error: found.append(f"uncaught: {error.error}"))
    context.on("request", lambda request: on_request(request.url))
    yield found
    unexpected = [text for text in found if not any(re.search(pattern, text) for pattern in expected_errors)]
    assert not unexpected, "the page complained:\n" + "\n".join(unexpected)


@pytest.fixture
def page(context: BrowserContext, complaints: list[str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page; a failed test leaves a picture of it in dist/e2e/failures."""
    page = context.new_page()
    yield page
    if request.session.testsfailed > request.node.stash.get(FAILED_BEFORE, 0):
        name = re.sub(r"[^\w.-]+", "-", request.node.name)
        page.screenshot(path=ROOT / "dist" / "e2e" / "failures" / f"{name}.png", full_page=True)


FAILED_BEFORE = pytest.StashKey[int]()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember the number of failures, from which a fixture knows whether its own test failed."""
    item.stash[FAILED_BEFORE] = item.session.testsfailed


def is_free(port: int) -> bool:
    """Whether a server can take this port."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def built_at(folder: Path) -> float:
    """When the site in `folder` was built; 0 for never."""
    last = folder / "pyodide" / "runtime.json"  # the build's last file
    return last.stat().st_mtime if last.is_file() else 0


def newest_source() -> float:
    """When anything that the site is made of was last changed; a folder changes when a file goes."""
    paths = [path for name in SOURCES for path in [ROOT / name, *(ROOT / name).rglob("*")]]
    return max(
        path.stat().st_mtime
        for path in paths
        if path.exists() and not {"node_modules", "__pycache__"} & set(path.parts)
    )
