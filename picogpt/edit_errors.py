"""An exception in a reader's own code, told as Python tells it, but of the reader's lines alone."""

import linecache
import traceback
from collections.abc import Mapping

from picogpt.errors import EditError
from picogpt.source_text import definitions


def file_of(name: str) -> str:
    """What stands for a file's name in tracebacks through the edit `name`."""
    return f"<edit of {name}>"


def remember_lines(edits: Mapping[str, str]) -> None:
    """Let tracebacks quote the edits' lines."""
    for name, text in edits.items():
        file = file_of(name)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


class OddResultError(Exception):
    """A function of the model returned something of another shape than it should."""

    def __init__(self, function: str, message: str) -> None:
        super().__init__(f"{function} {message}")
        self.function = function


def edit_error(error: BaseException, edits: Mapping[str, str], hint: str) -> EditError:
    """The EditError that says where in `edits` an exception came about.

    That is the last of their lines that Python was in; or else, where one of their functions returned
    something odd, the line where that function begins.
    """
    cause = error.__cause__ if isinstance(error, OddResultError) and error.__cause__ else error
    name_of = {file_of(name): name for name in edits}
    told = traceback.TracebackException.from_exception(cause)
    own = [frame for frame in told.stack if frame.filename in name_of]
    told.stack = traceback.StackSummary.from_list(own)
    text = "".join(told.format(chain=False))
    places = [(name_of[frame.filename], frame.lineno) for frame in own]
    if isinstance(cause, SyntaxError) and cause.filename in name_of:
        places = [(name_of[cause.filename], cause.lineno)]
    elif isinstance(error, OddResultError):
        places = places or _begins(error.function, edits)
    name, lineno = places[-1] if places else (next(reversed(list(edits)), ""), None)
    where = f"{name}, line {lineno}" if lineno else name
    what = f"{error}; then {_what(cause)}" if isinstance(error, OddResultError) else _what(cause)
    return EditError(f"{where}: {what}.", hint, name, lineno, text)


def _begins(function: str, edits: Mapping[str, str]) -> list[tuple[str, int | None]]:
    """The edits in which a function is defined, and at which line."""
    found = (
        (name, known, begin + 1) for name, text in edits.items() for known, begin, _ in definitions(text)
    )
    return [(name, line) for name, known, line in found if known == function]


def _what(error: BaseException) -> str:
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {message}".rstrip(": .")
