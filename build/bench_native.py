"""The same measurements on CPython, in a process of its own: `python build/bench_native.py FOLDER PLAN`.

Prints JSON. BLAS gets one thread, as the browser has.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from project import ROOT, BuildError

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")


def measure(folder: Path, plan: dict[str, Any]) -> dict[str, Any]:
    """Run this file on the checkpoint in `folder`; tokens/s by length, as site/js/bench.js measures them."""
    line = [sys.executable, __file__, str(folder), json.dumps(plan)]
    result = subprocess.run(line, cwd=ROOT, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True)
    if result.returncode != 0:
        raise BuildError(f"the native measurement failed:\n{result.stderr.strip()}")
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


class Timer:
    """Times one model."""

    def __init__(self, folder: Path) -> None:
        from picogpt.checkpoint import load_checkpoint

        begun = time.perf_counter()
        _, self.hparams, self.params = load_checkpoint(folder)
        self.load_ms = (time.perf_counter() - begun) * 1e3

    def token_times(self, n: int, n_tokens: int) -> list[float]:
        """Seconds of each token after the same prompt as in the browser; the first one has read it."""
        from picogpt.generate import Generation

        ids = [(i * 7919 + 13) % self.hparams["n_vocab"] for i in range(n)]
        times = [time.perf_counter()]
        for _ in Generation(ids, self.params, self.hparams["n_head"], n_tokens):
            times.append(time.perf_counter())
        return [end - start for start, end in pairwise(times)]

    def figures(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Prefill and decode of the plan, as far as the context reaches."""
        n_ctx = self.hparams["n_ctx"]
        self.token_times(8, 1)
        prefill = {n: n / self.token_times(n, 1)[0] for n in plan["prefill"] if n < n_ctx}
        decode = {}
        for n in (n for n in plan["decode"] if n + 4 < n_ctx):
            times = self.token_times(n, 1 + min(plan["n_decode"], n_ctx - n))[1:]
            decode[n] = len(times) / sum(times)
        return {"prefill": prefill, "decode": decode, "load_ms": self.load_ms}


if __name__ == "__main__":
    print(json.dumps(Timer(Path(sys.argv[1])).figures(json.loads(sys.argv[2]))))
