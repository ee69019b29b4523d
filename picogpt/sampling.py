"""From logits to the next token: greedy, temperature, top-k, top-p.

Every distribution is over the whole vocabulary. Sources: top-k, Fan et al. 2018, https://arxiv.org/abs/1805.04833;
top-p (nucleus), Holtzman et al. 2019, https://arxiv.org/abs/1904.09751.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from picogpt.errors import SettingsError, WeightsError
from picogpt.matmul import Float


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen. Raises SettingsError, with the allowed range, for a bad setting.

    temperature: the logits are divided by it; 0 is greedy, the likeliest token, the lowest id among equals.
    top_k: only the k likeliest tokens stay; 0 keeps all. top_p: of those, only the likeliest that together
    reach the probability p; 1 keeps all.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        _check("temperature", self.temperature, 0.0, 100.0)
        _check("top_k", self.top_k, 0, 1_000_000)
        _check("top_p", self.top_p, 0.0, 1.0)
        if self.top_p == 0:
            raise SettingsError(
                "top_p is 0, which leaves no token.", "It goes from above 0 to 1 (all tokens)."
            )

    @property
    def is_greedy(self) -> bool:
        """Whether no chance is involved."""
        return self.temperature == 0


def _check(name: str, value: float, low: float, high: float) -> None:
    kind: type | tuple[type, ...] = int if isinstance(low, int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
        what = "a whole number" if kind is int else "a number"
        raise SettingsError(f"{name} is {value!r}.", f"It must be {what} from {low:g} to {high:,g}.")


GREEDY = Sampling()


STRETCH = 128  # ids
Ids = NDArray[np.intp]


def likeliest(scores: Float, n: int) -> Ids:  # [V] -> [n]
    """The `n` ids with the highest scores, highest first, the lowest id first among equals."""
    n_whole = len(scores) // STRETCH * STRETCH
    maxima = np.max(scores[:n_whole].reshape(-1, STRETCH), axis=1)
    # at least n scores are as high as the n-th highest of the maxima, and few more: only they need sorting
    least = np.sort(maxima)[-n] if 0 < n <= len(maxima) else np.min(scores)
    near = np.flatnonzero(maxima >= least)[:, None] * STRETCH + np.arange(STRETCH)
    ids = np.append(near, np.arange(n_whole, len(scores)))
    ids = ids[scores[ids] >= least]
    return ids[np.argsort(-scores[ids], kind="stable")[:n]]


def probabilities(ids: Iterable[int], logits: Float) -> list[float]:  # ids [n], [V] -> [n]
    """The model's own probabilities of some tokens: their part of the softmax over all logits."""
    highest = float(np.max(logits))
    terms = logits - highest
    np.exp(terms, out=terms)
    whole = float(np.sum(terms, dtype=np.float64))  # single precision would lose the small ones of 50,257
    return [math.exp(float(logits[id]) - highest) / whole for id in ids]


def candidates(logits: Float, sampling: Sampling) -> tuple[Ids, Float]:  # [V] -> [n], [n]
    """The ids that `sampling` (not greedy) draws from, ascending, and weights that their chances are like."""
    logits = np.asarray(logits, np.float32)
    x = (logits - np.max(logits)) / sampling.temperature
    if not 0 < sampling.top_k < len(x) and sampling.top_p == 1:
        return np.arange(len(x)), np.exp(x)
    ids = np.sort(_top_k_and_p(x, sampling))
    return ids, np.exp(x[ids])


def _top_k_and_p(
    x: Float, sampling: Sampling
) -> Ids:  # logits, 0 being the highest [V] -> [n], likeliest first
    if 0 < sampling.top_k < len(x):
        ids = likeliest(x, sampling.top_k)
        cumulative = np.cumsum(np.exp(x[ids]), dtype=np.float64)
        wanted = sampling.top_p * cumulative[-1]
    else:
        wanted, n = sampling.top_p * np.sum(np.exp(x), dtype=np.float64), STRETCH
        while True:  # a handful of tokens reaches p most of the time: more of them only where that is not so
            ids = likeliest(x, n)
            cumulative = np.cumsum(np.exp(x[ids]), dtype=np.float64)
            if cumulative[-1] >= wanted or n >= len(x):
                break
            n *= 8
    # the first token that reaches p is the last one kept
    return ids[: np.searchsorted(cumulative, wanted) + 1] if sampling.top_p < 1 else ids


def distribution(logits: Float, sampling: Sampling) -> NDArray[np.float64]:  # [V] -> [V]
    """The probabilities that `sampling` (not greedy) draws by: 0 for tokens that it cuts off."""
    ids, weights = candidates(logits, sampling)
    found = np.zeros(len(logits))
    found[ids] = weights
    return np.asarray(found / found.sum())


def choose(logits: Float, sampling: Sampling, rng: np.random.Generator) -> int:  # [V] -> id
    """The next token's id: the likeliest if greedy, else drawn with one number of `rng`."""
    likeliest_id = int(np.argmax(logits))  # that of a NaN, if there is one
    if not math.isfinite(logits[likeliest_id]):
        raise WeightsError(
            "The model's highest logit is not a finite number.",
            "Its weights, or an edit of the model, are broken.",
        )
    if sampling.is_greedy:
        return likeliest_id
    ids, weights = candidates(logits, sampling)
    cumulative = np.cumsum(weights, dtype=np.float64)
    return int(ids[np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")])
