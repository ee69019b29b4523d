"""x @ w + b by a kernel outside NumPy that works in place, on the arrays' own memory.

The kernel itself is site/wasm/sgemm.c; here is what turns arrays into the addresses and distances that it
takes. It trusts them, so nothing reaches it that is not the memory of an array of the right kind and shape.
"""

from collections.abc import Callable
from ctypes import addressof, c_char
from typing import NamedTuple
from weakref import ref

import numpy as np

from picogpt.matmul import Float, einsum_product

# (batch, m, n, k, x, x_batch, x_row, w, w_batch, w_k, w_n, b, y, scratch): addresses, the distances in floats
Kernel = Callable[..., object]

FLOAT32 = np.dtype(np.float32)
ITEM_BYTES = FLOAT32.itemsize
NULL = 0
from_buffer: Callable[[Float], c_char] = c_char.from_buffer  # type: ignore[assignment]  # arrays are buffers


def address(array: Float) -> int:
    """Where an array's first element lies, in bytes."""
    if array.flags.c_contiguous:
        try:
            return addressof(from_buffer(array))  # in a third of the other way's time: a token asks 200 times
        except (TypeError, ValueError):  # it is read-only, or empty
            pass
    found: int = array.__array_interface__["data"][0]
    return found


def within_reach(array: Float) -> tuple[Float, tuple[int, int, int, int]]:
    """[B, rows, columns], or a copy that the kernel can reach, and how: the address, and three distances.

    It takes no negative distance, and no address or distance that is not a whole number of floats.
    """
    at = address(array)
    batch, row, column = array.strides
    bits = at | batch | row | column  # negative if one of them is; its last bits are 0 if those of all are
    if bits < 0 or bits % ITEM_BYTES:
        return within_reach(array.copy())
    return array, (at, batch // ITEM_BYTES, row // ITEM_BYTES, column // ITEM_BYTES)


class Place(NamedTuple):
    """Where the weight and bias of a `linear` lie: looked up once, as they are met again with every token."""

    w: ref[Float]
    b: ref[Float]
    numbers: tuple[int, ...]  # w, w_batch, w_k, w_n, b, as the kernel takes them


class Sgemm:
    """A product for `picogpt.matmul`; what the kernel does not take (float64, vectors) goes to einsum."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._places: dict[int, Place] = {}
        self._make_scratch(1024)

    def __call__(self, x: Float, w: Float, b: Float | None = None) -> Float:
        """x @ w + b: [..., m, k], [..., k, n], [n] -> [..., m, n]"""
        place = self._places.get(id(w))
        if place and place.w() is w and place.b() is b and self._fits(x, w):
            return self._again(x, w, place)
        is_float32 = x.dtype == FLOAT32 and w.dtype == FLOAT32 and (b is None or b.dtype == FLOAT32)
        if not is_float32 or x.ndim < 2 or w.ndim < 2 or not x.size or not w.size:
            return einsum_product(x, w, b)
        if x.shape[-1] != w.shape[-2] or not (b is None or b.shape == w.shape[-1:]):
            shape = None if b is None else b.shape
            raise ValueError(f"matmul: the shapes {x.shape} @ {w.shape} + {shape} do not fit together.")
        if w.ndim == 2:
            return self._linear(x, w, b)
        if x.shape[:-2] != w.shape[:-2]:
            front = np.broadcast_shapes(x.shape[:-2], w.shape[:-2])
            x, w = (np.broadcast_to(a, (*front, *a.shape[-2:])) for a in (x, w))
        y = np.empty((*x.shape[:-1], w.shape[-1]), FLOAT32)
        if x.ndim == 3:
            self._multiply(x, w, b, y)
        else:
            for at in np.ndindex(x.shape[:-3]):
                self._multiply(x[at], w[at], b, y[at])
        return y

    def _linear(self, x: Float, w: Float, b: Float | None) -> Float:
        """x @ w + b: [..., m, k], [k, n], [n] -> [..., m, n]; the rows of a batch are rows like any other"""
        k, n = w.shape
        y = np.empty((*x.shape[:-1], n), FLOAT32)
        self._multiply(x.reshape(1, -1, k), w[None], b, y.reshape(1, -1, n))
        self._remember(w, b)
        return y

    def _remember(self, w: Float, b: Float | None) -> None:
        reached, w_place = within_reach(view := w[None])
        if reached is view and b is not None and b.flags.c_contiguous:
            key = id(w)  # an array that is gone takes its place along: the next one may get its id
            gone = ref(w, lambda _: self._places.pop(key, None))
            self._places[key] = Place(gone, ref(b), (*w_place, address(b)))

    def _fits(self, x: Float, w: Float) -> bool:
        """Whether all rows of x, [..., m, k], lie one after the other, and w's columns are as long."""
        return bool(x.dtype == FLOAT32 and x.flags.c_contiguous and x.size and x.shape[-1] == w.shape[0])

    def _again(self, x: Float, w: Float, place: Place) -> Float:
        """`_linear` once more with this weight and bias."""
        k, n = w.shape
        y = np.empty((*x.shape[:-1], n), FLOAT32)
        x_place = (address(x), 0, k)
        self._kernel(1, x.size // k, n, k, *x_place, *place.numbers, address(y), self._scratch_address)
        return y

    def _multiply(self, x: Float, w: Float, b: Float | None, y: Float) -> None:
        """y = x @ w + b: [B, m, k], [B, k, n], [n], [B, m, n]"""
        if x.strides[-1] != ITEM_BYTES:
            x = x.copy()
        x, (x_at, x_batch, x_row, _) = within_reach(x)
        w, w_place = within_reach(w)
        if b is not None and b.strides[0] != ITEM_BYTES:
            b = b.copy()
        batch, m, n = y.shape
        k = x.shape[-1]
        if k > self._max_k:
            self._make_scratch(k)
        bias = NULL if b is None else address(b)
        self._kernel(batch, m, n, k, x_at, x_batch, x_row, *w_place, bias, address(y), self._scratch_address)

    def _make_scratch(self, k: int) -> None:
        self._max_k, self._scratch = k, np.empty(4 * k, np.float32)
        self._scratch_address = address(self._scratch)
