"""The weights that training from scratch starts from: small random numbers, as OpenAI's GPT-2 did."""

import math

import numpy as np

from picogpt.errors import SettingsError
from picogpt.matmul import WEIGHT_ORDER, Float
from picogpt.weights import HParams, Params, nest, tensor_shapes


def initial_params(hparams: HParams, seed: int = 0) -> Params:
    """Random parameters of a GPT-2 of these sizes, its unembedding tied to the token embeddings.

    Matrices are normal with standard deviation 0.02 (positions 0.01); the two of each block that add to the
    residual stream are smaller by √(2 n_layer), so that its size does not grow with depth. Source: Radford et
    al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3, and OpenAI's
    gpt-2/src/model.py.
    """
    if hparams["n_embd"] % hparams["n_head"]:
        raise SettingsError(
            f"{hparams['n_embd']} channels cannot be shared evenly by {hparams['n_head']} heads.",
            "The number of channels must be a multiple of the number of heads.",
        )
    rng = np.random.default_rng(seed)
    shapes = tensor_shapes(hparams)
    return nest({name: _initial(name, shape, hparams, rng) for name, shape in shapes.items()})


def _initial(name: str, shape: tuple[int, ...], hparams: HParams, rng: np.random.Generator) -> Float:
    if name.endswith(".bias"):
        return np.zeros(shape, np.float32)
    if len(shape) == 1:  # a layer norm's gain
        return np.ones(shape, np.float32)
    std = 0.01 if name.startswith("wpe") else 0.02
    if name.endswith(".c_proj.weight"):
        std /= math.sqrt(2 * hparams["n_layer"])
    numbers = rng.standard_normal(shape, np.float32) * std
    return np.asarray(numbers, np.float32, order=WEIGHT_ORDER if ".c_" in name else "C")  # type: ignore[call-overload,no-any-return]
