"""A prompt's last line with fewer lines before it: each row is what the model says of that text alone."""

from dataclasses import replace

import numpy as np
import pytest

from picogpt import gpt2
from picogpt.views.prompting import N_TOKENS
from tests.unit.references import load_reference
from tests.unit.views_texts import answer, shipped, untied

LINES = ["ROMEO:\n", "But soft! What light through yonder window breaks?\n", "It is the"]


def next_probabilities(text, prompt: str) -> np.ndarray:
    """Over the whole vocabulary, in double precision."""
    logits = gpt2(text.encoder.encode(prompt), **text.params, n_head=text.hparams["n_head"])
    e = np.exp(logits[-1].astype(np.float64) - logits[-1].max())
    return e / e.sum()


def test_each_row_is_the_distribution_after_those_lines_and_nothing_else():
    text = shipped("".join(LINES))
    runs = answer(text, "shots", n=3)["runs"]
    assert [run["n_before"] for run in runs] == [0, 1, 2]
    for run, first in zip(runs, (2, 1, 0), strict=True):
        shown = "".join(LINES[first:])
        expected = next_probabilities(text, shown)
        best = np.argsort(-expected)[:3]
        assert run["n_tokens"] == len(text.encoder.encode(shown))
        assert run["tokens"] == [text.encoder.label(int(id)) for id in best]
        np.testing.assert_allclose(run["probabilities"], expected[best], rtol=1e-4)


@pytest.mark.parametrize("prompt", ["the", "🌹", "", "\n"])
def test_a_prompt_of_one_line_has_one_row(prompt):
    (run,) = answer(shipped(prompt), "shots")["runs"]
    assert run["n_before"] == 0
    assert len(run["tokens"]) == 3


def test_a_line_end_at_the_end_belongs_to_the_last_line():
    runs = answer(shipped("one\ntwo\n"), "shots")["runs"]
    assert [run["n_before"] for run in runs] == [0, 1]


def test_many_lines_have_the_shortest_rows_and_the_whole_prompt():
    runs = answer(shipped("a\n" * 20 + "b"), "shots", most=5)["runs"]
    assert [run["n_before"] for run in runs] == [0, 1, 2, 3, 20]


def test_a_long_prompt_is_never_read_in_more_tokens_than_the_limit():
    text = shipped("word after word after word\n" * 8 + "b")
    whole = len(text.ids)
    # as if the context were full: the whole prompt takes all but ten of the tokens
    long = replace(text, ids=(text.ids * 40)[: N_TOKENS - 10])
    long.params["wpe"], kept = np.zeros((N_TOKENS, 192), np.float32), long.params["wpe"]
    try:
        runs = answer(long, "shots")["runs"]
    finally:
        long.params["wpe"] = kept
    assert sum(run["n_tokens"] for run in runs) <= N_TOKENS
    assert (runs[0]["n_before"], runs[-1]["n_tokens"]) == (0, N_TOKENS - 10)
    assert len(runs) < 5 < whole


def test_ids_without_a_vocabulary_are_one_row_that_equals_pytorch():
    reference = load_reference("untied")
    ids = reference.expected["input_ids"].tolist()
    (run,) = answer(untied(ids), "shots", n=2)["runs"]
    logits = reference.expected["logits"][-1].astype(np.float64)
    expected = np.exp(logits) / np.exp(logits).sum()
    best = np.argsort(-expected)[:2]
    assert run["tokens"] == [f"⟨{id}⟩" for id in best]
    np.testing.assert_allclose(run["probabilities"], expected[best], rtol=1e-3)
