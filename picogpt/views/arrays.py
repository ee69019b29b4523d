"""An array as a page draws it: what it is, and as much of its numbers as fit on a screen."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from picogpt.views.registry import Answer, Text

MAX_ROWS, MAX_COLUMNS = 64, 96


def picture(name: str, array: Any, text: Text, with_table: bool = True) -> Answer:
    """Name, shape, dtype, range and mean (of the finite numbers), and a table of at most 64 × 96 numbers.

    The table is a matrix of the array: of the head that the reader looks at, or the first of whatever stands
    in front; `where` says so. `rows` and `columns` are the places in that matrix that the table shows.
    """
    array = np.asarray(array)
    matrix, where = matrix_of(array, text)
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array.reshape(-1)
    facts = {
        "name": name,
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "min": finite.min().item() if finite.size else None,
        "max": finite.max().item() if finite.size else None,
        "mean": float(finite.mean(dtype=np.float64)) if finite.size else None,
        "where": where,
    }
    if not with_table:
        return facts
    rows, columns = spread(matrix.shape[0], MAX_ROWS), spread(matrix.shape[1], MAX_COLUMNS)
    return {**facts, "rows": rows, "columns": columns, "table": matrix[np.ix_(rows, columns)]}


def matrix_of(array: NDArray[Any], text: Text) -> tuple[NDArray[Any], str]:  # -> [rows, columns]
    """The array as a matrix, and which part of the array that is ("" for all of it)."""
    where = []
    while array.ndim > 2:
        is_heads = array.ndim == 3 and array.shape[0] == text.hparams["n_head"]
        index = text.head if is_heads else 0
        where.append(f"head {index}" if is_heads else f"[{index}]")
        array = array[index]
    return np.atleast_2d(array), ", ".join(where)


def spread(n: int, n_most: int) -> NDArray[np.intp]:
    """At most `n_most` of the places 0 … n-1, the first and the last among them."""
    return np.unique(np.linspace(0, max(0, n - 1), min(n, n_most)).round().astype(np.intp))
