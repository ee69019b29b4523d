"""Backpropagation, layer by layer: for every function of the model, the gradients of its inputs.

`dy` is the gradient of the loss with respect to a layer's result y, and has y's shape; what comes back is the
gradient with respect to each input, and has that input's shape. Each function is named after the layer it
goes back through, and begins with that layer's formula; the shapes on its first line are those of its
arguments. Letters as in `picogpt.model`; a batch may stand in front of every shape but those of parameters,
whose gradients are sums over all tokens of the batch.

Work is done in place where an array is ours: fresh memory costs more than the arithmetic on it.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picogpt.matmul import Float, matmul
from picogpt.model import SQRT_2_OVER_PI

Ids = NDArray[np.integer[Any]]
Two = tuple[Float, Float]
Three = tuple[Float, Float, Float]


def rows(x: Float) -> Float:  # [..., T, n] -> [tokens, n]
    """The tokens of all texts of a batch, one below the other."""
    return np.reshape(x, (-1, x.shape[-1]))


def gelu_grad(dy: Float, x: Float) -> Float:  # [T, 4C], [T, 4C]
    """y = x (1 + tanh u) / 2 with u = √(2/π) (x + 0.044715 x³).

    dy/dx = (1 + tanh u + x (1 - tanh² u) u') / 2 with u' = √(2/π) (1 + 3 · 0.044715 x²).
    """
    x_squared = x * x
    tanh = x_squared * (0.044715 * SQRT_2_OVER_PI)
    tanh += SQRT_2_OVER_PI
    tanh *= x
    np.tanh(tanh, out=tanh)
    dx = x_squared
    dx *= 3 * 0.044715 * SQRT_2_OVER_PI
    dx += SQRT_2_OVER_PI
    dx *= x
    dx *= 1 - tanh * tanh
    dx += tanh
    dx += 1
    dx *= 0.5
    dx *= dy
    return dx


def softmax_grad(dy: Float, y: Float) -> Float:  # [..., n], [..., n]
    """y = exp(x) / sum(exp(x)): dx = y (dy - sum(dy y)); y itself is all that is needed."""
    dx: Float = dy - np.einsum("...n,...n->...", dy, y)[..., None]
    dx *= y
    return dx


def layer_norm_grad(dy: Float, x: Float, g: Float, eps: float = 1e-5) -> Three:  # [T, C], [T, C], [C]
    """y = g x̂ + b with x̂ = (x - mean) / std: (dx, dg, db).

    x moves its own mean and std as well, so dx loses its mean and its part along x̂.
    """
    x_hat = x - np.mean(x, axis=-1, keepdims=True)
    variance = np.einsum("...c,...c->...", x_hat, x_hat)[..., None] / x.shape[-1]
    std = np.sqrt(variance + eps)
    x_hat /= std
    db = np.sum(rows(dy), axis=0)
    dg = np.einsum("tc,tc->c", rows(dy), rows(x_hat))
    dx = dy * g  # the gradient of x̂, so far
    along = np.einsum("...c,...c->...", dx, x_hat)[..., None] / x.shape[-1]
    dx -= np.mean(dx, axis=-1, keepdims=True)
    x_hat *= along
    dx -= x_hat
    dx /= std
    return dx, dg, db


def linear_grad(dy: Float, x: Float, w: Float) -> Three:  # [T, n_out], [T, n_in], [n_in, n_out]
    """y = x w + b: (dx, dw, db)."""
    return matmul(dy, w.T), matmul(rows(x).T, rows(dy)), np.sum(rows(dy), axis=0)


def attention_grad(
    dy: Float, q: Float, k: Float, v: Float, weights: Float
) -> Three:  # 4 [H, T, D], [H, T, T]
    """y = weights v with weights = softmax(q kᵀ / √D + mask): (dq, dk, dv).

    The mask is a constant, and where it hides a token the weight is 0, and so is the gradient of its score.
    """
    dv = matmul(np.swapaxes(weights, -1, -2), dy)
    d_scores = softmax_grad(matmul(dy, np.swapaxes(v, -1, -2)), weights)
    d_scores *= 1 / math.sqrt(q.shape[-1])
    return matmul(d_scores, k), matmul(np.swapaxes(d_scores, -1, -2), q), dv


def embeddings_grad(dy: Float, inputs: Ids, n_vocab: int, n_ctx: int) -> Two:  # [T, C], ids [T]
    """y = wte[inputs] + wpe[0 … T-1]: (dwte, dwpe); a row gets the sum over all places where it was read."""
    n_tokens, n_embd = dy.shape[-2:]
    dwte, dwpe = np.zeros((n_vocab, n_embd), dy.dtype), np.zeros((n_ctx, n_embd), dy.dtype)
    ids = np.ravel(inputs)
    order = np.argsort(ids, kind="stable")  # equal ids side by side: their rows are then summed in one go
    begins = np.flatnonzero(np.diff(ids[order], prepend=-1))
    dwte[ids[order][begins]] = np.add.reduceat(rows(dy)[order], begins, axis=0)
    dwpe[:n_tokens] = np.sum(np.reshape(dy, (-1, n_tokens, n_embd)), axis=0)
    return dwte, dwpe


def unembedding_grad(dy: Float, x: Float, w: Float) -> Two:  # [T, V], [T, C], [V, C]
    """y = x wᵀ: (dx, dw)."""
    return matmul(dy, w), matmul(rows(dy).T, rows(x))
