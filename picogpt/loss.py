"""The language-model loss: how surprised the model is, in nats, by the token that comes next."""

import numpy as np
from numpy.typing import ArrayLike

from picogpt import edit, model
from picogpt.backward import Seen, gpt2_backward
from picogpt.dropout import Dropout
from picogpt.errors import EditError
from picogpt.gradients import Ids
from picogpt.matmul import Float
from picogpt.trace import recording
from picogpt.weights import Params


def log_softmax(x: Float) -> Float:  # [..., n] -> [..., n], the logarithms of the softmax
    x = x - np.max(x, axis=-1, keepdims=True)
    x -= np.log(np.sum(np.exp(x), axis=-1, keepdims=True))
    return x


def cross_entropy(logits: Float, targets: Ids) -> tuple[float, Float]:  # [T, V], ids [T] -> (), [T, V]
    """loss = mean over all targets of -log softmax(logits)[target], in nats; and its gradient.

    d_logits = (softmax(logits) - 1 at the target) / number of targets: what the model should have said less.
    """
    at_target = targets[..., None]
    log_p = log_softmax(logits)
    loss = -float(np.mean(np.take_along_axis(log_p, at_target, axis=-1)))
    d_logits = np.exp(log_p, out=log_p)
    p_target = np.take_along_axis(d_logits, at_target, axis=-1)
    np.put_along_axis(d_logits, at_target, p_target - 1, axis=-1)
    d_logits *= 1 / targets.size
    return loss, d_logits


def lm_loss(inputs: ArrayLike, params: Params, n_head: int) -> float:
    """Mean cross entropy, in nats, of each token of `inputs` but the first, given those before it.

    inputs: ids, [T + 1], or [B, T + 1] for a batch: T tokens are read and T are predicted.
    """
    inputs = np.asarray(inputs)
    logits = model.gpt2(inputs[..., :-1], **params, n_head=n_head)
    return cross_entropy(logits, inputs[..., 1:])[0]


def lm_loss_and_gradients(
    inputs: ArrayLike, params: Params, n_head: int, dropout: Dropout | None = None
) -> tuple[float, Params]:
    """`lm_loss` and its gradient with respect to every parameter, in the parameters' own nested form.

    Raises EditError while the model is edited: `picogpt.gradients` are those of its functions as they came.
    """
    if edit.edition():
        raise EditError("An edited model has no gradients.", "Restore the original (picogpt.edit.restore).")
    inputs = np.asarray(inputs)
    read, targets = inputs[..., :-1], inputs[..., 1:]
    with recording(edit=dropout) as results:
        logits = model.gpt2(read, **params, n_head=n_head)
    loss, d_logits = cross_entropy(logits, targets)
    seen = Seen(results, dropout.factors if dropout else {}).inside("gpt2.0")
    return loss, gpt2_backward(d_logits, read, seen, **params)
