"""What the kernel is asked in the browser: this module runs there, in Pyodide, and gives plain data back."""

import random

import numpy as np
from pyodide.ffi import JsException

from picogpt.sgemm import Sgemm, address

LARGEST = 1100
SENTINEL = np.float32(-12345.678)


def matrix(rng, *shape):
    """Random numbers in a random layout: C, Fortran, with gaps between rows, or between numbers."""
    a = rng.standard_normal(shape, dtype=np.float32)
    layout = rng.integers(4)
    if layout == 1:
        return np.swapaxes(np.ascontiguousarray(np.swapaxes(a, -1, -2)), -1, -2)
    if layout == 2:
        return np.concatenate([a, a], axis=-1)[..., : shape[-1]]
    return np.repeat(a, 2, axis=-1)[..., ::2] if layout == 3 else a


def error(sgemm, x, w, b):
    """The largest difference from NumPy in double precision, relative to the size of what is summed up."""
    in_double = [np.asarray(a, np.float64) for a in (x, w)]
    expected = np.einsum("...ik,...kj->...ij", *in_double)
    size = np.einsum("...ik,...kj->...ij", *(np.abs(a) for a in in_double))
    if b is not None:
        expected, size = expected + b, size + np.abs(b)
    return float(np.max(np.abs(sgemm(x, w, b) - expected) / size))


def worst_error_of_every_size(kernel):
    """Over m, n and k from 1 to 1,100, one at a time; the error and where it was."""
    sgemm, rng, worst = Sgemm(kernel), np.random.default_rng(1), (0.0, ())
    for size in range(1, LARGEST + 1):
        small = 1 + size % 7
        for m, n, k in ((size, small, 5), (small, size, 6), (small, 3, size), (1, small, size), (1, size, 9)):
            b = rng.standard_normal(n, dtype=np.float32) if size % 2 else None
            found = error(sgemm, matrix(rng, m, k), matrix(rng, k, n), b)
            worst = max(worst, (found, (m, n, k)))
    return list(worst)


def worst_error_of_random_shapes(kernel, n_cases):
    """Over shapes from 1 to 1,100 in every axis, mostly odd, single or in batches."""
    sgemm, rng, worst = Sgemm(kernel), np.random.default_rng(2), (0.0, ())
    draw = random.Random(3)
    for _ in range(n_cases):
        m, n, k = (draw.choice([1, 2, 3, draw.randint(1, 70), draw.randint(1, LARGEST)]) for _ in range(3))
        front = draw.choice([(), (3,), (2, 2)]) if m * n * k < 1e6 else ()
        w_front = draw.choice([(), front, (1,) * len(front)])
        b = rng.standard_normal(n, dtype=np.float32) if draw.random() < 0.5 else None
        found = error(sgemm, matrix(rng, *front, m, k), matrix(rng, *w_front, k, n), b)
        worst = max(worst, (found, (*front, m, n, k)))
    return list(worst)


def touched_outside(kernel, n_cases):
    """Cases in which anything but the output changed, wherever in memory all of it lies, aligned or not."""
    rng, bad = np.random.default_rng(4), []
    memory = np.empty(1 << 20, np.uint8)
    for _ in range(n_cases):
        batch, m, n, k = (int(rng.integers(1, high)) for high in (4, 14, 40, 40))
        w_k, w_n = ((1, k + 3), (n + 2, 1), (3 * n, 3))[rng.integers(3)]
        n_floats = [batch * m * (k + 1), batch * (w_k * k + w_n * n), n, batch * m * n, 4 * k]
        places, at = [], 64
        for count in n_floats:  # x, w, b, y, scratch, with bands of 64 bytes and more between them
            at += int(rng.integers(0, 16))
            places.append(at)
            at += 4 * count + 64
        memory[:at] = 7
        for place, count in zip(places[:3], n_floats[:3], strict=True):
            memory[place : place + 4 * count].view("<f4")[:] = rng.standard_normal(count, dtype=np.float32)
        before = memory[:at].copy()
        x, w, b, y, scratch = (address(memory) + place for place in places)
        kernel(
            *(batch, m, n, k, x, m * (k + 1), k + 1, w, w_k * k + w_n * n - w_k - w_n + 1, w_k, w_n, b, y),
            scratch,
        )
        after = memory[:at].copy()
        for place, count in zip(places[3:], n_floats[3:], strict=True):
            before[place : place + 4 * count] = after[place : place + 4 * count] = 0
        if not np.array_equal(before, after):
            bad.append([batch, m, n, k, w_k, w_n])
    return bad


def odd_numbers_that_got_lost(kernel):
    """Shapes for which NaN and infinities in the input do not come out where NumPy has them."""
    sgemm, rng, lost = Sgemm(kernel), np.random.default_rng(5), []
    for m, n, k in ((1, 9, 8), (1, 4, 5), (2, 7, 9), (5, 13, 21), (1, 1, 1), (3, 3, 3), (8, 16, 32)):
        for odd in (np.nan, np.inf, -np.inf):
            for order in "CF":
                x, w = (np.asarray(rng.standard_normal(s), np.float32, order=order) for s in ((m, k), (k, n)))
                b = np.zeros(n, np.float32)
                for a in (x, w, b):
                    a[tuple(rng.integers(size) for size in a.shape)] = odd
                    expected = np.einsum("ik,kj->ij", x, w, dtype=np.float64) + b
                    y = sgemm(x, w, b)
                    same_nan = np.array_equal(np.isnan(y), np.isnan(expected))
                    infinite = np.isinf(expected)
                    if not same_nan or not np.array_equal(y[infinite], expected[infinite].astype(np.float32)):
                        lost.append([m, n, k, str(odd), order])
    return lost


def refusals(kernel):
    """What the kernel answers to calls that would leave the memory, or are no numbers of floats at all."""
    a = np.full(4096, SENTINEL)
    at, end = address(a), 1 << 32
    good = {"batch": 1, "m": 2, "n": 3, "k": 4, "x": at, "xb": 0, "xr": 4}
    good |= {"w": at, "wb": 0, "wk": 1, "wn": 4, "b": 0, "y": at, "scratch": at + 256}
    answers = {}
    for change in (
        {"x": end}, {"w": end - 8}, {"y": end - 20}, {"scratch": end - 60}, {"b": end - 8}, {"y": -4},
        {"m": 1 << 30}, {"n": 1 << 30}, {"k": 1 << 30}, {"batch": 1 << 40}, {"xr": 1 << 31}, {"wn": 1 << 31},
        {"wk": -1}, {"xr": 1.5}, {"m": 0}, {"k": -4}, {"x": float("nan")}, {"y": 1 << 70},
        {"w": "0"}, {"n": None},
    ):  # fmt: skip
        try:
            kernel(*(good | change).values())
            answers[str(change)] = "no error"
        except JsException as refusal:
            answers[str(change)] = str(refusal)
    answers["untouched"] = bool(np.all(a == SENTINEL))
    return answers
