"""Everything that can go wrong through no fault of the program, as one tree:

    PicoGPTError            catch this one to catch them all
    ├── WeightsError        a file that is not the GPT-2 checkpoint that it should be
    ├── VocabularyError     a merges file that cannot be read, or an id that it does not have
    ├── PromptError         a prompt that the model cannot read (too long, empty, unknown ids)
    ├── SettingsError       a setting outside its range
    ├── TrainingError       training that cannot go on
    ├── DownloadError       weights that could not be fetched
    └── EditError           a change of the model's code that does not run

Each says what is wrong, what was expected, what was found, and in `hint` what to do next.
"""


class PicoGPTError(Exception):
    """Base class. `str(error)` is the whole text; `message` and `hint` are its two halves."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint


class WeightsError(PicoGPTError):
    """A checkpoint that is malformed, truncated, of another architecture, or not a checkpoint at all."""


class VocabularyError(PicoGPTError):
    """A merges file that is not one, or an id outside the vocabulary."""


class PromptError(PicoGPTError):
    """A prompt that is too long for the context, empty, or made of ids that the model does not have."""


class SettingsError(PicoGPTError, ValueError):
    """A sampling or generation setting outside its allowed range."""


class TrainingError(PicoGPTError):
    """A training run that cannot go on: its loss is no number, or the model has no gradients."""


class DownloadError(PicoGPTError):
    """Weights that could not be fetched: no network, a refusal by the server, or wrong bytes."""


class EditError(PicoGPTError):
    """A change of the model's code that cannot be compiled or run.

    `name` is what was changed, `lineno` the line of the new text at which it ended (1 is the first; None
    where it ended in code that was not changed), `traceback` Python's own, of the new text's lines alone.
    """

    def __init__(
        self, message: str, hint: str = "", name: str = "", lineno: int | None = None, traceback: str = ""
    ) -> None:
        super().__init__(message, hint)
        self.name, self.lineno, self.traceback = name, lineno, traceback
