"""What a view is: a question of a page about a text, answered by a function of this package.

    @view(weights="gpt2.0/transformer_block.{layer}/mha.0/attention.0/attention_weights.0")
    def attention(text, weights, n=8):
        return {"weights": weights[text.head]}

The decorator says what is to be kept of the forward pass, by call path (see `picogpt.trace`). In a path,
{layer}, {head} and {token} are the reader's focus, and `*` stands for any one name, so that the function gets
a list of results. What follows the text and the kept results are the options that a page may set.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from picogpt.bpe import Encoder
from picogpt.edit import edited
from picogpt.errors import EditError, SettingsError
from picogpt.matmul import Float
from picogpt.trace import Recording
from picogpt.weights import HParams, Params

Answer = dict[str, Any]  # plain values, and NumPy arrays at any depth


@dataclass(frozen=True)
class Text:
    """A text, the model that reads it, and where the reader looks: a layer, a head, a token (by position)."""

    ids: list[int]
    params: Params
    hparams: HParams
    encoder: Encoder | None
    layer: int
    head: int
    token: int
    prompt: str = ""

    def piece(self, id: int) -> str:
        """One token as text; its bytes where that is no whole characters, its id without a vocabulary."""
        return f"⟨{id}⟩" if self.encoder is None else self.encoder.label(id)

    @property
    def unembedding(self) -> Float:
        """What turns vectors into logits, [V, C]: the token embeddings, unless the model has its own."""
        own: Float | None = self.params.get("lm_head")
        return self.params["wte"] if own is None else own

    @property
    def pieces(self) -> list[str]:
        """Each token of the text as text."""
        return [self.piece(id) for id in self.ids]


class Keeper(Protocol):
    """Takes what one argument of a view needs out of the forward pass."""

    def around(self, _recording: Recording, /) -> AbstractContextManager[Any]:
        """Entered before the forward pass, left after it."""

    def see(self, path: str, result: Any) -> None:
        """Told of every result."""

    def value(self) -> Any:
        """What the view gets."""


class Kept:
    """The result at a path, or the results at all paths that match; `cut` makes each smaller at once.

    `cut(result, text)` matters where results of all layers would not fit into memory together.
    """

    def __init__(self, pattern: str, text: Text, cut: Callable[[Any, Text], Any] | None = None) -> None:
        pattern = pattern.format(layer=text.layer, head=text.head, token=text.token)
        self._path, self._is_one = pattern, "*" not in pattern
        self._regex = re.compile("[^/]*".join(map(re.escape, pattern.split("*"))))
        self._text, self._cut = text, cut
        self._values: list[Any] = []

    def around(self, _recording: Recording) -> AbstractContextManager[Any]:
        """Nothing but what `see` is told."""
        return nullcontext()

    def see(self, path: str, result: Any) -> None:
        """Keep it if its path matches."""
        if self._regex.fullmatch(path):
            self._values.append(result if self._cut is None else self._cut(result, self._text))

    def value(self) -> Any:
        """One result, or a list of them in the order of the calls."""
        if self._is_one and not self._values:
            raise _missing(self._path)
        return self._values[0] if self._is_one else self._values


def _missing(path: str) -> Exception:
    if not edited():
        return LookupError(f"no result at {path}")
    function = path.rpartition("/")[2].partition(".")[0]
    return EditError(
        f"The edited model does not call {function} there: nothing can be shown here.",
        "It is shown again after a Reset.",
    )


Need = str | tuple[str, Callable[[Any, Text], Any]] | Callable[..., Keeper]


@dataclass(frozen=True)
class View:
    """A view function and what it needs of a forward pass; `cut` and `Keeper`s as in `Kept`."""

    function: Callable[..., Answer]
    needs: Mapping[str, Need]

    def keepers(self, text: Text, options: Mapping[str, Any]) -> dict[str, Keeper]:
        """A fresh keeper for every need."""
        return dict(self._keepers(text, options))

    def _keepers(self, text: Text, options: Mapping[str, Any]) -> Iterator[tuple[str, Keeper]]:
        for name, need in self.needs.items():
            if isinstance(need, str):
                yield name, Kept(need, text)
            elif isinstance(need, tuple):
                yield name, Kept(need[0], text, need[1])
            else:
                yield name, need(text, **options)


VIEWS: dict[str, View] = {}


def view(**needs: Need) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Enter a function into `VIEWS` under its own name."""

    def register(function: Callable[..., Answer]) -> Callable[..., Answer]:
        VIEWS[function.__name__] = View(function, needs)
        return function

    return register


def find(name: str) -> View:
    """The view of that name."""
    if name not in VIEWS:
        raise SettingsError(f"There is no view {name!r}.", f"Expected one of {', '.join(VIEWS)}.")
    return VIEWS[name]
