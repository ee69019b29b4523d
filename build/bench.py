"""`python3 build bench`: the model's speed in Chromium and natively, several times in turn, into a JSON file.

The file's schema, in which every figure is explained, is build/bench.schema.json.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import bench_browser
import bench_charts
import bench_load
import bench_machine
import bench_native
import bench_result
import bench_targets
import browsers
import build_site
from bench_server import BenchServer, serving
from project import DIST, SITE_SOURCES, BuildError, say

SMALL = SITE_SOURCES / "models" / "shakespeare"
FULL = {
    "prefill": [16, 128, 512],
    "decode": [16, 512, 1000],
    "n_decode": 32,
    "n_along": 1023,
    "without_cache": [20, 100, 250, 500, 1000],
}
SHORT = {"prefill": [16, 128], "decode": [16], "n_decode": 16, "n_along": 0, "without_cache": []}
CHARTS = """<!doctype html><html lang="en"><meta charset="utf-8"><title>picogpt: benchmark</title>
<style>:root {{ color-scheme: light dark }} body {{ max-width: 45em; margin: 2em auto }}</style>
<h1>Benchmark</h1>
{}</html>
"""
SESSIONS = (
    ["relaxed", "einsum"],
    ["simd128"],
)  # a browser is given the best SIMD module that it knows, no other


def main(argv: list[str]) -> int:
    """Measure, write, and say which targets are met."""
    options = parse(argv)
    build_site.build()
    program = browsers.find_or_install()
    plan = SHORT if options.short else FULL
    rounds = []
    before = bench_machine.machine()
    with serving(DIST / "site") as server:
        server.add_model(options.model)
        for n in range(options.rounds):
            say(f"Round {n + 1} of {options.rounds}")
            rounds.append(one_round(program, server, plan, options))
    facts = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": before,
        "versions": bench_machine.versions(bench_browser.version(program)),
        "plan": plan,
    }
    result = bench_result.combine(rounds, facts, options.model.name)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "results.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (options.out / "charts.html").write_text(CHARTS.format(bench_charts.html(result)), "utf-8")
    say(f"\n{bench_result.summary(result)}\n\n{bench_targets.table(result['targets'])}\n\nWrote {path}")
    return 0


def parse(argv: list[str]) -> argparse.Namespace:
    """The options, checked."""
    parser = argparse.ArgumentParser(prog="python3 build bench", description=__doc__)
    parser.add_argument(
        "--model", type=Path, default=SMALL, help="a checkpoint's folder (default: the small model)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--out", type=Path, default=DIST / "bench", help="default: dist/bench")
    parser.add_argument(
        "--short",
        action="store_true",
        help="prompts of 16 and 128 tokens, no long text, not picoGPT's own way",
    )
    parser.add_argument("--peers", type=Path, help="a folder set up for ONNX Runtime Web: it has venv/")
    parser.add_argument("--peers-script", type=Path, help="what venv/bin/python runs there; prints JSON")
    options = parser.parse_args(argv)
    if options.rounds < 1:
        raise BuildError(f"--rounds: expected 1 or more, got {options.rounds}")
    options.model = options.model.resolve()
    if not (options.model / "model.safetensors").is_file():
        raise BuildError(f"--model: expected a folder with a model.safetensors, got {options.model}")
    if (options.peers is None) != (options.peers_script is None):
        raise BuildError(
            "--peers and --peers-script go together: a folder, and the script that measures in it"
        )
    if options.peers and not (options.peers / "venv" / "bin" / "python").exists():
        raise BuildError(f"--peers: expected a folder with venv/bin/python, got {options.peers}")
    return options


def one_round(
    program: Path, server: BenchServer, plan: dict[str, Any], options: argparse.Namespace
) -> dict[str, Any]:
    """Everything once, one after the other, so that nothing that is compared lies far apart in time."""
    found: dict[str, Any] = {"startup": step("start-up", lambda: bench_browser.startup(program, server))}
    found["visits"] = step("loading the model", lambda: bench_load.visits(program, server))
    found["native"] = step("CPython", lambda: bench_native.measure(options.model, plan))
    found["sessions"] = []
    for kinds in SESSIONS:
        run = step(", ".join(kinds), partial(bench_browser.model, program, server, plan, kinds))
        run["bandwidth"] = step("read bandwidth", lambda: bench_browser.bandwidth(program, server))
        found["sessions"].append(run)
    sizes = {name: n for name, n in found["sessions"][0]["model"].items() if name != "n_params"}
    found["profile"] = step("one token", lambda: bench_browser.profile(program, server, sizes))
    if not options.short:
        way = partial(bench_browser.picogpt, program, server, sizes)
        found["picogpt_ms"] = step("picoGPT's own way", way)
    if options.peers:
        found["peer"] = step("ONNX Runtime Web", lambda: peer(options.peers, options.peers_script))
    return found


def step(what: str, measure: Any) -> Any:
    """Say what is measured, and measure it."""
    say(f"  {what} …")
    return measure()


def peer(folder: Path, script: Path) -> dict[str, Any]:
    """ONNX Runtime Web on one thread, logits of the last position only, as here; one repeat in each round."""
    folder, script = folder.resolve(), script.resolve()
    line = [str(folder / "venv" / "bin" / "python"), str(script), str(folder)]
    line += ["--threads", "1", "--graph", "last", "--repeats", "1"]
    result = subprocess.run(line, capture_output=True, text=True)
    if result.returncode != 0:
        raise BuildError(f"{script} failed:\n{result.stderr.strip()}")
    figures: dict[str, Any] = json.loads(result.stdout)
    if "error" in figures:
        raise BuildError(f"{script} says: {figures['error']}")
    return figures
