"""Fills dist/site/pyodide: the runtime's files, the packages' archive, the lock file, and runtime.json."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyodide_lock import PyodideLockSpec
from pyodide_lock.utils import add_wheels_to_spec

import browser_wheel
import bytecode
import packages_archive
import runtime
import runtime_files
from project import BuildError

LOCK = "pyodide-lock.json"


def fill(folder: Path) -> None:
    """Make `folder` a whole runtime: `startInterpreter` of site/js/interpreter.js finds everything in it."""
    pinned = runtime.load()
    folder.mkdir(parents=True)
    files = bytecode.compiled(pinned, runtime_files.fetch(pinned))
    wheels = [path for name, path in files.items() if name.endswith(".whl")]
    core = {name: path for name, path in files.items() if path not in wheels}
    for name, path in core.items():
        shutil.copyfile(path, folder / name)
    with TemporaryDirectory() as temporary:
        wheel = browser_wheel.build(Path(temporary))
        check_fit(pinned, wheel)
        packages_archive.pack([*wheels, wheel], folder / packages_archive.NAME)
    write_json(folder / LOCK, {"info": pinned.info, "packages": {}})  # which Pyodide asks for at every start
    names = [*core, packages_archive.NAME, LOCK]
    sizes = [{"name": name, "bytes": (folder / name).stat().st_size} for name in names]
    write_json(folder / "runtime.json", {"version": pinned.version, "files": sizes})


def check_fit(pinned: runtime.Runtime, wheel: Path) -> None:
    """BuildError unless the pinned packages are all that the wheel depends on."""
    path = wheel.parent / LOCK
    # pyodide-lock 0.1 (Python < 3.14) insists on a version that newer lock files no longer have.
    write_json(path, {"info": {**pinned.info, "version": pinned.version}, "packages": pinned.packages})
    try:
        add_wheels_to_spec(PyodideLockSpec.from_json(path), [wheel])
    except RuntimeError as error:
        raise BuildError(
            f"{wheel.name} does not fit the browser's Python: {error}\n"
            "Pin a dependency that the browser needs in build/runtime.toml; give one that it does not need "
            "the marker `; sys_platform != 'emscripten'` in pyproject.toml."
        ) from error


def write_json(path: Path, value: Any) -> None:
    """JSON that is the same, byte for byte, for the same value."""
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", "utf-8")
