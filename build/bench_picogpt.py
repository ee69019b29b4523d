"""picoGPT's own way, in Pyodide: this module runs there, in the page, and gives a number back.

As published, picoGPT computes all positions anew for each token, and multiplies by `x @ w` with the weights
as they are stored, for which NumPy has no BLAS in a browser. The forward pass is the project's own.
"""

import time

import numpy as np

from picogpt import matmul
from picogpt.model import gpt2
from picogpt.weights import HParams, nest, tensor_shapes


def token_ms(n_ids: int, **hparams: int) -> float:
    """Milliseconds for the token after `n_ids`, of a model of this size with made-up weights."""
    rng = np.random.default_rng(0)
    shapes = tensor_shapes(HParams(**hparams))  # type: ignore[typeddict-item]
    params = nest({name: rng.random(shape, np.float32) * 0.02 for name, shape in shapes.items()})
    matmul.offer("@", matmul.blas_product)
    ids = [(i * 7919 + 13) % hparams["n_vocab"] for i in range(n_ids)]
    begun = time.perf_counter()
    gpt2(ids, **params, n_head=hparams["n_head"])  # type: ignore[no-untyped-call]
    return (time.perf_counter() - begun) * 1e3
