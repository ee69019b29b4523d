"""A GPT-2 checkpoint's tensors to the model's parameters: names, shapes, dtypes, layout.

The parameters are nested dicts whose keys are the model's argument names:
`params["blocks"][0]["attn"]["c_attn"]["w"]` is `h.0.attn.c_attn.weight`, [C, 3C].
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from picogpt import safetensors
from picogpt.errors import WeightsError
from picogpt.matmul import WEIGHT_ORDER, Float
from picogpt.safetensors import TensorInfo

Params = dict[str, Any]


# causal masks that older checkpoints carry along; `attn.c_attn.bias` ends alike and is a real tensor
MASK = re.compile(r"h\.\d+\.attn\.(bias|masked_bias)")
LINEARS = {
    ("attn", "c_attn"): (1, 3),
    ("attn", "c_proj"): (1, 1),
    ("mlp", "c_fc"): (1, 4),
    ("mlp", "c_proj"): (4, 1),
}
# what this model computes, and what a config.json must not contradict
FIXED = {
    "model_type": ("gpt2",),
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
    "layer_norm_epsilon": (1e-5,),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
}


class HParams(TypedDict):
    """The sizes of a model, under the names of OpenAI's hparams.json."""

    n_vocab: int
    n_ctx: int
    n_embd: int
    n_head: int
    n_layer: int


