"""Gradient descent for transformers: AdamW, gradient clipping, and a schedule for the learning rate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from picogpt.errors import SettingsError
from picogpt.matmul import Float

Tensors = Mapping[str, Float]


@dataclass(frozen=True)
class Schedule:
    """The learning rate at each step: up in a line, held, and down to 0 along half a cosine.

    `n_warmup` steps lead up to `peak`, which holds until step `n_hold` (0 for the plain cosine) and is 0
    after `n_steps`. While it holds it does not depend on `n_steps`: how long to train can be settled late.
    """

    peak: float
    n_steps: int
    n_warmup: int = 0
    n_hold: int = 0

    def __post_init__(self) -> None:
        if not self.peak > 0:
            raise SettingsError(f"The learning rate is {self.peak}.", "It must be above 0, such as 0.001.")
        if not 0 <= self.n_warmup <= self.n_steps or not 0 <= self.n_hold <= self.n_steps:
            raise SettingsError(
                f"Of {self.n_steps} steps, {self.n_warmup} are to warm up and {self.n_hold} to hold.",
                "Neither may be negative or more than all steps.",
            )

    def learning_rate(self, step: int) -> float:
        """The learning rate of step `step`, counted from 0."""
        rate = self.peak * (step + 1) / self.n_warmup if step < self.n_warmup else self.peak
        return rate * self.decay(step)

    def decay(self, step: int) -> float:
        """1 until the descent begins, then down to 0 along half a cosine."""
        begin = max(self.n_warmup, self.n_hold)
        if step < begin:
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * (step - begin) / max(1, self.n_steps - begin)))


def gradient_norm(gradients: Tensors) -> float:
    """The Euclidean length of all gradients taken as one vector."""
    return math.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in gradients.values()))


def clip_gradients(gradients: Tensors, max_norm: float) -> float:
    """Scale the gradients, in place, so that their norm is at most `max_norm`; their norm before."""
    norm = gradient_norm(gradients)
    if norm > max_norm:
        for gradient in gradients.values():
            gradient *= max_norm / norm
    return norm


class AdamW:
    """Adam with decoupled weight decay: each number moves by a step of its own, sized by its past gradients.

    `m` is the running mean of the gradients, `v` of their squares; m / √v is near ±1 where the gradient keeps
    its sign. Matrices (the embeddings included) decay, biases and the layer norms' gains do not. Source:
    Kingma & Ba 2014, https://arxiv.org/abs/1412.6980; Loshchilov & Hutter 2017,
    https://arxiv.org/abs/1711.05101.
    """

    def __init__(
        self,
        tensors: Tensors,
        beta_1: float = 0.9,
        beta_2: float = 0.95,
        eps: float = 1e-8,
        weight_decay: float = 0.1,
    ) -> None:
        self.beta_1, self.beta_2, self.eps, self.weight_decay = beta_1, beta_2, eps, weight_decay
        self.tensors = dict(tensors)
        self.m = {name: np.zeros_like(tensor) for name, tensor in tensors.items()}
        self.v = {name: np.zeros_like(tensor) for name, tensor in tensors.items()}
        self.n_steps = 0

    def step(self, gradients: Tensors, learning_rate: float) -> None:
        """Move every tensor, in place, against its gradient; the gradients are used up."""
        self.n_steps += 1
        for name, tensor in self.tensors.items():
            if tensor.ndim > 1:
                tensor *= 1 - learning_rate * self.weight_decay
            tensor -= self._change(name, gradients[name], learning_rate)

    def _change(self, name: str, gradient: Float, learning_rate: float) -> Float:
        """learning_rate · m̂ / (√v̂ + eps); m̂ and v̂ make up for the start of m and v at 0."""
        m, v = self.m[name], self.v[name]
        m += (1 - self.beta_1) * (gradient - m)
        gradient *= gradient
        gradient -= v
        gradient *= 1 - self.beta_2
        v += gradient
        change = np.sqrt(v, out=gradient)
        change *= 1 / math.sqrt(1 - self.beta_2**self.n_steps)
        change += self.eps
        np.divide(m, change, out=change)
        change *= learning_rate / (1 - self.beta_1**self.n_steps)
        return change
