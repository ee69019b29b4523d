"""Writes muon.npz: 20 steps of torch.optim.Muon and AdamW on the model and batches of training.npz.

    pip install torch==2.13.0 numpy==2.4.3
    python make_muon_reference.py

Muon has the matrices inside the blocks, queries, keys and values as matrices of their own; AdamW the rest.
PyTorch's Muon iterates in bfloat16, for GPUs: here in float32, so that the two can be compared closely.
"""

import math
from pathlib import Path

import make_training_reference as training
import numpy as np
import torch
from torch import nn

MUON_PEAK = 2e-2


class ThreeLinears(nn.Module):
    """What c_attn computes, its queries, keys and values by a matrix each."""

    def __init__(self, whole):
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(training.N_EMBD, training.N_EMBD) for _ in range(3))
        for n, part in enumerate(self.parts):
            part.weight.data.copy_(whole.weight.data[n * training.N_EMBD : (n + 1) * training.N_EMBD])
            part.bias.data.copy_(whole.bias.data[n * training.N_EMBD : (n + 1) * training.N_EMBD])

    def forward(self, x):
        return torch.cat([part(x) for part in self.parts], dim=-1)


def drawn():
    """The model and the batches of training.npz, drawn in the same order."""
    torch.manual_seed(0)
    model = training.GPT2()
    for parameter in model.parameters():
        nn.init.normal_(parameter, 0.3 if parameter.ndim == 1 else 0.0, 0.15)
    batches = torch.randint(training.N_VOCAB, (training.N_STEPS, training.BATCH, training.N_CTX + 1))
    reference = np.load(Path(__file__).with_name("training.npz"))
    first = training.published_names(model, model.parameters())
    assert all(np.array_equal(value, reference[f"first/{name}"]) for name, value in first.items())
    assert np.array_equal(batches.numpy(), reference["batches"])
    for block in model.h:
        block.attn["c_attn"] = ThreeLinears(block.attn["c_attn"])
    return model, batches


def optimizers_of(model):
    named = list(model.named_parameters())
    hidden = [p for name, p in named if name.startswith("h.") and p.ndim == 2]
    rest = [p for name, p in named if not (name.startswith("h.") and p.ndim == 2)]
    groups = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": training.DECAY},
        {"params": [p for p in rest if p.ndim == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=training.PEAK, betas=training.BETAS), torch.optim.Muon(
        hidden, lr=MUON_PEAK, weight_decay=training.DECAY, momentum=0.95, nesterov=True
    )


def scheduled(optimizer):
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, 1 / training.N_WARMUP, 1.0, training.N_WARMUP - 1)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, training.N_STEPS - training.N_WARMUP)
    return torch.optim.lr_scheduler.SequentialLR(optimizer, [warmup, cosine], [training.N_WARMUP])


def joined(model):
    """The weights under GPT-2's names: the three matrices of c_attn side by side again."""
    with torch.no_grad():
        for block in model.h:
            parts = block.attn["c_attn"].parts
            whole = nn.Linear(training.N_EMBD, 3 * training.N_EMBD)
            whole.weight.data = torch.cat([part.weight for part in parts])
            whole.bias.data = torch.cat([part.bias for part in parts])
            block.attn["c_attn"] = whole
    return training.published_names(model, model.parameters())


def main():
    torch.Tensor.bfloat16 = torch.Tensor.float
    model, batches = drawn()
    optimizers = optimizers_of(model)
    schedules = [scheduled(optimizer) for optimizer in optimizers]
    losses, norms = [], []
    for batch in batches:
        model.zero_grad()
        loss = model.loss(batch)
        loss.backward()
        losses.append(loss.item())
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), training.MAX_NORM).item())
        for each in (*optimizers, *schedules):
            each.step()
    assert math.isfinite(sum(losses))
    out = {f"last/{name}": value for name, value in joined(model).items()}
    out |= {"losses": np.array(losses), "norms": np.array(norms)}
    out |= {"setting/muon_learning_rate": np.array(MUON_PEAK)}
    np.savez_compressed(Path(__file__).with_name("muon.npz"), **out)


if __name__ == "__main__":
    main()
