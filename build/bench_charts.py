"""Charts of a benchmark's result: SVG in HTML, with the same numbers as a table for whoever cannot see them.

Colours are the page's own (`currentColor`, of several strengths), so that they follow its schemes.
"""

from __future__ import annotations

from html import escape
from typing import Any

from bench_stats import median

WIDTH, BAR, GAP, LEFT, RIGHT = 640, 16, 10, 150, 70
HEIGHT = 220  # of a chart of lines
NAMES = {
    "relaxed": "SIMD (relaxed)",
    "simd128": "SIMD (simd128)",
    "einsum": "NumPy in the browser",
    "peer": "ONNX Runtime Web",
    "native": "NumPy on CPython",
}
LOADING = {  # of a visit's figures, in the order in which things happen
    "ready_ms": "from the click to a model that can be used, ms",
    "fetch": "until the last byte is in Python's memory",
    "write": "… copying, within that",
    "layout": "… turning matrices, within that",
    "vocabulary": "… the vocabulary, beside that",
    "finish": "after the last byte",
    "verify": "the sha256 of the whole file, once the model can be used",
}
STARTING = {  # of opening the first page
    "first_token_ms": "from opening the page to the small model's first token, ms",
    "pyodide": "the interpreter, and unpacking its packages",
    "numpy": "… importing NumPy, after that",
    "picogpt": "… importing picogpt, after that",
    "download": "fetching the small model, beside all that",
    "load": "the small model into Python",
    "generate_ms": "reading the prompt, and the first token",
}
STRENGTHS = {"relaxed": 1.0, "simd128": 0.8, "einsum": 0.55, "peer": 0.3, "native": 0.15}
Row = tuple[str, float]  # key of NAMES, value


def html(result: dict[str, Any]) -> str:
    """All charts of a result for which there are figures."""
    parts = []
    for measure, verb in (("prefill", "reading a prompt of"), ("decode", "writing after")):
        for n in lengths(result, measure):
            title = f"Tokens per second, {verb} {int(n):,} tokens"
            parts.append(bars(title, rows(result, measure, n)))
    parts.append(shares(result))
    parts += [lines("Milliseconds per token along one text", series(result))] if series(result) else []
    parts += [profile(result["profile"]), starting(result), loading(result)]
    return "\n".join(parts) + f"\n<p>{escape(origin(result))}</p>\n"


def lengths(result: dict[str, Any], measure: str) -> list[str]:
    """The lengths at which a measure was taken in the browser."""
    found = {n for engine in result["engines"].values() for n in engine[measure]}
    return sorted(found, key=int)


def rows(result: dict[str, Any], measure: str, n: str) -> list[Row]:
    """The median of everything that was measured there."""
    everything = {**result["engines"], "peer": result["peer"], "native": result["native"]}
    found = [(name, median(everything.get(name), measure, n)) for name in NAMES]
    return [(name, value) for name, value in found if value is not None]


def bars(title: str, values: list[Row]) -> str:
    """A bar for each row, from the left, on one scale from 0."""
    largest = max(value for _, value in values)
    height = len(values) * (BAR + GAP)
    drawn = []
    for i, (name, value) in enumerate(values):
        y, width = i * (BAR + GAP), value / largest * (WIDTH - LEFT - RIGHT)
        drawn.append(text(LEFT - 8, y + BAR - 3, NAMES[name], "end"))
        drawn.append(
            f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" fill-opacity="{STRENGTHS[name]}"/>'
        )
        drawn.append(text(LEFT + width + 6, y + BAR - 3, number(value)))
    table = "".join(f"<tr><td>{NAMES[name]}</td><td>{value:.4g}</td></tr>" for name, value in values)
    return figure(title, height, drawn, table)


def shares(result: dict[str, Any]) -> str:
    """A table of how much of the memory's speed each engine reaches while it writes."""
    fastest = max(found["median"] for found in result["bandwidth"].values())
    lengths = sorted({n for of_kind in result["decode_share"].values() for n in of_kind}, key=int)
    head = "".join(f"<th>after {int(n):,} tokens</th>" for n in lengths)
    body = ""
    for kind, of_kind in result["decode_share"].items():
        numbers = [f"{of_kind[n]['median']:.0f} %" if n in of_kind else "–" for n in lengths]
        body += f"<tr><td>{NAMES[kind]}</td>{''.join(f'<td>{cell}</td>' for cell in numbers)}</tr>"
    title = f"Weights read while writing, as a share of what this browser can read: {fastest:.3g} GB/s"
    table = f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<figure class="benchmark"><figcaption>{title}</figcaption>{table}</figure>'


