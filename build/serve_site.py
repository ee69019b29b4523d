"""`python3 build serve`: builds the site and serves it to this machine."""

from __future__ import annotations

import argparse
import contextlib

import build_site
from project import DIST, say
from static_server import StaticServer


def main(argv: list[str]) -> int:
    """Build, then serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python3 build serve", description="Build the site and serve it.")
    parser.add_argument("--port", type=int, default=8000, help="default: 8000")
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine alone")
    options = parser.parse_args(argv)
    # The port is taken first: one that is in use is then found before the build, not after it.
    with StaticServer(DIST / "site", options.host, options.port) as server:
        build_site.build(site_url=server.url)
        say(f"Serving at {server.url} (Ctrl-C stops it; a rebuild is seen at once:")
        say(f"python3 build site --site-url {server.url})")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0
