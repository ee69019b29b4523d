"""Rounds of samples -> the result that build/bench.schema.json describes."""

from __future__ import annotations

from typing import Any

import bench_targets
from bench_stats import Figure, figure, figures, median

SCHEMA_VERSION = 2
UNITS = {"prefill": "tokens/s", "decode": "tokens/s", "token_ms": "ms", "without_cache_ms": "ms"}
FLOAT_BYTES = 4


def combine(rounds: list[dict[str, Any]], facts: dict[str, Any], model_name: str) -> dict[str, Any]:
    """The result of all rounds."""
    sessions = [session for one in rounds for session in one["sessions"]]
    visits = {name: [one["visits"][name] for one in rounds] for name in ("network", "storage")}
    model = {"name": model_name, **sessions[0]["model"]}
    result = {
        "schema": SCHEMA_VERSION,
        **facts,
        "rounds": len(rounds),
        "model": {**model, "bytes_per_token": bytes_per_token(model)},
        "engines": engines(sessions),
        "native": native([one["native"] for one in rounds]),
        "peer": peer([one["peer"] for one in rounds if "peer" in one]),
        "picogpt": picogpt([one["picogpt_ms"] for one in rounds if "picogpt_ms" in one]),
        "profile": profile([one["profile"] for one in rounds]),
        "bandwidth": figures("GB/s", [session["bandwidth"] for session in sessions]),
        "decode_share": shares(sessions, bytes_per_token(model)),
        "memory": memory(sessions, visits),
        "load": {name: load(of_name) for name, of_name in visits.items()},
        "startup": {
            start: figures("ms", [one["startup"][start] for one in rounds]) for start in ("cold", "warm")
        },
    }
    return {**result, "targets": bench_targets.verdicts(result)}


def bytes_per_token(model: dict[str, Any]) -> int:
    """What a token's products read: all parameters but the position embeddings, of which it takes one row."""
    n_read: int = model["n_params"] - model["n_ctx"] * model["n_embd"]
    return FLOAT_BYTES * n_read


def by_kind(sessions: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The sessions in which each kind of matrix product was measured."""
    kinds = dict.fromkeys(kind for session in sessions for kind in session["kinds"])
    return {kind: [session for session in sessions if kind in session["kinds"]] for kind in kinds}


def engines(sessions: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, Figure]]]:
    """kind -> measure -> length -> figure"""
    return {
        kind: {
            measure: figures(unit, [session["kinds"][kind][measure] for session in of_kind])
            for measure, unit in UNITS.items()
        }
        for kind, of_kind in by_kind(sessions).items()
    }


def shares(sessions: list[dict[str, Any]], n_bytes: int) -> dict[str, dict[str, Figure]]:
    """Bytes of weights that decoding reads a second, in per cent of the bandwidth measured right after it."""
    found = {}
    for kind, of_kind in by_kind(sessions).items():
        rounds = []
        for session in of_kind:
            limit = max(session["bandwidth"].values()) * 1e9
            decode = session["kinds"][kind]["decode"]
            rounds.append({n: speed * n_bytes / limit * 100 for n, speed in decode.items()})
        found[kind] = figures("%", rounds)
    return found


def memory(
    sessions: list[dict[str, Any]], visits: dict[str, list[dict[str, Any]]]
) -> dict[str, dict[str, Figure]]:
    """The renderer's peak in each kind of visit, and in the session that began with each kind of product."""
    peaks = {name: [visit["renderer_peak_mb"] for visit in of_name] for name, of_name in visits.items()}
    for session in sessions:
        peaks.setdefault(next(iter(session["kinds"])), []).append(session["renderer_peak_mb"])
    return {name: {"renderer_peak": figure("MB", of_name)} for name, of_name in peaks.items()}


def load(visits: list[dict[str, Any]]) -> dict[str, Figure]:
    """From the click to ready, and what its parts took."""
    return figures("ms", [{"ready_ms": visit["ready_ms"], **visit["parts"]} for visit in visits])


def native(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """CPython's tokens/s."""
    measures = {name: figures("tokens/s", [one[name] for one in rounds]) for name in ("prefill", "decode")}
    return {**measures, "load_ms": figure("ms", [one["load_ms"] for one in rounds])}


def peer(rounds: list[dict[str, Any]]) -> dict[str, Any] | None:
    """ONNX Runtime Web's figures, None where it was not measured."""
    if not rounds:
        return None
    measures = {}
    for name in ("prefill", "decode"):
        lengths = dict.fromkeys(n for one in rounds for n in one[name])
        measures[name] = {
            n: figure("tokens/s", [sample for one in rounds for sample in one[name].get(n, [])])
            for n in lengths
        }
    peaks = [one["renderer_peak_mb"] * 1.048576 for one in rounds]  # it counts in MiB
    loads = [one["load_s"] * 1000 for one in rounds]
    return {**measures, "load_ms": figure("ms", loads), "renderer_peak": figure("MB", peaks)}


def picogpt(samples: list[float]) -> dict[str, Figure] | None:
    """picoGPT's own way, None where it was not measured."""
    return {"token_ms": figure("ms", samples)} if samples else None


def profile(rounds: list[dict[str, Any]]) -> dict[str, dict[str, Figure]]:
    """kind -> function -> figure"""
    return {kind: figures("ms", [one[kind] for one in rounds]) for kind in rounds[0]}


def summary(result: dict[str, Any]) -> str:
    """Medians of tokens/s as a table in text, and of what loading takes."""
    columns = [("prefill", n) for n in ("16", "128", "512")] + [("decode", n) for n in ("16", "512", "1000")]
    lines = [f"{'tokens/s':<10}" + "".join(f"{f'{name} {n}':>13}" for name, n in columns)]
    rows = {**result["engines"], "CPython": result["native"], "ONNX": result["peer"]}
    for name, row in rows.items():
        cells = [median(row, *column) for column in columns]
        if any(cells):
            lines.append(
                f"{name:<10}" + "".join(f"{'–' if cell is None else f'{cell:.4g}':>13}" for cell in cells)
            )
    for source, found in result["load"].items():
        parts = ", ".join(f"{name} {figure['median']:.4g}" for name, figure in found.items())
        peak = median(result["memory"][source], "renderer_peak")
        lines.append(f"loading, {source}, ms: {parts}" + (f"; peak {peak:.4g} MB" if peak else ""))
    return "\n".join(lines)
