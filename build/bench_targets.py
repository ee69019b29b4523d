"""What the browser's figures should reach, and whether a result reaches it.

The figures are those of GPT-2 124M on one thread beside ONNX Runtime Web in the same minutes; where the model
is another one, or the peer was not measured, a figure is shown without a verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from bench_stats import median, ratio

N_PARAMS_124M = 124_439_808
Value = Callable[[dict[str, Any]], float | None]


class Target(NamedTuple):
    """A figure, what it is compared with (the least that will do, or the most), how it is found."""

    figure: str
    limit: float
    value: Value
    unit: str = "×"
    at_most: bool = False
    any_model: bool = False


def best(result: dict[str, Any], *path: str) -> float | None:
    """The median of the engine that readers get."""
    return median(best_engine(result["engines"]), *path)


def best_engine(by_kind: dict[str, Any]) -> dict[str, Any]:
    """Of several kinds of matrix product the one that this browser is given: the best SIMD module."""
    found: dict[str, Any] = next((by_kind[kind] for kind in ("relaxed", "simd128") if kind in by_kind), {})
    return found


def against_peer(measure: str, n: str) -> Value:
    """Our tokens/s in relation to ONNX Runtime Web's."""
    return lambda result: ratio(best(result, measure, n), median(result["peer"], measure, n))


def cost_of_length(result: dict[str, Any]) -> float | None:
    """Time of a token at the end of a thousand in relation to the twentieth."""
    lengths = [int(n) for n in best_engine(result["engines"]).get("token_ms", {})]
    if not lengths or max(lengths) < 900:
        return None
    early = min(lengths, key=lambda n: abs(n - 20))
    late = min(lengths, key=lambda n: abs(n - 1000))
    return ratio(best(result, "token_ms", str(late)), best(result, "token_ms", str(early)))


def peak_gb(visit: str) -> Value:
    """The renderer's peak in GB."""
    return lambda result: ratio(median(result["memory"], visit, "renderer_peak"), 1000)


def ready_s(visit: str) -> Value:
    """Seconds from the click to a model that can be used."""
    return lambda result: ratio(median(result["load"], visit, "ready_ms"), 1000)


def first_token_s(start: str) -> Value:
    """Seconds from opening the page to the small model's first token."""
    return lambda result: ratio(median(result["startup"], start, "first_token_ms"), 1000)


TARGETS = (
    Target("decode after 16 tokens, against ONNX Runtime Web", 1.25, against_peer("decode", "16")),
    Target("decode after 512 tokens, against ONNX Runtime Web", 2.2, against_peer("decode", "512")),
    Target("prefill of 128 tokens, against ONNX Runtime Web", 1.1, against_peer("prefill", "128")),
    Target("prefill of 512 tokens, against ONNX Runtime Web", 1.1, against_peer("prefill", "512")),
    Target(
        "decode after 16 tokens, as a share of the read bandwidth",
        85,
        lambda result: median(best_engine(result["decode_share"]), "16"),
        "%",
    ),
    Target(
        "peak memory of the renderer, against ONNX Runtime Web",
        0.35,
        lambda result: ratio(
            median(result["memory"], "network", "renderer_peak"), median(result["peer"], "renderer_peak")
        ),
        at_most=True,
    ),
    Target("peak memory of the renderer, a first visit", 0.93, peak_gb("network"), "GB", at_most=True),
    Target("peak memory of the renderer, from storage", 0.93, peak_gb("storage"), "GB", at_most=True),
    Target(
        "from the click to ready, against ONNX Runtime Web",
        0.7,
        lambda result: ratio(
            median(result["load"], "network", "ready_ms"), median(result["peer"], "load_ms")
        ),
        at_most=True,
    ),
    Target("from the click to ready, files from localhost", 5, ready_s("network"), "s", at_most=True),
    Target("from the click to ready, from storage", 3, ready_s("storage"), "s", at_most=True),
    Target(
        "pure NumPy decode after 16 tokens, against picoGPT's own way (no cache, x @ w)",
        60,
        lambda result: ratio(
            median(result["engines"], "einsum", "decode", "16"),
            ratio(1000, median(result["picogpt"], "token_ms")),
        ),
    ),
    Target("time of token 1,000 against token 20, SIMD", 1.35, cost_of_length, at_most=True),
    Target(
        "small model: page opened (warm HTTP cache) to first token",
        2,
        first_token_s("warm"),
        "s",
        at_most=True,
        any_model=True,
    ),
    Target(
        "small model: page opened (cold) to first token",
        3.5,
        first_token_s("cold"),
        "s",
        at_most=True,
        any_model=True,
    ),
)


def verdicts(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Each target with the value found and whether it is met; `met` is None where it cannot be told."""
    is_124m = result["model"]["n_params"] == N_PARAMS_124M
    return [verdict(target, target.value(result), is_124m) for target in TARGETS]


def verdict(target: Target, value: float | None, is_124m: bool) -> dict[str, Any]:
    """One row of the table."""
    met: bool | None = None
    if value is not None and (is_124m or target.any_model):
        met = value <= target.limit if target.at_most else value >= target.limit
    limit = f"{'≤' if target.at_most else '≥'} {target.limit:g} {target.unit}"
    return {"figure": target.figure, "limit": limit, "value": value, "unit": target.unit, "met": met}


def table(rows: list[dict[str, Any]]) -> str:
    """The verdicts as lines of text."""
    words = {True: "met", False: "NOT MET", None: "no verdict"}
    lines = []
    for row in rows:
        value = "not measured" if row["value"] is None else f"{row['value']:g} {row['unit']}"
        lines.append(f"{words[row['met']]:<11} {row['figure']}: {value} (wanted {row['limit']})")
    return "\n".join(lines)
