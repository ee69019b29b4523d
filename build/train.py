"""`python3 build train --corpus DIR`: trains the small model that ships with the site, as its card describes.

The recipe stands here, so that one command with no further options gives the same model again. Interrupted,
the same command goes on from the last save.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import shakespeare
import train_report
from picogpt import safetensors
from picogpt.bpe import Encoder
from picogpt.initial import initial_params
from picogpt.merges import learn_merges
from picogpt.tokens import Batches, encode_texts, read_tokens, write_tokens
from picogpt.train import Settings
from picogpt.training_run import LOG_NAME, Run, n_cores, side_by_side
from picogpt.weights import HParams, flatten
from project import DIST, SITE_SOURCES, BuildError, say

SHIPPED = SITE_SOURCES / "models" / "shakespeare"
MAX_BYTES = 12_000_000  # a visitor waits for this file

N_MERGES = 2000
SIZES = HParams(n_vocab=256 + N_MERGES + 1, n_ctx=256, n_embd=192, n_head=4, n_layer=5)
BATCH_SIZE = 8
SETTINGS = Settings(
    n_steps=5_000,
    learning_rate=3e-3,
    muon_learning_rate=0.02,
    n_warmup=100,
    n_hold=2_500,
    weight_decay=0.1,
    dropout=0.1,
    seed=1,
)


def main(argv: list[str]) -> int:
    """Train, evaluate, and put the model and its figures beside its card."""
    args = parser().parse_args(argv)
    run, held_out = prepare(args.corpus, args.out)
    try:
        run.train(args.threads)
    except KeyboardInterrupt:
        say("Stopped. The same command goes on from the last save.")
        return 130
    say("Evaluating and sampling …")
    with side_by_side(1):  # on busy cores, BLAS's own threads wait for each other more than they compute
        results = train_report.write(run, held_out, args.corpus)
    say(json.dumps(results, indent=2))
    ship(args.out)
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = argparse.ArgumentParser("python3 build train", description="Train the model that ships.")
    options.add_argument(
        "--corpus", type=Path, required=True, help="folder of Shakespeare's works, a .txt each"
    )
    options.add_argument(
        "--out", type=Path, default=DIST / "training", help="folder of the run (dist/training)"
    )
    options.add_argument("--threads", type=int, default=n_cores(), help="all cores")
    return options


def prepare(corpus: Path, out: Path) -> tuple[Run, str]:
    """(the run, the held-out text): vocabulary and token files are made, the first weights drawn."""
    works, plays = shakespeare.read_corpus(corpus)
    held_out = "\n\n".join(plays)
    say(f"{len(works)} works to train on, {len(held_out):,} bytes held out; learning {N_MERGES:,} merges …")
    encoder = Encoder(learn_merges("\n\n".join(works), N_MERGES))
    out.mkdir(parents=True, exist_ok=True)
    write_tokens(out / "tokens.npy", encode_texts(encoder, works))
    batches = Batches(read_tokens(out / "tokens.npy"), SIZES["n_ctx"], BATCH_SIZE, SETTINGS.seed)
    params = initial_params(SIZES, SETTINGS.seed)
    n_bytes = len(safetensors.write(flatten(params)))
    if n_bytes > MAX_BYTES:  # before an hour of training, not after it
        raise BuildError(f"model.safetensors would have {n_bytes:,} bytes; at most {MAX_BYTES:,} may ship.")
    watched = encode_texts(encoder, plays[1:2])  # one of the three plays is enough for the curve
    return Run(out, params, SIZES, encoder, batches, SETTINGS, watched, save_every=500), held_out


def ship(out: Path) -> None:
    """Copy what the site shows from the run's folder; the card, README.md, is written by hand and stays."""
    SHIPPED.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "merges.txt", LOG_NAME, *train_report.NAMES, "model.safetensors"):
        shutil.copyfile(out / name, SHIPPED / f"{name}.new")
        (SHIPPED / f"{name}.new").replace(SHIPPED / name)
