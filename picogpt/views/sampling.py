"""Page "Sampling": what each setting leaves of the distribution, the number that draws, why greedy loops."""

import numpy as np
from numpy.typing import NDArray

from picogpt.generate import Generation
from picogpt.matmul import Float
from picogpt.sampling import GREEDY, Sampling, choose, distribution, likeliest
from picogpt.views.registry import Answer, Text, view

Double = NDArray[np.float64]

N_RANKS = 120
NO_SEED = 0  # what is drawn with here where the reader has set no seed: a view must say the same twice


def settings(greedy: bool, temperature: float, top_k: int, top_p: float) -> Sampling:
    """How the prompt box has the next token chosen."""
    return GREEDY if greedy else Sampling(temperature, top_k, top_p)


def stages(logits: Float, sampling: Sampling) -> list[tuple[str, Double]]:  # [V] -> [V] each
    """The distribution as the model gives it, and after every setting in turn."""
    found = [("model", distribution(logits, Sampling(1.0)))]
    if sampling.is_greedy:
        return [*found, ("greedy", (np.arange(len(logits)) == np.argmax(logits)).astype(np.float64))]
    t, k, p = sampling.temperature, sampling.top_k, sampling.top_p
    for name, so_far in (
        ("temperature", Sampling(t)),
        ("top-k", Sampling(t, k)),
        ("top-p", Sampling(t, k, p)),
    ):
        found.append((name, distribution(logits, so_far)))
    return found


@view(logits="gpt2.0")
def sampling(
    text: Text,
    logits: Float,  # [1, V]
    n: int = 12,
    greedy: bool = False,
    temperature: float = 0.8,
    top_k: int = 40,
    top_p: float = 1.0,
    seed: int | None = None,
) -> Answer:
    """The tokens that may follow `text.token`, before and after each setting, and the one that is drawn.

    Of each stage: its name, the probabilities of the `n` likeliest tokens and of the drawn one (0: cut off),
    what all others have together, and how many tokens are left.
    """
    how, row = settings(greedy, temperature, top_k, top_p), logits[0]
    drawn = choose(row, how, np.random.default_rng(NO_SEED if seed is None else seed))
    ids = likeliest(row, n).tolist()
    ids += [] if drawn in ids else [drawn]
    return {
        "ids": ids,
        "tokens": [text.piece(id) for id in ids],
        "drawn": drawn,
        "rank": int(np.sum(row > row[drawn])) + 1,
        "n_vocab": len(row),
        "stages": [
            {
                "name": name,
                "probabilities": p[ids],
                "rest": float(max(0.0, 1 - p[ids].sum())),
                "n_left": int(np.count_nonzero(p)),
            }
            for name, p in stages(row, how)
        ],
    }


@view(logits="gpt2.0")
def top_p(
    _text: Text,
    logits: Float,  # [1, V]
    greedy: bool = False,
    temperature: float = 0.8,
    top_k: int = 40,
    top_p: float = 1.0,
) -> Answer:
    """What the likeliest tokens have together, before top-p and of all that top-k has left.

    ranks and cumulative, at most 120 each; `n_left` of `n_before` tokens reach `p`.
    """
    before = distribution(logits[0], Sampling(1.0) if greedy else Sampling(temperature or 1.0, top_k))
    kept = stages(logits[0], settings(greedy, temperature, top_k, top_p))[-1][1]
    cumulative = np.cumsum(np.sort(before)[::-1])
    n_before = int(np.count_nonzero(before))
    ranks = np.unique(np.geomspace(1, n_before, N_RANKS).round().astype(int))
    n_left = int(np.count_nonzero(kept))
    return {
        "ranks": ranks,
        "cumulative": cumulative[ranks - 1],
        "p": float(top_p),
        "is_greedy": bool(greedy) or temperature == 0,
        "n_left": n_left,
        "n_before": n_before,
        "reached": float(cumulative[n_left - 1]),
    }


@view(logits="gpt2.0")
def draw(
    text: Text,
    logits: Float,  # [1, V]
    n: int = 8,
    greedy: bool = False,
    temperature: float = 0.8,
    top_k: int = 40,
    top_p: float = 1.0,
    seed: int | None = None,
) -> Answer:
    """The random number and where it falls: every token that is left has a piece of the way from 0 to 1.

    The pieces stand in the order of the ids, each as long as its token is likely; `pieces` are the `n`
    longest and the drawn one. `seeds` says what other seeds draw; greedily there is nothing but the token.
    """
    how, row = settings(greedy, temperature, top_k, top_p), logits[0]
    if how.is_greedy:
        id = int(np.argmax(row))
        return {"is_greedy": True, "drawn": id, "token": text.piece(id)}
    first = NO_SEED if seed is None else seed
    drawn = choose(row, how, np.random.default_rng(first))
    p = stages(row, how)[-1][1]
    ends = np.cumsum(p)
    shown = sorted({*likeliest(p.astype(np.float32), min(n, int(np.count_nonzero(p)))).tolist(), drawn})
    others = [choose(row, how, np.random.default_rng(first + i)) for i in range(n)]
    return {
        "is_greedy": False,
        "number": float(np.random.default_rng(first).random()),
        "seed": first,
        "is_set": seed is not None,
        "drawn": drawn,
        "token": text.piece(drawn),
        "pieces": [
            {"id": id, "token": text.piece(id), "begin": float(ends[id] - p[id]), "end": float(ends[id])}
            for id in shown
        ],
        "seeds": [{"seed": first + i, "id": id, "token": text.piece(id)} for i, id in enumerate(others)],
    }


@view()
def greedy_loop(text: Text, n: int = 120) -> Answer:
    """`n` tokens that follow the whole text, the likeliest each time, and from where on they repeat.

    `begin` is the place in `tokens` from which on the same `period` tokens come again until the end, more
    than twice over; where they do not, `period` is 0 and `begin` the end.
    """
    found = list(Generation(text.ids, text.params, text.hparams["n_head"], n))
    period, begin = loop_of([token.id for token in found])
    return {
        "ids": [token.id for token in found],
        "tokens": [text.piece(token.id) for token in found],
        "probabilities": np.array([token.probability for token in found], np.float32),
        "period": period,
        "begin": begin,
    }


def loop_of(ids: list[int]) -> tuple[int, int]:
    """The shortest period in which `ids` ends at least 2.5 times over (0: none), and where that begins."""
    for period in range(1, len(ids) * 2 // 5 + 1):
        begin = len(ids) - period
        while begin > 0 and ids[begin - 1] == ids[begin - 1 + period]:
            begin -= 1
        if len(ids) - begin >= 2.5 * period and len(ids) - begin >= period + 3:
            return period, begin
    return 0, len(ids)
