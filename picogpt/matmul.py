"""The matrix product: the one place where the model meets the machine.

With a BLAS behind it, NumPy's `@` is as fast as the machine. Without one (NumPy for WebAssembly has none) `@`
falls to a plain loop, many times slower than `einsum`, whose inner loop is vectorised where both operands
run along memory in the summed axis. The choice is made once, here, and nothing else in the model knows of it.
"""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


def has_blas() -> bool:
    """Whether this NumPy was built with a BLAS library (OpenBLAS, Accelerate, MKL …)."""
    config = np.show_config(mode="dicts")
    return bool(config["Build Dependencies"]["blas"].get("found"))


def einsum_matmul(x: Float, w: Float) -> Float:  # [..., n, k], [..., k, m] -> [..., n, m]
    product: Float = np.einsum("...ik,...kj->...ij", x, w)
    return product


KIND = "@" if has_blas() else "einsum"
matmul = np.matmul if KIND == "@" else einsum_matmul

# The memory order of a weight of shape [in, out] that suits `matmul`: einsum sums along contiguous columns.
WEIGHT_ORDER = "C" if KIND == "@" else "F"
