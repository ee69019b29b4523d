"""A first run of an edited model, on a few tokens, before anybody relies on it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from picogpt import model
from picogpt.cache import Cache
from picogpt.edit_errors import OddResultError
from picogpt.trace import Recording, recording
from picogpt.weights import Params

N_TOKENS = 4


def try_out(params: Params, n_head: int, original: Callable[[], AbstractContextManager[None]]) -> None:
    """Run the model as it is now, in both ways in which it is called. Raises whatever goes wrong.

    Where some function returned another kind of thing than within `original`, that is an OddResultError
    naming the first that did: errors often come to light in another function than where they began.
    """
    ids = list(range(min(N_TOKENS, len(params["wpe"]), len(params["wte"]))))
    with recording() as seen:
        try:
            _run(ids, params, n_head)
        except Exception as error:
            with original(), recording() as expected:
                model.gpt2(ids, **params, n_head=n_head)
            if odd := _first_odd(seen, expected):
                raise odd from error
            raise


def _run(ids: list[int], params: Params, n_head: int) -> None:
    n_vocab = len(params["wte"])
    _check(model.gpt2(ids, **params, n_head=n_head), (len(ids), n_vocab))
    cache = Cache(len(params["blocks"]), n_ctx=len(params["wpe"]))
    _check(model.gpt2(ids, **params, n_head=n_head, cache=cache, rows=slice(-1, None)), (1, n_vocab))


def _check(logits: Any, shape: tuple[int, int]) -> None:
    is_array = isinstance(logits, np.ndarray) and np.can_cast(logits.dtype, np.float32, "same_kind")
    if not is_array or logits.shape != shape:
        raise ValueError(
            f"gpt2 returned {describe(logits)}; expected real numbers, an array of shape {shape}"
        )
    if not np.isfinite(logits).all():
        raise ValueError("gpt2's logits are not all finite numbers")


def _first_odd(seen: Recording, expected: Recording) -> OddResultError | None:
    """The first call that ended with another kind of result than the same call in `expected`."""
    for path, result in seen.items():
        if path in expected and getattr(result, "shape", None) != expected[path].shape:
            name = path.rpartition("/")[2].rpartition(".")[0]
            return OddResultError(
                name, f"returned {describe(result)}, the original {describe(expected[path])}"
            )
    return None


def describe(result: Any) -> str:
    """A result in words: its shape, and what numbers it has if not float32."""
    if not isinstance(result, np.ndarray):
        return "None" if result is None else f"a {type(result).__name__}"
    kind = "" if result.dtype == np.float32 else f" of {result.dtype}"
    return f"an array{kind} of shape {result.shape}"
