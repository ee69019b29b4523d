"""Page "Attention": queries, keys, values; scores, mask, softmax; the weighted sum; and all heads at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from picogpt.matmul import Float
from picogpt.sampling import likeliest
from picogpt.views.registry import Answer, Text, view

MHA = "gpt2.0/transformer_block.{layer}/mha.0"
ATTENTION = f"{MHA}/attention.0"
WEIGHTS = f"{ATTENTION}/attention_weights.0"
SCORES, MASK = f"{WEIGHTS}/attention_scores.0", f"{WEIGHTS}/causal_mask.0"
ALL_WEIGHTS = "gpt2.0/transformer_block.*/mha.0/attention.0/attention_weights.0"
N_PIXELS = 32  # of a small picture, along each side


def of_head(array: Float, text: Text) -> Float:  # [H, ...] -> [...]
    """The part of the head that the reader looks at, without the memory of the others."""
    part: Float = array[text.head].copy()
    return part


def of_token(array: Float, text: Text) -> Float:  # [H, T, n] -> [n]
    """Of that head, the row of the token that the reader looks at."""
    row: Float = array[text.head, text.token].copy()
    return row


def row_of(mask: Float, text: Text) -> Float:  # [T, T] -> [T]
    """The row of that token, the same for all heads."""
    row: Float = mask[text.token].copy()
    return row


@view(
    q=(f"{MHA}/split_heads.0", of_head),
    k=(f"{MHA}/split_heads.1", of_head),
    v=(f"{MHA}/split_heads.2", of_head),
)
def split_heads(text: Text, q: Float, k: Float, v: Float) -> Answer:  # [T, D] each
    """Queries, keys and values of one head, for the up to 16 tokens (`positions`) around `text.token`."""
    positions = around(text, 16)
    return {"positions": positions, "q": q[positions], "k": k[positions], "v": v[positions]}


@view(scores=(SCORES, of_head), mask=MASK)
def attention_scores(text: Text, scores: Float, mask: Float) -> Answer:  # [T, T] each
    """Every query times every key, and the same with the mask added: of up to 24 tokens (`positions`)."""
    positions = around(text, 24)
    part = np.ix_(positions, positions)
    return {"positions": positions, "scores": scores[part], "masked": scores[part] + mask[part]}


def around(text: Text, n_most: int) -> NDArray[np.intp]:
    """The places of at most `n_most` tokens, `text.token` among them, and rather those before it."""
    first = max(0, min(text.token - n_most * 3 // 4, len(text.ids) - n_most))
    return np.arange(first, min(len(text.ids), first + n_most))


@view(weights=(WEIGHTS, of_head))
def attention_weights(_text: Text, weights: Float) -> Answer:
    """The weights of one head, [T, T]: row by row, how much a token takes from each."""
    return {"weights": weights}


@view(scores=(SCORES, of_token), mask=(MASK, row_of), weights=(WEIGHTS, of_token))
def softmax(text: Text, scores: Float, mask: Float, weights: Float, n: int = 20) -> Answer:  # [T] each
    """One row on its way: the scores of `text.token`, the mask, and the weights.

    For the tokens at `positions`: the (at most) n largest weights, `text.token` itself, and up to three that
    come later. `rest` is the sum of the `n_rest` weights that are left.
    """
    seen = attended(weights, text)
    later = np.arange(text.token, min(text.token + 4, len(text.ids)))
    positions = np.union1d(seen[likeliest(weights[seen], n)], later)
    return {
        "positions": positions,
        "scores": scores[positions],
        "mask": mask[positions],
        "weights": weights[positions],
        "rest": float(max(0.0, 1 - weights[positions].sum(dtype=np.float64))),
        "n_rest": len(np.setdiff1d(seen, positions)),
    }


def attended(weights: Float, text: Text) -> NDArray[np.intp]:  # [T]
    """The places that `text.token` may look at: up to its own, and all others where an edit has let it."""
    return np.union1d(np.arange(text.token + 1), np.flatnonzero(weights))


@view(
    weights=(WEIGHTS, of_token),
    v=(f"{MHA}/split_heads.2", of_head),
    attention=(ATTENTION, of_token),
)
def attention(text: Text, weights: Float, v: Float, attention: Float, n: int = 8) -> Answer:
    """The weighted sum of one token: its n largest weights times their values, what all others give, the sum.

    `parts` [n, D] are those of the tokens at `positions`; with `others` they add up to `result` [D].
    """
    seen = attended(weights, text)
    positions = np.sort(seen[likeliest(weights[seen], n)])
    parts = weights[positions, None] * v[positions]
    return {
        "positions": positions,
        "weights": weights[positions],
        "parts": parts,
        "others": attention - parts.sum(axis=0),
        "n_others": len(seen) - len(positions),
        "result": attention,
    }


def small(weights: Float, _text: Text) -> Answer:  # [H, T, T] -> [H, n, n] and [H, 4]
    """A picture of every head, and where it looks; what is left of a layer before the next one runs."""
    return {"pictures": shrunk(weights, N_PIXELS), "shares": shares(weights)}


def shrunk(weights: Float, n_most: int) -> Float:  # [H, T, T] -> [H, n, n] with n = min(T, n_most)
    """Each pixel is the largest of the weights it stands for: in their mean, a thin line would vanish."""
    n_tokens = weights.shape[-1]
    n = min(n_tokens, n_most)
    starts = np.arange(n) * n_tokens // n
    if n == n_tokens:
        return weights
    return np.maximum.reduceat(np.maximum.reduceat(weights, starts, axis=-1), starts, axis=-2)


def shares(weights: Float) -> Float:  # [H, T, T] -> [H, 4]
    """The mean weight on the first token, the token before, the token itself, and all others.

    Taken over the queries from the third token on, for which these are four different things.
    """
    rows = np.arange(2, weights.shape[-1])
    if not len(rows):
        return np.full((len(weights), 4), np.nan, np.float32)
    named = [weights[:, rows, columns].mean(axis=-1) for columns in (np.zeros_like(rows), rows - 1, rows)]
    return np.stack([*named, 1 - sum(named)], axis=-1)


@view(layers=(ALL_WEIGHTS, small))
def attention_heads(_text: Text, layers: list[dict[str, Any]]) -> Answer:
    """All heads of all layers: pictures [L, H, n, n], and mean shares [L, H, 4] as in `shares`.

    `most` says, for the first three shares, which [layer, head] has the largest; a text of less than three
    tokens has neither.
    """
    pictures, looks = (np.stack([one[name] for one in layers]) for name in ("pictures", "shares"))
    if np.isnan(looks).any():
        return {"pictures": pictures, "shares": None, "most": None}
    n_heads = looks.shape[1]
    most = [divmod(int(np.argmax(looks[..., n])), n_heads) for n in range(3)]
    return {"pictures": pictures, "shares": looks, "most": most}
