"""Page "Layer norm": a vector before, in between and after; every token's; and what was learned for each."""

from typing import Any

import numpy as np

from picogpt import model
from picogpt.errors import SettingsError
from picogpt.matmul import Float
from picogpt.sampling import likeliest
from picogpt.views.arguments import Arguments
from picogpt.views.registry import Answer, Keeper, Kept, Text, view
from picogpt.views.vectors import vector

PATHS = {
    "ln_1": "gpt2.0/transformer_block.{layer}/layer_norm.0",
    "ln_2": "gpt2.0/transformer_block.{layer}/layer_norm.1",
    "ln_f": "gpt2.0/layer_norm.0",  # of the one row that is unembedded
}
QUANTILES = [0.0, 0.25, 0.5, 0.75, 1.0]
NEAR_0 = 0.02  # a gain within this switches its channel off, or nearly so
N_LARGEST = 3


def path_of(norm: str) -> str:
    """Where the layer norm of that name is called."""
    if norm not in PATHS:
        raise SettingsError(f"There is no layer norm {norm!r}.", f"Expected one of {', '.join(PATHS)}.")
    return PATHS[norm]


def call(text: Text, norm: str = "ln_1", **_options: Any) -> Keeper:
    """What goes into that layer norm."""
    return Arguments("layer_norm", path_of(norm), text)


def result(text: Text, norm: str = "ln_1", **_options: Any) -> Keeper:
    """What comes out of it."""
    return Kept(path_of(norm), text)


def stream(text: Text, norm: str = "ln_1", **_options: Any) -> Keeper:
    """The vectors of all tokens that go into it; into `ln_f` the model sends no more than it unembeds."""
    if norm == "ln_f":
        return Kept(f"gpt2.0/transformer_block.{text.hparams['n_layer'] - 1}", text)
    return call(text, norm)


@view(call=call, result=result)
def layer_norm(text: Text, call: Answer, result: Float, norm: str = "ln_1") -> Answer:
    """The vector of the token looked at on its way through one layer norm (`ln_1`, `ln_2` or `ln_f`).

    `x` goes in, `normalised` is what it is before gain `g` and bias `b`, `y` comes out.
    """
    x = _row(call["x"], text)
    return {
        "norm": norm,
        "x": vector(x),
        "normalised": vector(_plain(x)),
        "g": vector(call["g"]),
        "b": vector(call["b"]),
        "y": vector(_row(result, text)),
        "variance": float(x.var(dtype=np.float64)),
        "eps": call.get("eps", 0),  # a layer norm that the reader has changed may have none
    }


def _row(rows: Float, text: Text) -> Float:  # [T or 1, C] -> [C]
    row: Float = rows[text.token] if len(rows) == len(text.ids) else rows[0]
    return row


def _plain(x: Float) -> Float:  # [..., C] -> [..., C]
    """Normalised, without gain and bias."""
    n = x.shape[-1]
    y: Float = model.layer_norm(x, np.ones(n, np.float32), np.zeros(n, np.float32))
    return y


@view(stream=stream)
def layer_norm_tokens(text: Text, stream: Any, norm: str = "ln_1") -> Answer:
    """For every token, mean and standard deviation [T] of its vector before and after one layer norm.

    `largest` are the channels with the largest numbers before it, on average over the text, and `times` says
    how many times as large they are as the median channel.
    """
    x = stream if norm == "ln_f" else stream["x"]
    parameters = text.params["ln_f"] if norm == "ln_f" else text.params["blocks"][text.layer][norm]

    def facts(rows: Float) -> Answer:
        return {"means": rows.mean(axis=-1), "deviations": rows.std(axis=-1)}

    sizes = np.abs(x).mean(axis=0)
    largest = likeliest(sizes, N_LARGEST)
    return {
        "norm": norm,
        "largest": largest,
        "times": sizes[largest] / max(float(np.median(sizes)), 1e-12),
        "before": facts(x),
        "normalised": facts(_plain(x)),
        "after": facts(model.layer_norm(x, **parameters)),
    }


@view(call=call)
def layer_norm_scaled(
    text: Text, call: Answer, norm: str = "ln_1", factor: float = 10, shift: float = 0
) -> Answer:
    """What becomes of the token's vector `x`, and of `factor` × x + `shift`, in the same layer norm.

    `largest` is the largest difference between the two results.
    """
    x = _row(call["x"], text)
    changed = np.float32(factor) * x + np.float32(shift)
    y, y_changed = (model.layer_norm(one, call["g"], call["b"]) for one in (x, changed))
    return {
        "norm": norm,
        "x": vector(x),
        "changed": vector(changed),
        "y": vector(y),
        "y_changed": vector(y_changed),
        "largest": float(np.max(np.abs(y_changed - y))),
    }


@view()
def layer_norm_gains(text: Text) -> Answer:
    """Gain and bias of every layer norm of the model, in the order in which they run (`names`).

    `g` and `b` [2L+1, 5]: the smallest, the quartiles and the largest of each; `near_0` [2L+1]: how many
    of the `n_embd` gains lie between -0.02 and 0.02.
    """
    blocks = text.params["blocks"]
    norms = [
        (f"{name} of block {n}", block[name]) for n, block in enumerate(blocks) for name in ("ln_1", "ln_2")
    ]
    norms.append(("ln_f", text.params["ln_f"]))
    return {
        "names": [name for name, _ in norms],
        "n_embd": len(text.params["ln_f"]["g"]),
        "near_0": np.array([np.count_nonzero(np.abs(p["g"]) < NEAR_0) for _, p in norms]),
        **{part: np.stack([np.quantile(p[part], QUANTILES) for _, p in norms]) for part in ("g", "b")},
    }
