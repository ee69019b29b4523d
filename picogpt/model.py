"""GPT-2's forward pass, from ids to logits. Read it from the bottom up: `gpt2` is the whole model.

Shapes: T new tokens, P tokens already in the cache, C channels (n_embd), H heads (n_head), D = C/H channels
a head, V entries of the vocabulary (n_vocab). Further axes may stand in front (a batch). Every array is
float32, and constants are Python floats: a NumPy scalar such as np.sqrt(2 / np.pi) would turn all that it
touches into float64. Source: OpenAI's gpt-2/src/model.py; the composition is that of picoGPT.
"""

import math

import numpy as np

from picogpt.cache import Cache
from picogpt.matmul import matmul
from picogpt.trace import layer

SQRT_2_OVER_PI = math.sqrt(2 / math.pi)


@layer
def gelu(x):  # [T, 4C] -> [T, 4C]: x (1 + tanh u) / 2 = x / (1 + exp(-2u)), u = √(2/π) (x + 0.044715 x³)
    y = x * (1 + 0.044715 * (x * x))
    y *= -2 * SQRT_2_OVER_PI  # in place from here on: fresh memory costs more than the arithmetic on it
    with np.errstate(over="ignore"):  # far below 0, exp(-2u) is infinite and the result 0, as it should be
        np.exp(y, out=y)
    y += 1
    return np.divide(x, y, out=y)


@layer
def softmax(x):  # [..., n] -> [..., n], each row sums to 1
    y = x - np.maximum.reduce(x, axis=-1, keepdims=True)  # what np.max calls in the end, and np.sum
    np.exp(y, out=y)
    y /= np.add.reduce(y, axis=-1, keepdims=True)
    return y


@layer
def layer_norm(x, g, b, eps=1e-5):  # [T, C] -> [T, C]
    n = x.shape[-1]  # np.mean and np.var would say the same, in four times the time for one token
    y = x - np.add.reduce(x, axis=-1, keepdims=True) / n
    variance = np.add.reduce(y * y, axis=-1, keepdims=True) / n
    y /= np.sqrt(variance + eps)
    return g * y + b


@layer
def linear(x, w, b):  # [T, n_in], [n_in, n_out], [n_out] -> [T, n_out]
    return matmul(x, w, b)


@layer
def ffn(x, c_fc, c_proj):  # [T, C] -> [T, C], by way of [T, 4C]
    return linear(gelu(linear(x, **c_fc)), **c_proj)


@layer
def causal_mask(n_new, n_past):  # -> [T, P+T]: 0 where a token may look, -inf at what comes after it
    if n_new == 1:
        return np.zeros((1, n_past + 1), np.float32)  # nothing comes after the last token
    at = np.arange(n_past + n_new)
    return np.where(at > at[n_past:, None], np.float32(-np.inf), np.float32(0))


@layer
def attention_scores(q, k):  # [H, T, D], [H, P+T, D] -> [H, T, P+T]
    return matmul(q / math.sqrt(q.shape[-1]), k.swapaxes(-1, -2))


@layer
def attention_weights(q, k):  # [H, T, D], [H, P+T, D] -> [H, T, P+T]
    n_new, n_all = q.shape[-2], k.shape[-2]
    return softmax(attention_scores(q, k) + causal_mask(n_new, n_all - n_new))


@layer
def attention(q, k, v):  # [H, T, D], [H, P+T, D], [H, P+T, D] -> [H, T, D]
    return matmul(attention_weights(q, k), v)


@layer
def split_heads(x, n_head):  # [T, C] -> [H, T, D]
    return x.reshape(*x.shape[:-1], n_head, -1).swapaxes(-2, -3)


@layer
def merge_heads(x):  # [H, T, D] -> [T, C]
    x = x.swapaxes(-2, -3)
    return x.reshape(*x.shape[:-2], -1)


@layer
def mha(x, c_attn, c_proj, n_head, past):  # [T, C] -> [T, C]
    qkv = linear(x, **c_attn).reshape(*x.shape[:-1], 3, -1)  # [T, 3, C]
    q, k, v = (split_heads(qkv[..., n, :], n_head) for n in range(3))
    k, v = past.append(k, v)
    return linear(merge_heads(attention(q, k, v)), **c_proj)


@layer
def transformer_block(x, mlp, attn, ln_1, ln_2, n_head, past):  # [T, C] -> [T, C]
    x = x + mha(layer_norm(x, **ln_1), **attn, n_head=n_head, past=past)
    return x + ffn(layer_norm(x, **ln_2), **mlp)


@layer
def embeddings(inputs, wte, wpe, n_past):  # ids [T], [V, C], [n_ctx, C] -> [T, C]
    inputs = np.asarray(inputs)
    return wte[inputs] + wpe[n_past + np.arange(inputs.shape[-1])]


@layer
def unembedding(x, w):  # [T, C], [V, C] -> [T, V]
    return matmul(x, w.T)


@layer
def gpt2(inputs, wte, wpe, blocks, ln_f, n_head, lm_head=None, cache=None, rows=slice(None)):  # [T] -> [T, V]
    """Logits of the token that follows each of `inputs` (ids, [T]; or [B, T] for B texts at once).

    `cache` holds what earlier calls have read, and is extended; without one the text begins with `inputs`.
    `rows` picks the positions to give logits for: generating needs `slice(-1, None)`, the last one alone.
    GPT-2 unembeds with the token embeddings `wte`; a checkpoint that does not has a `lm_head`, [V, C].
    """
    cache = Cache(len(blocks), n_ctx=len(wpe)) if cache is None else cache
    x = embeddings(inputs, wte, wpe, cache.n_past)
    for block, past in zip(blocks, cache, strict=True):
        x = transformer_block(x, **block, n_head=n_head, past=past)
    return unembedding(layer_norm(x[..., rows, :], **ln_f), wte if lm_head is None else lm_head)
