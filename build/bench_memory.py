"""The peak memory of Chromium's renderers, as Linux counts it."""

from __future__ import annotations

import os
import re
from pathlib import Path

PROC = Path("/proc")


def renderer_peak_mb(ancestor: int | None = None) -> float | None:
    """The largest VmHWM (peak resident memory, in MB of 10^6 bytes) of the renderers that this process, or
    `ancestor`, started; None where there are none or the system is not Linux."""
    parents = parents_of_all()
    root = os.getpid() if ancestor is None else ancestor
    peaks = [peak_mb(pid) for pid in parents if descends(pid, root, parents) and is_renderer(pid)]
    return max((peak for peak in peaks if peak is not None), default=None)


def parents_of_all() -> dict[int, int]:
    """Every process's parent."""
    parents = {}
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()  # a name may have spaces in it
        except OSError:  # it ended meanwhile
            continue
        parents[int(stat.parent.name)] = int(after_name[1])
    return parents


def descends(pid: int, root: int, parents: dict[int, int]) -> bool:
    """Whether `root` started this process, or a process that did."""
    while pid in parents and pid != root:
        pid = parents[pid]
    return pid == root


def is_renderer(pid: int) -> bool:
    """Whether this is a process in which Chromium runs pages."""
    try:
        return b"--type=renderer" in (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return False


def peak_mb(pid: int) -> float | None:
    """The most memory that a process has had at once."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", (PROC / str(pid) / "status").read_text())
    except OSError:
        return None
    return int(found[1]) * 1024 / 1e6 if found else None
