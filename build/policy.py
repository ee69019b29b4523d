"""The Content-Security-Policy of the built pages: nothing is run or asked but what is the site's own.

A meta tag, since hosts such as GitHub Pages send no headers of ours. The theme has scripts within its pages:
they are allowed by their hashes, those of all pages in every page, because the theme's instant navigation
runs the scripts of the next page under the policy of the first.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from project import BuildError

INLINE = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
DATA = re.compile(r'\btype="?application/(ld\+)?json\b')  # is read, never run
CHARSET = re.compile(r"<meta charset=[^>]*>")
RULES = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "form-action": "'self'",
    # the worker that runs Python begins in a blob: so this policy holds there too, for a reader's own code
    "worker-src": "'self' blob:",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    # the formulas, the editor and the theme set styles on elements
    "style-src": "'self' 'unsafe-inline'",
}
SCRIPTS = "'self' 'wasm-unsafe-eval' blob:"


def write(site: Path) -> None:
    """Put the policy into every page of `site`."""
    pages = {path: path.read_text("utf-8") for path in sorted(site.rglob("*.html"))}
    hashes = sorted({hash_of(text) for page in pages.values() for text in inline_scripts(page)})
    tag = meta(hashes)
    for path, page in pages.items():
        new, n = CHARSET.subn(lambda charset: charset[0] + tag, page, count=1)
        if n != 1:
            raise BuildError(f"{path}: no <meta charset=…> is there, which the policy is to follow")
        path.write_text(new, "utf-8")


def inline_scripts(page: str) -> list[str]:
    """The texts of the scripts that stand within a page."""
    found = INLINE.finditer(page)
    return [
        script["text"]
        for script in found
        if not re.search(r"\bsrc=", script["attributes"]) and not DATA.search(script["attributes"])
    ]


def hash_of(text: str) -> str:
    """A script's hash as a policy names it."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def meta(hashes: list[str]) -> str:
    """The tag, with the hashes of the scripts that may stand within a page."""
    rules = {**RULES, "script-src": " ".join([SCRIPTS, *hashes])}
    content = "; ".join(f"{name} {sources}" for name, sources in rules.items())
    return f'<meta http-equiv="Content-Security-Policy" content="{content}">'
