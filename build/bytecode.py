"""Compiles the browser's Python once per machine, so that no reader's browser has to: this halves its boot.

Bytecode belongs to one minor version of Python. Where the running interpreter has the browser's,
pyodide-build compiles; elsewhere Pyodide itself does, in Node.js. The picogpt wheel keeps its sources:
compiling it would save some 0.1 s and take the lines from its tracebacks.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import node_tools
from archives import EPOCH_S, repack
from project import BUILD, BuildError, cache_folder, say, warn
from runtime import Runtime

RECIPE = "1"  # to be raised when the same sources are compiled to something else


def compiled(pinned: Runtime, paths: dict[str, Path]) -> dict[str, Path]:
    """The runtime's files by name (`paths`), the archives among them compiled where this machine can."""
    folder = cache_folder() / "bytecode"
    folder.mkdir(exist_ok=True)
    archives = {name: path for name, path in paths.items() if name.endswith((".zip", ".whl"))}
    ready = {
        name: folder / f"{path.name}-{pinned.version}-{RECIPE}{Path(name).suffix}"
        for name, path in archives.items()
    }
    if not all(is_sound(path) for path in ready.values()):
        try:
            compile_all(pinned, paths, ready, choose(pinned))
        except BuildError as error:
            warn(f"The browser's Python is not compiled: the site works, but takes longer to start.\n{error}")
            return paths
    return {**paths, **ready}


def is_sound(path: Path) -> bool:
    """Whether the cache has this archive, undamaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def choose(pinned: Runtime) -> str:
    """What compiles on this machine: "pyodide-build" or "node"."""
    if sys.version_info[:2] == pinned.python and importlib.util.find_spec("pyodide_build"):
        return "pyodide-build"
    if node_tools.find("node"):
        return "node"
    raise BuildError(f"Compiling it needs Python {pinned.python[0]}.{pinned.python[1]} or Node.js here.")


def compile_all(pinned: Runtime, paths: dict[str, Path], ready: dict[str, Path], compiler: str) -> None:
    """Fill the cache with the compiled archives."""
    say(f"Compiling the browser's Python with {compiler} (once)")
    with TemporaryDirectory(dir=cache_folder()) as temporary:
        runtime, out = Path(temporary, "runtime"), Path(temporary, "out")
        runtime.mkdir()
        out.mkdir()
        for name, path in paths.items():
            shutil.copyfile(path, (out if name in ready and compiler == "pyodide-build" else runtime) / name)
        (runtime / "pyodide-lock.json").write_text(json.dumps({"info": pinned.info, "packages": {}}), "utf-8")
        if compiler == "node":
            run(node_tools.find("node"), str(BUILD / "compile_runtime.mjs"), str(runtime), str(out), *ready)
        else:
            run(sys.executable, "-m", "pyodide_cli", "py-compile", "--silent", str(out))
        for name, path in ready.items():
            repack(out / name, Path(temporary) / name).replace(path)


def run(*line: str) -> None:
    """Run a compiler."""
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH_S)}  # else py-compile writes the time into its files
    result = subprocess.run(line, env=env, capture_output=True, text=True)
    if result.returncode != 0:
        last_lines = f"{result.stdout}{result.stderr}".strip().splitlines()[-5:]
        raise BuildError("\n".join(last_lines))
