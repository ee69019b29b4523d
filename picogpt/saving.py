"""What training leaves on disk: the model, as `load_checkpoint` reads it, and the state to go on from.

Every file is written beside its place and then moved there: an interruption leaves the old one whole.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from picogpt import safetensors
from picogpt.bpe import Encoder, format_merges
from picogpt.checkpoint import CONFIG_NAME, MERGES_NAMES, WEIGHTS_NAME
from picogpt.errors import WeightsError
from picogpt.matmul import Float
from picogpt.train import Trainer
from picogpt.weights import HParams, Params, flatten

STATE_NAME = "training.safetensors"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that `path` never holds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)


def config_of(hparams: HParams, end_of_text: int, is_tied: bool = True) -> dict[str, Any]:
    """The config.json of a model, under Hugging Face's names for GPT-2."""
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "vocab_size": hparams["n_vocab"],
        "n_positions": hparams["n_ctx"],
        "n_ctx": hparams["n_ctx"],
        "n_embd": hparams["n_embd"],
        "n_head": hparams["n_head"],
        "n_layer": hparams["n_layer"],
        "bos_token_id": end_of_text,
        "eos_token_id": end_of_text,
        "tie_word_embeddings": is_tied,
    }


def merges_of(encoder: Encoder) -> list[tuple[bytes, bytes]]:
    """The merges that an encoder was made of, in their order."""
    return [(encoder.pieces[left], encoder.pieces[right]) for left, right in encoder.merged]


def save_model(folder: Path, params: Params, hparams: HParams, encoder: Encoder) -> None:
    """Write model.safetensors, config.json and merges.txt: a folder for `load_checkpoint`."""
    config = config_of(hparams, encoder.end_of_text, is_tied="lm_head" not in params)
    write_whole(folder / MERGES_NAMES[0], format_merges(merges_of(encoder)).encode())
    write_whole(folder / CONFIG_NAME, (json.dumps(config, indent=2) + "\n").encode())
    write_whole(folder / WEIGHTS_NAME, safetensors.write(flatten(params)))


def _state(trainer: Trainer) -> dict[str, Mapping[str, Float]]:
    adamw, muon = trainer.adamw, trainer.muon
    return {"params": trainer.tensors, "m": adamw.m, "v": adamw.v, "momentum": muon.momentum}


def save_state(path: Path, trainer: Trainer) -> None:
    """Write all that a step depends on, beside data and settings: parameters, running means, steps done."""
    tensors = {f"{kind}.{name}": a for kind, group in _state(trainer).items() for name, a in group.items()}
    tensors["losses"] = np.array(trainer.losses, np.float32)  # one for each step done
    write_whole(path, safetensors.write(tensors))


def load_state(path: Path, trainer: Trainer) -> None:
    """Bring a trainer of the same model to where `save_state` left it.

    Raises WeightsError where the file is another model's.
    """
    file = np.memmap(path, np.uint8, "r")
    infos = safetensors.parse(file)
    for kind, group in _state(trainer).items():
        for name, tensor in group.items():
            info = infos.get(f"{kind}.{name}")
            if info is None or info.shape != tensor.shape:
                raise WeightsError(
                    f"{path}: {kind}.{name} should have shape {tensor.shape}, "
                    f"and {'is missing' if info is None else f'has {info.shape}'}.",
                    "This is the state of another model: train into another folder, or delete it.",
                )
            tensor[...] = safetensors.read(file, info)
    trainer.losses = safetensors.read(file, infos["losses"]).tolist()
    trainer.adamw.n_steps = len(trainer.losses)
