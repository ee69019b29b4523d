"""Fills dist/site/vendor with third-party JavaScript, styles and fonts: bundles of what build/vendor pins.

They are made once per machine and kept in the cache under a hash of all that they are made from.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import environment
import node_tools
from project import BUILD, BuildError, cache_folder, say

SOURCES = BUILD / "vendor"
HASHES = "sha256.json"  # of the other files of a folder in the cache


def fill(folder: Path) -> None:
    """Write the bundles and their licences into `folder`."""
    shutil.copytree(bundles() / "site", folder)


def bundles() -> Path:
    """The folder with the bundles, site/ and formulas.mjs; they are made where the cache lacks them."""
    folder = cache_folder() / "vendor" / recipe()
    with environment.only_one_at_a_time():
        if not is_whole(folder):
            make(folder)
    return folder


def recipe() -> str:
    """A hash of what the bundles are made from: versions, entry modules, the bundling program."""
    files = sorted(path for path in SOURCES.iterdir() if path.is_file())
    return hashlib.sha256("".join(f"{path.name} {sha256(path)}\n" for path in files).encode()).hexdigest()


def is_whole(folder: Path) -> bool:
    """Whether the cache has these bundles, undamaged."""
    try:
        hashes = json.loads((folder / HASHES).read_text("utf-8"))
        return all(sha256(folder / name) == expected for name, expected in hashes.items())
    except (OSError, ValueError):
        return False


def make(folder: Path) -> None:
    """Install the pinned packages and bundle them; another process never sees half a folder."""
    node_tools.install(SOURCES)
    say("Bundling the site's third-party JavaScript (once)")
    folder.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".") as temporary:
        new = Path(temporary, "new")
        line = [node_tools.find("node"), str(SOURCES / "bundle.mjs"), str(new)]
        result = subprocess.run(line, capture_output=True, text=True, encoding="utf-8")
        if result.returncode != 0:
            raise BuildError(f"build/vendor/bundle.mjs failed:\n{result.stderr.strip()}")
        files = sorted(path for path in new.rglob("*") if path.is_file())
        hashes = {path.relative_to(new).as_posix(): sha256(path) for path in files}
        (new / HASHES).write_text(json.dumps(hashes, indent=1), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            new.rename(folder)
        except OSError:
            if not is_whole(folder):  # else the build of another clone was faster
                raise


def sha256(path: Path) -> str:
    """A file's sha256, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
