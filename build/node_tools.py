"""Node.js, npm, and what a package-lock.json asks for: build's tools, or build/vendor's shipped libraries."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from environment import interpreter, machine_has_node, oldest_node, works
from project import BUILD, ROOT, BuildError, say
from system_packages import apt_install

STAMP = Path("node_modules", ".picogpt-installed")

NO_NODE = """the Node.js that pip installed into .venv does not start, and the machine has none.
Install one of these and try again:
  Node.js {}.{} or newer
  on a minimal Debian or Ubuntu, the library that is missing: sudo apt install libatomic1"""


def find(name: str) -> str:
    """The path of `node` or `npm`: the machine's where they are new enough, else .venv's, else ""."""
    folder = None if machine_has_node() else str(interpreter().parent)
    return shutil.which(name, path=folder) or ""


def npm(*arguments: str, folder: Path = BUILD) -> int:
    """Run npm in a folder and return its exit code; what it starts finds the same Node.js."""
    program = find("npm")
    env = {**os.environ, "PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.call([program, *arguments], cwd=folder, env=env)


def install(folder: Path = BUILD) -> None:
    """Have what the folder's package-lock.json lists; costs nothing when it is the one installed last."""
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if read(folder / STAMP) == wanted:
        return
    require_node()
    name = folder.relative_to(ROOT).as_posix()
    say(f"Installing the JavaScript packages of {name} …")
    if npm("ci", "--no-audit", "--no-fund", "--loglevel=error", folder=folder) != 0:
        raise BuildError(
            f"npm could not install what {name}/package-lock.json lists; what it says above names the reason."
        )
    (folder / STAMP).write_text(wanted, "utf-8")


def require_node() -> None:
    """Have a Node.js that starts."""
    if not works([find("node"), "--version"]):
        apt_install("libatomic1")  # what the Node.js from PyPI needs and a minimal system lacks
        if not works([find("node"), "--version"]):
            raise BuildError(NO_NODE.format(*oldest_node()))


def read(path: Path) -> str:
    """A file's text, "" where there is no file."""
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
