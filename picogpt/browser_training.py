"""What the page can ask for in order to train: one function per kind of message, as in `browser`.

There is one run at a time. What it has made so far is among the loaded models, under the name `TRAINED`: a
copy, renewed now and then, so that a text that is being written keeps to the weights it began with.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from picogpt.bpe import Encoder
from picogpt.browser import Event, Model, add, explain, read_only
from picogpt.errors import TrainingError
from picogpt.live_training import LiveTraining, archive
from picogpt.tiny import Choice
from picogpt.weights import HParams, Params

TRAINED = "trained"

_training: LiveTraining | None = None
_copy: tuple[Encoder, HParams, Params] | None = None  # of the model, as it is among the loaded ones


def training_recipe(choice: Mapping[str, Any]) -> str:
    """The Python that a choice of settings stands for."""
    return Choice(**choice).recipe


def begin_training(text: str, choice: Mapping[str, Any]) -> dict[str, Any]:
    """Make ready to train on a text, in the place of any earlier run; what is about to be trained."""
    global _training
    training = LiveTraining(text, Choice(**choice))
    forget_training()
    _training = training
    return _training.about()


def train() -> Iterator[Event]:
    """A stream: the events of `LiveTraining.slices`, a "model" whenever there is a new copy, then "end".

    Its reason is "done" or "paused"; "error" ends it too. Another stream goes on from there.
    """
    try:
        yield from _train(_the_training())
    except (Exception, SystemExit) as error:
        yield {"type": "error", "error": explain(error)}


def _train(training: LiveTraining) -> Iterator[Event]:
    for event in training.slices():
        yield event
        if event["type"] == "sample" and event["is_whole"]:
            yield _publish(training)
    yield _publish(training)
    yield {"type": "end", "reason": "done" if training.is_done else "paused"}


def _publish(training: LiveTraining) -> Event:
    """Put a copy of the model among the loaded ones, unless another run has begun meanwhile."""
    global _copy
    if training is not _training:
        return {"type": "model", "step": training.trainer.n_done, "info": None}
    encoder, hparams, params = training.snapshot()
    _copy = encoder, hparams, read_only(params)
    return {"type": "model", "step": training.trainer.n_done, "info": add(TRAINED, Model(*_copy))}


def pause_training() -> None:
    """Let the stream of `train` end after the slice at hand."""
    if _training is not None:
        _training.wants_pause = True


def forget_training() -> None:
    """Let go of the run; its last copy stays among the loaded models."""
    global _training
    pause_training()
    _training = None


def trained_model(name: str) -> bytes:
    """The last copy as a zip file with the folder `name` in it; see `live_training.archive`."""
    if _copy is None:
        raise TrainingError("Nothing has been trained yet.", "Press Start, and Pause or wait for the end.")
    return archive(name, *_copy)


def _the_training() -> LiveTraining:
    if _training is None:
        raise TrainingError("Nothing is being trained.", "Press Start.")
    return _training


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        training_recipe,
        begin_training,
        train,
        pause_training,
        forget_training,
        trained_model,
    )
}
