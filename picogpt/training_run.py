"""A training run on disk: goes on where it was interrupted, shows its progress, saves now and then.

The folder of a run holds the model as it is so far (`load_checkpoint` reads it), `training.safetensors` (the
state to go on from), `settings.json` (what the run was started with) and `log.csv`.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from picogpt.bpe import Encoder
from picogpt.errors import SettingsError
from picogpt.evaluate import sum_surprise
from picogpt.gradients import Ids
from picogpt.memory import keep_freed_memory
from picogpt.saving import STATE_NAME, load_state, save_model, save_state, write_whole
from picogpt.tokens import Batches
from picogpt.train import Map, Settings, Trainer
from picogpt.weights import HParams, Params

SETTINGS_NAME, LOG_NAME = "settings.json", "log.csv"
LOG_HEADER = "step,seconds,loss,held_out\n"


@dataclass(frozen=True)
class Run:
    """What a run trains, on which ids, and where; each save measures the loss on `held_out` ids, if given."""

    folder: Path
    params: Params
    hparams: HParams
    encoder: Encoder
    batches: Batches
    settings: Settings
    held_out: Ids | None = None
    save_every: int = 200

    def __post_init__(self) -> None:
        if self.save_every < 1:
            raise SettingsError(f"save_every is {self.save_every}.", "It must be at least 1.")

    def train(self, n_threads: int = 1, quiet: bool = False) -> Trainer:
        """Train to the last step, saving every `save_every` steps and at the end.

        Ctrl-C ends with the last save intact (KeyboardInterrupt is passed on): the same call goes on from
        there.
        """
        keep_freed_memory()
        with side_by_side(n_threads) as map:
            trainer = Trainer(self.params, self.hparams["n_head"], self.batches, self.settings, map)
            self._resume(trainer)
            with _bar(self.settings.n_steps, trainer.n_done, quiet) as bar:
                self._loop(trainer, bar)
        return trainer

    def _loop(self, trainer: Trainer, bar: Any) -> None:
        n_tokens = self.batches.batch_size * self.batches.n_ctx
        began, n_before, before_s = time.monotonic(), trainer.n_done, self._logged_s()
        for _ in trainer:
            elapsed_s = time.monotonic() - began
            speed = (trainer.n_done - n_before) * n_tokens / elapsed_s
            bar.set_postfix_str(
                f"loss {np.mean(trainer.losses[-50:]):.3f}, {speed:,.0f} tokens/s", refresh=False
            )
            bar.update()
            if trainer.n_done % self.save_every == 0 or trainer.n_done == self.settings.n_steps:
                self._save(trainer, before_s + elapsed_s, bar.write)

    def _resume(self, trainer: Trainer) -> None:
        wanted = {**asdict(self.settings), **self.hparams, "batch_size": self.batches.batch_size}
        wanted |= {"n_context": self.batches.n_ctx, "n_train_tokens": len(self.batches.ids)}
        path = self.folder / SETTINGS_NAME
        if (self.folder / STATE_NAME).is_file() and path.is_file():
            load_state(self.folder / STATE_NAME, trainer)
            _check_same(json.loads(path.read_text("utf-8")), wanted, trainer, self.folder)
        else:
            write_whole(self.folder / LOG_NAME, LOG_HEADER.encode())
        write_whole(path, (json.dumps(wanted, indent=2) + "\n").encode())

    def _logged_s(self) -> float:
        """How long the run had taken when it was last saved."""
        last = (self.folder / LOG_NAME).read_text("utf-8").splitlines()[-1].split(",")
        return 0.0 if last == LOG_HEADER.strip().split(",") else float(last[1])

    def _save(self, trainer: Trainer, elapsed_s: float, tell: Callable[[str], Any]) -> None:
        save_model(self.folder, self.params, self.hparams, self.encoder)
        save_state(self.folder / STATE_NAME, trainer)
        loss, held_out = float(np.mean(trainer.losses[-self.save_every :])), ""
        if self.held_out is not None:
            # strides as long as the context: the quickest estimate, and a little too high
            nats = sum_surprise(self.held_out, self.params, self.hparams["n_head"], len(self.params["wpe"]))
            held_out = f"{nats / (len(self.held_out) - 1):.4f}"
        with (self.folder / LOG_NAME).open("a", encoding="utf-8") as log:
            log.write(f"{trainer.n_done},{elapsed_s:.0f},{loss:.4f},{held_out}\n")
        tell(f"step {trainer.n_done}: loss {loss:.4f}" + (f", held out {held_out}" if held_out else ""))


def _check_same(old: dict[str, Any], new: dict[str, Any], trainer: Trainer, folder: Path) -> None:
    """Refuse to go on with other settings. The end may be moved while the learning rate still holds."""
    free = {"n_steps", "n_hold"} if trainer.n_done <= min(old["n_hold"], new["n_hold"]) else set()
    for name, value in new.items():
        if name not in free and old.get(name) != value:
            raise SettingsError(
                f"{folder} holds a run with {name} = {old.get(name)}, and now it is {value}.",
                "Go on with the settings it began with, or train into another folder.",
            )


@contextmanager
def side_by_side(n_threads: int) -> Iterator[Map]:
    """A `map` over `n_threads` threads, BLAS's own threads being off; the builtin where that cannot be had.

    NumPy lets other threads run while it computes, so the parts of a batch keep all cores busy, also through
    what is not a matrix product; and one thread to a product makes results the same however many run beside
    it.
    """
    try:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        yield map
        return
    with threadpool_limits(1, user_api="blas"):
        if n_threads <= 1:
            yield map
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(n_threads) as pool:
            yield pool.map


class _NoBar:
    """Stands in for tqdm's bar where progress is not wanted."""

    def set_postfix_str(self, text: str, refresh: bool) -> None:
        pass

    def update(self) -> None:
        pass

    def write(self, text: str) -> None:
        pass


def _bar(n_steps: int, n_done: int, quiet: bool) -> Any:
    if quiet:
        return nullcontext(_NoBar())
    from tqdm import tqdm

    return tqdm(total=n_steps, initial=n_done, unit="step", smoothing=0.05)


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