def hparams_of(infos: Mapping[str, TensorInfo], config: Mapping[str, Any] | None = None) -> HParams:
    """Sizes from the tensors' shapes; n_head from `config` (a config.json) or as n_embd / 64.

    Raises WeightsError where a tensor is missing or `config` describes another model.
    """
    config = config or {}
    for key, allowed in FIXED.items():
        if config.get(key, allowed[0]) not in allowed:
            raise WeightsError(f"config.json: {key} is {config[key]!r}; this is GPT-2, with {allowed[0]!r}.")
    n_vocab, n_embd = _matrix_shape(infos, "wte.weight")
    n_ctx, _ = _matrix_shape(infos, "wpe.weight")
    layers = {int(match[1]) for name in infos if (match := re.match(r"h\.([0-9]{1,4})\.", name))}
    n_head = config.get("n_head", max(1, n_embd // 64))
    if type(n_head) is not int or n_head < 1 or n_embd % n_head:
        raise WeightsError(f"config.json: n_head is {n_head!r}, which does not divide n_embd = {n_embd}.")
    if not layers or layers != set(range(len(layers))):
        raise WeightsError(f"The file has the blocks {sorted(layers)}: expected 0, 1, 2 … without a gap.")
    return HParams(n_vocab=n_vocab, n_ctx=n_ctx, n_embd=n_embd, n_head=n_head, n_layer=len(layers))


def _matrix_shape(infos: Mapping[str, TensorInfo], name: str) -> tuple[int, int]:
    shape = _find(infos, name).shape
    if len(shape) != 2 or 0 in shape:
        raise WeightsError(f"{name}: expected a matrix, the file has shape {shape}.")
    return shape[0], shape[1]


def _find(infos: Mapping[str, TensorInfo], name: str) -> TensorInfo:
    if name not in infos:
        raise WeightsError(f"{name}: missing from the file.", "Is this a GPT-2 checkpoint?")
    return infos[name]


def tensor_shapes(hparams: HParams) -> dict[str, tuple[int, ...]]:
    """Every tensor that a GPT-2 of these sizes has, in the order in which the model reads them."""
    c = hparams["n_embd"]
    shapes: dict[str, tuple[int, ...]] = {
        "wte.weight": (hparams["n_vocab"], c),
        "wpe.weight": (hparams["n_ctx"], c),
    }
    for n in range(hparams["n_layer"]):
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"h.{n}.{norm}.weight": (c,), f"h.{n}.{norm}.bias": (c,)}
        for (part, name), (n_in, n_out) in LINEARS.items():
            shapes[f"h.{n}.{part}.{name}.weight"] = (n_in * c, n_out * c)
            shapes[f"h.{n}.{part}.{name}.bias"] = (n_out * c,)
    return shapes | {"ln_f.weight": (c,), "ln_f.bias": (c,)}


def without_prefix(infos: Mapping[str, TensorInfo]) -> dict[str, TensorInfo]:
    """The tensors under GPT-2's own names: many files put `transformer.` before each."""
    named = {name.removeprefix("transformer."): info for name, info in infos.items()}
    if len(named) != len(infos):
        raise WeightsError("The file has some tensors twice, with and without the prefix “transformer.”.")
    return named


def read_params(
    file: bytes | NDArray[np.uint8], config: Mapping[str, Any] | None = None
) -> tuple[HParams, Params]:
    """Sizes and parameters from a whole safetensors file in memory, or mapped into it.

    Raises WeightsError, naming the tensor or byte, where the file is malformed or not a GPT-2.
    """
    hparams, infos = select(safetensors.parse(file), config)
    tensors = {name: safetensors.read(file, info, memory_order(name)) for name, info in infos.items()}
    return hparams, nest(without_tied_head(tensors))


def without_tied_head(tensors: dict[str, Float]) -> dict[str, Float]:
    """Tied checkpoints may hold the same matrix twice, as embeddings and as unembedding: keep it once."""
    head = tensors.get("lm_head.weight")
    if head is not None and np.array_equal(head, tensors["wte.weight"]):
        return {name: tensor for name, tensor in tensors.items() if name != "lm_head.weight"}
    return tensors


def select(
    infos: Mapping[str, TensorInfo], config: Mapping[str, Any] | None = None
) -> tuple[HParams, dict[str, TensorInfo]]:
    """Sizes, and the tensors that a model needs of the file, by GPT-2's names.

    Raises WeightsError, naming the tensor, where these are not the tensors of a GPT-2.
    """
    infos = without_prefix(infos)
    hparams = hparams_of(infos, config)
    shapes = tensor_shapes(hparams)
    # tied is the default of a config.json; without one, only the numbers can tell
    if "lm_head.weight" in infos and not (config is not None and config.get("tie_word_embeddings", True)):
        shapes["lm_head.weight"] = shapes["wte.weight"]
    known = {*shapes, "lm_head.weight"}
    unknown = sorted(name for name in infos if name not in known and not MASK.fullmatch(name))
    if unknown:
        raise WeightsError(f"{unknown[0]}: not a tensor of GPT-2.", "Is this a GPT-2 checkpoint?")
    for name, shape in shapes.items():
        if (found := _find(infos, name).shape) != shape:
            raise WeightsError(
                f"{name}: expected shape {shape}, the file has {found}.", "Is this a GPT-2 checkpoint?"
            )
    return hparams, {name: infos[name] for name in shapes}


def is_mask(name: str) -> bool:
    """Whether a file's tensor of this name is a causal mask, which a model needs not read."""
    return MASK.fullmatch(name.removeprefix("transformer.")) is not None


def memory_order(name: str) -> Any:
    """C or F: how a tensor of this name should lie in memory. The one place where that is decided."""
    return WEIGHT_ORDER if re.search(r"\.c_\w+\.weight$", name) else "C"


def nest(tensors: Mapping[str, Float]) -> Params:
    """Tensors by GPT-2's names -> the nested parameters that `gpt2(**params)` takes."""
    params: Params = {"wte": tensors["wte.weight"], "wpe": tensors["wpe.weight"], "blocks": []}
    for name, tensor in tensors.items():
        *path, kind = name.split(".")
        if path[0] in ("wte", "wpe"):
            continue
        if path[0] == "lm_head":
            params["lm_head"] = tensor
            continue
        at = params
        if path[0] == "h":
            number = int(path[1])
            params["blocks"] += ({} for _ in range(number + 1 - len(params["blocks"])))
            at, path = params["blocks"][number], path[2:]
        for key in path:
            at = at.setdefault(key, {})
        at[_short(path[-1], kind)] = tensor
    return params


def _short(module: str, kind: str) -> str:
    # TensorFlow's names, which the model's functions take: w, b of a linear, g, b of a layer norm
    return "b" if kind == "bias" else "g" if module.startswith("ln_") else "w"


def flatten(params: Params) -> dict[str, Float]:
    """The nested parameters -> tensors by GPT-2's names: the inverse of `nest`."""

    def walk(at: Any, path: str) -> Iterator[tuple[str, Float]]:
        if isinstance(at, np.ndarray):
            module, _, kind = path.rpartition(".")
            yield (f"{module}.{'bias' if kind == 'b' else 'weight'}" if module else f"{path}.weight"), at
        else:
            for key, value in enumerate(at) if isinstance(at, list) else at.items():
                yield from walk(value, f"{path}.{'h' if key == 'blocks' else key}".lstrip("."))

    return dict(walk(params, ""))
