"""`python3 build/bench_train.py`: training throughput beside PyTorch's, on the same model, batch and cores.

Both train the model that ships, with the batches, the dropout and the optimizers of its recipe (`train.py`),
on random ids. They take turns, a few steps each, so that whatever else the machine does falls on both alike;
the figure is the median of the rounds. PyTorch's Muon is taken as it comes: it iterates in bfloat16 and has
queries, keys and values in one matrix, which is less work. PyTorch is not among the project's dependencies:
`pip install torch==2.13.0` in an environment of its own, with picogpt and threadpoolctl.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from picogpt.initial import initial_params
from picogpt.memory import keep_freed_memory
from picogpt.muon import hidden_matrices
from picogpt.tokens import Batches
from picogpt.train import Trainer
from picogpt.training_run import n_cores, side_by_side
from picogpt.weights import flatten
from train import BATCH_SIZE, SETTINGS, SIZES

N_STEPS, N_WARMING = 4, 2
IDS = np.random.default_rng(0).integers(SIZES["n_vocab"], size=300_000).astype(np.uint16)


def torch_step(n_threads: int) -> Callable[[], Any]:
    """A step of the same model, from the same weights: fused attention and AdamW, PyTorch's own Muon."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(n_threads)
    tensors = {
        name: torch.tensor(a, requires_grad=True) for name, a in flatten(initial_params(SIZES)).items()
    }
    hidden = list(hidden_matrices(tensors))
    rest = [tensor for name, tensor in tensors.items() if name not in hidden]
    adamw = torch.optim.AdamW(rest, lr=SETTINGS.learning_rate, weight_decay=0.1, fused=True)
    muon = torch.optim.Muon([tensors[name] for name in hidden], lr=SETTINGS.muon_learning_rate)
    batches, numbers = Batches(IDS, SIZES["n_ctx"], BATCH_SIZE), itertools.count()

    def step() -> None:
        loss = torch_loss(torch, tensors, torch.from_numpy(batches[next(numbers)]))
        adamw.zero_grad()
        muon.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tensors.values(), SETTINGS.max_norm)
        adamw.step()
        muon.step()

    return step


def torch_loss(torch: Any, tensors: Any, batch: Any) -> Any:
    """The language-model loss of a batch, ids [B, T + 1], under PyTorch's own functions."""
    functional = torch.nn.functional

    def linear(x: Any, name: str) -> Any:
        return torch.addmm(tensors[f"{name}.bias"], x.flatten(0, 1), tensors[f"{name}.weight"]).view(
            *x.shape[:2], -1
        )

    def norm(x: Any, name: str) -> Any:
        return functional.layer_norm(x, x.shape[-1:], tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def dropout(x: Any) -> Any:
        return functional.dropout(x, SETTINGS.dropout)

    x = dropout(tensors["wte.weight"][batch[:, :-1]] + tensors["wpe.weight"])
    for block in (f"h.{n}" for n in range(SIZES["n_layer"])):
        qkv = linear(norm(x, f"{block}.ln_1"), f"{block}.attn.c_attn").chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (SIZES["n_head"], -1)).transpose(1, 2) for part in qkv)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + dropout(linear(y, f"{block}.attn.c_proj"))
        hidden = functional.gelu(linear(norm(x, f"{block}.ln_2"), f"{block}.mlp.c_fc"), approximate="tanh")
        x = x + dropout(linear(hidden, f"{block}.mlp.c_proj"))
    logits = norm(x, "ln_f") @ tensors["wte.weight"].T
    return functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())


def tokens_per_second(step: Callable[[], Any]) -> float:
    """Over a few steps in a row."""
    began = time.perf_counter()
    for _ in range(N_STEPS):
        step()
    return N_STEPS * BATCH_SIZE * SIZES["n_ctx"] / (time.perf_counter() - began)


def main(argv: list[str]) -> int:
    """Print both medians and their ratio."""
    options = argparse.ArgumentParser("bench_train.py", description="Training throughput beside PyTorch's.")
    options.add_argument("--rounds", type=int, default=10, help="10")
    options.add_argument("--threads", type=int, default=n_cores(), help="all cores")
    args = options.parse_args(argv)
    keep_freed_memory()  # for both: a run of `picogpt train` does so too
    other = torch_step(args.threads)
    batches = Batches(IDS, SIZES["n_ctx"], BATCH_SIZE)
    with side_by_side(args.threads) as map:
        ours = Trainer(initial_params(SIZES), SIZES["n_head"], batches, SETTINGS, map).step
        for _ in range(N_WARMING):
            ours()
            other()
        pairs = [(tokens_per_second(ours), tokens_per_second(other)) for _ in range(args.rounds)]
    numpy_median, torch_median = (statistics.median(speeds) for speeds in zip(*pairs, strict=True))
    print(f"{args.threads} threads, median of {args.rounds} rounds of {N_STEPS} steps, tokens/s")
    print(f"picogpt {numpy_median:8,.0f}")
    print(f"PyTorch {torch_median:8,.0f}")
    print(f"ratio   {statistics.median(a / b for a, b in pairs):8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
