"""The matrix product in WebAssembly, on Python's own memory in a real browser, against NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from faulty_site import FaultySite

CHECKS = Path(__file__).with_name("sgemm_checks.py")
KINDS = ("simd128", "relaxed")

# Pyodide in the page itself: what is tested here is Python calling the kernel, not the worker around it.
BOOT = """async ([checks, kinds]) => {
    const at = (path) => new URL(path, document.baseURI);
    const { startInterpreter } = await import(at("js/interpreter.js"));
    const { bindSgemm } = await import(at("js/sgemm.js"));
    const pyodide = await startInterpreter(at("pyodide/"));
    pyodide.FS.writeFile("/home/pyodide/sgemm_checks.py", checks);
    window.checks = pyodide.pyimport("sgemm_checks");
    window.kernels = {};
    for (const kind of kinds) {
        const module = await WebAssembly.compileStreaming(fetch(at(`wasm/sgemm-${kind}.wasm`)));
        window.kernels[kind] = bindSgemm(module, pyodide._module.memory);
    }
}"""
ASK = """([kind, name, args]) => {
    const answer = window.checks[name](window.kernels[kind], ...args);
    return answer.toJs({ dict_converter: Object.fromEntries });
}"""

Ask = Callable[..., Any]


@pytest.fixture(scope="module", params=KINDS)
def ask(browser: Browser, served_site: FaultySite, request: pytest.FixtureRequest) -> Iterator[Ask]:
    """ask(name, *args) runs a function of sgemm_checks.py in the browser, with the kernel of this kind."""
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(served_site.url + "404.html")  # a page without a prompt box: nothing else runs
    page.evaluate(BOOT, [CHECKS.read_text("utf-8"), KINDS])
    yield lambda name, *args: page.evaluate(ASK, [request.param, name, args])
    page.close()


def test_products_of_every_size_up_to_1100_equal_numpys(ask: Ask) -> None:
    error, where = ask("worst_error_of_every_size")
    assert 0 < error <= 1e-6, where


def test_products_of_random_shapes_layouts_and_batches_equal_numpys(ask: Ask) -> None:
    error, where = ask("worst_error_of_random_shapes", 150)
    assert 0 < error <= 1e-6, where


def test_no_byte_outside_the_output_changes(ask: Ask) -> None:
    assert ask("touched_outside", 300) == []


def test_nan_and_infinity_come_out_where_numpy_has_them(ask: Ask) -> None:
    assert ask("odd_numbers_that_got_lost") == []


def test_calls_that_would_leave_the_memory_are_refused_and_change_nothing(ask: Ask) -> None:
    answers = ask("refusals")
    assert answers.pop("untouched")
    assert len(answers) == 20
    assert [case for case, answer in answers.items() if "RangeError: sgemm: " not in answer] == []
