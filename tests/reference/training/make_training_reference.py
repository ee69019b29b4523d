"""Writes training.npz: what PyTorch computes for a small GPT-2, an oracle that shares no code with picogpt.

    pip install torch==2.13.0 numpy==2.4.3
    python make_training_reference.py

The file holds the first weights, one batch a step, the loss and all gradients of the first step (before
clipping), and the losses, gradient norms and final weights of 20 steps of torch.optim.AdamW with clipping and
a schedule.
"""

import math
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

N_VOCAB, N_CTX, N_EMBD, N_HEAD, N_LAYER = 67, 16, 24, 3, 2
N_STEPS, N_WARMUP, BATCH, PEAK, DECAY, BETAS, MAX_NORM = 20, 4, 6, 1e-2, 0.1, (0.9, 0.95), 1.0


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(N_EMBD), nn.LayerNorm(N_EMBD)
        self.attn = nn.ModuleDict(
            {"c_attn": nn.Linear(N_EMBD, 3 * N_EMBD), "c_proj": nn.Linear(N_EMBD, N_EMBD)}
        )
        self.mlp = nn.ModuleDict(
            {"c_fc": nn.Linear(N_EMBD, 4 * N_EMBD), "c_proj": nn.Linear(4 * N_EMBD, N_EMBD)}
        )

    def forward(self, x):
        q, k, v = self.attn["c_attn"](self.ln_1(x)).chunk(3, dim=-1)
        q, k, v = (t.unflatten(-1, (N_HEAD, -1)).transpose(1, 2) for t in (q, k, v))
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + self.attn["c_proj"](y)
        return x + self.mlp["c_proj"](functional.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate="tanh"))


class GPT2(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(N_VOCAB, N_EMBD), nn.Embedding(N_CTX, N_EMBD)
        self.h = nn.ModuleList(Block() for _ in range(N_LAYER))
        self.ln_f = nn.LayerNorm(N_EMBD)

    def loss(self, batch):
        inputs, targets = batch[:, :-1], batch[:, 1:]
        x = self.wte(inputs) + self.wpe(torch.arange(inputs.shape[1]))
        for block in self.h:
            x = block(x)
        return functional.cross_entropy((self.ln_f(x) @ self.wte.weight.T).flatten(0, 1), targets.flatten())


def published_names(model, values):
    """Tensors under GPT-2's names and in its layout: Linear stores (out, in), GPT-2 (in, out)."""
    return {
        name: (value.T if ".c_" in name and value.ndim == 2 else value).detach().numpy().copy()
        for (name, _), value in zip(model.named_parameters(), values, strict=True)
    }


def main():
    torch.manual_seed(0)
    model = GPT2()
    for (
        parameter
    ) in model.parameters():  # gains and biases too: none may stand at a value that hides an error
        nn.init.normal_(parameter, 0.3 if parameter.ndim == 1 else 0.0, 0.15)
    out = {f"first/{name}": value for name, value in published_names(model, model.parameters()).items()}
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK, betas=BETAS)
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, 1 / N_WARMUP, 1.0, N_WARMUP - 1)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, N_STEPS - N_WARMUP)
    # the cosine begins at step N_WARMUP with the peak itself, which the last step of the warm-up has as well
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warmup, cosine], [N_WARMUP])
    batches = torch.randint(N_VOCAB, (N_STEPS, BATCH, N_CTX + 1))
    losses, norms, rates = [], [], []
    for step in range(N_STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.zero_grad()
        loss = model.loss(batches[step])
        loss.backward()
        if step == 0:
            gradients = published_names(model, [p.grad for p in model.parameters()])
            out |= {f"gradient/{name}": value for name, value in gradients.items()}
        losses.append(loss.item())
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM).item())
        optimizer.step()
        schedule.step()
    out |= {f"last/{name}": value for name, value in published_names(model, model.parameters()).items()}
    out |= {"batches": batches.numpy().astype(np.uint8), "losses": np.array(losses), "norms": np.array(norms)}
    out |= {"learning_rates": np.array(rates)}
    sizes = {"n_vocab": N_VOCAB, "n_ctx": N_CTX, "n_embd": N_EMBD, "n_head": N_HEAD, "n_layer": N_LAYER}
    settings = {"n_steps": N_STEPS, "n_warmup": N_WARMUP, "learning_rate": PEAK, "weight_decay": DECAY}
    settings |= {"beta_1": BETAS[0], "beta_2": BETAS[1], "max_norm": MAX_NORM, "batch_size": BATCH}
    out |= {f"setting/{name}": np.array(value) for name, value in (sizes | settings).items()}
    assert math.isfinite(sum(losses))
    np.savez_compressed(Path(__file__).with_name("training.npz"), **out)


if __name__ == "__main__":
    main()
