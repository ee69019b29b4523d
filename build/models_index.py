"""Writes models/index.json, from which the page knows each model's files, their sizes and hashes.

The names, titles and order are written by hand in site/models/models.json; the rest is read from the files.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from project import SITE_SOURCES, BuildError

FILES = {"weights": "model.safetensors", "config": "config.json", "merges": "merges.txt"}
LIST = SITE_SOURCES / "models" / "models.json"


def write(path: Path, listed: Path = LIST) -> None:
    """Write the index of the models in the list's folder to `path`."""
    index = [entry(listed.parent, model["name"], model["title"]) for model in read_list(listed)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(index, indent=1) + "\n", "utf-8")


def read_list(path: Path) -> list[dict[str, str]]:
    """The hand-written list: [{"name": folder, "title": what the page shows}, …]."""
    try:
        listed = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BuildError(f"{path} cannot be read as JSON: {error}") from error
    sound = isinstance(listed, list) and all(
        isinstance(model, dict) and isinstance(model.get("name"), str) and isinstance(model.get("title"), str)
        for model in listed
    )
    if not sound or not listed:
        raise BuildError(f'{path}: expected a list like [{{"name": "folder", "title": "what is shown"}}]')
    return list(listed)


def entry(folder: Path, name: str, title: str) -> dict[str, Any]:
    """One model of the index; the addresses are relative to `folder`. Config and merges may be absent."""
    files = {
        kind: {"path": f"{name}/{file_name}", **facts(folder / name / file_name)}
        for kind, file_name in FILES.items()
        if (folder / name / file_name).is_file()
    }
    if "weights" not in files:
        raise BuildError(f"the model {name!r} has no weights: expected {folder / name / FILES['weights']}")
    return {"name": name, "title": title, "files": files}


def facts(path: Path) -> dict[str, Any]:
    """A file's size in bytes and its sha256."""
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
