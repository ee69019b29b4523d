"""A kernel for `picogpt.sgemm` in NumPy: like the one in WebAssembly it gets only addresses and distances."""

import ctypes

import numpy as np


def array_at(address, shape, distances):
    """The float32 array that lies at `address`, its axes' distances counted in floats."""
    n_floats = 1 + sum((n - 1) * distance for n, distance in zip(shape, distances, strict=True))
    memory = np.ctypeslib.as_array((ctypes.c_float * n_floats).from_address(address))
    strides = [4 * distance for distance in distances]
    return np.lib.stride_tricks.as_strided(memory, shape, strides)


def kernel(batch, m, n, k, x, x_batch, x_row, w, w_batch, w_k, w_n, b, y, scratch):
    """y = x w + b, and it leaves rubbish in the scratch space, as it may."""
    array_at(scratch, (4 * k,), (1,))[:] = np.nan
    product = np.matmul(
        array_at(x, (batch, m, k), (x_batch, x_row, 1)).astype(np.float64),
        array_at(w, (batch, k, n), (w_batch, w_k, w_n)).astype(np.float64),
    )
    bias = array_at(b, (n,), (1,)) if b else 0
    array_at(y, (batch, m, n), (m * n, n, 1))[:] = product + bias
