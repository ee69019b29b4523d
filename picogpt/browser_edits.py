"""What the page can ask for to change the model: one function per kind of message, as in `browser`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from picogpt import edit as editing
from picogpt import experiments
from picogpt.browser import Event, Model, chosen, explain, sampling_of, seed_of, token_event
from picogpt.compare import SIDES, Continuation
from picogpt.presets import PRESETS, ablation
from picogpt.sampling import likeliest, probabilities
from picogpt.script import script

Prompt = str | Sequence[int]

N_SHOWN = 10  # likeliest tokens, of each distribution


def edit(name: str, source: str) -> dict[str, str]:
    """Put a text in a function's place ("model": in that of all of model.py), if it runs; what is edited."""
    model = chosen()
    editing.replace(name, source, model.params, model.hparams["n_head"])
    return editing.edited()


def restore(name: str | None = None) -> dict[str, str]:
    """Take one edit out, or all; what is still edited."""
    editing.restore(name)
    return editing.edited()


def edits() -> dict[str, str]:
    """What is edited: texts by name."""
    return editing.edited()


def changed() -> dict[str, str]:
    """The texts of all functions that are not as they came, by name; "model" is all of model.py."""
    return editing.changed()


def source(name: str | None = None) -> str:
    """The text of a function as it runs now, or of the whole module."""
    return editing.source(name)


def presets() -> list[dict[str, str]]:
    """The experiments that are prepared."""
    return [
        {
            "title": preset.title,
            "name": preset.name,
            "source": preset.source,
            "what": preset.what,
            "watch": preset.watch,
        }
        for preset in PRESETS
    ]


def ablation_source(heads: Sequence[Sequence[int]], ffns: Sequence[int]) -> str:
    """The text of an edit of `gpt2` that silences heads, [layer, head] each, and feed-forward layers."""
    return ablation({(int(layer), int(head)) for layer, head in heads}, {int(layer) for layer in ffns})


def silenced() -> dict[str, list[Any]]:
    """Heads, [layer, head] each, and feed-forward layers that an ablation has silenced."""
    heads, ffns = experiments.silenced()
    return {"heads": [list(head) for head in sorted(heads)], "ffns": sorted(ffns)}


def compare(prompt: Prompt, settings: Mapping[str, Any]) -> Iterator[Event]:
    """A stream: "prompt", then for each side, "original" and "edited", a "token" each and an "end".

    Both sides begin with the same seed. Of each token there is what `generate` tells, its `side`, and as
    `other` its probability by the other side's model. An "error" ends the stream.
    """
    try:
        yield from _compare(chosen(), prompt, settings)
    except (Exception, SystemExit) as error:
        yield {"type": "error", "error": explain(error)}


def _compare(model: Model, prompt: Prompt, settings: Mapping[str, Any]) -> Iterator[Event]:
    ids, seed, sampling = model.encode(prompt), seed_of(settings), sampling_of(settings)
    stop_id = None if model.encoder is None else model.encoder.end_of_text
    n_head = model.hparams["n_head"]
    yield {"type": "prompt", "ids": ids, "n_ctx": model.hparams["n_ctx"], "seed": seed}
    for side in SIDES:
        run = Continuation(side, ids, model.params, n_head, settings["n_tokens"], sampling, seed, stop_id)
        decoder = model.encoder.decoder() if model.encoder else None
        for token, other in run:
            text = decoder.feed(token.id) if decoder else model.text(token.id)
            yield {**token_event(model, token, text), "side": side, "other": other}
        text = decoder.finish() if decoder else ""
        yield {"type": "end", "side": side, "reason": run.generation.reason, "text": text}


def patch(prompt_a: Prompt, prompt_b: Prompt, path: str, position: int) -> dict[str, Any]:
    """Carry one activation from the run over A into that over B: B's answer before and after, and A's."""
    model = chosen()
    ids_a, ids_b = model.encode(prompt_a), model.encode(prompt_b)
    found = experiments.patch(ids_a, ids_b, path, position, model.params, model.hparams["n_head"])
    return {**_moved(model, found), "donor": probabilities(_shown(found), found.donor)}


def rounding(prompt: Prompt, layer: int, kind: str) -> dict[str, Any]:
    """How far the next token's logits move when one layer's weights are rounded ("fp16" or "int8")."""
    model = chosen()
    ids = model.encode(prompt)
    return _moved(model, experiments.rounding(ids, model.params, model.hparams["n_head"], layer, kind))


def moved(prompt: Prompt) -> dict[str, Any]:
    """How far what is edited moves the next token's logits."""
    model = chosen()
    ids, n_head = model.encode(prompt), model.hparams["n_head"]
    with editing.original():
        before = experiments.logits_of(ids, model.params, n_head)
    return _moved(model, experiments.Moved(before, experiments.logits_of(ids, model.params, n_head)))


def _moved(model: Model, found: experiments.Moved) -> dict[str, Any]:
    """The tokens that are likeliest before or after, both probabilities, and the largest move of a logit."""
    shown = _shown(found)
    before, after = found.probabilities(shown)
    return {
        "largest": found.largest,
        "ids": shown,
        "texts": [model.text(id) for id in shown],
        "before": before,
        "after": after,
    }


def _shown(found: experiments.Moved) -> list[int]:
    best = (likeliest(logits, N_SHOWN).tolist() for logits in (found.before, found.after))
    return list(dict.fromkeys(id for ids in best for id in ids))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        edit,
        restore,
        edits,
        changed,
        source,
        presets,
        ablation_source,
        silenced,
        compare,
        moved,
        patch,
        rounding,
        script,
    )
}
