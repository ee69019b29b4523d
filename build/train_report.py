"""The figures of the shipped model: held-out loss, samples, what they copy, the loss curve."""

from __future__ import annotations

import json
from pathlib import Path

import shakespeare
from loss_plot import loss_svg
from picogpt.evaluate import evaluate
from picogpt.generate import Generation
from picogpt.sampling import Sampling
from picogpt.training_run import LOG_NAME, Run
from picogpt.weights import flatten

NAMES = ("results.json", "samples.txt", "loss.svg")
PROMPT, TEMPERATURE, N_SAMPLES, N_TOKENS = "ROMEO:", 0.8, 20, 120
STRIDE = 64


def write(run: Run, held_out: str, corpus: Path) -> dict[str, object]:
    """Write results.json, samples.txt and loss.svg into the run's folder; the results."""
    evaluation, in_capitals = (
        evaluate(text, run.encoder, run.params, run.hparams["n_head"], STRIDE)
        for text in (held_out, shakespeare.held_out_in_capitals(corpus))
    )
    works, _ = shakespeare.read_corpus(corpus)
    texts = [sample(run, seed) for seed in range(N_SAMPLES)]
    training_text = "\n\n".join(works)
    overlap = max((longest_overlap(text, training_text) for text in texts), key=len)
    results = {
        "nats_per_byte": round(evaluation.nats_per_byte, 4),
        "nats_per_token": round(evaluation.nats_per_token, 4),
        "perplexity": round(evaluation.perplexity, 2),
        "held_out_bytes": evaluation.n_bytes,
        "held_out_tokens": evaluation.n_tokens,
        "nats_per_byte_of_331476": round(in_capitals.nats_per_byte, 4),
        "stride": STRIDE,
        "steps": run.settings.n_steps,
        "tokens_trained": run.settings.n_steps * run.batches.batch_size * run.batches.n_ctx,
        "tokens_in_corpus": len(run.batches.ids),
        "parameters": sum(tensor.size for tensor in flatten(run.params).values()),
        "sha256_of_training_text": shakespeare.sha256(works),
        "longest_overlap": overlap,
        "longest_overlap_characters": len(overlap),
    }
    (run.folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    blocks = [f"--- {seed}\n{text}\n" for seed, text in enumerate(texts)]
    (run.folder / "samples.txt").write_text("\n".join(blocks), "utf-8")
    (run.folder / "loss.svg").write_text(loss_svg(run.folder / LOG_NAME), "utf-8")
    return results


def sample(run: Run, seed: int) -> str:
    """The prompt and what the model writes next."""
    inputs = run.encoder.encode(PROMPT)
    generation = Generation(
        inputs,
        run.params,
        run.hparams["n_head"],
        N_TOKENS,
        Sampling(TEMPERATURE),
        seed,
        run.encoder.end_of_text,
    )
    return PROMPT + run.encoder.decode(token.id for token in generation)


def longest_overlap(text: str, corpus: str) -> str:
    """The longest stretch of `text` that stands word for word in `corpus`."""
    best, begin = "", 0
    while begin + len(best) < len(text):
        # a longer one than the best so far must begin somewhere: stretch it as far as it goes
        if text[begin : begin + len(best) + 1] in corpus:
            best = text[begin : begin + len(best) + 1]
        else:
            begin += 1
    return best
