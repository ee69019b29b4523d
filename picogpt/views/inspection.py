"""All that a page asks about a text, answered from one forward pass."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from picogpt import model
from picogpt.generate import check_prompt
from picogpt.trace import recording
from picogpt.views.registry import Answer, Keeper, Text, find

Want = Mapping[str, Any]  # {"view": its name, and its options}
Explain = Callable[[Exception], Any]


def inspect(text: Text, wants: Sequence[Want], explain: Explain) -> list[Answer]:
    """An answer for each want: {"value": what the view says} or {"error": what `explain` makes of it}.

    The forward pass is taken once, and only if a view needs it; its logits are those of `text.token` alone.
    """
    check_prompt(text.ids, len(text.params["wpe"]), len(text.params["wte"]))
    asked = [_Asked(text, want, explain) for want in wants]
    keepers = [keeper for one in asked for keeper in one.keepers.values()]
    if keepers:
        read(text, keepers)
    return [one.answer() for one in asked]


def read(text: Text, keepers: Sequence[Keeper]) -> None:
    """The forward pass, each of its results shown to all keepers and then forgotten."""

    def tell(path: str, result: Any) -> bool:
        for keeper in keepers:
            keeper.see(path, result)
        return False

    with ExitStack() as stack:
        active = stack.enter_context(recording(keep=tell))
        for keeper in keepers:
            stack.enter_context(keeper.around(active))
        rows = slice(text.token, text.token + 1)
        model.gpt2(text.ids, **text.params, n_head=text.hparams["n_head"], rows=rows)


class _Asked:
    """One want on its way; what goes wrong with it is its own answer, and nobody else's."""

    def __init__(self, text: Text, want: Want, explain: Explain) -> None:
        self.text, self.explain = text, explain
        self.options = {name: value for name, value in want.items() if name != "view"}
        self.keepers: dict[str, Keeper] = {}
        self.error: Exception | None = None
        try:
            self.view = find(want["view"])
            self.keepers = self.view.keepers(text, self.options)
        except Exception as error:
            self.error = error

    def answer(self) -> Answer:
        try:
            if self.error:
                raise self.error
            kept = {name: keeper.value() for name, keeper in self.keepers.items()}
            return {"value": portable(self.view.function(self.text, **kept, **self.options))}
        except Exception as error:
            return {"error": self.explain(error)}


def portable(value: Any) -> Any:
    """The same with each array as {"shape", "dtype", "data"}: data are its numbers in a row, 4 bytes each."""
    if isinstance(value, dict):
        return {key: portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [portable(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, np.ndarray):
        return value
    dtype = np.dtype(np.float32 if value.dtype.kind == "f" else np.int32)
    data = np.ascontiguousarray(value, dtype).reshape(-1)
    return {"shape": list(value.shape), "dtype": dtype.name, "data": data}
