"""Which function of the model takes how long: `timing()` listens where `recording()` would."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from picogpt.trace import listening


class Timing:
    """By the names of `@layer` functions, what was spent in each itself, not in the layers that it calls."""

    def __init__(self) -> None:
        self.own_s: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._inner_s = 0.0  # in the layers that the one at work has called

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """What the function returns."""
        outer_s, self._inner_s = self._inner_s, 0.0
        begun = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            elapsed_s = time.perf_counter() - begun
            self.own_s[function.__name__] += elapsed_s - self._inner_s
            self.calls[function.__name__] += 1
            self._inner_s = outer_s + elapsed_s


@contextmanager
def timing() -> Iterator[Timing]:
    """Time every `@layer` function called inside the `with` block.

    >>> with timing() as spent:
    ...     logits = gpt2(ids, **params, n_head=12)
    >>> spent.own_s["linear"], spent.calls["linear"]  # seconds, 4 calls a block
    """
    with listening(Timing()) as spent:
        yield spent
