"""Compiles an archive's Python sources. Runs inside Pyodide (compile_runtime.mjs): standard library only."""

from __future__ import annotations

import py_compile
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile


def compile_archive(source: str, target: str) -> None:
    """Write `target`, the zip file or wheel `source` with a .pyc in place of every .py."""
    with ZipFile(source) as archive, ZipFile(target, "w", ZIP_DEFLATED) as compiled:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith(".py"):
                compiled.writestr(f"{name}c", bytecode(content, name))
            else:
                compiled.writestr(name, content)


def bytecode(source: bytes, name: str) -> bytes:
    """The .pyc of a module; `name` is what tracebacks show."""
    with TemporaryDirectory() as folder:
        path, compiled = Path(folder, "module.py"), Path(folder, "module.pyc")
        path.write_bytes(source)
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH  # there will be no source to compare it with
        py_compile.compile(str(path), str(compiled), dfile=name, doraise=True, invalidation_mode=mode)
        return compiled.read_bytes()
