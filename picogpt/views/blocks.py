"""Page "Blocks and the residual stream": how it grows, what each block adds, and what it already says."""

import numpy as np

from picogpt import model
from picogpt.matmul import Float
from picogpt.sampling import likeliest, probabilities
from picogpt.views.registry import Answer, Text, view

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


@view(start=START, blocks=BLOCKS)
def logit_lens(text: Text, start: Float, blocks: list[Float]) -> Answer:  # [T, C], L of them
    """The best next token and its probability, had the model ended after each block.

    For up to 12 positions around `text.token`: `tokens` [L+1][n], `probabilities` [L+1, n]; `final` [L+1, n]
    is the probability, there, of the token that the whole model likes best. Source: nostalgebraist 2020,
    "interpreting GPT: the logit lens".
    """
    positions = window(text.token, len(text.ids), N_POSITIONS)
    lensed = [_read(text, x[positions]) for x in (start, *blocks)]
    best = [np.argmax(logits, axis=-1) for logits in lensed]
    return {
        "positions": positions,
        "ids": np.stack(best),
        "tokens": [[text.piece(int(id)) for id in row] for row in best],
        "probabilities": np.stack([_at(logits, row) for logits, row in zip(lensed, best, strict=True)]),
        "final": np.stack([_at(logits, best[-1]) for logits in lensed]),
    }


def window(at: int, n: int, n_most: int) -> np.ndarray:
    """At most `n_most` of the places 0 … n-1, `at` among them, and what comes before it first."""
    first = max(0, min(at - n_most + 2, n - n_most))
    return np.arange(first, min(n, first + n_most))


def _read(text: Text, x: Float) -> Float:  # [n, C] -> [n, V]
    """What the end of the model makes of vectors of the stream."""
    logits: Float = model.unembedding(model.layer_norm(x, **text.params["ln_f"]), text.unembedding)
    return logits


def _at(logits: Float, ids: np.ndarray) -> Float:  # [n, V], [n] -> [n]
    """The probability of one token in each row."""
    chosen = [probabilities([int(id)], row)[0] for row, id in zip(logits, ids, strict=True)]
    return np.array(chosen, np.float32)


@view(blocks=BLOCKS)
def block_words(text: Text, blocks: list[Float], n: int = 3) -> Answer:
    """After every block, the `n` likeliest next tokens at `text.token`, with their probabilities."""
    logits = [_read(text, x[text.token : text.token + 1])[0] for x in blocks]
    rows = []
    for row in logits:
        ids = likeliest(row, n).tolist()
        rows.append({"tokens": [text.piece(id) for id in ids], "probabilities": probabilities(ids, row)})
    return {"blocks": rows}
