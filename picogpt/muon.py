"""Muon: gradient descent for the matrices inside the blocks, in which no direction is left behind.

The gradient of such a matrix is mostly a few directions: the others, rare but telling, hardly move. Muon
makes the step orthogonal, so that it goes equally far in all of them. Embeddings, biases and gains stay with
AdamW.
Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks",
https://kellerjordan.github.io/posts/muon/.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from picogpt.matmul import Float, matmul
from picogpt.optimizer import Tensors

COEFFICIENTS = 3.4445, -4.7750, 2.0315  # of the polynomial x ↦ a x + b x³ + c x⁵, as in the source
N_ITERATIONS = 5


def hidden_matrices(tensors: Tensors) -> dict[str, Float]:
    """The matrices of the blocks, by name: what Muon is for."""
    return {name: tensor for name, tensor in tensors.items() if name.startswith("h.") and tensor.ndim == 2}


def orthogonalize(g: Float) -> Float:  # [n, m] -> [n, m]
    """Roughly U Vᵀ where g = U S Vᵀ: all singular values near 1, between about 0.7 and 1.2.

    Newton and Schulz's iteration: a polynomial in x that leaves U and V alone and drives each singular value,
    which the norm first brings below 1, towards 1. It is matrix products only, where U and V themselves would
    take far longer.
    """
    a, b, c = COEFFICIENTS
    x = g / max(float(np.linalg.norm(g)), 1e-7)
    is_tall = x.shape[0] > x.shape[1]
    if is_tall:  # the products x xᵀ are of the shorter side
        x = x.T
    for _ in range(N_ITERATIONS):
        gram = matmul(x, x.T)
        x = a * x + matmul(b * gram + c * matmul(gram, gram), x)
    return x.T if is_tall else x


class Muon:
    """Each matrix moves by its gradients' running mean, made orthogonal.

    The step looks ahead along the mean (Nesterov's momentum), and is longer by √(n_out / n_in) where a layer
    has more outputs than inputs. All matrices decay, decoupled as in AdamW. `c_attn` is three matrices side
    by side, for queries, keys and values: each is made orthogonal by itself.
    """

    def __init__(self, tensors: Tensors, beta: float = 0.95, weight_decay: float = 0.1) -> None:
        self.beta, self.weight_decay = beta, weight_decay
        self.tensors = dict(tensors)
        self.momentum = {name: np.zeros_like(tensor) for name, tensor in tensors.items()}

    def step(
        self,
        gradients: Tensors,
        learning_rate: float,
        map: Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]] = map,
    ) -> None:
        """Move every tensor, in place, against its gradient; `map` may do several tensors at a time."""

        def move(name: str) -> None:
            self._move(name, gradients[name], learning_rate)

        for _ in map(move, list(self.tensors)):
            pass  # the builtin does nothing until asked for

    def _move(self, name: str, gradient: Float, learning_rate: float) -> None:
        tensor, momentum = self.tensors[name], self.momentum[name]
        momentum += (1 - self.beta) * (gradient - momentum)
        ahead = gradient + self.beta * (momentum - gradient)
        tensor *= 1 - learning_rate * self.weight_decay
        n_matrices = 3 if name.endswith("c_attn.weight") else 1
        parts = zip(np.split(tensor, n_matrices, 1), np.split(ahead, n_matrices, 1), strict=True)
        for part, change in parts:
            n_in, n_out = part.shape
            part -= learning_rate * math.sqrt(max(1, n_out / n_in)) * orthogonalize(change)
