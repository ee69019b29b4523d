"""From the samples of several rounds to figures: medians, with every sample kept."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

Figure = dict[str, Any]  # {"unit", "median", "samples"}


def figure(unit: str, samples: Iterable[float | None]) -> Figure:
    """The median of what was measured, None where nothing was; samples stand in the order of the rounds."""
    measured = [rounded(sample) for sample in samples if sample is not None]
    median = rounded(statistics.median(measured)) if measured else None
    return {"unit": unit, "median": median, "samples": measured}


def rounded(value: float) -> float:
    """Four significant digits: what is measured here has no more."""
    return float(f"{value:.4g}")


def figures(unit: str, rounds: Sequence[dict[str, Any]]) -> dict[str, Figure]:
    """One figure for each key of the rounds: [{"16": 1.0}, {"16": 3.0}] -> {"16": figure(1.0, 3.0)}."""
    keys = list(dict.fromkeys(str(key) for one in rounds for key in one))
    by_text = [{str(key): value for key, value in one.items()} for one in rounds]
    return {key: figure(unit, [one.get(key) for one in by_text]) for key in keys}


def median(found: Any, *path: str) -> float | None:
    """The median at a path of keys; None where something on the way is missing or was not measured."""
    for key in path:
        found = (found or {}).get(key)
    return (found or {}).get("median")


def ratio(a: float | None, b: float | None) -> float | None:
    """a / b, None unless there are both."""
    return rounded(a / b) if a and b else None
