"""Dropout: while training, chance takes some numbers away, so that none comes to rely on any other alone."""

from typing import Any

import numpy as np

from picogpt.matmul import Float


class Dropout:
    """Sets each number of what embeddings, mha and ffn return to 0 with probability `rate`, while training.

    What stays is scaled up by 1 / (1 - rate), so that sums stay as large as without dropout. Source:
    Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html; the places are those of GPT-2.
    `rate` is rounded to a 256th: a random byte decides about each number.
    """

    PLACES = ("embeddings.0", "mha.0", "ffn.0")

    def __init__(self, rate: float, rng: np.random.Generator) -> None:
        self.rate, self.rng = min(255, round(rate * 256)), rng
        self.factors: dict[str, Float] = {}  # by path: what to multiply the gradient by on the way back

    def __call__(self, path: str, result: Any) -> Any:
        if not path.endswith(self.PLACES):
            return result
        kept = self.rng.integers(256, size=result.shape, dtype=np.uint8) >= self.rate
        self.factors[path] = factor = np.multiply(kept, 256 / (256 - self.rate), dtype=result.dtype)
        return result * factor
