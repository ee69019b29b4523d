"""Page "Feed-forward and GELU": the curve, a token's place on it, and what its strongest neurons write."""

import numpy as np

from picogpt import model
from picogpt.matmul import Float
from picogpt.sampling import likeliest
from picogpt.views.registry import Answer, Text, view

FFN = "gpt2.0/transformer_block.{layer}/ffn.0"
CURVE = np.linspace(-6, 6, 121, dtype=np.float32)
N_BINS = 48


@view(before=f"{FFN}/linear.0", after=f"{FFN}/gelu.0")
def gelu(text: Text, before: Float, after: Float) -> Answer:  # [T, 4C], [T, 4C]
    """GELU's curve, and where the numbers of `text.token` stand before and after it.

    `counts` [48] says how many of them lie in each part of `edges` [49], which is even.
    """
    values = before[text.token]
    low, high = min(float(values.min()), -3.0), max(float(values.max()), 3.0)
    counts, edges = np.histogram(values, bins=N_BINS, range=(low, high))
    return {
        "x": CURVE,
        "y": model.gelu(CURVE),
        "counts": counts,
        "edges": edges,
        "values": values,
        "results": after[text.token],
        "share_below_0": float(np.mean(values < 0)),
    }


@view(activations=f"{FFN}/gelu.0")
def neurons(text: Text, activations: Float, n: int = 8, n_words: int = 5) -> Answer:  # [T, 4C]
    """The `n` neurons that `text.token` excites most (by size), and what each of them writes.

    A neuron adds its activation times its row of c_proj to the stream. `words` are the tokens whose logits
    that raises most, read off directly (Geva et al. 2022, https://arxiv.org/abs/2203.14680): later blocks
    and the last layer norm are left out. `along` are its activations at every token of the text.
    """
    mine = activations[text.token]
    w = text.params["blocks"][text.layer]["mlp"]["c_proj"]["w"]
    found = []
    for neuron in likeliest(np.abs(mine), n).tolist():
        written = text.unembedding @ (np.sign(mine[neuron]) * w[neuron])
        words = likeliest(written, n_words).tolist()
        found.append(
            {
                "neuron": neuron,
                "activation": float(mine[neuron]),
                "words": [text.piece(id) for id in words],
                "along": activations[:, neuron],
            }
        )
    return {"neurons": found, "n_neurons": len(mine), "energy": _share(mine, n)}


def _share(values: Float, n: int) -> float:
    """The part of the sum of squares that the `n` largest numbers have."""
    squares = np.sort(values.astype(np.float64) ** 2)
    return float(squares[-n:].sum() / max(squares.sum(), 1e-30))
