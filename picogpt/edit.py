"""Change the running model: the text of a function goes in, and from then on every call runs it.

    replace("gelu", "def gelu(x):\\n    return np.maximum(x, 0)")
    generate(ids, params, n_head, 40)  # as a GPT-2 with ReLU goes on
    restore()

There is no second model. The functions of `picogpt.model` look each other up in their module at every call,
and the rest of the package asks that module for `gpt2`: to put a function there is all that is needed. An
edit's code runs among the module's own names. What was imported by name before (`from picogpt.model import
gelu`) stays what it was; `picogpt.gpt2` follows.

While anything is edited, every token is computed from the whole text, with an empty cache (see
`picogpt.generate.Read`): what a key once cached would have become under an edit, without a causal mask for
instance, nobody can know. Gradients exist for the model as it came, so an edited one cannot be trained.
"""

import itertools
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any

from picogpt import model
from picogpt.edit_errors import edit_error, file_of, remember_lines
from picogpt.errors import EditError
from picogpt.source_text import cut, source_of, splice, texts
from picogpt.trace import layer
from picogpt.trial import try_out
from picogpt.weights import Params

MODULE = "model"  # in place of a function's name: all of model.py
STAYS = "The model stays as it was before."


@dataclass(frozen=True)
class Edition:
    """One state of the model: its number (0: as it came), the texts put into it, its module's names."""

    number: int
    edits: Mapping[str, str]
    namespace: Mapping[str, Any]


ORIGINAL = Edition(0, {}, dict(vars(model)))
LAYERS = [name for name, value in ORIGINAL.namespace.items() if getattr(value, "__wrapped__", None)]
_numbers = itertools.count(1)
_now = ORIGINAL
_lock = threading.RLock()


def edition() -> int:
    """A number that changes with every edit; 0 while the model is as it came."""
    return _now.number


def edited() -> dict[str, str]:
    """The texts that are in the model now, by the names under which they were put there, oldest first."""
    return dict(_now.edits)


def source(name: str | None = None) -> str:
    """The text of a function as it runs now; of all of model.py for "model" or None."""
    text = source_of(model) if MODULE not in _now.edits else _now.edits[MODULE]
    for edit in (text for name, text in _now.edits.items() if name != MODULE):
        text = splice(text, edit)
    found = text if name in (None, MODULE) else cut(text, str(name))
    if found is None:
        raise _unknown(str(name))
    return found


def changed() -> dict[str, str]:
    """The texts, as they run now, of all that is not as it came: "model" is all of model.py.

    An edit may define more than the function that it is named for. What is there no more has an empty text.
    """
    if not _now.edits:
        return {}
    now = source()
    ours = texts(now)
    others = {
        name: ours.get(name, "") for name, text in texts(source_of(model)).items() if ours.get(name) != text
    }
    return {MODULE: now, **others}


def replace(name: str, source: str, params: Params | None = None, n_head: int | None = None) -> None:
    """Put the function that `source` defines in the place of the model's function `name`.

    What else `source` defines comes along: helpers, constants, other functions of the model. Given a model's
    `params` and `n_head`, it is tried out on a few tokens. Raises EditError, with the line, where the text
    cannot be compiled or run or its result is none; the model then stays as it was.
    """
    if name == MODULE:
        return replace_module(source, params, n_head)
    if name not in _own_names():
        raise _unknown(name)
    others = {known: text for known, text in _now.edits.items() if known != name}
    return _change({**others, name: source}, _trial(params, n_head))


def replace_module(source: str, params: Params | None = None, n_head: int | None = None) -> None:
    """Put `source` in the place of all of model.py, edits of single functions included; see `replace`."""
    _change({MODULE: source}, _trial(params, n_head))


def restore(name: str | None = None) -> None:
    """Take out what was put in under this name; without one everything: the model is as it came."""
    kept = {} if name is None else {known: text for known, text in _now.edits.items() if known != name}
    _change(kept)


@contextmanager
def original() -> Iterator[None]:
    """The model as it came, within the `with` block, whatever is edited; for all threads alike."""
    with _lock:
        was = with_changes(_now, namespace=dict(vars(model)))
        _install(ORIGINAL)
        try:
            yield
        finally:
            _install(was)


def explained(error: BaseException) -> EditError | None:
    """What an exception out of the edited model has to do with the edits; None if it has nothing."""
    frames = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    if not {model.__file__, *map(file_of, _now.edits)} & set(frames) or not _now.edits:
        return None
    return edit_error(error, _now.edits, "Change the text, or restore the original.")


def _trial(params: Params | None, n_head: int | None) -> Callable[[], None]:
    if params is None or n_head is None:
        return lambda: None
    return lambda: try_out(params, n_head, original)


def _change(edits: dict[str, str], trial: Callable[[], None] = lambda: None) -> None:
    """Begin with the original and run the texts one after the other: all of them, or after an error none."""
    with _lock:
        was = with_changes(_now, namespace=dict(vars(model)))
        try:
            _install(ORIGINAL)
            for name, text in edits.items():
                _run(name, text)
            number = next(_numbers) if edits else 0
            _install(Edition(number, edits, dict(vars(model))))
            trial()
        except KeyboardInterrupt:  # of somebody who does not want to wait
            _install(was)
            raise
        except BaseException as error:  # exit() as well: it ends the edit, not the program
            is_told = isinstance(error, EditError)
            told = error if is_told else edit_error(error, edits, STAYS)  # while the new lines can be quoted
            _install(was)
            raise told from (error.__cause__ if is_told else error)


def _install(new: Edition) -> None:
    global _now
    names = vars(model)
    names.update(new.namespace)
    for name in names.keys() - new.namespace.keys():
        del names[name]
    remember_lines(new.edits)
    _now = new


def _run(name: str, text: str) -> None:
    """Execute an edit's text in the model's module."""
    remember_lines({name: text})
    code = compile(text, file_of(name), "exec", dont_inherit=True)
    names = vars(model)
    if name == MODULE:
        for old in [old for old in names if not old.startswith("__")]:
            del names[old]
    before = names.get(name)
    exec(code, names)
    if name != MODULE and names.get(name) is before:
        hint = f"It needs a line that begins with “def {name}(”. {STAYS}"
        raise EditError(f"The text does not define {name}.", hint, name)
    for known in LAYERS:
        if known in names and names[known] is not ORIGINAL.namespace[known]:
            names[known] = _as_layer(known, names[known])


def _as_layer(name: str, value: Any) -> Callable[..., Any]:
    """A function by its name in the trace, whether or not its text has the line “@layer”."""
    if not callable(value):
        raise EditError(f"{name} is now {value!r}: a function was expected.", STAYS, name)
    if getattr(value, "__name__", "") == name:
        function: Callable[..., Any] = value
        return function if hasattr(function, "__wrapped__") else layer(function)

    def call(*args: Any, **kwargs: Any) -> Any:  # gelu = np.tanh, or a lambda
        return value(*args, **kwargs)

    call.__name__, call.__module__ = name, model.__name__
    return layer(call)


def _own_names() -> list[str]:
    return [name for name, value in vars(model).items() if getattr(value, "__module__", "") == model.__name__]


def _unknown(name: str) -> EditError:
    return EditError(
        f"model.py has no function {name!r}.", f"It has {', '.join(_own_names())}; {MODULE!r} is all of it."
    )
