"""How far the model is from PyTorch, for the page on accuracy: measured anew whenever the pages are built.

PyTorch's results are files of tests/reference and of the small model, recorded by the scripts beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from picogpt import generate, gpt2, load_checkpoint
from picogpt.trace import recording
from project import ROOT, SITE_SOURCES

REFERENCE = ROOT / "tests" / "reference"
SHIPPED = SITE_SOURCES / "models" / "shakespeare"
WEIGHTS = "gpt2.0/transformer_block.{}/mha.0/attention.0/attention_weights.0"
HEAD = """\
| checkpoint | blocks × channels | logits | hidden states | attention weights | greedy tokens that agree |
| --- | --- | --- | --- | --- | --- |
"""


def table() -> str:
    """The largest absolute differences from PyTorch, a row for each checkpoint."""
    return HEAD + "\n".join(row(path.parent) for path in sorted(REFERENCE.glob("*/expected.npz")))


def row(folder: Path) -> str:
    """One checkpoint's."""
    hparams, expected, found = measured(folder)
    cells = [
        f"`{folder.name}`",
        f"{hparams['n_layer']} × {hparams['n_embd']}",
        *(f"{found[name]:.1e}" for name in ("logits", "hidden", "attentions")),
        f"{found['greedy']} of {len(expected['greedy'])}",
    ]
    return f"| {' | '.join(cells)} |"


def measured(folder: Path) -> tuple[dict[str, int], dict[str, Any], dict[str, float]]:
    """Sizes, PyTorch's results, and how far ours are from them (of `greedy`: how many ids agree)."""
    _, hparams, params = load_checkpoint(folder)
    expected = dict(np.load(folder / "expected.npz"))
    n_head, n_layer = hparams["n_head"], hparams["n_layer"]
    with recording() as seen:
        logits = gpt2(expected["input_ids"], **params, n_head=n_head)
    # PyTorch's last hidden state is the one after the final layer norm
    blocks = [seen[f"gpt2.0/transformer_block.{n}"] for n in range(n_layer - 1)]
    ours = {
        "logits": logits,
        "hidden": np.stack([seen["gpt2.0/embeddings.0"], *blocks, seen["gpt2.0/layer_norm.0"]]),
        "attentions": np.stack([seen[WEIGHTS.format(n)] for n in range(n_layer)]),
    }
    found = {name: float(np.abs(array - expected[name]).max()) for name, array in ours.items()}
    greedy = generate(expected["input_ids"].tolist(), params, n_head, len(expected["greedy"]))
    found["greedy"] = sum(map(int.__eq__, greedy, expected["greedy"].tolist()))
    return {"n_layer": n_layer, "n_embd": hparams["n_embd"]}, expected, found


def small_model() -> str:
    """A sentence on the shipped model's recorded logits."""
    recorded = json.loads((SHIPPED / "parity.json").read_text("utf-8"))
    differences = np.concatenate(list(shipped_differences(recorded["prompts"])))
    lengths = [len(prompt["ids"]) for prompt in recorded["prompts"]]
    prompts = f"{', '.join(map(str, lengths[:-1]))} and {lengths[-1]} tokens"
    return (
        f"The small model, {len(differences):,} logits after prompts of {prompts}, recorded with "
        f"{recorded['with']}: the largest difference is {differences.max():.1e}."
    )


def shipped_differences(prompts: list[dict[str, Any]]) -> Iterator[np.ndarray]:
    """Of the recorded tokens' logits, for each prompt."""
    _, hparams, params = load_checkpoint(SHIPPED)
    for prompt in prompts:
        logits = gpt2(prompt["ids"], **params, n_head=hparams["n_head"], rows=slice(-1, None))[0]
        yield np.abs(logits[prompt["tokens"]] - np.array(prompt["logits"], np.float32))
