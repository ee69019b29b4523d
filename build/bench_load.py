"""Loading a model as a reader does, in a Chromium that nothing is attached to: what drives a browser takes
memory and time in it.

The first visit fetches the model and stores it; the second one, by another process with the same profile,
finds it there. Each loads it, verifies it, and writes a few tokens.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bench_memory
import browsers
from bench_server import READ, BenchServer
from project import BuildError

PATIENCE_S = 600


def visits(program: Path, server: BenchServer) -> dict[str, dict[str, Any]]:
    """{"network", "storage"}: {ready_ms, parts, renderer_peak_mb}, of a profile that was empty."""
    with TemporaryDirectory(prefix="picogpt-bench-", ignore_cleanup_errors=True) as profile:
        network = visit(program, server, profile, f"?model={READ}")
        return {"network": network, "storage": visit(program, server, profile, f"?model={READ}&stored")}


def visit(program: Path, server: BenchServer, profile: str, query: str) -> dict[str, Any]:
    """What a page reports, and the most memory that its renderer has had. BuildError for its error."""
    with chromium(program, profile, f"{server.url}bench-visit.html{query}") as browser:
        try:
            told = server.told.get(timeout=PATIENCE_S)
        except queue.Empty as error:
            raise BuildError(f"Chromium has loaded no model within {PATIENCE_S} s.") from error
        peak = bench_memory.renderer_peak_mb(browser.pid)
    if "error" in told:
        raise BuildError(f"The model could not be loaded in Chromium: {told['error']}")
    return {"ready_ms": told["ready_ms"], "parts": told["parts"], "renderer_peak_mb": peak}


@contextlib.contextmanager
def chromium(program: Path, profile: str, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A browser with one page; it ends as when its window is closed, so that its storage is whole."""
    line = [str(program), "--headless=new", f"--user-data-dir={profile}", "--no-default-browser-check"]
    line += [*browsers.launch_options(program)["args"], url]  # type: ignore[misc]
    silent = subprocess.DEVNULL
    browser = subprocess.Popen(line, stdout=silent, stderr=silent, start_new_session=os.name != "nt")
    try:
        yield browser
    finally:
        browser.terminate()
        try:
            browser.wait(timeout=20)
        except subprocess.TimeoutExpired:
            kill(browser)


def kill(browser: subprocess.Popen[bytes]) -> None:
    """With all of its processes, where the system knows them as a group."""
    if os.name == "nt":
        browser.kill()
    else:
        os.killpg(browser.pid, signal.SIGKILL)
    browser.wait()
