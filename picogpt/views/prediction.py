"""What may come next: the distribution over the whole vocabulary."""

import numpy as np

from picogpt.matmul import Float
from picogpt.sampling import likeliest, probabilities
from picogpt.views.registry import Answer, Text, view


@view(logits="gpt2.0")
def next_token(text: Text, logits: Float, n: int = 10) -> Answer:  # [1, V]
    """The `n` likeliest tokens after `text.token`, their probabilities, and what all others have together."""
    ids = likeliest(logits[0], n).tolist()
    chosen = probabilities(ids, logits[0])
    return {
        "tokens": [text.piece(id) for id in ids],
        "ids": ids,
        "probabilities": np.array(chosen, np.float32),
        "rest": 1 - sum(chosen),
        "n_vocab": logits.shape[-1],
    }
