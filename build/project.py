"""Where things are, the error that ends a build. Standard library only: runs before anything is installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
DIST = ROOT / "dist"
SITE_SOURCES = ROOT / "site"
VENV = ROOT / ".venv"


class BuildError(Exception):
    """Something the person at the keyboard can mend: printed as text, without a traceback."""


def cache_folder() -> Path:
    """The per-user folder for downloads, made if missing: $PICOGPT_CACHE, else the system's cache folder."""
    if chosen := os.environ.get("PICOGPT_CACHE"):
        folder = Path(chosen).expanduser()
    elif os.name == "nt":
        folder = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "picogpt" / "cache"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "picogpt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(
            f"the cache folder {folder} cannot be made ({error.strerror}).\n"
            "Set PICOGPT_CACHE to a folder that can be written."
        ) from error
    return folder


def say(text: str) -> None:
    """One line of progress, flushed so that it stands before the output of the programs started after it."""
    print(text, flush=True)


def warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
