"""Compiles site/wasm/*.c to WebAssembly, sgemm.c with and without relaxed SIMD, by the C compiler in Zig."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from project import SITE_SOURCES, BuildError, cache_folder

SOURCE = SITE_SOURCES / "wasm" / "sgemm.c"
BANDWIDTH = SITE_SOURCES / "wasm" / "bandwidth.c"
KINDS = {"simd128": ["-msimd128"], "relaxed": ["-msimd128", "-mrelaxed-simd"]}
COMPILE = ["cc", "-c", "-target", "wasm32-freestanding", "-O3", "-g0", "-Wall", "-Wextra", "-Werror"]
# The memory is Pyodide's. Should the check below ever miss a use of the stack, a stack of no bytes at address
# 0 makes that use a trap and not a write into Python's memory.
LINK = ["wasm-ld", "--no-entry", "--import-memory", "--stack-first", "-z", "stack-size=0", "--strip-all"]


def fill(folder: Path) -> None:
    """Write sgemm-simd128.wasm, sgemm-relaxed.wasm and the benchmark's bandwidth.wasm into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, flags in KINDS.items():
        compile_to(folder / f"sgemm-{kind}.wasm", flags)
    compile_to(folder / "bandwidth.wasm", KINDS["simd128"], BANDWIDTH)


def compile_to(module: Path, flags: list[str], source: Path = SOURCE) -> None:
    """Compile and link `source`. Raises BuildError where the result would need memory of its own."""
    with tempfile.TemporaryDirectory() as at:
        compiled = Path(at, "sgemm.o")
        zig(*COMPILE, *flags, "-o", str(compiled), str(source))
        refuse_own_memory(compiled.read_bytes(), source)
        zig(*LINK, "-o", str(module), str(compiled))


def refuse_own_memory(compiled: bytes, source: Path) -> None:
    """An object file that uses the stack imports the stack pointer; one with data has a section for it."""
    if b"__stack_pointer" in compiled:
        raise BuildError(
            f"{source.name}: the compiler put something on the stack, where Python's own memory is.\n"
            "Keep arrays small and their indices constant, so that they become registers."
        )
    if DATA_SECTION in sections(compiled):
        raise BuildError(
            f"{source.name}: constants or static variables need memory, and all of it is Python's.\n"
            "Pass them in, or compute them."
        )


DATA_SECTION = 11


def sections(module: bytes) -> list[int]:
    """The numbers of a WebAssembly module's sections, in their order."""
    found, at = [], 8  # after "\0asm" and the version
    while at < len(module):
        found.append(module[at])
        n_bytes, at = leb128(module, at + 1)
        at += n_bytes
    return found


def leb128(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned number of variable length (7 bits a byte, the lowest first), and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def zig(*arguments: str) -> None:
    """Run Zig from .venv; what it complains about is the error."""
    cache = cache_folder() / "zig"
    env = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(cache), "ZIG_LOCAL_CACHE_DIR": str(cache)}
    line = [sys.executable, "-m", "ziglang", *arguments]
    result = subprocess.run(line, env=env, capture_output=True, text=True)
    if result.returncode != 0:
        raise BuildError(f"zig {arguments[0]} failed:\n{result.stderr.strip()}")
