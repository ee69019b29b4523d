"""On what a benchmark ran: results of different machines, or of a busy one, do not compare."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from project import DIST, ROOT


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system; and the load before the benchmark began, which should be near 0."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_average_before": load,
    }


def processor() -> str:
    """What the processor calls itself, where the system says that."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def memory_gb() -> float | None:
    """Memory in GB of 10^9 bytes, None where the system does not say."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None


def versions(chromium: str) -> dict[str, str]:
    """Of all that took part."""
    runtime = json.loads((DIST / "site" / "pyodide" / "runtime.json").read_text("utf-8"))
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "picogpt": commit(),
        "chromium": chromium,
        "pyodide": runtime["version"],
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas.get('name', 'none')} {blas.get('version', '')}".strip(),
    }


def commit() -> str:
    """The checkout's commit, with a + where files were changed since; "unknown" outside of one."""
    line = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    try:
        found = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return found.stdout.strip() or "unknown"
