"""Page "Generating, and the cache": shapes, times and tokens of a step, with the cache and without it."""

import re
from pathlib import Path

import numpy as np
import pytest

from picogpt.model import gpt2
from tests.unit.views_texts import answer, error, shipped, untied

PROSE = " ".join((Path(__file__).parents[2] / "site/learn/generating.md").read_text("utf-8").split())
TEXTS = [shipped(), shipped(""), shipped("Good \U0001f339"), untied([3, 1, 2])]


def shapes(way):
    return {one["name"]: one["shape"] for one in way["functions"]}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("n", [0, 1, 4])
def test_a_step_reads_one_token_with_the_cache_and_all_of_them_without(text, n):
    found = answer(text, "step", n=n)
    cached, whole = found["ways"]
    n_tokens = len(text.ids) + n
    assert (cached["n_read"], cached["n_past"]) == (1, n_tokens - 1)
    assert (whole["n_read"], whole["n_past"]) == (n_tokens, 0)
    h, c, v = (text.hparams[name] for name in ("n_head", "n_embd", "n_vocab"))
    for way, t in ((cached, 1), (whole, n_tokens)):
        seen = shapes(way)
        assert seen["embeddings"] == seen["transformer_block"] == [t, c]
        assert seen["attention_weights"] == seen["attention_scores"] == [h, t, n_tokens]
        assert seen["attention"] == seen["split_heads"] == [h, t, c // h]
        assert seen["gelu"] == [t, 4 * c]
        assert seen["gpt2"] == [1, v]


@pytest.mark.parametrize("text", TEXTS)
def test_the_tokens_are_those_of_a_whole_forward_pass_each_time(text):
    ids = list(text.ids)
    for _ in range(4):
        ids.append(int(gpt2(ids, **text.params, n_head=text.hparams["n_head"])[-1].argmax()))
    found = answer(text, "step", n=3)
    assert found["written"] == [text.piece(id) for id in ids[-4:-1]]
    assert found["id"] == ids[-1]
    assert found["token"] == text.piece(ids[-1])
    assert found["same"] is True
    assert found["difference"] < 1e-3


def test_every_call_is_counted_and_timed_only_if_that_is_asked():
    found = answer(shipped(), "step", n=1, timed=True)
    for way in found["ways"]:
        calls = {one["name"]: one["calls"] for one in way["functions"]}
        n_layer = shipped().hparams["n_layer"]
        assert calls["linear"] == 4 * n_layer
        assert calls["layer_norm"] == 2 * n_layer + 1
        assert calls["transformer_block"] == len(way["blocks_ms"]) == n_layer
        own_ms = sum(one["ms"] for one in way["functions"])
        assert 0 < own_ms <= way["ms"]
        assert 0 < sum(way["blocks_ms"]) < way["ms"]
    assert "ms" not in answer(shipped(), "step", n=1)["ways"][0]


def test_steps_end_where_the_context_ends():
    text = untied([1, 2])
    n_ctx = len(text.params["wpe"])
    found = answer(text, "step", n=5000)
    assert (found["n_tokens"], found["is_full"], found["n"]) == (n_ctx, True, n_ctx - 2)
    assert answer(text, "step", n=1)["is_full"] is False


def test_time_with_the_cache_is_less_than_that_of_reading_a_long_text():
    found = answer(shipped(), "token_time", length=200)
    assert found["length"] == 200
    assert 0 < found["with_ms"] < found["without_ms"]


@pytest.mark.parametrize("length", [0, 253])
def test_a_length_that_does_not_fit_says_which_do(length):
    assert f"The length is {length}" in error(shipped(), "token_time", length=length)
    assert answer(shipped(), "token_time", length=252)["length"] == 252


def test_what_the_prose_says_of_the_caches_size():
    n_bytes = 2 * 12 * 768 * np.dtype(np.float32).itemsize
    assert f"that is {n_bytes:,} bytes a token" in PROSE
    assert re.search(rf"and {n_bytes * 1024 / 1e6:.1f} MB for the full context of 1,024", PROSE)