def series(result: dict[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """Medians along a text: with a cache by each engine, and without one by the best engine."""
    best = next((kind for kind in ("relaxed", "simd128", "einsum") if kind in result["engines"]), None)
    found = {
        NAMES[kind]: points(engine["token_ms"])
        for kind, engine in result["engines"].items()
        if engine["token_ms"]
    }
    if best and result["engines"][best]["without_cache_ms"]:
        found["without a cache"] = points(result["engines"][best]["without_cache_ms"])
    return found


def points(figures: dict[str, Any]) -> list[tuple[int, float]]:
    """(tokens before, median) in order."""
    return sorted((int(n), found["median"]) for n, found in figures.items() if found["median"] is not None)


def lines(title: str, all_series: dict[str, list[tuple[int, float]]]) -> str:
    """A line for each series; times stand at the height of their square root, 0 at the foot."""
    right = max(n for line in all_series.values() for n, _ in line)
    top = max(ms for line in all_series.values() for _, ms in line)
    drawn = [text(LEFT - 8, 12, f"{number(top)} ms", "end"), text(LEFT - 8, HEIGHT, "0", "end")]
    for i, (name, line) in enumerate(all_series.items()):
        at = [(LEFT + n / right * (WIDTH - LEFT - RIGHT), HEIGHT * (1 - (ms / top) ** 0.5)) for n, ms in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        dashes = f' stroke-dasharray="{i * 3} {i * 2}"' if i else ""
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="2"{dashes}/>'
        )
        y = 12 + i * 18  # in the legend
        drawn.append(f'<path d="M{LEFT + 20},{y - 4}h34" stroke="currentColor" stroke-width="2"{dashes}/>')
        drawn.append(text(LEFT + 62, y, name))
    cells = {name: f"{number(line[0][1])} → {number(line[-1][1])} ms" for name, line in all_series.items()}
    table = "".join(f"<tr><td>{escape(name)}</td><td>{cell}</td></tr>" for name, cell in cells.items())
    return figure(title, HEIGHT + 4, drawn, table)


def profile(by_kind: dict[str, Any]) -> str:
    """A table of one token's milliseconds: what takes longest with the first engine stands first."""
    title = "Milliseconds of one token in each function itself, not in those that it calls"
    first = next(iter(by_kind.values()))
    names = sorted(first, key=lambda name: -first[name]["median"])
    rows = [(f"<code>{name}</code>" if name.isidentifier() else name, name) for name in names]
    head = "".join(f"<th>{NAMES[kind]}</th>" for kind in by_kind)
    body = "".join(f"<tr><td>{label}</td>{cells(by_kind, name)}</tr>" for label, name in rows)
    sums = {kind: sum(found["median"] for found in of_kind.values()) for kind, of_kind in by_kind.items()}
    foot = "".join(f"<td>{number(whole)}</td>" for whole in sums.values())
    table = (
        f"<thead><tr><th>function</th>{head}</tr></thead><tbody>{body}<tr><td>in all</td>{foot}</tr></tbody>"
    )
    return f'<figure class="benchmark"><figcaption>{title}</figcaption><table>{table}</table></figure>'


def starting(result: dict[str, Any]) -> str:
    """A table of what it takes to open the first page, for the first time and again."""
    found = result["startup"]
    rows = {name: [median(found[start], key) for start in ("cold", "warm")] for key, name in STARTING.items()}
    return table("Starting, in milliseconds", ("first visit, from localhost", "opened again"), rows)


def loading(result: dict[str, Any]) -> str:
    """A table of what a first visit and a later one take until the model can be used."""
    visits = ("network", "storage")
    rows = {name: [median(result["load"][visit], key) for visit in visits] for key, name in LOADING.items()}
    rows["most memory of the page's process, MB"] = [
        median(result["memory"][visit], "renderer_peak") for visit in visits
    ]
    return table("Loading, in milliseconds", ("first visit, from localhost", "from storage"), rows)


def table(title: str, columns: tuple[str, ...], rows: dict[str, list[float | None]]) -> str:
    """A table under its title."""
    head = "".join(f"<th>{name}</th>" for name in ("", *columns))
    body = ""
    for name, values in rows.items():
        numbers = ["–" if value is None else number(value) for value in values]
        body += f"<tr><td>{name}</td>{''.join(f'<td>{cell}</td>' for cell in numbers)}</tr>"
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<figure class="benchmark"><figcaption>{title}</figcaption>{whole}</figure>'


def cells(by_kind: dict[str, Any], name: str) -> str:
    """A function's milliseconds with every engine."""
    return "".join(f"<td>{number(of_kind[name]['median'])}</td>" for of_kind in by_kind.values())


def number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    """A label."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12">{escape(words)}</text>'


def figure(title: str, height: int, drawn: list[str], table: str) -> str:
    """A drawing under its title, the numbers folded away below."""
    svg = (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}" fill="currentColor">'
        f"{''.join(drawn)}</svg>"
    )
    numbers = f"<details><summary>As a table</summary><table>{table}</table></details>"
    return f'<figure class="benchmark"><figcaption>{escape(title)}</figcaption>{svg}{numbers}</figure>'


def origin(result: dict[str, Any]) -> str:
    """Where the numbers come from."""
    machine, versions, model = result["machine"], result["versions"], result["model"]
    return (
        f"{model['name']}, {model['n_params']:,} parameters, float32, one thread; "
        f"medians over {result['rounds']} round(s) on {result['date'][:10]}; "
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load_average_before']} before; "
        f"Chromium {versions['chromium']}, Pyodide {versions['pyodide']}, picogpt {versions['picogpt']}."
    )
