"""Where a token's time goes, in Pyodide: this module runs there, in the page, and gives numbers back.

The weights are made up, of the model's sizes and in the layout that the page gives them: how long a token
takes does not depend on their values. A function's time includes its being timed, some microseconds a call.
"""

import time
from typing import Any

import numpy as np

from picogpt import matmul
from picogpt.generate import Generation
from picogpt.sgemm import Kernel, Sgemm
from picogpt.timing import timing
from picogpt.weights import HParams, Params, memory_order, nest, tensor_shapes

N_IDS = 16
N_WARM_UP = 32  # tokens, after which the browser has compiled for speed what they run
N_TOKENS = 32
REST = "sampling and the rest"


def made_up(hparams: HParams) -> Params:
    """Parameters of these sizes."""
    rng, tensors = np.random.default_rng(0), {}
    for name, shape in tensor_shapes(hparams).items():
        tensors[name] = np.empty(shape, np.float32, order=memory_order(name))
        tensors[name].reshape(-1, order="A")[:] = np.resize(rng.normal(0, 0.02, 1 << 16), tensors[name].size)
    return nest(tensors)


def token_ms(kind: str, kernel: Kernel, **hparams: int) -> dict[str, dict[str, float]]:
    """Milliseconds of one token by the name of the function, with the kernel and with NumPy alone."""
    sizes = HParams(**hparams)  # type: ignore[typeddict-item]
    params, found = made_up(sizes), {}
    matmul.offer(kind, Sgemm(kernel))
    for used in (kind, "einsum"):
        matmul.use(used)
        found[used] = profile(params, sizes)
    return found


def profile(params: Params, sizes: HParams) -> dict[str, float]:
    """Milliseconds of a token's every function itself, the mean of several tokens after `N_IDS`."""
    ids = [(i * 7919 + 13) % sizes["n_vocab"] for i in range(N_IDS)]
    tokens: Any = iter(Generation(ids, params, sizes["n_head"], N_WARM_UP + N_TOKENS, slide=True))
    for _ in range(N_WARM_UP):
        next(tokens)
    begun = time.perf_counter()
    with timing() as spent:
        n_tokens = len([*tokens])
    whole_ms = (time.perf_counter() - begun) * 1e3 / n_tokens
    by_name = {name: own_s * 1e3 / n_tokens for name, own_s in spent.own_s.items()}
    return {**by_name, REST: whole_ms - sum(by_name.values())}
