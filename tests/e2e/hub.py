"""A TLS server that behaves like Hugging Face, for pages that fetch from the production address.

Chromium is told that huggingface.co and *.hf.co are here (see `chromium_arguments`). The hub answers with 302
to a CDN host, both hops allow cross-origin reads, the CDN knows ranges. Faults are what a network, a CDN, or
a captive portal does.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from picogpt.models import PUBLISHED

HUB, CDN = "huggingface.co", "cdn-lfs.hf.co"
CHUNK_BYTES = 1 << 16


@dataclass
class Faults:
    """How the server misbehaves; by default it does not."""

    cuts: list[int | None] = field(
        default_factory=list
    )  # the next answers break after so many bytes, or do not
    statuses: list[int] = field(default_factory=list)  # the next answers are these
    status: int = 0  # every answer is this
    ranges: bool = True
    html: bool = False
    flip: int | None = None  # the byte of the file that comes wrong
    drop: int = 0  # so many bytes are missing at the file's end
    bytes_per_second: float = 0
    exposes_range: bool = True  # whether pages may read Content-Range


class Hub:
    """What it serves under every address, how it misbehaves, what it was asked for and has sent."""

    def __init__(self) -> None:
        self.path = Path()
        self.asked: list[tuple[str, str, str]] = []  # host, path, range
        self.n_sent = 0
        self.faults = Faults()
        self._lock = threading.Lock()
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HUB, CDN, "*.hf.co").configure_cert(context)
        self._server = TlsServer(("127.0.0.1", 0), Handler)
        self._server.context, self._server.hub = context, self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def chromium_arguments(self) -> list[str]:
        """With these, Chromium finds this server under the production names, and 127.0.0.1."""
        at = f"127.0.0.1:{self._server.server_port}"
        rules = f"MAP {HUB} {at}, MAP *.hf.co {at}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        return [f"--host-resolver-rules={rules}", "--ignore-certificate-errors"]

    def reset(self, path: Path) -> None:
        """Serve this file, soundly, and forget what was."""
        self.path, self.faults = path, Faults()
        self.asked.clear()
        self.n_sent = 0

    def count(self, n: int) -> None:
        """So many bytes of a file were sent."""
        with self._lock:
            self.n_sent += n

    def stop(self) -> None:
        """Close it."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def published_path(self) -> str:
        """The production address of the 124M's weights, without its host."""
        published = PUBLISHED["124M"]
        return f"/{published.repository}/resolve/{published.revision}/model.safetensors"


class TlsServer(ThreadingHTTPServer):
    """Shakes hands in each connection's own thread."""

    daemon_threads = True
    request_queue_size = 64
    context: ssl.SSLContext
    hub: Hub

    def finish_request(self, request, client_address):  # type: ignore[no-untyped-def]
        with self.context.wrap_socket(request, server_side=True) as connection:
            super().finish_request(connection, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection is no error."""


class Handler(BaseHTTPRequestHandler):
    """Answers GET alone: nothing may depend on HEAD, nor on a preflight."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    server: TlsServer

    def do_GET(self) -> None:
        """302 from the hub, the file from the CDN, or a fault."""
        hub, host = self.server.hub, self.headers["Host"]
        span = self.headers.get("Range", "")
        hub.asked.append((host, self.path, span))
        if host == HUB and self.path == hub.published_path and not hub.faults.status:
            self.answer(302, {"Location": f"https://{CDN}/blob?signature=1"})
        elif host == HUB and not hub.faults.status:
            self.answer(404, {})
        else:
            self.send_file(hub, hub.faults, span)

    def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        """An answer that other origins may read."""
        self.send_response(status)
        headers = {"Content-Length": str(len(body)), **headers}
        if self.server.hub.faults.exposes_range:
            headers["Access-Control-Expose-Headers"] = "Content-Range"
        for name, value in {"Access-Control-Allow-Origin": "*", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_file(self, hub: Hub, faults: Faults, span: str) -> None:
        """The file, or what a fault puts in its place."""
        if status := faults.status or (faults.statuses.pop(0) if faults.statuses else 0):
            self.answer(status, {"Content-Type": "text/plain"}, b"not today")
        elif faults.html:
            self.answer(200, {"Content-Type": "text/html"}, b"<!doctype html><title>Sign in</title>")
        else:
            self.send_content(hub, faults, span)

    def send_content(self, hub: Hub, faults: Faults, span: str) -> None:
        """The bytes asked for, with 206; or all of them, with 200."""
        size = hub.path.stat().st_size - faults.drop
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", span) if faults.ranges else None
        begin, end = (int(match[1]), min(int(match[2] or size - 1) + 1, size)) if match else (0, size)
        if begin >= size:
            self.answer(416, {"Content-Range": f"bytes */{size}"})
            return
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(end - begin)}
        if match:
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
        cut = faults.cuts.pop(0) if faults.cuts else None
        self.answer(206 if match else 200, headers)
        self.stream(hub, faults, begin, end if cut is None else min(end, begin + cut))
        if cut is not None:
            self.close_connection = True

    def stream(self, hub: Hub, faults: Faults, begin: int, end: int) -> None:
        """Write the file's bytes."""
        with hub.path.open("rb") as file:
            file.seek(begin)
            for at in range(begin, end, CHUNK_BYTES):
                chunk = bytearray(file.read(min(CHUNK_BYTES, end - at)))
                if faults.flip is not None and at <= faults.flip < at + len(chunk):
                    chunk[faults.flip - at] ^= 1
                self.wfile.write(chunk)
                hub.count(len(chunk))
                if faults.bytes_per_second:
                    time.sleep(len(chunk) / faults.bytes_per_second)

    def log_message(self, *_: object) -> None:
        """The tests look at `asked`."""
