"""Every line of a function of the model with the arrays that it made, in a real run."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import numpy as np

from picogpt import model
from picogpt.errors import SettingsError
from picogpt.trace import Recording
from picogpt.views.arrays import picture
from picogpt.views.registry import Answer, Text, view


class Steps:
    """Watches one call of `function`: the first in the block the reader looks at, or the first of all.

    `path` picks another one: the chain of calls that leads to it. Python's own debugger hook (sys.settrace)
    tells of each line before it runs, and then what the line before it has changed is described at once: a
    later line may write into the same memory.
    """

    def __init__(self, text: Text, function: str, path: str | None = None, line: int | None = None) -> None:
        self.text, self.path = text, path.format(layer=text.layer) if path else None
        self.code, self.open = code_of(function), line
        self.lines: dict[int, list[Answer]] = {}  # by line of the function, the first one being 0
        self.call = ""  # the path of the call that is watched
        self._line = 0
        self._known: dict[str, Any] = {}
        self._made: list[tuple[str, Any]] = []  # by the layers that the line at hand has called

    @contextmanager
    def around(self, recording: Recording) -> Iterator[None]:
        """Watch until the block ends; whoever watched before goes on afterwards."""
        before = sys.gettrace()

        def calls(frame: FrameType, _event: str, arg: Any) -> Any:
            others = before(frame, "call", arg) if before else None
            if frame.f_code is not self.code or self.call or not self._is_meant(recording.path):
                return others
            self.call = recording.path
            self._note_changes(frame)  # the arguments, on the first line
            return _both(self._trace, others)

        sys.settrace(calls)
        try:
            yield
        finally:
            sys.settrace(before)

    def see(self, path: str, result: Any) -> None:
        """Results of the layers that the watched call calls itself."""
        caller, _, name = path.rpartition("/")
        if self.call and caller == self.call and not self._is_over:
            self._made.append((name.partition(".")[0], result))

    def value(self) -> dict[int, list[Answer]]:
        """Pictures of arrays by line."""
        return self.lines

    _is_over = False

    def _is_meant(self, path: str) -> bool:
        if self.path:
            return path == self.path
        return "/transformer_block." not in path or f"/transformer_block.{self.text.layer}/" in path + "/"

    def _trace(self, frame: FrameType, event: str, arg: Any) -> None:
        self._note_changes(frame)
        if event == "return":
            self._add("return", arg)
            self._is_over = True
        self._line = frame.f_lineno - self.code.co_firstlineno

    def _note_changes(self, frame: FrameType) -> None:
        """Describe what the line that has just run has made: layers' results first, then variables."""
        variables = {name: value for name, value in frame.f_locals.items() if isinstance(value, np.ndarray)}
        named = [id(value) for value in variables.values()]
        names = [name for name, _ in self._made]
        for n, (name, result) in enumerate(self._made):
            if id(result) not in named:
                which = f"{name}.{names[:n].count(name)}" if names.count(name) > 1 else name
                self._add(which, result)
        self._made.clear()
        for name, value in variables.items():
            print_ = fingerprint(value)
            if self._known.get(name) != print_:
                self._add(name, value)
            self._known[name] = print_

    def _add(self, name: str, array: Any) -> None:
        if not isinstance(array, np.ndarray):
            return
        pictures = self.lines.setdefault(self._line, [])
        pictures[:] = [one for one in pictures if one["name"] != name]  # of a loop, the last turn
        pictures.append(picture(name, array, self.text, with_table=self._line == self.open))


def _both(mine: Callable[..., None], others: Any) -> Any:
    """A tracer of one call that tells two watchers: more than one may want the lines of the same function."""

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal others
        mine(frame, event, arg)
        others = others(frame, event, arg) if others else None
        return trace

    return trace


def fingerprint(array: Any) -> tuple[int, bytes]:
    """Another one for another array, and for the same one written into."""
    return id(array), array.flat[:: max(1, array.size // 1024)].tobytes()


def code_of(name: str) -> CodeType:
    """The code that runs when the model calls its function of that name."""
    function = getattr(model, name, None)
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    if code is None:
        raise SettingsError(f"There is no function {name!r} in the model.", "Name one of picogpt.model.")
    return code  # type: ignore[no-any-return]


@view(steps=Steps)
def lines(_text: Text, steps: dict[int, list[Answer]], **_options: Any) -> Answer:
    """The arrays that each line of a function made: name, shape, range; those of one line with numbers.

    The options are those of `Steps`.
    """
    return {"lines": [{"line": line, "arrays": arrays} for line, arrays in sorted(steps.items())]}
