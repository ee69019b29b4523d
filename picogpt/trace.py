"""Which function of the model returned what: `@layer` names a function, `recording()` listens.

The model's code carries no other trace of being watched. A result's path is the chain of calls that led to
it, each with its number among the calls of that name in the same caller:
`gpt2.0/transformer_block.3/mha.0/attention.0/attention_weights.0`.
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
L = TypeVar("L", bound="Listener")
Edit = Callable[[str, Any], Any]  # (path, result) -> what the caller gets in its place
Keep = Callable[[str, Any], bool]  # (path, result) -> whether it stays in the recording


class Listener(Protocol):
    """Calls the model's functions in the caller's place."""

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """What the caller gets."""


class Recording(dict[str, Any]):
    """Results by call path, in the order in which the calls ended."""

    def __init__(self, edit: Edit | None = None, keep: Keep | None = None) -> None:
        super().__init__()
        self._edit, self._keep = edit, keep
        self._path: list[str] = []
        self._counts: list[Counter[str]] = [Counter()]

    @property
    def path(self) -> str:
        """Of the call that is going on."""
        return "/".join(self._path)

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        name = function.__name__
        self._path.append(f"{name}.{self._counts[-1][name]}")
        self._counts[-1][name] += 1
        self._counts.append(Counter())
        try:
            result, path = function(*args, **kwargs), self.path
            result = result if self._edit is None else self._edit(path, result)
            if self._keep is None or self._keep(path, result):
                self[path] = result
        finally:
            self._counts.pop()
            self._path.pop()
        return result


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)  # a thread's own


def layer(function: F) -> F:
    """Mark a function of the model: what it returns is kept while `recording()` is active."""

    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:
        active = _listener.get()
        if active is None:
            return function(*args, **kwargs)
        return active.call(function, args, kwargs)

    return traced  # type: ignore[return-value]


@contextmanager
def listening(listener: L) -> Iterator[L]:
    """Have `listener` make every call of a `@layer` function inside the `with` block."""
    token = _listener.set(listener)
    try:
        yield listener
    finally:
        _listener.reset(token)


@contextmanager
def recording(edit: Edit | None = None, keep: Keep | None = None) -> Iterator[Recording]:
    """Keep every result of every `@layer` function called inside the `with` block.

    `edit` may put something else in a result's place before anybody sees it (dropout, ablation, patching);
    `keep` picks what is kept: all attention weights of a long text would fill a browser's memory.

    >>> with recording() as seen:
    ...     logits = gpt2(ids, **params, n_head=12)
    >>> seen["gpt2.0/transformer_block.3/mha.0/attention.0/attention_weights.0"].shape  # [H, T, T]
    """
    with listening(Recording(edit, keep)) as active:
        yield active
