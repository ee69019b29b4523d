"""Runs MkDocs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from project import ROOT, BuildError


def build(folder: Path, site_url: str | None = None) -> None:
    """Build the pages into `folder`; a warning is an error. `site_url` must be where the site will be opened,
    port and sub-path included: elsewhere Material's instant navigation reloads the page, and so the model."""
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    if site_url is not None:
        env["SITE_URL"] = checked(site_url)
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    if subprocess.call(line, cwd=ROOT, env=env) != 0:
        raise BuildError("MkDocs could not build the pages; what it says above names the page.")


def checked(site_url: str) -> str:
    """The address with a slash at its end."""
    if not site_url.startswith(("http://", "https://")):
        raise BuildError(f"--site-url: expected one like https://name.github.io/picogpt/, got {site_url!r}")
    return site_url.rstrip("/") + "/"
