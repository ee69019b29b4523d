"""Zip files and wheels whose bytes depend on their contents alone."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from wheel.wheelfile import WheelFile

EPOCH_S = 1_577_836_800  # 2020-01-01: the time of every file inside
DATE_TIME = (2020, 1, 1, 0, 0, 0)


def repack(source: Path, target: Path, leave_out: tuple[str, ...] = ()) -> Path:
    """Write `target`: the entries of `source` in the order of their names, with one time and mode for all,
    without those that start with one of `leave_out`. A wheel's RECORD is written anew. Returns `target`."""
    os.environ["SOURCE_DATE_EPOCH"] = str(EPOCH_S)  # WheelFile takes RECORD's time from there
    with zipfile.ZipFile(source) as old, create(target) as new:
        for name in sorted(old.namelist()):
            if name.startswith(leave_out) or name.endswith((".dist-info/RECORD", "/")):
                continue
            entry = zipfile.ZipInfo(name, DATE_TIME)
            entry.external_attr = 0o644 << 16
            new.writestr(entry, old.read(name), zipfile.ZIP_DEFLATED)
    return target


def create(path: Path) -> zipfile.ZipFile:
    """An empty archive; that of a wheel writes its own RECORD when it is closed."""
    archive: zipfile.ZipFile = (WheelFile if path.suffix == ".whl" else zipfile.ZipFile)(path, "w")
    return archive
