"""`python3 build site`: the site into dist/site, which is replaced at once or, on an error, not at all."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import compile_wasm
import models_index
import pages
import policy
import preload
import recorded
import runtime_folder
import shards
import texts
import traffic
import vendor
from project import DIST, say


def main(argv: list[str]) -> int:
    """Parse the options and build."""
    parser = argparse.ArgumentParser(prog="python3 build site", description="Build the site into dist/site.")
    parser.add_argument(
        "--site-url",
        metavar="URL",
        help="where the site will be opened, sub-path included (default: $SITE_URL, else http://127.0.0.1:8000/)",
    )
    build(site_url=parser.parse_args(argv).site_url)
    return 0


def build(folder: Path = DIST / "site", site_url: str | None = None) -> None:
    """Build the site into `folder`."""
    steps: dict[str, Callable[[Path], None]] = {
        "pages": lambda new: pages.build(new, site_url),
        "vendor": lambda new: vendor.fill(new / "vendor"),
        "sgemm": lambda new: compile_wasm.fill(new / "wasm"),
        "examples": recorded.write,
        "policy": policy.write,
        "preload": preload.write,
        "models": lambda new: models_index.write(new / "models" / "index.json"),
        "texts": lambda new: texts.write(new / "texts"),
        "parts": lambda new: shards.carry_over(folder, new),
        "runtime": lambda new: runtime_folder.fill(new / "pyodide"),
        "traffic": traffic.write,
    }
    times = []
    with replacing(folder) as new:
        for name, step in steps.items():
            start_s = time.monotonic()
            step(new)
            times.append(f"{name} {time.monotonic() - start_s:.1f} s")
    n_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    say(f"Built {folder} ({n_bytes / 1e6:.1f} MB): {', '.join(times)}")


@contextlib.contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`: takes its place when the block ends well, is removed otherwise."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as at:
        new = Path(at, "new")
        yield new
        for attempt in range(10):  # another build may put its folder there between the two renames
            with contextlib.suppress(FileNotFoundError):
                folder.rename(Path(at, f"old-{attempt}"))
            try:
                new.rename(folder)
                return
            except OSError:
                if attempt == 9:
                    raise
