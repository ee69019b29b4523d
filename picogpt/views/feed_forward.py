"""Page "Feed-forward and GELU": the curve, a token's place on it, and what its strongest neurons write."""

import numpy as np

from picogpt import model
from picogpt.matmul import Float, matmul
from picogpt.sampling import likeliest
from picogpt.views.registry import Answer, Text, view

FFN = "gpt2.0/transformer_block.{layer}/ffn.0"
AT_LEAST = 4.0  # the curve is drawn from -4 to 4, or as far as the numbers go
N_POINTS = 161
N_BINS = 48


@view(before=f"{FFN}/linear.0", after=f"{FFN}/gelu.0")
def gelu(text: Text, before: Float, after: Float) -> Answer:  # [T, 4C], [T, 4C]
    """GELU's curve y over x, ReLU beside it, and the numbers of `text.token` before (`values`) and after it.

    `counts` [48] says how many of the values lie in each part of `edges` [49], which is even.
    """
    values, results = before[text.token], after[text.token]
    low, high = min(float(values.min()), -AT_LEAST), max(float(values.max()), AT_LEAST)
    counts, edges = np.histogram(values, bins=N_BINS, range=(low, high))
    x = np.linspace(low, high, N_POINTS, dtype=np.float32)
    return {
        "x": x,
        "y": model.gelu(x),
        "relu": np.maximum(x, 0),
        "counts": counts,
        "edges": edges,
        "values": values,
        "results": results,
        "n_below_0": int(np.sum(values < 0)),
        "highest": float(results.max()),
    }


@view(activations=f"{FFN}/gelu.0")
def neurons(text: Text, activations: Float, n: int = 8, n_words: int = 5) -> Answer:  # [T, 4C]
    """The `n` neurons that `text.token` excites most (by size), and what each of them writes.

    A neuron adds its activation times its row of c_proj to the stream. `words` are the tokens whose logits
    that raises most, read off directly (Geva et al. 2022, https://arxiv.org/abs/2203.14680): later blocks
    and the last layer norm are left out. `along` are its activations at every token of the text; `share` is
    the part of the sum of squares of all activations that the n neurons have.
    """
    mine = activations[text.token]
    chosen = likeliest(np.abs(mine), n)
    w = text.params["blocks"][text.layer]["mlp"]["c_proj"]["w"]
    directions = np.sign(mine[chosen])[:, None] * w[chosen]
    raised = matmul(directions, text.unembedding.T)  # [n, V]
    found = [
        {
            "neuron": neuron,
            "activation": float(mine[neuron]),
            "words": [text.piece(id) for id in likeliest(row, n_words).tolist()],
            "along": activations[:, neuron],
        }
        for neuron, row in zip(chosen.tolist(), raised, strict=True)
    ]
    return {"neurons": found, "n_neurons": len(mine), "share": _share(mine, chosen)}


def _share(values: Float, chosen: np.ndarray) -> float:
    """The part of the sum of squares that the chosen numbers have."""
    squares = values.astype(np.float64) ** 2
    return float(squares[chosen].sum() / max(squares.sum(), 1e-30))
