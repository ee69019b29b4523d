"""Backpropagation through the whole model: the composition of `picogpt.model`, read backwards.

The forward pass is `gpt2` itself, run under `recording()`; `seen` below is a view of what it recorded, from
within one call. Every function takes the gradient of its layer's result and gives that of the layer's input,
and with it the gradients of the layer's parameters, under the parameters' own names.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from picogpt.gradients import (
    Ids,
    attention_grad,
    embeddings_grad,
    gelu_grad,
    layer_norm_grad,
    linear_grad,
    unembedding_grad,
)
from picogpt.matmul import Float
from picogpt.model import merge_heads, split_heads
from picogpt.weights import Params


class Seen:
    """The recorded results of the calls inside one call, by their last name: `seen["mha.0"]`.

    `factors` are the arrays that a result was multiplied by on its way (dropout), by path.
    """

    def __init__(self, results: Mapping[str, Any], factors: Mapping[str, Float], path: str = "") -> None:
        self._results, self._factors, self._path = results, factors, path

    def __getitem__(self, name: str) -> Float:
        result: Float = self._results[self._path + name]
        return result

    def inside(self, name: str) -> "Seen":
        """The view from within the call `name`."""
        return Seen(self._results, self._factors, f"{self._path}{name}/")

    def through_dropout(self, dy: Float, name: str) -> Float:
        """The gradient of what `name` returned, given that of what became of it."""
        factor = self._factors.get(self._path + name)
        return dy if factor is None else dy * factor


def linear_backward(dy: Float, x: Float, w: Float, **_: Float) -> tuple[Float, Params]:
    """`linear`, its gradients under the names of its parameters."""
    dx, dw, db = linear_grad(dy, x, w)
    return dx, {"w": dw, "b": db}


def layer_norm_backward(dy: Float, x: Float, g: Float, **_: Float) -> tuple[Float, Params]:
    """`layer_norm`, its gradients under the names of its parameters."""
    dx, dg, db = layer_norm_grad(dy, x, g)
    return dx, {"g": dg, "b": db}


def ffn_backward(dy: Float, x: Float, seen: Seen, c_fc: Params, c_proj: Params) -> tuple[Float, Params]:
    """y = linear(gelu(linear(x, c_fc)), c_proj)"""
    dy, d_c_proj = linear_backward(dy, seen["gelu.0"], **c_proj)
    dy = gelu_grad(dy, seen["linear.0"])
    dx, d_c_fc = linear_backward(dy, x, **c_fc)
    return dx, {"c_fc": d_c_fc, "c_proj": d_c_proj}


def mha_backward(dy: Float, x: Float, seen: Seen, c_attn: Params, c_proj: Params) -> tuple[Float, Params]:
    """y = linear(merge_heads(attention(q, k, v)), c_proj) with q, k, v = split_heads(linear(x, c_attn))"""
    q, k, v = (seen[f"split_heads.{n}"] for n in range(3))
    dy, d_c_proj = linear_backward(dy, seen["merge_heads.0"], **c_proj)
    dy = split_heads(dy, q.shape[-3])
    d_qkv = attention_grad(dy, q, k, v, seen["attention.0/attention_weights.0"])
    dy = np.concatenate([merge_heads(d) for d in d_qkv], axis=-1)
    dx, d_c_attn = linear_backward(dy, x, **c_attn)
    return dx, {"c_attn": d_c_attn, "c_proj": d_c_proj}


def transformer_block_backward(
    dy: Float, x: Float, seen: Seen, mlp: Params, attn: Params, ln_1: Params, ln_2: Params
) -> tuple[Float, Params]:
    """y = a + ffn(layer_norm(a, ln_2)) with a = x + mha(layer_norm(x, ln_1))

    A sum hands its gradient on to both of its terms: this is how it flows past the layers undiminished.
    """
    a = x + seen["mha.0"]
    d, d_mlp = ffn_backward(
        seen.through_dropout(dy, "ffn.0"), seen["layer_norm.1"], seen.inside("ffn.0"), **mlp
    )
    d, d_ln_2 = layer_norm_backward(d, a, **ln_2)
    da = dy + d
    d, d_attn = mha_backward(
        seen.through_dropout(da, "mha.0"), seen["layer_norm.0"], seen.inside("mha.0"), **attn
    )
    d, d_ln_1 = layer_norm_backward(d, x, **ln_1)
    return da + d, {"mlp": d_mlp, "attn": d_attn, "ln_1": d_ln_1, "ln_2": d_ln_2}


def gpt2_backward(
    d_logits: Float,
    inputs: Ids,
    seen: Seen,
    wte: Float,
    wpe: Float,
    blocks: list[Params],
    ln_f: Params,
    lm_head: Float | None = None,
) -> Params:
    """Gradients of all parameters, in the parameters' own form, from those of the logits, [B, T, V].

    Where the token embeddings also unembed, their gradient is the sum of both uses.
    """
    xs = [seen["embeddings.0"], *(seen[f"transformer_block.{n}"] for n in range(len(blocks)))]
    dx, d_head = unembedding_grad(d_logits, seen["layer_norm.0"], wte if lm_head is None else lm_head)
    dx, d_ln_f = layer_norm_backward(dx, xs[-1], **ln_f)
    d_blocks: list[Params] = []
    for n in reversed(range(len(blocks))):
        dx, d_block = transformer_block_backward(
            dx, xs[n], seen.inside(f"transformer_block.{n}"), **blocks[n]
        )
        d_blocks.insert(0, d_block)
    dx = seen.through_dropout(dx, "embeddings.0")
    d_wte, d_wpe = embeddings_grad(dx, inputs, len(wte), len(wpe))
    gradients: Params = {"wte": d_wte, "wpe": d_wpe, "blocks": d_blocks, "ln_f": d_ln_f}
    if lm_head is None:
        gradients["wte"] += d_head
    else:
        gradients["lm_head"] = d_head
    return gradients
