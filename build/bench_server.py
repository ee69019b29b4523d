"""The built site with one more model, and without what a measurement does not want."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import models_index
from static_server import Handler, StaticServer

INDEX = "models/index.json"
MODEL = "benchmark"  # what the model that is measured is called there


class BenchServer(StaticServer):
    """Serves a built site on a free port."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "127.0.0.1", 0, handler=BenchHandler)
        self.hidden: set[str] = set()  # paths that are not found
        self.folder: Path | None = None
        self.index = (root / INDEX).read_bytes()

    def add_model(self, folder: Path) -> None:
        """Offer the checkpoint in `folder` as the last one, without its vocabulary: ids in, ids out."""
        entry = models_index.entry(folder.parent, folder.name, MODEL)
        entry["name"], self.folder = MODEL, folder
        entry["files"].pop("merges", None)
        for file in entry["files"].values():
            file["path"] = f"{MODEL}/{Path(file['path']).name}"
        self.index = json.dumps([*json.loads(self.index), entry]).encode()


class BenchHandler(Handler):
    """The project's own handler, with the server's changes in front."""

    server: BenchServer

    def answer(self, name: str) -> None:
        """Answer for a path below the prefix."""
        if name in self.server.hidden:
            self.send_error(HTTPStatus.NOT_FOUND)
        elif name == INDEX:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(self.server.index)))
            self.end_headers()
            self.wfile.write(self.server.index)
        else:
            super().answer(name)

    def locate(self, name: str) -> Path:
        """The model's files lie in a folder of their own."""
        if self.server.folder and name.startswith(f"models/{MODEL}/"):
            return self.server.folder / Path(name).name
        return super().locate(name)

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
