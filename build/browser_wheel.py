"""The picogpt wheel for the browser: built from this checkout, without the models (the page fetches one).

The same sources give the same bytes, so that its sha256 changes only when they do.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from archives import repack
from project import ROOT, BuildError

LEFT_OUT = ("picogpt/models/",)


def build(folder: Path) -> Path:
    """Put the wheel into `folder` and return its path."""
    with TemporaryDirectory() as temporary:
        wheel = ordinary_wheel(Path(temporary))
        return repack(wheel, folder / wheel.name, LEFT_OUT)


def ordinary_wheel(folder: Path) -> Path:
    """The wheel that pip would install."""
    line = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    result = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if result.returncode != 0 or len(wheels) != 1:
        raise BuildError(f"the picogpt wheel could not be built:\n{result.stdout}{result.stderr}")
    return wheels[0]
