"""How well a model predicts a text: nats per token, perplexity, and nats per byte.

Loss per token depends on how long tokens are, so models with different vocabularies compare by nats per byte:
the surprise at the whole text, shared among its bytes.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from picogpt import model
from picogpt.bpe import Encoder
from picogpt.errors import SettingsError
from picogpt.gradients import Ids
from picogpt.loss import log_softmax
from picogpt.matmul import Float
from picogpt.weights import Params

N_TEXTS_AT_ONCE = 4


@dataclass(frozen=True)
class Evaluation:
    """The sum of the surprise at each token of a text, in nats, and by what to share it."""

    n_nats: float
    n_tokens: int
    n_bytes: int

    @property
    def nats_per_token(self) -> float:
        """The language-model loss."""
        return self.n_nats / self.n_tokens

    @property
    def nats_per_byte(self) -> float:
        """The figure that compares models with different vocabularies."""
        return self.n_nats / self.n_bytes

    @property
    def perplexity(self) -> float:
        """Among how many equally likely tokens a choice would be as hard."""
        return math.exp(self.nats_per_token)


def windows(n_tokens: int, n_ctx: int, stride: int) -> Iterator[tuple[int, int, int]]:
    """(begin, end, n_new) of windows over n_tokens ids that predict each id but the first once.

    A window reads ids[begin : end - 1], predicts ids[begin + 1 : end], and its last `n_new` predictions
    count: they see at least n_ctx - stride tokens before them, those of the first window excepted.
    """
    counted = 1
    while counted < n_tokens:
        end = min(n_tokens, counted + (n_ctx if counted == 1 else stride))
        begin = max(0, end - n_ctx - 1)
        yield begin, end, end - counted
        counted = end


def surprise(ids: Ids, params: Params, n_head: int) -> Float:  # ids [B, T + 1] -> [B, T]
    """-log p of each id but the first, given those before it."""
    log_p = log_softmax(model.gpt2(ids[..., :-1], **params, n_head=n_head))
    return -np.take_along_axis(log_p, ids[..., 1:, None], axis=-1)[..., 0]


def sum_surprise(
    ids: Ids,
    params: Params,
    n_head: int,
    stride: int | None = None,
    progress: Callable[[int], Any] | None = None,
) -> float:
    """Nats of all `ids` but the first, by a window that slides over them in strides (half the context).

    `progress` is told the number of ids done, from time to time.
    """
    n_ctx = len(params["wpe"])
    stride = max(1, n_ctx // 2) if stride is None else stride
    if not 1 <= stride <= n_ctx:
        raise SettingsError(f"The stride is {stride}.", f"It goes from 1 to the context, {n_ctx}.")
    total = 0.0
    for group in _groups(list(windows(len(ids), n_ctx, stride))):
        batch = np.stack([ids[begin:end] for begin, end, _ in group]).astype(np.int64)
        for nats, (_, _, n_new) in zip(surprise(batch, params, n_head), group, strict=True):
            total += float(np.sum(nats[-n_new:], dtype=np.float64))
        if progress:
            progress(group[-1][1])
    return total


def _groups(spans: Sequence[tuple[int, int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    """Windows that follow each other and are of one length, as many as go through the model together."""
    group: list[tuple[int, int, int]] = []
    for span in spans:
        if group and (len(group) == N_TEXTS_AT_ONCE or span[1] - span[0] != group[0][1] - group[0][0]):
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def evaluate(
    text: str,
    encoder: Encoder,
    params: Params,
    n_head: int,
    stride: int | None = None,
    progress: Callable[[int], Any] | None = None,
) -> Evaluation:
    """Measure every token of `text`; the first is predicted from `<|endoftext|>`, as any text's start is."""
    if not text:
        raise SettingsError("The text is empty.", "Give a text of at least one letter.")
    ids = np.array([encoder.end_of_text, *encoder.encode(text)])
    n_nats = sum_surprise(ids, params, n_head, stride, progress)
    return Evaluation(n_nats, len(ids) - 1, len(text.encode("utf-8", "replace")))
