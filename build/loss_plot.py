"""Loss over steps as an SVG picture, in training and on held-out text, for light and for dark pages."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 56, 16, 16, 44
STYLE = """
    text { font: 13px sans-serif; fill: #555 }
    line { stroke: #8888; stroke-width: 1 }
    polyline { fill: none; stroke-width: 2 }
    polyline.train { stroke: #3f51b5 } text.train { fill: #3f51b5 }
    polyline.held-out { stroke: #c2410c } text.held-out { fill: #c2410c }
    @media (prefers-color-scheme: dark) {
      text { fill: #bbb }
      polyline.train { stroke: #9fa8da } text.train { fill: #9fa8da }
      polyline.held-out { stroke: #ffab91 } text.held-out { fill: #ffab91 }
    }
"""
NAMES = {"train": "training batches", "held-out": "held out: Macbeth"}

Curve = list[tuple[float, float]]  # (step, loss)
Place = Callable[[float, float], tuple[float, float]]  # (step, loss) -> (x, y)


def loss_svg(log: Path) -> str:
    """The picture of a run's log.csv (columns step, loss, held_out)."""
    curves = _read(log)
    losses = [loss for curve in curves.values() for _, loss in curve]
    low, high = math.floor(min(losses) * 5) / 5, math.ceil(max(losses) * 5) / 5
    n_steps = max(step for curve in curves.values() for step, _ in curve)

    def place(step: float, loss: float) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * step / n_steps
        return x, TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low)

    body = _axes(low, high, n_steps, place)
    for n, (name, curve) in enumerate(curves.items()):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in curve))
        body.append(f'<polyline class="{name}" points="{points}"/>')
        body.append(_text(WIDTH - RIGHT, TOP + 14 + 18 * n, "end", NAMES[name], name))
    title = "<title>Loss of the small model while it trains</title>"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    return "\n".join([head, title, f"<style>{STYLE}</style>", *body, "</svg>", ""])


def _read(log: Path) -> dict[str, Curve]:
    with log.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        "train": [(float(row["step"]), float(row["loss"])) for row in rows],
        "held-out": [(float(row["step"]), float(row["held_out"])) for row in rows],
    }


def _text(x: float, y: float, anchor: str, text: str, name: str = "axis") -> str:
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _axes(low: float, high: float, n_steps: float, place: Place) -> list[str]:
    """Grid lines at multiples of a fifth of a nat, at most seven, and five marks along the steps."""
    marks = []
    every = 0.2 * max(1, math.ceil((high - low) / 0.2 / 6))
    for n in range(int((high - low) / every + 1.001)):
        x, y = place(0, low + n * every)
        marks.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        marks.append(_text(x - 8, y + 4, "end", f"{low + n * every:.1f}"))
    for n in range(5):
        x, y = place(n_steps * n / 4, low)
        marks.append(_text(x, y + 18, "middle" if n < 4 else "end", f"{n_steps * n / 4:,.0f}"))
    marks.append(_text(WIDTH / 2, HEIGHT - 6, "middle", "steps (up: loss in nats per token)"))
    return marks
