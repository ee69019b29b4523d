"""Writes models/index.json, from which the page knows each model's files, their sizes and hashes.

The names, titles and order are written by hand in site/models/models.json; the rest is read from the files.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from picogpt.models import PUBLISHED
from project import SITE_SOURCES, BuildError, say

MANIFEST = "manifest.json"
PARITY = "parity.json"
FILES = {"weights": "model.safetensors", "config": "config.json", "merges": "merges.txt"}
LIST = SITE_SOURCES / "models" / "models.json"


def write(path: Path, listed: Path = LIST) -> None:
    """Write the index of the models in the list's folder to `path`."""
    index = [any_entry(listed.parent, model["name"], model["title"]) for model in read_list(listed)]
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
    files |= parity_file(folder, name, files["weights"]["sha256"])
    return {"name": name, "title": title, "files": files}


def any_entry(folder: Path, name: str, title: str) -> dict[str, Any]:
    """One model of the index, shipped with the site or published elsewhere."""
    if (folder / name / FILES["weights"]).is_file() or name not in PUBLISHED:
        return entry(folder, name, title)
    return published_entry(folder, name, title)


def published_entry(folder: Path, name: str, title: str) -> dict[str, Any]:
    """A model that readers fetch from where it is published; GPT-2's sizes share one vocabulary."""
    published = PUBLISHED[name]
    source = {
        "url": published.url(FILES["weights"]),
        "bytes": published.n_bytes,
        "sha256": published.sha256 or None,
        "revision": published.revision,
        "parameter_bytes": 4 * published.n_params,  # what is fetched: all but the causal masks
    }
    files = {"merges": {"path": "gpt2/merges.txt", **facts(folder / "gpt2" / FILES["merges"])}}
    files |= parity_file(folder, name, published.sha256)
    return {"name": name, "title": title, "source": source, "files": files}


def parity_file(folder: Path, name: str, weights_sha256: str) -> dict[str, Any]:
    """The record of PyTorch's logits, where there is one of these very weights."""
    path = folder / name / PARITY
    if not path.is_file():
        return {}
    if json.loads(path.read_text("utf-8"))["weights_sha256"] != weights_sha256:
        say(f"{path} is of other weights and left out: tests/reference/record_parity.py makes a new one.")
        return {}
    return {"parity": {"path": f"{name}/{PARITY}", **facts(path)}}


def add_parts(index: Path, name: str, folder: Path) -> bool:
    """Have the index say that `folder`, beside it, has a published model in parts; False for others."""
    models = json.loads(index.read_text("utf-8"))
    model = next((model for model in models if model["name"] == name and "source" in model), None)
    if model is None:
        return False
    model["parts"] = {"manifest": f"{folder.name}/{MANIFEST}"}
    index.write_text(json.dumps(models, indent=1) + "\n", "utf-8")
    return True


def facts(path: Path) -> dict[str, Any]:
    """A file's size in bytes and its sha256."""
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
