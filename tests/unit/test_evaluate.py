"""Evaluation by a sliding window: what counts once, what it sees, and the three figures."""

import math

import numpy as np
import pytest

from picogpt.bpe import Encoder
from picogpt.errors import SettingsError
from picogpt.evaluate import Evaluation, evaluate, sum_surprise, windows
from picogpt.initial import initial_params
from picogpt.model import gpt2

SIZES = {"n_vocab": 258, "n_ctx": 8, "n_embd": 16, "n_head": 2, "n_layer": 2}
ENCODER = Encoder([(b"t", b"h")])  # ids are bytes in GPT-2's order, "th", <|endoftext|>


@pytest.fixture(scope="module")
def params():
    params = initial_params(SIZES, seed=3)
    params["wte"] *= 30  # so that it does not find everything equally likely
    return params


@pytest.mark.parametrize("n_tokens", [2, 3, 8, 9, 10, 50])
@pytest.mark.parametrize("stride", [1, 3, 8])
def test_windows_predict_every_id_but_the_first_once_and_fit_the_context(n_tokens, stride):
    predicted, first = [], True
    for begin, end, n_new in windows(n_tokens, n_ctx=8, stride=stride):
        assert end - begin - 1 <= 8
        assert first or end - n_new - begin >= min(8 - stride + 1, end - n_new)
        predicted += range(end - n_new, end)
        first = False
    assert predicted == list(range(1, n_tokens))


def one_by_one(ids, params, n_ctx):
    """Each id from as many before it as fit, in a forward pass of its own."""
    total = 0.0
    for at in range(1, len(ids)):
        logits = gpt2(ids[max(0, at - n_ctx) : at], **params, n_head=2)[-1].astype(np.float64)
        total -= logits[ids[at]] - np.log(np.sum(np.exp(logits)))
    return total


def test_a_stride_of_one_gives_each_token_the_whole_context(params):
    ids = np.random.default_rng(0).integers(258, size=30)
    assert sum_surprise(ids, params, 2, stride=1) == pytest.approx(one_by_one(ids, params, 8), rel=1e-5)


def test_a_text_within_the_context_does_not_depend_on_the_stride(params):
    ids = np.random.default_rng(0).integers(258, size=9)
    expected = one_by_one(ids, params, 8)
    for stride in (1, 4, 8):
        assert sum_surprise(ids, params, 2, stride) == pytest.approx(expected, rel=1e-5)


def test_the_first_token_is_predicted_from_end_of_text_and_bytes_are_those_of_utf_8(params):
    found = evaluate("thé", ENCODER, params, 2)
    ids = [257, 256, *ENCODER.encode("é")]
    assert (found.n_tokens, found.n_bytes) == (3, 4)
    assert found.n_nats == pytest.approx(one_by_one(ids, params, 8), rel=1e-5)


def test_the_three_figures_share_out_the_same_sum():
    found = Evaluation(n_nats=math.log(2) * 10, n_tokens=10, n_bytes=40)
    assert found.nats_per_token == pytest.approx(math.log(2))
    assert found.perplexity == pytest.approx(2)
    assert found.nats_per_byte == pytest.approx(math.log(2) / 4)


def test_an_untrained_model_finds_every_token_about_equally_likely():
    found = evaluate("to be or not to be", ENCODER, initial_params(SIZES), 2)
    assert found.nats_per_token == pytest.approx(math.log(258), abs=0.1)


@pytest.mark.parametrize("stride", [0, -1, 9])
def test_a_stride_outside_the_context_is_refused_with_the_range(params, stride):
    with pytest.raises(SettingsError, match="from 1 to the context, 8"):
        evaluate("th", ENCODER, params, 2, stride)


def test_an_empty_text_is_refused(params):
    with pytest.raises(SettingsError, match="empty"):
        evaluate("", ENCODER, params, 2)
