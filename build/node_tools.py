"""Node.js, npm and what package-lock.json asks for, in build/node_modules."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from environment import interpreter, machine_has_node, oldest_node, works
from project import BUILD, BuildError, say
from system_packages import apt_install

STAMP = BUILD / "node_modules" / ".picogpt-installed"

NO_NODE = """the Node.js that pip installed into .venv does not start, and the machine has none.
Install one of these and try again:
  Node.js {}.{} or newer
  on a minimal Debian or Ubuntu, the library that is missing: sudo apt install libatomic1"""


def find(name: str) -> str:
    """The path of `node` or `npm`: the machine's where they are new enough, else .venv's, else ""."""
    folder = None if machine_has_node() else str(interpreter().parent)
    return shutil.which(name, path=folder) or ""


def npm(*arguments: str) -> int:
    """Run npm in build/ and return its exit code; what it starts finds the same Node.js."""
    program = find("npm")
    env = {**os.environ, "PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.call([program, *arguments], cwd=BUILD, env=env)


def install() -> None:
    """Have the tools; costs nothing when package-lock.json is the one installed last."""
    wanted = hashlib.sha256((BUILD / "package-lock.json").read_bytes()).hexdigest()
    if read(STAMP) == wanted:
        return
    if not works([find("node"), "--version"]):
        apt_install("libatomic1")  # what the Node.js from PyPI needs and a minimal system lacks
        if not works([find("node"), "--version"]):
            raise BuildError(NO_NODE.format(*oldest_node()))
    say("Installing the JavaScript tools …")
    if npm("ci", "--no-audit", "--no-fund") != 0:
        raise BuildError("npm could not install the JavaScript tools; what it says above names the reason.")
    STAMP.write_text(wanted, "utf-8")


def read(path: Path) -> str:
    """A file's text, "" where there is no file."""
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
