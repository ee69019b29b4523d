"""Texts for the tests of views: the shipped model's, and one of a model without a vocabulary."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from picogpt import browser, load_checkpoint
from picogpt.views import Text, inspect

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "site" / "models" / "shakespeare"
PROMPT = "ROMEO:\nBut soft! What light through yonder window breaks?\nIt is the"


load = cache(load_checkpoint)


def shipped(prompt: str = PROMPT, layer: int = 0, token: int = -1) -> Text:
    encoder, hparams, params = load(SHIPPED)
    ids = encoder.encode(prompt) or [encoder.end_of_text]
    return Text(ids, params, hparams, encoder, layer, 0, token % len(ids), prompt)


def untied(ids: list[int], layer: int = 0, token: int = -1) -> Text:
    """Of the checkpoint with an unembedding of its own, without a vocabulary."""
    _, hparams, params = load(ROOT / "tests" / "reference" / "untied")
    return Text(ids, params, hparams, None, layer, 0, token % len(ids))


def answer(text: Text, view: str, **options: Any) -> dict[str, Any]:
    """What the page gets, its arrays with their shapes again."""
    (found,) = inspect(text, [{"view": view, **options}], browser.explain)
    assert "value" in found, found
    return arrays(found["value"])


def error(text: Text, view: str, **options: Any) -> str:
    (found,) = inspect(text, [{"view": view, **options}], browser.explain)
    return found["error"]["message"]


def arrays(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"shape", "dtype", "data"}:
        return np.asarray(value["data"]).reshape(value["shape"])
    if isinstance(value, dict):
        return {key: arrays(item) for key, item in value.items()}
    return [arrays(item) for item in value] if isinstance(value, list) else value
