"""What went into a call of a function of the model, where a recording has only what came out."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from picogpt.trace import Recording
from picogpt.views.lines import code_of
from picogpt.views.registry import Text


class Arguments:
    """Keeps the arguments, by name, of the call of `function` that has the call path `path`.

    Python's own debugger hook (sys.settrace) tells of the call as it begins. Arrays are copied: the model may
    write into the same memory later on.
    """

    def __init__(self, function: str, path: str, text: Text) -> None:
        self._code = code_of(function)
        self._path = path.format(layer=text.layer, head=text.head, token=text.token)
        self._found: dict[str, Any] | None = None

    @contextmanager
    def around(self, recording: Recording) -> Iterator[None]:
        """Watch until the block ends; whoever watched before goes on all the while."""
        before = sys.gettrace()

        def calls(frame: FrameType, event: Any, arg: Any) -> Any:
            if self._found is None and frame.f_code is self._code and recording.path == self._path:
                self._found = {name: _copied(value) for name, value in frame.f_locals.items()}
            return before(frame, event, arg) if before else None

        sys.settrace(calls)
        try:
            yield
        finally:
            sys.settrace(before)

    def see(self, _path: str, _result: Any) -> None:
        """Nothing: what came out is for others."""

    def value(self) -> dict[str, Any]:
        """The arguments by name."""
        if self._found is None:
            raise LookupError(f"no call at {self._path}: has the model been changed?")
        return self._found


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value
