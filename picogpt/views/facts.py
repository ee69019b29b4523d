"""Numbers that a sentence speaks of: of the model, of the text, and of where the reader looks."""

from collections.abc import Callable
from typing import Any

import numpy as np

from picogpt.errors import SettingsError
from picogpt.views.registry import Answer, Text, view

NONE = "–"  # what a model without a vocabulary has

FACTS: dict[str, Callable[[Text], Any]] = {
    "n_vocab": lambda text: text.hparams["n_vocab"],
    "n_ctx": lambda text: text.hparams["n_ctx"],
    "n_embd": lambda text: text.hparams["n_embd"],
    "n_head": lambda text: text.hparams["n_head"],
    "n_layer": lambda text: text.hparams["n_layer"],
    "n_params": lambda text: count(text.params),
    "head_width": lambda text: text.hparams["n_embd"] // text.hparams["n_head"],
    "ffn_width": lambda text: text.params["blocks"][0]["mlp"]["c_fc"]["b"].size,
    "n_merges": lambda text: NONE if text.encoder is None else len(text.encoder.merged),
    "end_of_text": lambda text: NONE if text.encoder is None else text.encoder.end_of_text,
    "longest_entry": lambda text: NONE if text.encoder is None else longest_entry(text),
    "n_tokens": lambda text: len(text.ids),
    "n_characters": lambda text: len(text.prompt),
    "n_bytes": lambda text: len(text.prompt.encode("utf-8", "replace")),
    "n_heads_in_all": lambda text: text.hparams["n_layer"] * text.hparams["n_head"],
    "layer": lambda text: text.layer,
    "head": lambda text: text.head,
    "token": lambda text: text.token,
    "token_id": lambda text: text.ids[text.token],
    "token_text": lambda text: text.piece(text.ids[text.token]),
}


@view()
def fact(text: Text, name: str) -> Answer:
    """One of `FACTS`: a number, a text, or a dash where the model has none."""
    if name not in FACTS:
        raise SettingsError(f"There is no fact {name!r}.", f"Expected one of {', '.join(FACTS)}.")
    return {"name": name, "value": FACTS[name](text)}


def count(params: Any) -> int:
    """How many numbers there are in nested parameters."""
    if isinstance(params, np.ndarray):
        return params.size
    return sum(count(value) for value in (params.values() if isinstance(params, dict) else params))


def longest_entry(text: Text) -> int:
    """Bytes of the longest entry of the vocabulary that merges made."""
    assert text.encoder is not None
    return max(map(len, text.encoder.pieces[: text.encoder.end_of_text]))
