"""A server that behaves like Hugging Face: 302 from the hub to a CDN address, ranges there, and faults."""

import hashlib
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hub:
    """What it serves, how it misbehaves, and what it was asked for."""

    content: bytes
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # the next answers end after so many bytes
    statuses: list[int] = field(default_factory=list)  # the next answers are these
    wrong: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    n_sent: int = 0
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_GET(self):
        hub, span = self.hub, self.headers.get("Range")
        hub.asked.append((self.path, span))
        if not self.path.startswith("/cdn/"):
            self.send_response(302)
            self.send_header("X-Linked-ETag", f'"{hashlib.sha256(hub.content).hexdigest()}"')
            self.send_header("Location", f"{hub.url}/cdn{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif hub.statuses:
            self.send_error(hub.statuses.pop(0))
        else:
            self.send_content(hub, span if hub.ranges else None)

    def send_content(self, hub, span):
        begin = int(span.removeprefix("bytes=").split("-")[0]) if span else 0
        if begin >= len(hub.content):
            self.send_error(416)
            return
        body = hub.content[begin:]
        self.send_response(206 if span else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        body = body[: hub.cuts.pop(0)] if hub.cuts else body
        body = bytes(len(body)) if hub.wrong else body
        hub.n_sent += len(body)
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(content: bytes):
    hub = Hub(content)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("HubHandler", (Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
