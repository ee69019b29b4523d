"""A server of static files: right types, revalidation on every request, one line for an error."""

from __future__ import annotations

import os
import shutil
import sys
from email.utils import formatdate
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from project import BuildError, warn


class StaticServer(ThreadingHTTPServer):
    """Serves `root` under `prefix` ("/" or "/name/"), a thread per connection."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let two servers share a port
    request_queue_size = 64

    def __init__(
        self, root: Path, host: str, port: int, prefix: str = "/", handler: type[Handler] | None = None
    ):
        self.root, self.prefix = root, prefix
        try:
            super().__init__((host, port), handler or Handler)
        except (OSError, OverflowError) as error:
            raise BuildError(
                f"cannot serve at {host}:{port} ({error}).\n"
                f"If another program has this port, choose another one with --port, as in --port {port + 1}."
            ) from error

    @property
    def url(self) -> str:
        """The address of the site's home page."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}{self.prefix}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(SimpleHTTPRequestHandler):
    """Answers GET and HEAD."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    server: StaticServer
    extensions_map = {  # noqa: RUF012 - so it is in the standard library
        **SimpleHTTPRequestHandler.extensions_map,
        ".bin": "application/octet-stream",
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".md": "text/markdown; charset=utf-8",
        ".mjs": "text/javascript; charset=utf-8",
        ".safetensors": "application/octet-stream",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
        ".wasm": "application/wasm",
        ".xml": "application/xml",
    }

    def do_GET(self) -> None:
        """Answer with the file, a redirection, or the site's own page for 404."""
        path = urlsplit(self.path).path
        if not path.startswith(self.server.prefix):
            home = self.server.prefix if path in ("/", self.server.prefix.rstrip("/")) else None
            self.redirect(home) if home else self.send_missing()
            return
        self.answer(path[len(self.server.prefix) :])

    def do_HEAD(self) -> None:
        """The same without a body."""
        self.do_GET()

    def answer(self, name: str) -> None:
        """Answer for a path below the prefix."""
        path = self.locate(name)
        if name and path.is_dir() and not name.endswith("/"):
            self.redirect(f"{self.server.prefix}{name}/")
        elif (file := path / "index.html" if path.is_dir() else path).is_file():
            self.send_whole(file)
        else:
            self.send_missing()

    def locate(self, name: str) -> Path:
        """Where a path below the prefix lies on this disk; never outside of the root."""
        self.directory = str(self.server.root)
        return Path(self.translate_path("/" + name))

    def send_whole(self, path: Path, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Send a file, or say that the browser's copy is still right."""
        with path.open("rb") as stream:
            facts = os.fstat(stream.fileno())
            tag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
            fresh = status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag
            self.send_response(HTTPStatus.NOT_MODIFIED if fresh else status)
            self.send_header("ETag", tag)
            self.send_header("Cache-Control", "no-cache")
            if not fresh:
                self.send_header("Content-Type", self.guess_type(path))
                self.send_header("Content-Length", str(facts.st_size))
                self.send_header("Last-Modified", formatdate(facts.st_mtime, usegmt=True))
            self.end_headers()
            if not fresh and self.command == "GET":
                shutil.copyfileobj(stream, self.wfile)

    def send_missing(self) -> None:
        """Answer 404 with the site's own page where it has one."""
        self.log_error("404: %s", self.path)
        page = self.server.root / "404.html"
        if page.is_file():
            self.send_whole(page, HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def redirect(self, address: str) -> None:
        """Answer with another address of this server."""
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """What goes well needs no line."""

    def log_message(self, template: str, *values: object) -> None:
        """One line for an error."""
        warn(template % values)
