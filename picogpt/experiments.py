"""Experiments whose results are numbers: silence, patch and round, and see how far the answer moves.

Presets (`picogpt.presets`) change what the model writes; here is measured what the next token's logits do.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from picogpt import edit, model
from picogpt.errors import PromptError, SettingsError
from picogpt.generate import check_prompt
from picogpt.matmul import Float
from picogpt.presets import ablation
from picogpt.sampling import probabilities
from picogpt.trace import recording
from picogpt.weights import Params

KINDS = ("fp16", "int8")


@dataclass(frozen=True)
class Moved:
    """Logits of the next token, [V], without a change and with it."""

    before: Float
    after: Float

    @property
    def largest(self) -> float:
        """How far the logit that moved most has moved."""
        return float(np.max(np.abs(self.after - self.before)))

    def probabilities(self, ids: Sequence[int]) -> tuple[list[float], list[float]]:
        """The probabilities of some next tokens, without the change and with it."""
        return probabilities(ids, self.before), probabilities(ids, self.after)


@dataclass(frozen=True)
class Patched(Moved):
    """… and the logits of the text from which the activation came."""

    donor: Float


def ablate(
    heads: Collection[tuple[int, int]] = (),
    ffns: Collection[int] = (),
    params: Params | None = None,
    n_head: int | None = None,
) -> None:
    """Silence attention heads, (layer, head) each, and feed-forward layers; `edit.restore("gpt2")` ends it.

    Nothing to silence is the same as that. Raises SettingsError for numbers that the model of `params` lacks.
    """
    if params is not None and n_head is not None:
        n_layer = len(params["blocks"])
        for n in [*ffns, *(layer for layer, _ in heads)]:
            _check_number("layer", n, n_layer)
        for _, head in heads:
            _check_number("head", head, n_head)
    if heads or ffns:
        edit.replace("gpt2", ablation(heads, ffns), params, n_head)
    else:
        edit.restore("gpt2")


def silenced() -> tuple[set[tuple[int, int]], set[int]]:
    """The heads, (layer, head) each, and the feed-forward layers that are silent in the model as it is now.

    It goes by the numbers at the beginning of an ablation's text, which its reader may have changed.
    """
    names = vars(model) if "gpt2" in edit.edited() else {}
    heads, ffns = names.get("SILENT_HEADS", {}), names.get("SILENT_FFNS", [])
    try:
        return {(int(n), int(head)) for n, some in heads.items() for head in some}, {int(n) for n in ffns}
    except (AttributeError, TypeError, ValueError):  # it is something else by now
        return set(), set()


def _check_number(what: str, n: int, n_there: int) -> None:
    if not 0 <= n < n_there:
        raise SettingsError(f"There is no {what} {n}.", f"They are numbered from 0 to {n_there - 1}.")


def logits_of(ids: Sequence[int], params: Params, n_head: int) -> Float:  # ids [T] -> [V]
    """Logits of the token that follows `ids`, by the model as it is now."""
    check_prompt(ids, len(params["wpe"]), len(params["wte"]))
    logits: Float = model.gpt2(ids, **params, n_head=n_head, rows=slice(-1, None))[-1]
    return logits


def patch(
    prompt_a_ids: Sequence[int],
    prompt_b_ids: Sequence[int],
    path: str,
    position: int,
    params: Params,
    n_head: int,
) -> Patched:
    """Carry one activation from the run over text A into the run over text B.

    path: which function's result, as `recording()` names it ("gpt2.0/transformer_block.3/mha.0"); position:
    at which token. The texts are of equal length. `before` is what B answers by itself, `donor` what A does.
    Raises PromptError or SettingsError.
    """
    if len(prompt_a_ids) != len(prompt_b_ids):
        raise PromptError(
            f"The texts have {len(prompt_a_ids)} and {len(prompt_b_ids)} tokens.",
            "Patching needs two of equal length: each position of one has its counterpart.",
        )
    _check_number("position", position, len(prompt_a_ids))
    with recording() as seen:
        donor = logits_of(prompt_a_ids, params, n_head)
    given = _activation(seen, path)

    def carry(at: str, result: Any) -> Any:
        if at != path:
            return result
        result = result.copy()
        result[..., position, :] = given[..., position, :]
        return result

    before = logits_of(prompt_b_ids, params, n_head)
    with recording(edit=carry):
        after = logits_of(prompt_b_ids, params, n_head)
    return Patched(before, after, donor)


def _activation(seen: dict[str, Any], path: str) -> Float:
    if path not in seen:
        near = get_close_matches(path, seen, n=3, cutoff=0)
        raise SettingsError(f"The model returns nothing under {path!r}.", f"Near it are {', '.join(near)}.")
    return np.asarray(seen[path])


def rounded(params: Params, layer: int, kind: str) -> Params:
    """The parameters with one layer's four matrices rounded, back in float32; all else is shared.

    fp16: 11 significant bits. int8: to whole numbers of steps from -127 to 127, one step a matrix, such that
    the largest weight is 127. Raises SettingsError for a layer or a kind that there is not.
    """
    _check_number("layer", layer, len(params["blocks"]))
    if kind not in KINDS:
        raise SettingsError(f"There is no rounding {kind!r}.", f"Choose among {', '.join(KINDS)}.")
    blocks = list(params["blocks"])
    blocks[layer] = _rounded(blocks[layer], kind)
    return {**params, "blocks": blocks}


def _rounded(weights: Any, kind: str) -> Any:
    if isinstance(weights, dict):
        return {name: _rounded(array, kind) for name, array in weights.items()}
    if weights.ndim != 2:
        return weights
    if kind == "fp16":
        return weights.astype(np.float16).astype(np.float32)
    step = float(np.max(np.abs(weights))) / 127 or 1.0  # of a matrix of zeros any step will do
    return step * np.round(weights / step)


def rounding(ids: Sequence[int], params: Params, n_head: int, layer: int, kind: str) -> Moved:
    """How far the next token's logits move when one layer's weights are rounded."""
    return Moved(logits_of(ids, params, n_head), logits_of(ids, rounded(params, layer, kind), n_head))
