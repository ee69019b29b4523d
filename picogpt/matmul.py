"""The matrix product: the one place where the model meets the machine.

With a BLAS behind it, NumPy's `@` is as fast as the machine. Without one (NumPy for WebAssembly has none) `@`
falls to a plain loop, many times slower than `einsum`, whose inner loop is vectorised where both operands
run along memory in the summed axis. To a browser that knows SIMD the page brings the missing BLAS along
(`picogpt.sgemm`). The choice is made once, here, and nothing else in the model knows of it.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from picogpt.errors import SettingsError

Float = NDArray[np.float32]
Product = Callable[[Float, Float, Float | None], Float]


def has_blas() -> bool:
    """Whether this NumPy was built with a BLAS library (OpenBLAS, Accelerate, MKL …)."""
    config = np.show_config(mode="dicts")
    return bool(config["Build Dependencies"]["blas"].get("found"))


def blas_product(x: Float, w: Float, b: Float | None = None) -> Float:
    """x @ w + b"""
    return _add(np.matmul(x, w), b)


MOST_TERMS = 2**31 - 1  # of one einsum: in WebAssembly, NumPy counts them with 32 bits


def einsum_product(x: Float, w: Float, b: Float | None = None) -> Float:
    """x @ w + b, in as many stretches of rows as it takes to stay within `MOST_TERMS`."""
    *batch, n, n_in = x.shape
    n_rows = max(1, MOST_TERMS // max(1, math.prod(batch) * n_in * w.shape[-1]))
    stretches = [x[..., begin : begin + n_rows, :] for begin in range(0, max(1, n), n_rows)]
    products = [np.einsum("...ik,...kj->...ij", rows, w) for rows in stretches]
    return _add(products[0] if len(products) == 1 else np.concatenate(products, axis=-2), b)


def _add(y: Float, b: Float | None) -> Float:
    if b is not None:
        y += b  # y is new, so nobody else sees it change
    return y


KINDS: dict[str, Product] = {"einsum": einsum_product}
if has_blas():
    KINDS["@"] = blas_product
KIND = "@" if has_blas() else "einsum"

# The memory order of a weight, [n_in, n_out], that suits them: all but BLAS sum along contiguous columns.
WEIGHT_ORDER = "C" if has_blas() else "F"


def matmul(x: Float, w: Float, b: Float | None = None) -> Float:
    """x @ w, and + b if there is one, in a new array: [..., m, k], [..., k, n], [n] -> [..., m, n]."""
    return KINDS[KIND](x, w, b)


def offer(kind: str, product: Product) -> None:
    """Add a way to compute products, and use it from now on."""
    KINDS[kind] = product
    use(kind)


def use(kind: str) -> None:
    """Compute products this way from now on: one of `KINDS`."""
    global KIND
    if kind not in KINDS:
        raise SettingsError(f"There is no matrix product {kind!r} here.", f"Choose among {', '.join(KINDS)}.")
    KIND = kind
