"""Fills dist/site/pyodide: the runtime's files, the picogpt wheel, the lock file, and runtime.json."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from pyodide_lock import PyodideLockSpec
from pyodide_lock.utils import add_wheels_to_spec

import browser_wheel
import bytecode
import runtime
import runtime_files
from project import BuildError

LOCK = "pyodide-lock.json"


def fill(folder: Path) -> None:
    """Make `folder` a whole runtime: `loadPackage("picogpt")` finds everything in it."""
    pinned = runtime.load()
    folder.mkdir(parents=True)
    for name, path in bytecode.compiled(pinned, runtime_files.fetch(pinned)).items():
        shutil.copyfile(path, folder / name)
    wheel = browser_wheel.build(folder)
    write_lock(pinned, wheel)
    names = [*(file.name for file in pinned.files), wheel.name, LOCK]
    files = [{"name": name, "bytes": (folder / name).stat().st_size} for name in names]
    write_json(folder / "runtime.json", {"version": pinned.version, "files": files})


def write_lock(pinned: runtime.Runtime, wheel: Path) -> None:
    """Write pyodide-lock.json beside the wheels: the pinned packages and picogpt, which depends on them."""
    path = wheel.parent / LOCK
    packages = {
        # compiling has changed the hashes
        name: {**entry, "sha256": runtime_files.sha256_of(wheel.parent / entry["file_name"])}
        for name, entry in pinned.packages.items()
    }
    # pyodide-lock 0.1 (Python < 3.14) insists on a version that newer lock files no longer have.
    write_json(path, {"info": {**pinned.info, "version": pinned.version}, "packages": packages})
    try:
        spec = add_wheels_to_spec(PyodideLockSpec.from_json(path), [wheel])
    except RuntimeError as error:
        raise BuildError(
            f"{wheel.name} does not fit the browser's Python: {error}\n"
            "Pin a dependency that the browser needs in build/runtime.toml; give one that it does not need "
            "the marker `; sys_platform != 'emscripten'` in pyproject.toml."
        ) from error
    spec.to_json(path)
    lock = json.loads(path.read_text("utf-8"))
    lock["info"] = pinned.info
    write_json(path, lock)


def write_json(path: Path, value: Any) -> None:
    """JSON that is the same, byte for byte, for the same value."""
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", "utf-8")
