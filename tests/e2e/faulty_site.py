"""The built site under a sub-path, as GitHub Pages serves it, from a server that a test can put faults into.

Paths are relative to the site's base, without a leading slash: "models/index.json". Nothing is sent that no
real server could send: a fault is what a network, a CDN or a misconfigured host does.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import models_index
from static_server import Handler, StaticServer

PREFIX = "/picogpt/"


@dataclass(frozen=True)
class Fault:
    """How one path misbehaves; by default it sends the real file."""

    status: int = 200
    body: bytes | None = None  # instead of the file's bytes
    content_type: str | None = None  # instead of the file's type
    cut_after: int | None = None  # bytes after which the connection is closed, short of the announced length
    close: bool = False  # close the connection without an answer
    bytes_per_second: float | None = None


def not_found() -> Fault:
    """The host has no such file."""
    return Fault(404, b"no such file", "text/plain")


def server_error() -> Fault:
    """The host fails."""
    return Fault(503, b"try later", "text/plain")


def truncated(n_bytes: int) -> Fault:
    """The connection breaks after `n_bytes` of the body."""
    return Fault(cut_after=n_bytes)


def replaced(body: bytes) -> Fault:
    """Other bytes than the real ones, of the same type."""
    return Fault(body=body)


def html() -> Fault:
    """A host that answers every address with a page and 200."""
    return Fault(body=b"<!doctype html><title>Welcome</title><p>Not a model", content_type="text/html")


def closed() -> Fault:
    """The connection is closed without an answer."""
    return Fault(close=True)


def slow(bytes_per_second: float) -> Fault:
    """A slow network."""
    return Fault(bytes_per_second=bytes_per_second)


@dataclass
class Request:
    """One request as the server saw it."""

    method: str
    path: str
    at_s: float = field(default_factory=time.monotonic)


class FaultySite:
    """The server and what a test has changed about it; `reset` takes all of that back."""

    def __init__(self, root: Path, port: int):
        self.root, self.port = root, port
        self.requests: list[Request] = []
        self.faults: dict[str, Fault] = {}
        self.mounts: dict[str, Path] = {}
        self.server: StaticServer | None = None
        self.start()

    @property
    def url(self) -> str:
        """The home page's address, with a slash at its end."""
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    def start(self) -> None:
        """Serve; does nothing when serving already."""
        if self.server is None:
            self.server = StaticServer(self.root, "127.0.0.1", self.port, PREFIX, FaultyHandler)
            self.server.site = self  # type: ignore[attr-defined]
            threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """The server goes away: new connections are refused, open ones end with their next answer."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def fault(self, path: str, fault: Fault) -> None:
        """Make a path misbehave until `mend` or the end of the test."""
        self.faults[path] = fault

    def mend(self, path: str) -> None:
        """Take a path's fault back."""
        del self.faults[path]

    def add_model(self, name: str, folder: Path, title: str | None = None, first: bool = True) -> None:
        """Offer the model in `folder` under this name, as the first of the list or the last."""
        self.mounts[f"models/{name}/"] = folder
        entry = models_index.entry(folder.parent, folder.name, title or name)
        entry["name"] = name
        for file in entry["files"].values():
            file["path"] = f"{name}/{Path(file['path']).name}"
        index = self.models()
        self.faults["models/index.json"] = replaced(
            json.dumps([entry, *index] if first else [*index, entry]).encode()
        )

    def models(self) -> list[dict[str, object]]:
        """The list of models as it is served now."""
        changed = self.faults.get("models/index.json", Fault()).body
        index = changed or (self.root / "models" / "index.json").read_bytes()
        models: list[dict[str, object]] = json.loads(index)
        return models

    def requested(self, part: str) -> list[Request]:
        """The requests so far whose path has `part` in it."""
        return [request for request in self.requests if part in request.path]

    def reset(self) -> None:
        """Forget requests, faults and mounts, and serve."""
        self.requests.clear()
        self.faults.clear()
        self.mounts.clear()
        self.start()


class FaultyHandler(Handler):
    """The project's own handler with faults in front."""

    timeout = 5

    @property
    def site(self) -> FaultySite:
        """Whose faults these are."""
        site: FaultySite = self.server.site  # type: ignore[attr-defined]
        return site

    def answer(self, name: str) -> None:
        """Record the request; answer as the fault says, or truly."""
        self.site.requests.append(Request(self.command, name))
        fault = self.site.faults.get(name)
        if self.site.server is not self.server or (fault and fault.close):
            self.close_connection = True
        elif fault:
            self.send_faulty(name, fault)
        else:
            super().answer(name)

    def locate(self, name: str) -> Path:
        """A path below the prefix may lie in a mounted folder."""
        for start, folder in self.site.mounts.items():
            if name.startswith(start):
                return folder / name.removeprefix(start)
        return super().locate(name)

    def send_faulty(self, name: str, fault: Fault) -> None:
        """Answer as the fault says."""
        path = self.locate(name)
        body = path.read_bytes() if fault.body is None else fault.body
        self.send_response(HTTPStatus(fault.status))
        self.send_header("Content-Type", fault.content_type or self.guess_type(path))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command == "GET":
            self.send_slowly(body[: fault.cut_after], fault.bytes_per_second)
        if fault.cut_after is not None:
            self.close_connection = True

    def send_slowly(self, body: bytes, bytes_per_second: float | None) -> None:
        """Write the body, at most so many bytes a second."""
        step = len(body) if bytes_per_second is None else max(1, int(bytes_per_second / 20))
        for start in range(0, len(body), max(1, step)):
            self.wfile.write(body[start : start + step])
            if bytes_per_second is not None:
                time.sleep(step / bytes_per_second)
