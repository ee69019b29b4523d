"""Page "From vectors to words": the last vector, its products with all token embeddings, and the softmax."""

import math

import numpy as np

from picogpt.matmul import Float
from picogpt.sampling import likeliest, probabilities
from picogpt.views.registry import Answer, Text, view
from picogpt.views.vectors import vector

N_BINS = 60
N_RANKS = 120


@view(logits="gpt2.0", x="gpt2.0/layer_norm.0")
def logits(text: Text, logits: Float, x: Float, n: int = 5) -> Answer:  # [1, V], [1, C]
    """The last vector of `text.token`, its `n` best matches among all tokens, and how they become likely.

    Of each token: its row of the unembedding; `products`, x times that row, number by number, whose sum is
    the logit; `exp`, e to the power of the logit less the highest one. `sum` adds up `exp` of all tokens.
    """
    row = logits[0]
    ids = likeliest(row, n).tolist()
    above = np.exp(row.astype(np.float64) - float(row.max()))
    tokens = [
        {
            "id": id,
            "token": text.piece(id),
            "row": vector(text.unembedding[id]),
            "products": vector(x[0] * text.unembedding[id]),
            "logit": float(row[id]),
            "exp": float(above[id]),
            "probability": probability,
        }
        for id, probability in zip(ids, probabilities(ids, row), strict=True)
    ]
    return {
        "x": vector(x[0]),
        "tokens": tokens,
        "sum": float(above.sum()),
        "n_vocab": len(row),
        "is_tied": text.unembedding is text.params["wte"],
    }


@view(logits="gpt2.0")
def distribution(_text: Text, logits: Float) -> Answer:  # [1, V]
    """The whole vocabulary: a histogram of its logits, and its probabilities by rank.

    counts [60], edges [61]; ranks and their probability and cumulative probability, at most 120 each; entropy
    in bits, and how many tokens it takes to reach one half and nine tenths.
    """
    row = logits[0].astype(np.float64)
    counts, edges = np.histogram(row, bins=N_BINS)
    p = np.sort(np.exp(row - row.max()))[::-1]
    p /= p.sum()
    cumulative = np.cumsum(p)
    ranks = np.unique(np.geomspace(1, len(p), N_RANKS).round().astype(int))
    return {
        "counts": counts,
        "edges": edges,
        "ranks": ranks,
        "probabilities": p[ranks - 1],
        "cumulative": cumulative[ranks - 1],
        "entropy": float(-np.sum(p * np.log2(np.maximum(p, 1e-300)))),
        "most_entropy": math.log2(len(p)),
        "n_half": int(np.searchsorted(cumulative, 0.5)) + 1,
        "n_nine_tenths": int(np.searchsorted(cumulative, 0.9)) + 1,
        "highest": float(row.max()),
        "n_vocab": len(row),
    }
