"""Sampling against worked examples and against the frequencies that the distribution promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picogpt.errors import SettingsError, WeightsError
from picogpt.sampling import GREEDY, Sampling, choose, distribution, likeliest, probabilities

LOGITS = np.log(np.array([0.1, 0.4, 0.2, 0.3], np.float32))


def test_temperature_by_hand():
    np.testing.assert_allclose(distribution(LOGITS, Sampling(1)), [0.1, 0.4, 0.2, 0.3], 1e-6)
    # dividing the logits by 1/2 squares the probabilities: 1, 16, 4, 9 of 30
    np.testing.assert_allclose(distribution(LOGITS, Sampling(0.5)), [1 / 30, 16 / 30, 4 / 30, 9 / 30], 1e-6)


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(1, top_k=2), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(1, top_k=1), [0, 1, 0, 0]),
        (Sampling(1, top_k=9), [0.1, 0.4, 0.2, 0.3]),
        (Sampling(1, top_p=0.3), [0, 1, 0, 0]),
        (Sampling(1, top_p=0.69), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(1, top_p=0.71), [0, 4 / 9, 2 / 9, 3 / 9]),
        (Sampling(1, top_p=0.999), [0.1, 0.4, 0.2, 0.3]),
        # p counts within what top_k left: 4/7 < 0.6, so both stay
        (Sampling(1, top_k=2, top_p=0.6), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(1, top_k=2, top_p=0.5), [0, 1, 0, 0]),
        (Sampling(0.5, top_k=2), [0, 16 / 25, 0, 9 / 25]),
    ],
)
def test_top_k_and_top_p_by_hand(sampling, expected):
    np.testing.assert_allclose(distribution(LOGITS, sampling), expected, rtol=1e-6, atol=1e-9)


def test_ties_go_to_the_lowest_id():
    equal = np.zeros(6, np.float32)
    assert choose(equal, GREEDY, np.random.default_rng(0)) == 0
    np.testing.assert_allclose(distribution(equal, Sampling(1, top_k=2)), [0.5, 0.5, 0, 0, 0, 0])
    np.testing.assert_allclose(distribution(equal, Sampling(1, top_p=0.5)), [1 / 3, 1 / 3, 1 / 3, 0, 0, 0])
    assert likeliest(np.array([0.2, 0.3, 0.3, 0.2], np.float32), 4).tolist() == [1, 2, 0, 3]


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 700), st.integers(1, 30), st.integers(1, 800), st.integers(0, 2**32 - 1))
def test_the_likeliest_are_those_that_a_stable_sort_puts_first(n_vocab, n_values, n, seed):
    scores = np.random.default_rng(seed).integers(n_values, size=n_vocab).astype(np.float32)  # many are equal
    by_hand = sorted(range(n_vocab), key=lambda id: (-scores[id], id))
    assert likeliest(scores, n).tolist() == by_hand[:n]


@pytest.mark.parametrize("top_p", [0.3, 0.9, 0.9999])
def test_top_p_of_a_whole_vocabulary_keeps_the_smallest_set_that_reaches_it(top_p):
    logits = np.random.default_rng(3).normal(size=50_257).astype(np.float32) * 4
    logits[[7, 11]] = logits.max() + 1
    exact = np.exp(logits.astype(np.float64) - logits.max())
    exact /= exact.sum()
    kept = distribution(logits, Sampling(1, top_p=top_p)) > 0
    assert exact[kept].sum() >= top_p - 1e-6
    assert exact[kept].sum() - exact[kept].min() < top_p + 1e-6
    assert exact[kept].min() >= exact[~kept].max()


def test_probabilities_over_a_vocabulary_are_those_of_double_precision():
    logits = np.random.default_rng(5).normal(size=50_257).astype(np.float32) * 5
    exact = np.exp(logits.astype(np.float64))
    exact /= exact.sum()
    ids = [0, 1, 50_256, int(np.argmax(logits)), int(np.argmin(logits))]
    np.testing.assert_allclose(probabilities(ids, logits), exact[ids], rtol=3e-7)


def test_draws_follow_the_distribution():
    rng = np.random.default_rng(0)
    sampling = Sampling(0.7, top_k=3)
    expected = distribution(LOGITS, sampling)
    counts = np.bincount([choose(LOGITS, sampling, rng) for _ in range(20_000)], minlength=4)
    chi_squared = ((counts - 20_000 * expected)[expected > 0] ** 2 / (20_000 * expected[expected > 0])).sum()
    assert counts[0] == 0
    assert chi_squared < 13.8  # two degrees of freedom: exceeded by chance once in a thousand


def test_a_seed_repeats_the_draws_and_another_does_not():
    logits = np.random.default_rng(1).normal(size=500).astype(np.float32)
    rngs = map(np.random.default_rng, (7, 7, 8))
    runs = [[choose(logits, Sampling(1), rng) for _ in range(50)] for rng in rngs]
    assert runs[0] == runs[1] != runs[2]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=1, max_size=50),
    st.floats(0.01, 100), st.integers(0, 60), st.floats(0.01, 1),
)  # fmt: skip
def test_any_logits_and_settings_give_a_distribution_and_a_token_that_is_in_it(logits, temperature, k, p):
    logits = np.array(logits, np.float32)
    probabilities = distribution(logits, Sampling(temperature, k, p))
    assert probabilities.sum() == pytest.approx(1)
    assert logits[probabilities > 0].max() == pytest.approx(logits.max(), abs=1e-5)
    assert k == 0 or np.count_nonzero(probabilities) <= k
    assert probabilities[choose(logits, Sampling(temperature, k, p), np.random.default_rng(0))] > 0


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"temperature": -0.1}, "temperature is -0.1. It must be a number from 0 to 100"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"top_k": -1}, "top_k is -1. It must be a whole number from 0 to"),
        ({"top_k": 2.5}, "top_k"),
        ({"top_p": 0.0}, "above 0 to 1"),
        ({"top_p": 1.01}, "top_p is 1.01. It must be a number from 0 to 1"),
    ],
)
def test_a_bad_setting_is_refused_with_the_allowed_range(bad, says):
    with pytest.raises(SettingsError, match=says):
        Sampling(**bad)


def test_logits_that_are_not_numbers_are_an_error_not_a_token():
    for odd in (np.nan, np.inf):
        with pytest.raises(WeightsError, match="finite"):
            choose(np.array([0, odd], np.float32), GREEDY, np.random.default_rng(0))
    with pytest.raises(WeightsError, match="finite"):
        choose(np.full(2, -np.inf, np.float32), Sampling(1), np.random.default_rng(0))


def test_a_token_ruled_out_by_an_edit_is_never_chosen():
    logits = np.array([5, -np.inf, 4], np.float32)
    rng = np.random.default_rng(0)
    assert choose(logits, GREEDY, rng) == 0
    assert {choose(logits, Sampling(2), rng) for _ in range(100)} == {0, 2}
    assert probabilities([1], logits) == [0]
