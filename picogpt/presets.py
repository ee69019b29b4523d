"""Experiments on the model that need no typing: small edits of its functions, as texts for `picogpt.edit`.

Each text is made from the model's own by exchanging some of its lines, so it shows the model's code and the
change, nothing else.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from picogpt import model
from picogpt.errors import EditError
from picogpt.source_text import cut, source_of


def changed(name: str, *changes: tuple[str, str]) -> str:
    """The text of a function of the model as it came, some of its text exchanged: (old, new) each."""
    text = f"{cut(source_of(model), name)}\n"
    for old, new in changes:
        if text.count(old) != 1:
            raise EditError(f"{name}: {old!r} is not in it once.", "This preset is for another model.py.")
        text = text.replace(old, new)
    return text


LOOP = """\
    for block, past in zip(blocks, cache, strict=True):
"""
NUMBERED_LOOP = """\
    for n, (block, past) in enumerate(zip(blocks, cache, strict=True)):
"""
ROUNDED_LOOP = (
    NUMBERED_LOOP
    + """\
        block = rounded(block) if n == 0 else block  # the first layer's weights
"""
)
TO_FP16 = """\
def rounded(weights):  # the matrices to 11 significant bits in place of 24
    if isinstance(weights, dict):
        return {name: rounded(array) for name, array in weights.items()}
    return weights.astype(np.float16).astype(np.float32) if weights.ndim == 2 else weights


"""
TO_INT8 = """\
def rounded(weights):  # the matrices to whole numbers of steps, from -127 to 127
    if isinstance(weights, dict):
        return {name: rounded(array) for name, array in weights.items()}
    step = float(np.max(np.abs(weights))) / 127
    return step * np.round(weights / step) if weights.ndim == 2 else weights


"""


def ablation(heads: Collection[tuple[int, int]] = (), ffns: Collection[int] = ()) -> str:
    """The text that silences attention heads, (layer, head) each, and feed-forward layers, by number.

    A silent head attends as ever, but what it has found is not passed on. It is an edit of `gpt2`, which
    alone knows its layers' numbers, and of the functions that it silences.
    """
    constants, functions, loop = [], [], NUMBERED_LOOP
    if heads:
        of_layer = {layer: [h for n, h in sorted(heads) if n == layer] for layer, _ in sorted(heads)}
        constants.append(f"SILENT_HEADS = {of_layer}  # layer: heads\n")
        functions.append(_mha_with_silent_heads())
        loop += '        block = block | {"attn": block["attn"] | {"silent": SILENT_HEADS.get(n, [])}}\n'
    if ffns:
        constants.append(f"SILENT_FFNS = {sorted(ffns)}  # layers\n")
        functions.append(_ffn_that_may_be_silent())
        loop += '        block = block | {"mlp": block["mlp"] | {"silent": n in SILENT_FFNS}}\n'
    return "\n\n".join(["".join(constants), *functions, changed("gpt2", (LOOP, loop))]).lstrip("\n")


def _mha_with_silent_heads() -> str:
    silenced = """\
    heads = attention(q, k, v)
    heads[..., silent, :, :] = 0
    return linear(merge_heads(heads), **c_proj)
"""
    return changed(
        "mha",
        ("n_head, past):", "n_head, past, silent):"),
        ("    return linear(merge_heads(attention(q, k, v)), **c_proj)\n", silenced),
    )


def _ffn_that_may_be_silent() -> str:
    return changed(
        "ffn",
        ("c_fc, c_proj):", "c_fc, c_proj, silent):"),
        ("return linear", "return 0 * x if silent else linear"),
    )


@dataclass(frozen=True)
class Preset:
    """An experiment: `edit.replace(preset.name, preset.source)` does it.

    `what` is done by it, `watch` is where to look then; `text` makes the source.
    """

    title: str
    name: str
    what: str
    watch: str
    text: Callable[[], str]

    @property
    def source(self) -> str:
        """The edited text of the function (and of others, where it takes more than one)."""
        return self.text()


PRESETS = [
    Preset(
        "No causal mask",
        "attention_weights",
        "Every token attends to those after it as well, as in a model that fills gaps.",
        "In training no token saw what came after it: the weights are as before, what they get is not.",
        lambda: changed(
            "attention_weights",
            ("    n_new, n_all = q.shape[-2], k.shape[-2]\n", ""),
            (
                "softmax(attention_scores(q, k) + causal_mask(n_new, n_all - n_new))",
                "softmax(attention_scores(q, k))",
            ),
        ),
    ),
    Preset(
        "ReLU in place of GELU",
        "gelu",
        "What is below 0 becomes 0; the smooth step of GELU is gone.",
        "The two differ by at most 0.17, but they do so in every layer, at every token.",
        lambda: "@layer\ndef gelu(x):  # [T, 4C] -> [T, 4C]\n    return np.maximum(x, 0)\n",
    ),
    Preset(
        "No position embeddings",
        "embeddings",
        "The model is told which tokens there are, no longer where.",
        "The order of the prompt is left only in what the causal mask hides from whom.",
        lambda: changed(
            "embeddings",
            ("    return wte[inputs] + wpe[n_past + np.arange(inputs.shape[-1])]", "    return wte[inputs]"),
        ),
    ),
    Preset(
        "No layer norm",
        "layer_norm",
        "Vectors reach each layer as large as they are.",
        "The residual stream grows from layer to layer, and every layer was trained on vectors of one size.",
        lambda: "@layer\ndef layer_norm(x, g, b, eps=1e-5):  # [T, C] -> [T, C]\n    return x\n",
    ),
    Preset(
        "No residual around attention",
        "transformer_block",
        "What attention has found takes the place of what was there, in place of being added to it.",
        "A token forgets itself in every layer, but for what it attends to of itself.",
        lambda: changed("transformer_block", ("    x = x + mha(", "    x = mha(")),
    ),
    Preset(
        "Silence attention heads",
        "gpt2",
        "The heads of SILENT_HEADS attend as ever, but what they have found is not passed on.",
        "Change the numbers: some heads can be spared, some cannot.",
        lambda: ablation(heads={(0, 0)}),
    ),
    Preset(
        "Silence a feed-forward layer",
        "gpt2",
        "The feed-forward layers of SILENT_FFNS add nothing to the residual stream.",
        "Change the number: some layers can be spared, some cannot.",
        lambda: ablation(ffns={0}),
    ),
    Preset(
        "Round a layer's weights to fp16",
        "gpt2",
        "The matrices of one layer are rounded to 16-bit floating-point numbers.",
        "The logits move a little, and the text changes only where two tokens were nearly level.",
        lambda: TO_FP16 + changed("gpt2", (LOOP, ROUNDED_LOOP)),
    ),
    Preset(
        "Round a layer's weights to int8",
        "gpt2",
        "The matrices of one layer are rounded to 255 steps, all of one size for the whole matrix.",
        "The logits move far more than with fp16, by one layer alone: why nothing is quantized here.",
        lambda: TO_INT8 + changed("gpt2", (LOOP, ROUNDED_LOOP)),
    ),
    Preset(
        "Uniform attention",
        "attention_weights",
        "The scores are multiplied by 0 before the softmax: each token looks at all before it alike.",
        "A factor of 0.5 blurs attention, 2 sharpens it, 1 is the model as it came.",
        lambda: changed("attention_weights", ("softmax(attention_scores", "softmax(0 * attention_scores")),
    ),
]
