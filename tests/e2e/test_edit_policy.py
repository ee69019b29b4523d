"""The site's policy: nothing runs and nothing is asked but what the site brought along."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import faulty_site
from faulty_site import FaultySite
from prompt_box import BOOT_MS, PromptBox, opened

# What a reader may be talked into running: each way out that a worker has, one after the other.
WAYS_OUT = """
import js
from pyodide.code import run_js

TRIED = []

def attempt(name, way):
    try:
        way()
        TRIED.append(name)
    except BaseException:
        pass

attempt("fetch", lambda: js.fetch("http://127.0.0.1:{port}/fetch", mode="no-cors"))
attempt("socket", lambda: js.WebSocket.new("ws://127.0.0.1:{port}/socket"))
attempt("events", lambda: js.EventSource.new("http://127.0.0.1:{port}/events"))
attempt("run_js", lambda: run_js("import('http://127.0.0.1:{port}/import.js')"))
attempt("worker", lambda: js.Worker.new("js/loader-worker.js"))


def request():
    asked = js.XMLHttpRequest.new()
    asked.open("GET", "http://127.0.0.1:{port}/xhr")
    asked.send()


attempt("request", request)

def gelu(x):
    return x
"""


# Each of them leads to what the browser keeps for this origin, or to its other tabs and servers.
DOORS = [
    "caches",
    "indexedDB",
    "navigator.storage",
    "navigator.locks",
    "webkitRequestFileSystemSync",
    "BroadcastChannel",
    "Worker",
    "WebSocket",
    "EventSource",
    "XMLHttpRequest",
    "WorkerGlobalScope.prototype.indexedDB",
    "WorkerGlobalScope.prototype.caches",
    "WorkerNavigator.prototype.storage",
]
KNOCKING = """
import js

def is_open(path):
    at = js
    for name in path.split("."):
        if not js.Reflect.has(at, name):
            return False
        at = getattr(at, name, None)
    return True

js.fetch("http://127.0.0.1:{port}/elsewhere/", method="POST", body="secret")
js.fetch("{site}../elsewhere/")

def gelu(x):
    raise RuntimeError("open: " + ", ".join(filter(is_open, {doors})))
"""
# What a worker has that is under the same policy, but not confined.
ORDINARY = """(doors) => new Promise((resolve) => {
  const lines = `onmessage = ({ data }) => postMessage(data.filter((path) => {
    let at = self;
    return path.split(".").every((name) => {
      if (!Reflect.has(at, name)) return false;
      try { at = at[name]; } catch { at = null; }
      return true;
    });
  }))`;
  const worker = new Worker(URL.createObjectURL(new Blob([lines], { type: "text/javascript" })));
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(doors);
})"""
# A reader's code has the way to the page that answers take: whatever it says there is text.
FORGING = """
import js
from pyodide.ffi import to_js

TEXT = "<img src=nothing.png onerror='window.hurt = 1'><script>window.hurt = 2</script>"

def gelu(x):
    token = {"type": "token", "id": 7, "text": TEXT, "probability": 1, "alternatives": []}
    for id in range(200):
        message = {"type": "item", "id": id, "value": {**token, "side": "edited", "other": 1}}
        js.postMessage(to_js(message, dict_converter=js.Object.fromEntries))
    return x
"""


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A server of another origin: its port, and what has reached it."""
    server = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            heard.append(connection.recv(200))
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield server.getsockname()[1], heard
    server.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose complaints about its policy are what the tests are after."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_script_that_somebody_put_into_a_page_does_not_run(page: Page, site: FaultySite) -> None:
    home = (site.root / "index.html").read_text("utf-8")
    attack = "<script>window.hurt = 1</script><img src=nothing.png onerror='window.hurt = 2'>"
    body = home.replace("</article>", f"{attack}</article>").encode()
    assert attack.encode() in body
    site.fault("attacked.html", faulty_site.Fault(body=body, content_type="text/html"))
    page.goto(site.url + "attacked.html")
    expect(page.locator("prompt-box textarea")).to_be_visible()
    assert page.evaluate("window.hurt") is None
    assert page.evaluate("typeof __md_get") == "function"  # the theme's own script has run


def test_what_a_reader_runs_reaches_no_other_host(
    page: Page, site: FaultySite, listener: tuple[int, list[bytes]]
) -> None:
    port, heard = listener
    box = opened(page, site.url + "learn/feed-forward/")
    at = run(page, WAYS_OUT.replace("{port}", str(port)))
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    check_still_works(box)
    assert heard == []
    with socket.create_connection(("127.0.0.1", port)) as connection:  # it would have heard
        connection.sendall(b"hello")
        while not heard:
            page.wait_for_timeout(20)


def test_what_a_reader_runs_reaches_nothing_that_the_browser_keeps_nor_the_rest_of_the_origin(
    page: Page, site: FaultySite
) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    opened(page, site.url + "learn/feed-forward/")
    assert page.evaluate(ORDINARY, DOORS) == DOORS  # Chromium has all of them
    text = KNOCKING.replace("{doors}", repr(DOORS)).replace("{port}", str(site.port))
    at = run(page, text.replace("{site}", site.url))
    expect(at).to_have_attribute("data-state", "failed", timeout=BOOT_MS)
    message = at.get_by_role("alert").locator("strong")
    expect(message).to_contain_text("RuntimeError")
    assert message.inner_text().endswith("RuntimeError: open.")  # none of them
    assert not [url for url in asked if "elsewhere" in url]
    page.evaluate("fetch('/elsewhere/').catch(() => {})")
    assert [url for url in asked if "elsewhere" in url]  # it would have been seen


def test_answers_that_a_readers_code_forges_are_shown_as_text(page: Page, site: FaultySite) -> None:
    opened(page, site.url + "learn/feed-forward/")
    at = run(page, FORGING)
    expect(at).to_have_attribute("data-state", "done", timeout=BOOT_MS)
    expect(at.locator(".edit-text").nth(1)).to_contain_text("<img src=nothing.png")
    assert page.locator("model-editor :is(img, script)").count() == 0
    assert page.evaluate("window.hurt") is None


def run(page: Page, text: str) -> Locator:
    """Run a text in the place of gelu; its editor."""
    at = page.locator('model-editor[function="gelu"]').first
    at.locator(".edit-open").click()
    at.get_by_role("textbox").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    at.get_by_role("button", name="Run").click()
    return at


def check_still_works(box: PromptBox) -> None:
    box.element.locator("details").first.evaluate("settings => { settings.open = true; }")
    assert box.run("ROMEO:", greedy=True, n_tokens=3)
