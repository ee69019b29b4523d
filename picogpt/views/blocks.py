"""Page "Blocks and the residual stream": how it grows, what each block adds, and what it already says."""

from collections.abc import Callable
from typing import Any

import numpy as np

from picogpt import model
from picogpt.matmul import Float
from picogpt.sampling import likeliest, probabilities
from picogpt.views.registry import Answer, Kept, Text, view

START = "gpt2.0/embeddings.0"
BLOCKS = "gpt2.0/transformer_block.*"
N_POSITIONS = 12  # at once: each is a product with the whole vocabulary for every block


def norms(x: Float, _text: Text) -> Float:  # [T, C] -> [T]
    """The Euclidean length of each token's vector."""
    return np.asarray(np.sqrt(np.sum(x * x, axis=-1)))


@view(
    start=(START, norms),
    blocks=(BLOCKS, norms),
    attention=(f"{BLOCKS}/mha.0", norms),
    feed_forward=(f"{BLOCKS}/ffn.0", norms),
)
def residual(
    text: Text, start: Float, blocks: list[Float], attention: list[Float], feed_forward: list[Float]
) -> Answer:
    """Lengths of the stream's vectors: at `text.token`, and the median over the text.

    stream [L+1]: of the embeddings, then after every block; attention and feed_forward [L]: of what they add.
    """

    def at(values: list[Float]) -> Answer:
        table = np.stack(values)
        return {"token": table[:, text.token], "median": np.median(table, axis=1)}

    return {"stream": at([start, *blocks]), "attention": at(attention), "feed_forward": at(feed_forward)}


def in_window(pattern: str) -> Callable[..., Kept]:
    """Keeps the rows of the positions that the logit lens shows, and nothing of the others."""

    def need(text: Text, first: int | None = None) -> Kept:
        positions = window(text.token, len(text.ids), first)
        return Kept(pattern, text, lambda x, _text: x[positions])

    return need


@view(start=in_window(START), blocks=in_window(BLOCKS))
def logit_lens(text: Text, start: Float, blocks: list[Float], first: int | None = None) -> Answer:
    """The best next token and its probability, had the model ended after each block.

    For up to 12 positions, `text.token` among them, from `first` on if that holds it: `ids` and `tokens`
    [L+1, n], `probabilities` [L+1, n]; `final` [L+1, n] is the probability, there, of the token that the
    whole model likes best. Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
    """
    logits = _read(text, np.stack([start, *blocks]))  # [L+1, n, V]
    ids = np.argmax(logits, axis=-1)
    chances = np.array(
        [
            [probabilities(pair, row) for *pair, row in zip(best, ids[-1], rows, strict=True)]
            for best, rows in zip(ids, logits, strict=True)
        ],
        np.float32,
    )
    return {
        "positions": window(text.token, len(text.ids), first),
        "ids": ids,
        "tokens": [[text.piece(int(id)) for id in row] for row in ids],
        "probabilities": chances[..., 0],
        "final": chances[..., 1],
        "n_tokens": len(text.ids),
    }


def window(at: int, n: int, first: int | None = None) -> np.ndarray:
    """At most 12 of the places 0 … n-1: from `first` on if that takes in `at`, else up to one after `at`."""
    if first is None or not first <= at < first + N_POSITIONS:
        first = at - N_POSITIONS + 2
    first = max(0, min(first, n - N_POSITIONS))
    return np.arange(first, min(n, first + N_POSITIONS))


def _read(text: Text, x: Float) -> Float:  # [..., C] -> [..., V]
    """What the end of the model makes of vectors of the stream: of all at once, the matrix being large."""
    rows = model.layer_norm(x.reshape(-1, x.shape[-1]), **text.params["ln_f"])
    logits = model.unembedding(rows, text.unembedding)
    return np.asarray(logits.reshape(*x.shape[:-1], -1))


def mine(x: Float, text: Text) -> Float:  # [T, C] -> [C]
    """The vector of the token that is looked at."""
    return np.array(x[text.token])  # a slice would keep all of them in memory


@view(blocks=(BLOCKS, mine))
def block_words(text: Text, blocks: list[Float], n: int = 3) -> Answer:
    """After every block, the `n` likeliest next tokens at `text.token`, with their probabilities."""
    rows: list[dict[str, Any]] = []
    for logits in _read(text, np.stack(blocks)):
        ids = likeliest(logits, n).tolist()
        rows.append({"tokens": [text.piece(id) for id in ids], "probabilities": probabilities(ids, logits)})
    return {"blocks": rows}
