"""Training: batch, loss, gradients, step, and again.

    trainer = Trainer(params, n_head, Batches(ids, n_ctx=256, batch_size=16), Settings(n_steps=1000))
    for loss in trainer:            # one step each; leave the loop when you like, and come back
        print(trainer.n_done, loss)

A step's batch and its dropout are functions of the seed and the step's number alone. So parameters, the
optimizers' running means and the number of steps done are all that a checkpoint must hold to go on as if
never interrupted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from picogpt.dropout import Dropout
from picogpt.errors import SettingsError
from picogpt.gradients import Ids
from picogpt.loss import lm_loss, lm_loss_and_gradients
from picogpt.matmul import Float
from picogpt.muon import Muon, hidden_matrices
from picogpt.optimizer import AdamW, Schedule, clip_gradients
from picogpt.tokens import Batches
from picogpt.weights import Params, flatten

__all__ = ["Settings", "Trainer", "lm_loss", "lm_loss_and_gradients"]


@dataclass(frozen=True)
class Settings:
    """How to train; together with the data and the first weights it determines the result.

    `n_texts_at_once` of a batch go through the model together, the rest after them (or beside them, on
    another core): the fewer, the less memory, and the better it fits the processor's caches. `learning_rate`,
    `n_warmup` and `n_hold` are those of `Schedule`, the betas and the decay those of `AdamW`. With a
    `muon_learning_rate` above 0 the blocks' matrices go by `Muon` instead, at a rate that rises and falls
    with the other (0.02 is usual from scratch). `dropout` falls to 0 together with the learning rate: early
    on it keeps the model from leaning on what it has learned by heart, at the end it would only blur what is
    to be refined.
    """

    n_steps: int
    learning_rate: float = 1e-3
    muon_learning_rate: float = 0.0
    n_warmup: int = 100
    n_hold: int = 0
    beta_1: float = 0.9
    beta_2: float = 0.95
    weight_decay: float = 0.1
    max_norm: float = 1.0
    dropout: float = 0.0
    n_texts_at_once: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("beta_1", "beta_2", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}.", "It goes from 0 to below 1.")
        if not (self.weight_decay >= 0 and self.muon_learning_rate >= 0 and self.max_norm > 0):
            raise SettingsError(
                "weight_decay and muon_learning_rate must be at least 0, and max_norm above 0."
            )
        for name, low in (("n_steps", 1), ("n_texts_at_once", 1), ("seed", 0)):
            if getattr(self, name) < low:
                raise SettingsError(f"{name} is {getattr(self, name)}.", f"It must be at least {low}.")
        self.schedule  # noqa: B018  a wrong one is refused at once, not at the first step

    @property
    def schedule(self) -> Schedule:
        """The learning rate at each step."""
        return Schedule(
            self.learning_rate, self.n_steps, min(self.n_warmup, self.n_steps), min(self.n_hold, self.n_steps)
        )


Map = Callable[[Callable[[Any], Any], Sequence[Any]], Any]  # `map`, or the map of a pool of threads


class Trainer:
    """Trains `params` in place. Each `step()` is one step; iterating goes on to `settings.n_steps`.

    `map` runs the parts of a batch: the builtin does them one by one, `ThreadPoolExecutor.map` side by side.
    The parts and the order in which their gradients are added are the same, hence the result too.
    """

    def __init__(
        self, params: Params, n_head: int, batches: Batches, settings: Settings, map: Map = map
    ) -> None:
        if batches.n_ctx > len(params["wpe"]):
            raise SettingsError(
                f"Batches have {batches.n_ctx} tokens a text; this model reads at most {len(params['wpe'])}.",
                "Take a shorter context.",
            )
        self.params, self.n_head, self.batches, self.settings = params, n_head, batches, settings
        self.tensors = flatten(params)
        decay = settings.weight_decay
        hidden = hidden_matrices(self.tensors) if settings.muon_learning_rate else {}
        others = {name: tensor for name, tensor in self.tensors.items() if name not in hidden}
        self.adamw = AdamW(others, settings.beta_1, settings.beta_2, weight_decay=decay)
        self.muon = Muon(hidden, weight_decay=decay)
        self.losses: list[float] = []  # of every step since the first
        self.gradient_norm = 0.0  # of the last step, before clipping
        self._map = map

    @property
    def n_done(self) -> int:
        """How many steps have been done."""
        return self.adamw.n_steps

    def __iter__(self) -> Iterator[float]:
        while self.n_done < self.settings.n_steps:
            yield self.step()

    def step(self) -> float:
        """One step of gradient descent; the loss (nats per token) of its batch, before the step."""
        loss, gradients = self._gradients(self.batches[self.n_done])
        self.gradient_norm = clip_gradients(gradients, self.settings.max_norm)
        rate = self.settings.schedule.learning_rate(self.n_done)
        self.muon.step(
            gradients, self.settings.muon_learning_rate * rate / self.settings.learning_rate, self._map
        )
        self.adamw.step(gradients, rate)
        self.losses.append(loss)
        return loss

    def _gradients(self, batch: Ids) -> tuple[float, dict[str, Float]]:
        """Mean loss of a batch [B, T + 1] and its gradients by tensor name, computed part by part."""
        size = self.settings.n_texts_at_once
        parts = [(n, batch[begin : begin + size]) for n, begin in enumerate(range(0, len(batch), size))]
        total_loss = 0.0
        total: dict[str, Float] = {}
        for (_, part), (loss, gradients) in zip(parts, self._map(self._part, parts), strict=True):
            share = len(part) / len(batch)
            total_loss += share * loss
            for name, gradient in gradients.items():
                gradient *= share
                total[name] = total[name] + gradient if name in total else gradient
        return total_loss, total

    def _part(self, numbered: tuple[int, Ids]) -> tuple[float, dict[str, Float]]:
        number, part = numbered
        rng = np.random.default_rng([self.settings.seed, self.n_done, number])
        rate = self.settings.dropout * self.settings.schedule.decay(self.n_done)
        dropout = Dropout(rate, rng) if rate else None
        loss, gradients = lm_loss_and_gradients(part, self.params, self.n_head, dropout)
        return loss, flatten(gradients)
