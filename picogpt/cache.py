"""Keys and values of the tokens that the model has already read: what makes the next token cheap.

Attention looks back at every earlier token, but what it looks at (its key and its value in every block)
never changes once computed. The forward pass appends to the cache and attends over all that is in it; an
empty cache is the plain forward pass.
"""

import numpy as np

from picogpt.matmul import Float


class Past:
    """One block's keys and values, [H, P, D] each, with room to grow up to `n_ctx` tokens."""

    def __init__(self, n_ctx: int) -> None:
        self.n_ctx = n_ctx
        self.n_past = 0
        self._k: Float | None = None
        self._v: Float | None = None

    def append(self, k: Float, v: Float) -> tuple[Float, Float]:  # 2 x [H, T, D] -> 2 x [H, P+T, D]
        """Add the new tokens' keys and values; give back those of all tokens, as views."""
        if self._k is None or self._v is None:
            self._k, self._v = k, v  # nothing to join: the first pass copies nothing
        else:
            self._k, self._v = self._write(self._k, k), self._write(self._v, v)
        self.n_past += k.shape[-2]
        return self._k[..., : self.n_past, :], self._v[..., : self.n_past, :]

    def _write(self, stored: Float, new: Float) -> Float:
        end = self.n_past + new.shape[-2]
        if end > stored.shape[-2]:
            stored = _with_room(stored, self.n_past, max(end, min(2 * end, self.n_ctx)))
        stored[..., self.n_past : end, :] = new
        return stored

    def truncate(self, n_past: int) -> None:
        """Forget all but the first `n_past` tokens."""
        if n_past < self.n_past and self._k is not None and self._v is not None:
            self.n_past = n_past  # copies: what is overwritten next may be somebody's recorded array
            self._k, self._v = (a[..., :n_past, :].copy() for a in (self._k, self._v))


def _with_room(stored: Float, n_past: int, n_room: int) -> Float:
    # doubling: a thousand tokens cost ten copies, not a thousand
    roomy = np.empty((*stored.shape[:-2], n_room, stored.shape[-1]), stored.dtype)
    roomy[..., :n_past, :] = stored[..., :n_past, :]
    return roomy


class Cache(list[Past]):
    """One `Past` a block."""

    def __init__(self, n_layer: int, n_ctx: int) -> None:
        super().__init__(Past(n_ctx) for _ in range(n_layer))

    @property
    def n_past(self) -> int:
        """How many tokens the cache holds."""
        return self[0].n_past if self else 0

    def truncate(self, n_past: int) -> None:
        """Forget all but the first `n_past` tokens, in every block."""
        for past in self:
            past.truncate(n_past)

    def emptied(self) -> "Cache":
        """A new cache for the same model."""
        return Cache(len(self), n_ctx=self[0].n_ctx if self else 0)
