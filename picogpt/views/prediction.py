"""What may come next: the distribution over the whole vocabulary."""

import numpy as np

from picogpt.matmul import Float
from picogpt.sampling import likeliest, softmax_64
from picogpt.views.registry import Answer, Text, view


@view(logits="gpt2.0")
def next_token(text: Text, logits: Float, n: int = 10) -> Answer:  # [1, V]
    """The `n` likeliest tokens after `text.token`, their probabilities, and what all others have together."""
    probabilities = softmax_64(logits[0])
    ids = likeliest(probabilities, n)
    chosen = [float(probabilities[id]) for id in ids]
    return {
        "tokens": [text.piece(id) for id in ids],
        "ids": ids,
        "probabilities": np.array(chosen, np.float32),
        "rest": 1 - sum(chosen),
        "n_vocab": len(probabilities),
    }
