"""Page "Generating, and the cache": one step by hand, its arrays and times; and what the cache saves."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from picogpt import model
from picogpt.cache import Cache
from picogpt.errors import SettingsError
from picogpt.generate import Generation, Read
from picogpt.matmul import Float
from picogpt.timing import Timing
from picogpt.trace import listening
from picogpt.views.registry import Answer, Text, view

N_TIMED = 3  # tokens with the cache, after one that makes room in it


class Shapes(Timing):
    """A `Timing` that also notes the shape of each function's first result, and how long each block takes."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: dict[str, list[int]] = {}
        self.blocks_s: list[float] = []

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """What the function returns."""
        begun = time.perf_counter()
        result = super().call(function, args, kwargs)
        if function.__name__ == "transformer_block":
            self.blocks_s.append(time.perf_counter() - begun)
        self.shapes.setdefault(function.__name__, list(result.shape))
        return result


@view()
def step(text: Text, n: int = 0, timed: bool = False) -> Answer:
    """The step after `n` tokens have been added to the text, greedily: with the cache and without it.

    Of both ways: how many tokens are read, how many the cache held, and by function the shape of its (first)
    result and the number of its calls; if `timed`, milliseconds in each function itself, and of each block.
    `same` says that both ways lead to the same token; `difference` is the largest between their logits.
    """
    n_ctx, read = len(text.params["wpe"]), Read(text.params)
    n_more = min(n, n_ctx - len(text.ids))
    added = list(Generation(text.ids, text.params, text.hparams["n_head"], n_more, read=read))
    ids = [*text.ids, *(token.id for token in added)]
    fresh = Cache(len(text.params["blocks"]), n_ctx=n_ctx)
    if len(ids) > 1:
        forward(text, read.rest_of(ids[:-1]), read.cache)
    without, row = _way(text, ids, fresh, timed)
    with_cache, cached_row = _way(text, ids[-1:], read.cache, timed)
    best = int(np.argmax(row))
    return {
        "n": len(added),
        "n_tokens": len(ids),
        "written": [text.piece(token.id) for token in added],
        "token": text.piece(best),
        "id": best,
        "is_full": len(ids) >= n_ctx,
        "same": best == int(np.argmax(cached_row)),
        "difference": float(np.max(np.abs(row - cached_row))),
        "ways": [with_cache, without],
    }


def forward(text: Text, ids: list[int], cache: Cache) -> Float:  # ids [T] -> [V]
    """Logits of the token that follows; the cache is extended."""
    rows = slice(-1, None)
    logits: Float = model.gpt2(ids, **text.params, n_head=text.hparams["n_head"], cache=cache, rows=rows)
    return np.asarray(logits[-1])


def _way(text: Text, ids: list[int], cache: Cache, timed: bool) -> tuple[Answer, Float]:
    n_past, begun = cache.n_past, time.perf_counter()
    with listening(Shapes()) as seen:
        row = forward(text, ids, cache)
    elapsed_s = time.perf_counter() - begun
    functions = [
        {"name": name, "shape": shape, "calls": seen.calls[name]} for name, shape in seen.shapes.items()
    ]
    found: Answer = {"n_read": len(ids), "n_past": n_past, "functions": functions}
    if timed:
        for function in functions:
            function["ms"] = 1000 * seen.own_s[str(function["name"])]
        found["ms"] = 1000 * elapsed_s
        found["blocks_ms"] = [1000 * block_s for block_s in seen.blocks_s]
    return found, row


@view()
def token_time(text: Text, length: int) -> Answer:
    """Milliseconds for one more token after a text of `length` tokens, without a cache and with one.

    The text is the reader's, over and over. Without a cache: all of it is read. With one: the mean of the
    next three tokens (after one that makes room), each read alone.
    """
    n_most = len(text.params["wpe"]) - N_TIMED - 1
    if not 1 <= length <= n_most:
        raise SettingsError(f"The length is {length}.", f"With this model it goes from 1 to {n_most}.")
    ids = (text.ids * (length // len(text.ids) + 1))[:length]
    cache = Cache(len(text.params["blocks"]), n_ctx=len(text.params["wpe"]))
    without_s = _seconds(text, ids, cache)
    _seconds(text, ids[-1:], cache)
    with_s = sum(_seconds(text, ids[-1:], cache) for _ in range(N_TIMED)) / N_TIMED
    return {"length": length, "without_ms": 1000 * without_s, "with_ms": 1000 * with_s}


def _seconds(text: Text, ids: list[int], cache: Cache) -> float:
    begun = time.perf_counter()
    forward(text, ids, cache)
    return time.perf_counter() - begun
