"""The reference checkpoints, and what PyTorch computed with them (tests/reference/record.py)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from picogpt import load_checkpoint

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"
CASES = sorted(path.parent.name for path in REFERENCE.glob("*/expected.npz"))


@dataclass(frozen=True)
class Reference:
    """A checkpoint and PyTorch's results: input_ids, logits, hidden, attentions, greedy."""

    folder: Path
    hparams: dict[str, int]
    params: dict[str, Any]
    expected: dict[str, np.ndarray]

    @property
    def n_head(self) -> int:
        return self.hparams["n_head"]


def load_reference(case: str) -> Reference:
    folder = REFERENCE / case
    _, hparams, params = load_checkpoint(folder)
    return Reference(folder, dict(hparams), params, dict(np.load(folder / "expected.npz")))
