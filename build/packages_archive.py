"""The packages of the browser's Python in one archive: tar, gzipped, of what is to lie in site-packages.

Their wheels would do, but Pyodide unpacks wheels in Python, once it runs: a third of its start. This archive
the browser itself inflates while the interpreter is being compiled (site/js/packages.js).
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

NAME = "packages.bin"  # not .gz: servers send that as if the browser were to inflate it unasked
LEFT_OUT = (
    ".pyi",
    ".pxd",
    ".pyx",
    ".h",
    ".c",
    ".a",
    ".dist-info/RECORD",
    "/",
)  # what nothing at run time reads


def pack(wheels: Iterable[Path], target: Path) -> Path:
    """Write `target`, whose bytes depend on the wheels' contents alone; returns it."""
    contents: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as files:
            contents |= {name: files.read(name) for name in files.namelist() if not name.endswith(LEFT_OUT)}
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(contents):
            entry = tarfile.TarInfo(name)  # of no time and nobody
            entry.size = len(contents[name])
            archive.addfile(entry, io.BytesIO(contents[name]))
    target.write_bytes(gzip.compress(whole.getvalue(), mtime=0))
    return target
