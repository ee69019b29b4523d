"""The encoder's throughput beside tiktoken's, on one text, in turn.

    .venv/bin/python build/bench_encoder.py TEXT      # `python3 build check` has put tiktoken into .venv

Prints MB/s of each and their ratio, and writes them to dist/bench/encoder.json. Both get GPT-2's vocabulary.
Every round makes a new encoder, so that no word is remembered from the round before.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import tiktoken
from tiktoken.load import data_gym_to_mergeable_bpe_ranks

from picogpt.bpe import SPLIT_PATTERN, Encoder
from project import DIST, ROOT

MERGES = ROOT / "site" / "models" / "gpt2" / "merges.txt"
ENCODER_JSON = ROOT / "tests" / "reference" / "gpt2" / "encoder.json"


def elapsed_s(encode: Callable[[str], list[int]], text: str) -> float:
    """Seconds that one call takes."""
    begun = time.perf_counter()
    encode(text)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", type=Path, help="a text file: a megabyte or more of prose")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    text = args.text.read_text("utf-8")
    n_megabytes = len(text.encode()) / 1e6
    ranks = data_gym_to_mergeable_bpe_ranks(str(MERGES), str(ENCODER_JSON))
    rounds = []
    for _ in range(args.rounds):
        ours = Encoder.from_merges(MERGES.read_text("utf-8"))
        theirs = tiktoken.Encoding(
            "gpt2", pat_str=SPLIT_PATTERN.pattern, mergeable_ranks=ranks, special_tokens={}
        )
        rounds.append((elapsed_s(ours.encode, text), elapsed_s(theirs.encode_ordinary, text)))
    figures = {
        "text_mb": round(n_megabytes, 3),
        "picogpt_mb_per_s": round(n_megabytes / statistics.median(a for a, _ in rounds), 2),
        "tiktoken_mb_per_s": round(n_megabytes / statistics.median(b for _, b in rounds), 2),
        "ratio": round(statistics.median(b / a for a, b in rounds), 3),
    }
    path = DIST / "bench" / "encoder.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
