"""What the lines of a prompt do to the guess after it: the same question with fewer and fewer of them."""

from typing import Any

import numpy as np

from picogpt import model
from picogpt.sampling import likeliest, probabilities
from picogpt.views.registry import Answer, Text, view

N_TOKENS = 1024  # read in all, at most: as many as one long prompt


@view()
def shots(text: Text, n: int = 3, most: int = 5) -> Answer:
    """The `n` likeliest next tokens after the last line of the prompt, with 0, 1, 2 … lines before it.

    Each row is a run of its own, on the last lines alone; ids without a vocabulary have no lines. There are
    at most `most` rows, the whole prompt among them, and no more than have N_TOKENS tokens together.
    """
    runs = [_run(text, shown, n) for shown in _texts(text, most)]
    return {"runs": runs, "n_vocab": text.hparams["n_vocab"]}


def _texts(text: Text, most: int) -> list[tuple[int, list[int]]]:
    """(number of lines before the last one, ids) of each run, the shortest first, the whole prompt last."""
    if text.encoder is None or not text.prompt.strip("\n"):
        return [(0, text.ids)]
    lines = text.prompt.splitlines(keepends=True)
    shown, left = [(len(lines) - 1, text.ids)], N_TOKENS - len(text.ids)
    shorter: list[tuple[int, list[int]]] = []
    for n_before in range(len(lines) - 1):
        tail = "".join(lines[len(lines) - 1 - n_before :])
        ids = text.encoder.encode(tail)
        left -= len(ids)
        if left < 0 or len(shorter) == most - 1:
            break
        shorter.append((n_before, ids))
    return shorter + shown


def _run(text: Text, shown: tuple[int, list[int]], n: int) -> dict[str, Any]:
    """What the model guesses after those ids."""
    n_before, ids = shown
    logits = model.gpt2(ids, **text.params, n_head=text.hparams["n_head"], rows=slice(-1, None))[0]
    best = likeliest(logits, n).tolist()
    return {
        "n_before": n_before,
        "n_tokens": len(ids),
        "tokens": [text.piece(id) for id in best],
        "probabilities": np.array(probabilities(best, logits), np.float32),
    }
