"""A checkpoint as a folder on disk: model.safetensors, and beside it, optionally, config.json and merges."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from picogpt.bpe import Encoder
from picogpt.errors import WeightsError
from picogpt.weights import HParams, Params, read_params

WEIGHTS_NAME = "model.safetensors"
CONFIG_NAME = "config.json"
MERGES_NAMES = ("merges.txt", "vocab.bpe")  # Hugging Face's name and OpenAI's, for the same file


def load_checkpoint(folder: str | Path) -> tuple[Encoder | None, HParams, Params]:
    """(encoder, hparams, params) of any folder with a GPT-2 `model.safetensors`.

    `config.json` and `merges.txt` (or `vocab.bpe`) are optional; without merges the encoder is None.
    Raises WeightsError or VocabularyError where a file is missing or not what it should be.
    """
    folder = Path(folder)
    path = folder / WEIGHTS_NAME
    if not path.is_file():
        raise WeightsError(f"There is no {WEIGHTS_NAME} in {folder}.", "Give a folder that holds one.")
    if path.stat().st_size == 0:
        raise WeightsError(f"{path} is empty.", "Fetch it again.")
    # mapped, not read: the file's bytes are copied once, into the parameters
    hparams, params = read_params(np.memmap(path, np.uint8, "r"), _read_config(folder / CONFIG_NAME))
    return _read_encoder(folder, hparams), hparams, params


def parse_config(text: str) -> dict[str, Any]:
    """A config.json's text as a dict. Raises WeightsError where it is not one."""
    try:
        config = json.loads(text)
    except ValueError as error:
        raise WeightsError(f"config.json is not JSON: {error}.") from error
    if not isinstance(config, dict):
        raise WeightsError("config.json is not a JSON object.")
    return config


def _read_config(path: Path) -> dict[str, Any] | None:
    return parse_config(path.read_text("utf-8")) if path.is_file() else None


def _read_encoder(folder: Path, hparams: HParams) -> Encoder | None:
    for name in MERGES_NAMES:
        if (folder / name).is_file():
            return encoder_for(hparams, (folder / name).read_text("utf-8"))
    return None


def encoder_for(hparams: HParams, merges: str) -> Encoder:
    """The encoder of a merges file, checked against the model that it is to serve.

    Raises VocabularyError, or WeightsError where the model has fewer embeddings than the vocabulary has ids.
    """
    encoder = Encoder.from_merges(merges)
    if encoder.n_vocab > hparams["n_vocab"]:
        raise WeightsError(
            f"The vocabulary has {encoder.n_vocab} ids, the model only {hparams['n_vocab']} embeddings.",
            "Take the merges file that belongs to this checkpoint.",
        )
    return encoder
