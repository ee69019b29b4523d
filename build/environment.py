"""The virtual environment .venv: made, filled, and filled again only when pyproject.toml asks for more.

Standard library only. It works where python3-venv is not installed (Debian splits ensurepip from Python) and
where the system's Python refuses to be installed into (PEP 668): the environment is made without pip, and the
pip at hand installs into it from outside.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

from project import BUILD, DIST, ROOT, VENV, BuildError, say

STAMP = VENV / "picogpt-installed.json"

NO_PIP = """there is no pip for {python}, and ensurepip is missing too.
Install one of them and try again:
  Debian, Ubuntu   sudo apt install python3-pip     (or python3-venv)
  Fedora           sudo dnf install python3-pip
  elsewhere        python3 -m ensurepip --user"""


def inside() -> bool:
    """Whether this very process runs in .venv."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def interpreter() -> Path:
    """Where .venv's python is, or would be."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure(extras: tuple[str, ...], node: bool = False) -> Path:
    """Have .venv with the project and these extras (and Node.js, from PyPI, where `node` is asked for and the
    machine has none); return its python. Costs nothing when that is so already."""
    wanted = set(extras)
    if node and not machine_has_node():
        wanted.add("node")
    with only_one_at_a_time():
        installed = installed_extras()
        if installed is None or not wanted <= installed:
            install(wanted)
    return interpreter()


def project_hash() -> str:
    """A hash of what an installation depends on: pyproject.toml without the settings of linters and tests."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    parts = [settings.get("build-system"), settings.get("project"), settings.get("tool", {}).get("hatch")]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def read_stamp() -> dict[str, object]:
    """What the last complete installation left: its pyproject.toml's hash and its extras."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and interpreter().exists() else {}


def installed_extras() -> set[str] | None:
    """The extras that are installed as today's pyproject.toml says, None where not even the project is."""
    stamp = read_stamp()
    return set(stamp["extras"]) if stamp.get("pyproject") == project_hash() else None  # type: ignore[call-overload]


def install(wanted: set[str]) -> None:
    """Install the project with the wanted extras and with those installed before."""
    earlier = read_stamp().get("extras", [])
    extras = sorted(wanted | set(earlier))  # type: ignore[call-overload]
    say("Setting up .venv (the first time this takes a minute or two) …")
    start_s = time.monotonic()
    if not works([str(interpreter()), "-c", ""]):
        venv.EnvBuilder(clear=True, with_pip=False, symlinks=os.name != "nt").create(VENV)
    STAMP.unlink(missing_ok=True)
    project = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    line = [*pip(interpreter()), "install", "-qq", "--no-input", "--disable-pip-version-check"]
    line += ["--editable", project]
    if subprocess.call(line, cwd=ROOT) != 0:
        raise BuildError("pip could not install the project; what it says above names the reason.")
    STAMP.write_text(json.dumps({"pyproject": project_hash(), "extras": extras}), "utf-8")
    say(f"Set up .venv in {time.monotonic() - start_s:.0f} s.")


def pip(python: Path) -> list[str]:
    """The start of a pip command line that installs into .venv."""
    own = [str(python), "-m", "pip"]
    from_outside = [sys.executable, "-m", "pip", "--python", str(python)]  # pip 22.3 and newer
    for line in (own, from_outside):
        if works([*line, "--version"]):
            return line
    if works([str(python), "-m", "ensurepip"]):
        return own
    raise BuildError(NO_PIP.format(python=sys.executable))


def works(line: list[str]) -> bool:
    """Whether a command can be started and succeeds."""
    try:
        return subprocess.run(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def machine_has_node() -> bool:
    """Whether PATH has npm and a node that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = re.match(
        r"v(\d+)\.(\d+)", subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    )
    return version is not None and (int(version[1]), int(version[2])) >= oldest_node()


def oldest_node() -> tuple[int, int]:
    """Major and minor version of the oldest Node.js that will do, from package.json's `"node": ">=20.19"`."""
    engines: dict[str, str] = json.loads((BUILD / "package.json").read_text("utf-8"))["engines"]
    major, _, minor = engines["node"].removeprefix(">=").partition(".")
    return int(major), int(minor or 0)


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Two commands started together must not both fill .venv (where the system has no flock, they may)."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    DIST.mkdir(exist_ok=True)
    with (DIST / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed, however the process ends
        yield
