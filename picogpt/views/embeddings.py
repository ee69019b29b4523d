"""Page "Embeddings": the two rows that make a token's first vector, its neighbours, and the positions."""

import numpy as np
from numpy.typing import NDArray

from picogpt.errors import PromptError
from picogpt.matmul import Float, matmul
from picogpt.sampling import likeliest
from picogpt.views.arrays import spread
from picogpt.views.registry import Answer, Text, view
from picogpt.views.vectors import limit, vector

N_POSITIONS = 64  # of n_ctx, in a picture of all pairs
SPARE = 4  # times as many candidates as neighbours, put in order in float64: rows may be alike to six digits


@view(x="gpt2.0/embeddings.0")
def embeddings(text: Text, x: Float) -> Answer:  # [T, C]
    """The row of `wte` for the token looked at, the row of `wpe` for its position, and `x`, what goes on."""
    id, wte, wpe = text.ids[text.token], text.params["wte"], text.params["wpe"]
    rows = {"wte": wte[id], "wpe": wpe[text.token], "x": x[text.token]}
    return {
        "id": id,
        "piece": text.piece(id),
        "position": text.token,
        "shapes": {"wte": list(wte.shape), "wpe": list(wpe.shape), "x": list(x.shape)},
        "limit": limit(*rows.values()),  # one for all three, or the sum could not be seen
        **{name: vector(row) for name, row in rows.items()},
    }


@view()
def neighbours(text: Text, n: int = 8, of: str = "") -> Answer:
    """The `n` tokens whose rows of `wte` point most nearly the same way: highest cosine first.

    Neighbours of the token looked at, or of the first token of `of`; `read_as` is what `of` reads as. Where
    these stand among all [V] cosines is told by their `mean` and `deviation`.
    """
    read_as = _encode(text, of) if of else [text.ids[text.token]]
    id, wte = read_as[0], text.params["wte"]
    cosines = _cosines(wte, id)
    near = np.setdiff1d(likeliest(cosines, SPARE * n + 1), [id])
    exact = _exact_cosines(wte[near], wte[id])
    order = np.argsort(-exact, kind="stable")[:n]
    ids = near[order].tolist()
    others = np.delete(cosines, id)
    return {
        "id": id,
        "piece": text.piece(id),
        "read_as": [text.piece(id) for id in read_as],
        "ids": ids,
        "tokens": [text.piece(id) for id in ids],
        "cosines": exact[order],
        "n_vocab": len(wte),
        "mean": float(others.mean()),
        "deviation": float(others.std()),
    }


def _encode(text: Text, words: str) -> list[int]:
    if text.encoder is None:
        raise PromptError(
            "This model came without a vocabulary, so it cannot read text.",
            "Open it together with its merges.txt (vocab.bpe).",
        )
    return text.encoder.encode(words)


def _cosines(rows: Float, at: int) -> Float:  # [n, C] -> [n]
    """Between one row and each."""
    products: Float = matmul(rows[at : at + 1], rows.T)[0]
    lengths = np.sqrt(np.einsum("nc,nc->n", rows, rows))
    cosines: Float = products / np.maximum(lengths * lengths[at], 1e-12)
    return cosines


def _exact_cosines(rows: Float, row: Float) -> NDArray[np.float64]:  # [n, C], [C] -> [n]
    """The same in float64, for a few."""
    a, b = rows.astype(np.float64), row.astype(np.float64)
    return np.asarray(a @ b / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b), 1e-12))


@view()
def positions(text: Text, n: int = N_POSITIONS) -> Answer:
    """Cosines between rows of `wpe`: how alike two positions are to the model.

    `along` [n_ctx]: the position looked at with each; `cosines` [n, n]: all pairs of at most `n` positions
    `at`, evenly spread.
    """
    wpe = text.params["wpe"]
    at = spread(len(wpe), n)
    rows = wpe[at]
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return {"at": at, "cosines": unit @ unit.T, "along": _cosines(wpe, text.token)}


@view()
def position_channels(text: Text, n: int = 4) -> Answer:
    """The `n` columns of `wpe` that vary most from position to position.

    `channels` [n] says which, `curves` [n, n_ctx] are their numbers.
    """
    wpe = text.params["wpe"]
    channels = likeliest(wpe.std(axis=0), n)
    return {"channels": channels, "curves": wpe[:, channels].T, "n_embd": wpe.shape[1]}
