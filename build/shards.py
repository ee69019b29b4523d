"""`python3 build shard`: a checkpoint in parts that any static host can serve, GitHub Pages included.

The parts hold what a model needs of the file (not the causal masks), each at most 32 MiB and named by its
sha256; manifest.json says which bytes of the file they are. A site whose index knows of them fetches them
instead of the published file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import models_index
from picogpt import safetensors
from picogpt.arriving import Arriving
from picogpt.checkpoint import WEIGHTS_NAME
from picogpt.errors import PicoGPTError
from picogpt.models import PUBLISHED, model_folder
from project import DIST, ROOT, BuildError, say, warn

PART_BYTES = 32 << 20
VERSION = 1


def main(argv: list[str]) -> int:
    """Parse the options and write the parts."""
    parser = argparse.ArgumentParser(
        prog="python3 build shard", description="Write a model in parts to host."
    )
    parser.add_argument("--model", default="124M", help="a name of the site's list of models (default: 124M)")
    parser.add_argument(
        "--file", type=Path, help="its model.safetensors (default: downloaded, once, to models/)"
    )
    parser.add_argument("--out", type=Path, help="default: dist/site/models/MODEL")
    options = parser.parse_args(argv)
    out = options.out or DIST / "site" / "models" / options.model
    try:
        path = options.file or model_folder(options.model, ROOT / "models") / WEIGHTS_NAME
        manifest = write(path, out)
    except PicoGPTError as error:
        raise BuildError(str(error)) from error
    except OSError as error:
        raise BuildError(f"{error.filename}: {error.strerror}") from error
    published = PUBLISHED.get(options.model)
    if published and published.sha256 not in ("", manifest["sha256"]):
        warn(f"warning: {path} is not the published {options.model}: the page will refuse it under that name")
    n_bytes = sum(part["bytes"] for part in manifest["parts"])
    say(f"Wrote {len(manifest['parts'])} parts ({n_bytes / 1e6:.1f} MB) and {models_index.MANIFEST} to {out}")
    index = out.parent / "index.json"
    if index.is_file() and models_index.add_parts(index, options.model, out):
        say(f"{index} says so: the site fetches them instead of the published file.")
    return 0


def write(path: Path, out: Path, part_bytes: int = PART_BYTES) -> dict[str, Any]:
    """Write the parts of the checkpoint at `path` to the folder `out`; the manifest."""
    if not path.is_file() or path.stat().st_size == 0:
        raise BuildError(f"{path}: expected a model.safetensors, there is none.")
    file = np.memmap(path, np.uint8, "r")
    arriving = Arriving(safetensors.header_of(file), len(file))
    out.mkdir(parents=True, exist_ok=True)
    parts = []
    for part in cut((file[begin:end] for begin, end in arriving.spans), part_bytes):
        name = hashlib.sha256(part).hexdigest()
        (out / f"{name}.bin").write_bytes(part)
        parts.append({"name": name, "bytes": len(part)})
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    spans = [list(span) for span in arriving.spans]
    manifest = {"version": VERSION, "bytes": len(file), "sha256": sha256, "spans": spans, "parts": parts}
    (out / models_index.MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    remove_others(out, {f"{part['name']}.bin" for part in parts})
    return manifest


def cut(spans: Iterator[Any], n_bytes: int) -> Iterator[bytes]:
    """The spans' bytes, one after the other, in parts of `n_bytes`; the last one may be shorter."""
    part = bytearray()
    for span in spans:
        at = 0
        while at < len(span):
            piece = span[at : at + n_bytes - len(part)]
            part += piece.tobytes()
            at += len(piece)
            if len(part) == n_bytes:
                yield bytes(part)
                part.clear()
    if part:
        yield bytes(part)


def remove_others(out: Path, names: set[str]) -> None:
    """Parts of an earlier run that are no longer named take room for nothing."""
    for path in out.glob("*.bin"):
        if path.name not in names:
            path.unlink()


def carry_over(old: Path, new: Path) -> None:
    """Keep the parts that an earlier build of the site was given: they took half a gigabyte to make."""
    for manifest in (old / "models").glob(f"*/{models_index.MANIFEST}"):
        folder = new / "models" / manifest.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for path in manifest.parent.iterdir():
            os.link(path, folder / path.name)
        models_index.add_parts(new / "models" / "index.json", manifest.parent.name, folder)
