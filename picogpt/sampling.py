"""From logits to the next token: greedy, temperature, top-k, top-p.

Every distribution is over the whole vocabulary. Sources: top-k, Fan et al. 2018, https://arxiv.org/abs/1805.04833;
top-p (nucleus), Holtzman et al. 2019, https://arxiv.org/abs/1904.09751.
"""

import math
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


def softmax_64(logits: Float) -> NDArray[np.float64]:  # [V] -> [V]
    """Probabilities in double precision, so that a sum over 50,257 of them does not drift."""
    exp = np.exp(logits.astype(np.float64) - np.max(logits))
    return np.asarray(exp / exp.sum())


def distribution(logits: Float, sampling: Sampling) -> NDArray[np.float64]:  # [V] -> [V]
    """The probabilities that `sampling` (not greedy) draws from: 0 for tokens that it cuts off."""
    logits = np.asarray(logits, np.float32)
    probabilities = softmax_64((logits - np.max(logits)) / sampling.temperature)
    n_vocab = len(probabilities)
    if not 0 < sampling.top_k < n_vocab and sampling.top_p == 1:
        return probabilities
    order = np.argsort(-probabilities, kind="stable")  # stable: the lowest id first among equals
    keep = order[: sampling.top_k or n_vocab]
    cumulative = np.cumsum(probabilities[keep])
    # the first token that reaches p is the last one kept
    keep = keep[: np.searchsorted(cumulative, sampling.top_p * cumulative[-1]) + 1]
    cut = np.zeros_like(probabilities)
    cut[keep] = probabilities[keep]
    return np.asarray(cut / cut.sum())


def choose(logits: Float, sampling: Sampling, rng: np.random.Generator) -> int:  # [V] -> id
    """The next token's id: the likeliest if greedy, else drawn with one number of `rng`."""
    if not math.isfinite(float(np.sum(logits))):
        raise WeightsError(
            "The model's logits are not all finite numbers.",
            "Its weights, or an edit of the model, are broken.",
        )
    if sampling.is_greedy:
        return int(np.argmax(logits))
    cumulative = np.cumsum(distribution(logits, sampling))
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))


def likeliest(probabilities: NDArray[np.float64], n: int) -> list[int]:  # [V] -> ids
    """The `n` likeliest ids, likeliest first, the lowest id first among equals."""
    left, ids = probabilities.copy(), []
    for _ in range(min(n, len(left))):  # n passes are quicker than sorting a vocabulary
        ids.append(int(np.argmax(left)))
        left[ids[-1]] = -1
    return ids
