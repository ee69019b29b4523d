"""The built site with one more model, and without what a measurement does not want."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import models_index
from picogpt import safetensors
from picogpt.arriving import Arriving
from picogpt.checkpoint import parse_config
from project import BUILD
from static_server import Handler, StaticServer

INDEX = "models/index.json"
MODEL = "benchmark"  # what the model that is measured is called there: ids in, ids out
READ = "benchmark-with-vocabulary"  # the same as a reader gets it
VISIT = {"bench-visit.html": BUILD / "bench_visit.html", "bench-visit.js": BUILD / "bench_visit.js"}
GPT2_MERGES = "gpt2/merges.txt"
SPAN = re.compile(r"bytes=(\d+)-(\d+)")


class BenchServer(StaticServer):
    """Serves a built site on a free port."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "127.0.0.1", 0, handler=BenchHandler)
        self.hidden: set[str] = set()  # paths that are not found
        self.folder: Path | None = None
        self.index = (root / INDEX).read_bytes()
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()  # what visits have reported

    def add_model(self, folder: Path) -> None:
        """Offer the checkpoint in `folder` as one that is published elsewhere, which is here: pages fetch
        it as it does GPT-2. Once without its vocabulary, which might end a text early, and once with it.
        """
        entry, self.folder = models_index.entry(folder.parent, folder.name, MODEL), folder
        files = entry["files"]
        for file in files.values():
            file["path"] = f"{MODEL}/{Path(file['path']).name}"
        weights, merges = files.pop("weights"), files.pop("merges", None)
        files.pop("parity", None)
        entry["source"] = {
            "url": f"{self.url}models/{weights['path']}",
            "bytes": weights["bytes"],
            "sha256": weights["sha256"],
            "parameter_bytes": needed_bytes(folder),
        }
        merges = merges or {"path": GPT2_MERGES, **models_index.facts(self.root / "models" / GPT2_MERGES)}
        with_it = {**entry, "name": READ, "files": {**files, "merges": merges}}
        self.index = json.dumps([*json.loads(self.index), {**entry, "name": MODEL}, with_it]).encode()


def needed_bytes(folder: Path) -> int:
    """What a page fetches of the checkpoint in `folder`."""
    path, config = folder / models_index.FILES["weights"], folder / models_index.FILES["config"]
    with path.open("rb") as stream:
        n_bytes = int.from_bytes(stream.read(safetensors.PREFIX_BYTES), "little")
        header = stream.read(n_bytes)
    about = parse_config(config.read_text("utf-8")) if config.is_file() else None
    return sum(end - begin for begin, end in Arriving(header, path.stat().st_size, about).spans)


class BenchHandler(Handler):
    """The project's own handler, with the server's changes in front."""

    server: BenchServer

    def answer(self, name: str) -> None:
        """Answer for a path below the prefix."""
        span = SPAN.fullmatch(self.headers.get("Range", ""))
        if name in self.server.hidden:
            self.send_error(HTTPStatus.NOT_FOUND)
        elif name == INDEX:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(self.server.index)))
            self.end_headers()
            self.wfile.write(self.server.index)
        elif span and self.locate(name).is_file():
            self.send_range(self.locate(name), int(span[1]), int(span[2]) + 1)
        else:
            super().answer(name)

    def send_range(self, path: Path, begin: int, end: int) -> None:
        """Send some bytes of a file, as the servers of published weights do."""
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            end = min(end, size)
            self.send_response(HTTPStatus.PARTIAL_CONTENT)
            self.send_header("Content-Type", self.guess_type(path))
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
            self.send_header("Content-Length", str(end - begin))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.connection.sendfile(
                stream, begin, end - begin
            )  # the kernel's: the browser needs the processor

    def do_POST(self) -> None:  # noqa: N802 - so it is in the standard library
        """A visit reports."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.put(json.loads(body))
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def locate(self, name: str) -> Path:
        """The model's files lie in a folder of their own, the visit's with the build."""
        if self.server.folder and name.startswith(f"models/{MODEL}/"):
            return self.server.folder / Path(name).name
        return VISIT.get(name) or super().locate(name)

    def log_error(self, template: str, *values: object) -> None:
        """What is hidden is not found on purpose."""


@contextlib.contextmanager
def serving(root: Path) -> Iterator[BenchServer]:
    """A server while the block runs."""
    with BenchServer(root) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
