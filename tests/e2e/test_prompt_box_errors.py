"""What goes wrong on the way is said in words, and "Try again" works once it has been mended."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import faulty_site
from faulty_site import Fault, FaultySite
from prompt_box import opened

WEIGHTS = "models/shakespeare/model.safetensors"
REFERENCE = Path(__file__).parents[1] / "reference"

FAULTS = {
    "weights missing": (WEIGHTS, faulty_site.not_found(), "404"),
    "weights truncated": (WEIGHTS, faulty_site.truncated(5000), "before the connection broke"),
    "weights are HTML": (WEIGHTS, faulty_site.html(), "got a page of HTML"),
    "weights too short": (WEIGHTS, faulty_site.replaced(b"\1\2\3\4"), "bytes, got 4"),
    "merges missing": ("models/shakespeare/merges.txt", faulty_site.not_found(), "merges.txt"),
    "index missing": ("models/index.json", faulty_site.server_error(), "503"),
    "index is HTML": ("models/index.json", faulty_site.html(), "expected JSON"),
    "runtime's list missing": ("pyodide/runtime.json", faulty_site.not_found(), "404"),
    "interpreter missing": ("pyodide/pyodide.asm.wasm", faulty_site.not_found(), "pyodide.asm.wasm"),
    "interpreter truncated": (
        "pyodide/pyodide.asm.wasm",
        faulty_site.truncated(9000),
        "pyodide.asm.wasm: expected 9,596,462 bytes, got",
    ),
    "module missing": ("pyodide/pyodide.mjs", faulty_site.not_found(), "pyodide.mjs"),
    "packages missing": ("pyodide/packages.bin", faulty_site.not_found(), "packages.bin"),
    "packages truncated": ("pyodide/packages.bin", faulty_site.truncated(9000), "packages.bin: expected"),
    "standard library closed": ("pyodide/python_stdlib.zip", faulty_site.closed(), "does not answer"),
}


@pytest.mark.parametrize(("path", "fault", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_file_that_cannot_be_had_is_said_in_words_and_try_again_works_when_it_is_back(
    page: Page, site: FaultySite, expected_errors: list[str], path: str, fault: Fault, message: str
) -> None:
    expected_errors += ["Failed to load resource", "wasm", "net::ERR", "Pyodide", "fetch"]
    site.fault(path, fault)
    box = opened(page, site.url)
    assert box.element.get_attribute("data-state") == "error"
    expect(box.alert).to_contain_text(message)
    site.mend(path)
    box.again.click()
    box.wait_for("ready")
    assert box.alert.inner_text() == ""
    box.run("ROMEO:", n_tokens=2)
    assert box.tokens.count() == 2


def test_changed_bytes_of_the_right_length_are_refused(page: Page, site: FaultySite) -> None:
    weights = bytearray((site.root / WEIGHTS).read_bytes())
    weights[len(weights) // 2] ^= 1
    site.fault(WEIGHTS, faulty_site.replaced(bytes(weights)))
    box = opened(page, site.url)
    expect(box.alert).to_contain_text("SHA-256")


def test_a_server_that_goes_away_is_said_in_words_and_the_queued_prompt_runs_when_it_is_back(
    page: Page, site: FaultySite, expected_errors: list[str]
) -> None:
    expected_errors.append("Failed to load resource")
    site.add_model("second", site.root / "models" / "shakespeare", first=False)
    box = opened(page, site.url)
    site.stop()
    box.model.select_option("second")
    box.wait_for("error")
    expect(box.alert).to_contain_text("does not answer")
    box.model.select_option("shakespeare")
    box.wait_for("ready")
    box.model.select_option("second")
    box.wait_for("error")
    box.prompt.fill("Patience")
    box.set(n_tokens=2)
    box.prompt.press("Enter")
    expect(box.element).to_contain_text("Your prompt is queued")
    site.start()
    box.again.click()
    expect(box.tokens).to_have_count(2, timeout=90_000)


def test_a_crashed_worker_is_said_in_words_and_can_be_started_again(
    page: Page, site: FaultySite, expected_errors: list[str]
) -> None:
    expected_errors.append("out of order|does not provide an export")  # whichever the worker notices first
    site.fault("js/streams.js", faulty_site.replaced(b"throw new Error('out of order');"))
    box = opened(page, site.url)
    expect(box.alert).to_contain_text("worker")
    site.mend("js/streams.js")
    box.again.click()
    box.wait_for("ready")


def test_a_model_that_fails_leaves_the_others_usable(
    page: Page, site: FaultySite, expected_errors: list[str]
) -> None:
    expected_errors.append("Failed to load resource")
    site.add_model("published", REFERENCE / "published", first=False)
    site.fault("models/published/model.safetensors", faulty_site.not_found())
    box = opened(page, site.url)
    box.model.select_option("published")
    box.wait_for("error")
    expect(box.alert).to_contain_text("404")
    boots = len(site.requested("pyodide.asm.wasm"))
    box.model.select_option("shakespeare")
    box.wait_for("ready")
    box.run("ROMEO:", n_tokens=2)
    assert len(site.requested("pyodide.asm.wasm")) == boots


def test_a_model_without_a_vocabulary_reads_ids_and_says_so(page: Page, site: FaultySite) -> None:
    site.add_model("published", REFERENCE / "published")
    box = opened(page, site.url)
    expect(box.element).to_contain_text("write token ids")
    box.run("5, 7  11", n_tokens=4, greedy=True)
    assert box.tokens.count() == 4
    assert box.output.inner_text().startswith("⟨5⟩⟨7⟩⟨11⟩")
    box.prompt.fill("ROMEO:")
    box.generate.click()
    expect(box.alert).to_contain_text('"ROMEO:" is not a token id')


def test_a_browser_without_webassembly_is_told_so(page: Page, site: FaultySite) -> None:
    page.add_init_script("delete globalThis.WebAssembly")
    box = opened(page, site.url)
    expect(box.alert).to_contain_text("WebAssembly")
    expect(box.alert).to_contain_text("newer browser")


def test_a_browser_without_module_workers_is_told_so(page: Page, site: FaultySite) -> None:
    page.add_init_script(
        "const Old = Worker; globalThis.Worker = class extends Old { constructor(url) { super(url); } };"
    )
    box = opened(page, site.url)
    expect(box.alert).to_contain_text("module workers")
