"""What `python3 build bench` measures in Chromium, each in a browser (and so a memory peak) of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

import bench_memory
import browsers
from bench_server import MODEL, BenchServer

PATIENCE_MS = 1_800_000  # a thousand tokens without SIMD take minutes
READING_MS = 5_000  # a page is read for a while: browsers keep the code that they have compiled meanwhile
NO_BOX = "404.html"  # a page without a prompt box: the engine is the benchmark's alone

BENCH = """async ([model, plan]) => {
    const at = (path) => new URL(path, document.baseURI);
    const [{ engine }, bench] = await Promise.all([import(at("js/engine.js")), import(at("js/bench.js"))]);
    engine.start();
    await bench.until(engine, () => engine.state.phase === "ready");
    await bench.loadModel(engine, model, false);
    const kinds = await bench.measure(engine, plan);
    const { n_ctx, n_embd, n_head, n_layer, n_vocab, n_params } = engine.state.info;
    return { kinds, model: { n_ctx, n_embd, n_head, n_layer, n_vocab, n_params } };
}"""
FIRST_TOKEN = """async () => {
    const at = (path) => new URL(path, document.baseURI);
    const [{ engine }, bench] = await Promise.all([import(at("js/engine.js")), import(at("js/bench.js"))]);
    return bench.firstToken(engine, "ROMEO:");
}"""
WRITE = """async () => {
    const at = (path) => new URL(path, document.baseURI);
    const [{ engine }, bench] = await Promise.all([import(at("js/engine.js")), import(at("js/bench.js"))]);
    await bench.until(engine, () => engine.state.phase === "ready");
    engine.generate("ROMEO:", engine.session.settings);
    await bench.until(engine, () => engine.run.status === "done");
}"""
PICOGPT = """async ([source, sizes]) => {
    const at = (path) => new URL(path, document.baseURI);
    const { startInterpreter } = await import(at("js/interpreter.js"));
    const pyodide = await startInterpreter(at("pyodide/"));
    pyodide.FS.writeFile("/home/pyodide/bench_picogpt.py", source);
    return pyodide.pyimport("bench_picogpt").token_ms.callKwargs(16, sizes);
}"""
PROFILE = """async ([source, sizes]) => {
    const at = (path) => new URL(path, document.baseURI);
    const { startInterpreter } = await import(at("js/interpreter.js"));
    const { bindSgemm, compileSgemm } = await import(at("js/sgemm.js"));
    const pyodide = await startInterpreter(at("pyodide/"));
    pyodide.FS.writeFile("/home/pyodide/bench_profile.py", source);
    const { kind, module } = await compileSgemm(at("wasm/"));
    const kernel = bindSgemm(module, pyodide._module.memory);
    const found = pyodide.pyimport("bench_profile").token_ms.callKwargs(kind, kernel, sizes);
    return found.toJs({ dict_converter: Object.fromEntries });
}"""
BANDWIDTH = """async () => {
    const at = (path) => new URL(path, document.baseURI);
    return (await import(at("js/bench.js"))).readBandwidth(at("./"));
}"""


@contextlib.contextmanager
def chromium(program: Path) -> Iterator[Browser]:
    """A browser that was just started."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**browsers.launch_options(program))  # type: ignore[arg-type]
        yield browser
        browser.close()


def opened(browser: Browser, url: str) -> Page:
    """A page of a profile of its own, with an empty cache."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url, wait_until="domcontentloaded")
    return page


def model(program: Path, server: BenchServer, plan: dict[str, Any], kinds: list[str]) -> dict[str, Any]:
    """Load the benchmark's model and measure these kinds of matrix product, the first one being the best that
    this browser is given: {kinds, model, renderer_peak_mb}."""
    server.hidden = {"wasm/sgemm-relaxed.wasm"} - {f"wasm/sgemm-{kinds[0]}.wasm"}
    with chromium(program) as browser:
        page = opened(browser, server.url + NO_BOX)
        found: dict[str, Any] = page.evaluate(BENCH, [MODEL, {**plan, "kinds": kinds}])
        found["renderer_peak_mb"] = bench_memory.renderer_peak_mb()
    server.hidden = set()
    return found


def bandwidth(program: Path, server: BenchServer) -> dict[str, float]:
    """GB/s that one thread reads, by the number of streams."""
    with chromium(program) as browser:
        found: dict[str, float] = opened(browser, server.url + NO_BOX).evaluate(BANDWIDTH)
    return found


def picogpt(program: Path, server: BenchServer, sizes: dict[str, int]) -> float:
    """Milliseconds of the token after 16 by picoGPT's own way (see bench_picogpt.py), at these sizes."""
    source = Path(__file__).with_name("bench_picogpt.py").read_text("utf-8")
    with chromium(program) as browser:
        found: float = opened(browser, server.url + NO_BOX).evaluate(PICOGPT, [source, sizes])
    return found


def profile(program: Path, server: BenchServer, sizes: dict[str, int]) -> dict[str, dict[str, float]]:
    """Milliseconds of a token's functions, by kind of matrix product and name (see bench_profile.py)."""
    source = Path(__file__).with_name("bench_profile.py").read_text("utf-8")
    with chromium(program) as browser:
        page = opened(browser, server.url + NO_BOX)
        found: dict[str, dict[str, float]] = page.evaluate(PROFILE, [source, sizes])
    return found


def startup(program: Path, server: BenchServer) -> dict[str, dict[str, float]]:
    """From opening the home page to the small model's first token: with an empty cache, and with a
    reader's who has had a text written."""
    with chromium(program) as browser:
        page = opened(browser, server.url)
        cold = page.evaluate(FIRST_TOKEN)
        page.evaluate(WRITE)
        page.wait_for_timeout(READING_MS)
        page.goto(server.url, wait_until="domcontentloaded")
        warm = page.evaluate(FIRST_TOKEN)
    return {"cold": cold, "warm": warm}


def version(program: Path) -> str:
    """Chromium's."""
    with chromium(program) as browser:
        return browser.version
