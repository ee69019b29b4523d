"""A vector as a page draws it: its numbers, and the few that sum them up."""

import numpy as np

from picogpt.matmul import Float
from picogpt.views.registry import Answer

SHARE_IN_RANGE = (
    0.99  # of the numbers have a colour of their own: one that stands out would turn all others grey
)


def vector(values: Float) -> Answer:  # [C]
    """The numbers themselves, mean, standard deviation, range, Euclidean length, and where colours end."""
    values = np.asarray(values)
    exact = values.astype(np.float64)
    return {
        "values": values,
        "mean": float(exact.mean()),
        "deviation": float(exact.std()),
        "min": float(exact.min()),
        "max": float(exact.max()),
        "length": float(np.linalg.norm(exact)),
        "limit": limit(values),
    }


def limit(*vectors: Float) -> float:
    """The size that 99 % of the numbers do not pass."""
    return float(np.quantile(np.abs(np.concatenate(vectors)), SHARE_IN_RANGE))
