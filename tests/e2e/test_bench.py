"""`python3 build bench` over the small model, and that measuring changes nothing for the reader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
from playwright.sync_api import Page

from faulty_site import FaultySite
from project import BUILD, ROOT
from prompt_box import opened

MODULES = """const at = (path) => new URL(path, document.baseURI);
    const [{ engine }, bench] = await Promise.all([import(at("js/engine.js")), import(at("js/bench.js"))]);"""
PLAN = {
    "kinds": ["relaxed", "einsum", "simd128"],
    "prefill": [16, 100_000],
    "decode": [16, 100_000],
    "n_decode": 5,
    "n_along": 45,
    "without_cache": [20, 100_000],
}


def test_a_short_run_writes_a_result_of_the_documented_schema(tmp_path: Path) -> None:
    line = [sys.executable, "build", "bench", "--short", "--rounds", "1", "--out", str(tmp_path)]
    run = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    result = json.loads((tmp_path / "results.json").read_text("utf-8"))
    jsonschema.validate(result, json.loads((BUILD / "bench.schema.json").read_text("utf-8")))
    assert sorted(result["engines"]) == ["einsum", "relaxed", "simd128"]
    for engine in [*result["engines"].values(), result["native"]]:
        assert sorted(engine["prefill"]) == ["128", "16"]
        assert engine["prefill"]["128"]["median"] > 0
        assert len(engine["decode"]["16"]["samples"]) == 1
    assert result["bandwidth"]["4"]["median"] > 0.1
    assert len(result["bandwidth"]["4"]["samples"]) == 2
    assert result["model"]["n_ctx"] == 256
    assert sorted(result["profile"]) == ["einsum", "relaxed"]
    for kind, functions in result["profile"].items():
        assert {"gpt2", "linear", "unembedding", "softmax", "sampling and the rest"} <= set(functions), kind
        assert sum(figure["median"] for figure in functions.values()) > 0.1  # milliseconds
    for start in ("cold", "warm"):
        parts = {name: figure["median"] for name, figure in result["startup"][start].items()}
        assert 0 < parts["script_ms"] < parts["first_token_ms"]
        assert parts["pyodide"] + parts["numpy"] + parts["picogpt"] < parts["first_token_ms"]
    for source in ("network", "storage"):
        parts = {name: figure["median"] for name, figure in result["load"][source].items()}
        assert 0 < parts["layout"] <= parts["fetch"] <= parts["total"] <= parts["ready_ms"], source
    assert result["load"]["network"]["verify"]["median"] > 0
    assert "verify" not in result["load"]["storage"], "it was verified when it was stored"
    if sys.platform == "linux":
        for where in ("network", "storage", "simd128"):
            assert result["memory"][where]["renderer_peak"]["median"] > 50
    assert run.stdout.count("no verdict") == 13
    assert "page opened (warm HTTP cache) to first token" in run.stdout


def test_measuring_leaves_the_readers_text_and_engine_as_they_were(page: Page, site: FaultySite) -> None:
    box = opened(page, site.url)
    box.run("ROMEO:\n", n_tokens=9, greedy=True)
    ids = box.ids()
    found: dict[str, Any] = page.evaluate(
        f"""async (plan) => {{
            {MODULES}
            await engine.useMatmul("einsum");
            const told = [];
            const kinds = await bench.measure(engine, plan, (what) => told.push(what));
            return {{ kinds, told, matmul: engine.state.info.matmul, prompt: engine.run.prompt }};
        }}""",
        PLAN,
    )
    assert found["matmul"] == "einsum"
    assert found["prompt"] == "ROMEO:\n"
    assert box.ids() == ids
    assert sorted(found["kinds"]) == ["einsum", "relaxed"], "what the browser was not given is left out"
    for measures in found["kinds"].values():
        assert list(measures["prefill"]) == list(measures["decode"]) == ["16"], "what has no room is left out"
        assert list(measures["token_ms"]) == ["10", "30"]
        assert list(measures["without_cache_ms"]) == ["20"]
        assert min(value for figures in measures.values() for value in figures.values()) > 0
    assert "relaxed: reading 16 tokens" in found["told"]


def test_a_measurement_that_is_interrupted_says_so(page: Page, site: FaultySite) -> None:
    opened(page, site.url)
    error = page.evaluate(
        f"""async (plan) => {{
            {MODULES}
            const stop = (what) => what.includes("writing") && setTimeout(() => engine.stop(), 100);
            const longer = {{ ...plan, prefill: [], n_decode: 200 }};
            return bench.measure(engine, longer, stop).then(() => "", (error) => error.message);
        }}""",
        PLAN,
    )
    assert error == "The measurement was interrupted."


def test_the_bandwidth_is_that_of_reading_every_byte(page: Page, site: FaultySite) -> None:
    page.goto(site.url + "404.html")
    speeds = page.evaluate(f"async () => {{ {MODULES} return bench.readBandwidth(at('./'), 1 << 26, 3); }}")
    assert sorted(speeds) == ["1", "4", "8"]
    assert all(0.1 < speed < 1000 for speed in speeds.values())
