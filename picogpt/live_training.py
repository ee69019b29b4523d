"""Training in slices: what a page that must stay responsive can stop after any of, and go on with later.

A slice is one step, or the loss on what is held out, or a few tokens of a sample. Each gives an event, a
plain dict; nothing runs between two of them.
"""

import io
import math
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from picogpt import edit
from picogpt.bpe import Encoder
from picogpt.errors import TrainingError
from picogpt.evaluate import sum_surprise
from picogpt.generate import Generation
from picogpt.sampling import Sampling
from picogpt.saving import save_model
from picogpt.tiny import Choice, start
from picogpt.weights import HParams, Params, nest

Event = dict[str, Any]

N_SAMPLES, N_MEASURES = 10, 20  # in a whole run, besides the first of each, before the first step
N_SAMPLE_TOKENS = 64
TOKENS_A_SLICE = 8
N_IN_MEAN = 10  # steps
SAMPLE_PROMPT = "\n"


class LiveTraining:
    """One run on one text. `slices()` goes on from wherever the last one was left."""

    def __init__(self, text: str, choice: Choice) -> None:
        made = start(text, choice)
        self.choice, self.trainer = choice, made.trainer
        self.encoder: Encoder = made.encoder
        self.hparams: HParams = made.hparams
        self.held_out = np.array([self.encoder.end_of_text, *self.encoder.encode(made.held_out)])
        self.wants_pause = False
        self._has_begun = False

    def about(self) -> Event:
        """What is about to be trained, and on how much."""
        batches = self.trainer.batches
        return {
            "n_tokens": len(batches.ids),
            "n_held_out": len(self.held_out) - 1,
            "n_params": sum(tensor.size for tensor in self.trainer.tensors.values()),
            "n_steps": self.choice.n_steps,
            "tokens_per_step": batches.batch_size * batches.n_ctx,
            "blind_loss": math.log(self.hparams["n_vocab"]),
            "n_vocab": self.hparams["n_vocab"],
        }

    @property
    def is_done(self) -> bool:
        """Whether all steps have been made."""
        return self.trainer.n_done >= self.choice.n_steps

    def slices(self) -> Iterator[Event]:
        """Events of type "step", "held_out" and "sample", until all steps are made or a pause is wanted.

        Raises TrainingError where the loss is no number any more.
        """
        self.wants_pause = False
        if not self._has_begun:
            self._has_begun = True
            yield from self._look()
        while not self.is_done and not self.wants_pause:
            yield self._step()
            yield from self._look()

    def _step(self) -> Event:
        if edit.edition():
            raise TrainingError(
                "The model's code is edited, and an edited model has no gradients.",
                "Take the edit out of the model (Reset all, in the banner), then go on.",
            )
        began_s = time.perf_counter()
        with np.errstate(all="ignore"):  # what overflows shows in the loss
            loss = self.trainer.step()
        step = self.trainer.n_done
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss of step {step} is {loss}: the weights have left the range of float32.",
                "Press Reset, and take a lower learning rate.",
            )
        return {
            "type": "step",
            "step": step,
            "loss": loss,
            "mean": float(np.mean(self.trainer.losses[-N_IN_MEAN:])),
            "elapsed_s": time.perf_counter() - began_s,
        }

    def _look(self) -> Iterator[Event]:
        """What is measured besides the loss, as often as it is due."""
        n_done, n_steps = self.trainer.n_done, self.choice.n_steps
        if len(self.held_out) > 1 and n_done % max(1, n_steps // N_MEASURES) == 0 and not self.wants_pause:
            yield {"type": "held_out", "step": n_done, "loss": self._held_out_loss()}
        if n_done % max(1, n_steps // N_SAMPLES) == 0 and not self.wants_pause:
            yield from self._sample()

    def _held_out_loss(self) -> float:
        params, n_head = self.trainer.params, self.hparams["n_head"]
        # strides as long as the context: the quickest estimate, and a little too high
        return sum_surprise(self.held_out, params, n_head, self.hparams["n_ctx"]) / (len(self.held_out) - 1)

    def _sample(self) -> Iterator[Event]:
        """A text that the model writes, as it grows; by the same seed every time."""
        decoder, text = self.encoder.decoder(), ""
        ids = self.encoder.encode(SAMPLE_PROMPT)
        tokens = Generation(
            ids,
            self.trainer.params,
            self.hparams["n_head"],
            N_SAMPLE_TOKENS,
            Sampling(0.8, top_k=40),
            self.choice.seed,
            self.encoder.end_of_text,
        )
        for n, token in enumerate(tokens, 1):
            text += decoder.feed(token.id)
            if n % TOKENS_A_SLICE == 0 and n < N_SAMPLE_TOKENS:
                yield {"type": "sample", "step": self.trainer.n_done, "text": text, "is_whole": False}
                if self.wants_pause:
                    break
        yield {
            "type": "sample",
            "step": self.trainer.n_done,
            "text": text + decoder.finish(),
            "is_whole": True,
        }

    def snapshot(self) -> tuple[Encoder, HParams, Params]:
        """The model as it is now, in memory of its own: training goes on without it."""
        copies = {name: tensor.copy(order="K") for name, tensor in self.trainer.tensors.items()}
        return self.encoder, self.hparams, nest(copies)


def archive(name: str, encoder: Encoder, hparams: HParams, params: Params) -> bytes:
    """A zip file with the folder `name` in it, as `save_model` writes and `load_checkpoint` reads it."""
    packed = io.BytesIO()
    with TemporaryDirectory() as temporary, zipfile.ZipFile(packed, "w") as target:
        folder = Path(temporary, name)
        save_model(folder, params, hparams, encoder)
        for path in sorted(folder.iterdir()):
            target.write(path, f"{name}/{path.name}")
    return packed.getvalue()
