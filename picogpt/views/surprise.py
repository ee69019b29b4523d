"""How well the model foresaw the reader's own text: what training makes smaller."""

import math
from typing import Any

import numpy as np

from picogpt.loss import log_softmax
from picogpt.matmul import Float
from picogpt.model import layer_norm, unembedding
from picogpt.views.registry import Answer, Kept, Text, view

ROWS_AT_ONCE = 64  # 50,257 logits each


def last_block(text: Text, **_options: Any) -> Kept:
    """The output of the last block, [T, C]."""
    return Kept(f"gpt2.0/transformer_block.{text.hparams['n_layer'] - 1}", text)


@view(x=last_block)
def surprise(text: Text, x: Float) -> Answer:  # [T, C]
    """Of each token but the first: the probability that it had, how many were likelier, and the likeliest.

    `losses` are -log p in nats, and `loss` their mean: the cross entropy of the text; 0 of a text of one
    token, which has nothing to foresee. A model that knew nothing would have `blind_loss`.
    """
    head = text.params.get("lm_head")
    w = text.params["wte"] if head is None else head
    log_p, n_likelier, best = [], [], []
    for begin in range(0, len(text.ids) - 1, ROWS_AT_ONCE):
        targets = np.array(text.ids[begin + 1 : begin + 1 + ROWS_AT_ONCE])
        rows = x[begin : begin + len(targets)]
        log_all = log_softmax(unembedding(layer_norm(rows, **text.params["ln_f"]), w))
        at_target = np.take_along_axis(log_all, targets[:, None], axis=-1)
        log_p.extend(at_target[:, 0].tolist())
        n_likelier.extend(np.sum(log_all > at_target, axis=-1).tolist())
        best.extend(np.argmax(log_all, axis=-1).tolist())
    return {
        "probabilities": np.exp(np.array(log_p, np.float32)),
        "losses": -np.array(log_p, np.float32),
        "n_likelier": n_likelier,
        "likeliest": [text.piece(id) for id in best],
        "loss": -float(np.mean(log_p)) if log_p else 0.0,
        "blind_loss": math.log(text.hparams["n_vocab"]),
        "n_vocab": text.hparams["n_vocab"],
    }
