"""How long the views of the Learn pages take in Chromium, for a model in a folder.

    .venv/bin/python build/bench_views.py --model FOLDER      # after `python3 build site` and `build check`

For every page and for prompts of 64 and of all the tokens that the model reads: seconds from the last change
of the prompt until no view is stale, and the longest time for which the page answered nothing meanwhile.
Prints them, and writes them to dist/bench/views.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import bench_browser
import bench_server
import browsers
from project import DIST

CHOOSE = """async ([base, model]) => {
    const at = (path) => new URL(path, base);
    const [{ engine }, bench] = await Promise.all([import(at("js/engine.js")), import(at("js/bench.js"))]);
    await bench.until(engine, () => engine.state.phase === "ready");
    engine.choose(model);
    await bench.until(engine, () => engine.state.phase === "ready" && engine.session.model === model);
    return engine.state.info.n_ctx;
}"""
UPDATE = """async (ids) => {
    const views = () => [...document.querySelectorAll("*")].filter(
        (element) => element.localName.startsWith("view-") && element.want);
    const isSettled = () => views().every(
        ({ dataset }) => !("stale" in dataset) && ["live", "error"].includes(dataset.state));
    const prompt = document.querySelector("prompt-box textarea");
    prompt.value = ids;
    prompt.dispatchEvent(new Event("input", { bubbles: true }));
    const started = performance.now();
    let last = started, pause = 0;
    do {
      await new Promise((resolve) => setTimeout(resolve, 0));
      pause = Math.max(pause, performance.now() - last);
      last = performance.now();
    } while (!isSettled());
    return {
      s: (last - started) / 1000,
      longest_pause_s: pause / 1000,
      n_views: views().length,
      n_errors: views().filter(({ dataset }) => dataset.state === "error").length,
    };
}"""


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="a folder with model.safetensors")
    figures = measure(parser.parse_args().model)
    path = DIST / "bench" / "views.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(json.dumps(figures, indent=1))


def measure(folder: Path) -> dict[str, dict[str, Any]]:
    """{page: {number of tokens: what UPDATE says}}."""
    site = DIST / "site"
    pages = sorted(path.parent.name for path in site.glob("learn/*/recorded.json"))
    with (
        bench_server.serving(site) as server,
        bench_browser.chromium(browsers.find_or_install()) as browser,
    ):
        server.add_model(folder)
        found: dict[str, dict[str, Any]] = {}
        for name in pages:  # each loaded anew: the site was built for another address than this server's
            page = bench_browser.opened(browser, f"{server.url}learn/{name}/")
            n_ctx = page.evaluate(CHOOSE, [server.url, bench_server.MODEL])
            found[name] = {str(n): page.evaluate(UPDATE, ids(n)) for n in (64, n_ctx)}
            page.close()
    return found


def ids(n: int) -> str:
    """A prompt of `n` ids, as a reader types them for a model without a vocabulary."""
    return " ".join(str(7 * k % 1000 + 1) for k in range(n))


if __name__ == "__main__":
    main()
