"""Record what PyTorch computes with the checkpoints of this folder; the tests only read its results.

    pip install torch==2.13.0 transformers==4.57.6
    python tests/reference/record.py

Each folder's model.safetensors and config.json are loaded by transformers, and expected.npz written beside
them: input_ids [T] (kept as they are), logits [T, V], hidden [L+1, T, C] (after the embeddings and after each
block, the last one after ln_f), attentions [L, H, T, T], and greedy [64], the ids that follow input_ids.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel

N_GREEDY = 64


def load(folder: Path) -> GPT2LMHeadModel:
    """The checkpoint as transformers reads it, in float32."""
    config = GPT2Config(**json.loads((folder / "config.json").read_text()), attn_implementation="eager")
    model = GPT2LMHeadModel(config)
    tensors = load_file(folder / "model.safetensors")
    named = {name.removeprefix("transformer."): tensor.float() for name, tensor in tensors.items()}
    head = named.pop("lm_head.weight", None)
    missing, _ = model.transformer.load_state_dict(named, strict=False)
    assert not missing, missing
    if head is not None:
        model.lm_head.weight.data = head
    return model.eval()


@torch.no_grad()
def record(model: GPT2LMHeadModel, ids: torch.Tensor) -> dict[str, np.ndarray]:
    """Every result that the tests compare."""
    seen = model(ids[None], output_hidden_states=True, output_attentions=True)
    greedy = ids
    for _ in range(N_GREEDY):
        greedy = torch.cat([greedy, model(greedy[None]).logits[0, -1].argmax()[None]])
    return {
        "input_ids": ids.numpy(),
        "logits": seen.logits[0].numpy(),
        "hidden": torch.cat(seen.hidden_states).numpy(),
        "attentions": torch.cat(seen.attentions).numpy(),
        "greedy": greedy[len(ids) :].numpy(),
    }


def main() -> None:
    """Record every checkpoint, and say how far the results are from those recorded before."""
    for path in sorted(Path(__file__).parent.glob("*/expected.npz")):
        before = dict(np.load(path))
        results = record(load(path.parent), torch.from_numpy(before["input_ids"]))
        np.savez_compressed(path, **results)
        changes = {name: float(np.abs(results[name] - before[name]).max()) for name in results}
        print(path.parent.name, changes)


if __name__ == "__main__":
    main()
