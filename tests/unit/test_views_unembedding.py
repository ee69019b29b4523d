"""Page "From vectors to words": its views against PyTorch's logits and worked sums, and its prose."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from picogpt.model import gpt2
from picogpt.views.unembedding import distribution
from tests.unit.references import load_reference
from tests.unit.views_texts import answer, shipped, untied

PROSE = (Path(__file__).parents[2] / "site" / "learn" / "from-vectors-to-words.md").read_text("utf-8")


def softmax(logits):
    terms = np.exp(logits.astype(np.float64) - logits.max())
    return terms / terms.sum()


@pytest.mark.parametrize("text", [shipped(), shipped(token=3), untied([3, 1, 2])])
def test_products_number_by_number_add_up_to_the_logit_that_the_model_gives(text):
    found = answer(text, "logits", n=4)
    row = gpt2(text.ids, **text.params, n_head=text.hparams["n_head"])[text.token]
    best = np.argsort(-row, kind="stable")[:4]
    assert [one["id"] for one in found["tokens"]] == best.tolist()
    assert [one["token"] for one in found["tokens"]] == [text.piece(int(id)) for id in best]
    for one in found["tokens"]:
        assert one["logit"] == pytest.approx(row[one["id"]], abs=1e-4)
        assert float(one["products"]["values"].astype(np.float64).sum()) == pytest.approx(
            one["logit"], abs=1e-4
        )
        np.testing.assert_array_equal(one["row"]["values"], text.unembedding[one["id"]])


def test_the_steps_of_the_softmax_lead_to_the_probability():
    text = shipped(token=8)
    found = answer(text, "logits", n=7)
    p = softmax(gpt2(text.ids, **text.params, n_head=4)[8])
    highest = found["tokens"][0]
    assert highest["exp"] == 1
    for one in found["tokens"]:
        assert one["exp"] == pytest.approx(math.exp(one["logit"] - highest["logit"]), rel=1e-5)
        assert one["probability"] == pytest.approx(one["exp"] / found["sum"], rel=1e-5)
        assert one["probability"] == pytest.approx(p[one["id"]], rel=1e-3)
    assert found["n_vocab"] == 2257


def test_the_vector_and_its_logits_are_pytorchs():
    reference = load_reference("untied")
    ids = reference.expected["input_ids"].ravel().tolist()
    hidden = reference.expected["hidden"].reshape(-1, len(ids), reference.hparams["n_embd"])
    logits = reference.expected["logits"].reshape(len(ids), -1)
    for token in (0, len(ids) - 1):
        found = answer(untied(ids, token=token), "logits", n=3)
        np.testing.assert_allclose(found["x"]["values"], hidden[-1, token], atol=1e-4)  # after ln_f
        for one in found["tokens"]:
            assert one["logit"] == pytest.approx(logits[token, one["id"]], abs=1e-4)


def test_the_view_says_whether_the_matrix_is_that_of_the_embeddings():
    assert answer(shipped(), "logits")["is_tied"] is True
    assert answer(untied([1, 2]), "logits")["is_tied"] is False


@pytest.mark.parametrize("text", [shipped(), shipped("a"), untied([3, 1, 2])])
def test_the_distribution_counts_every_token_once_and_its_ranks_end_at_certainty(text):
    found = answer(text, "distribution")
    row = gpt2(text.ids, **text.params, n_head=text.hparams["n_head"])[text.token]
    p = np.sort(softmax(row))[::-1]
    assert found["counts"].sum() == found["n_vocab"] == len(row)
    np.testing.assert_allclose(found["edges"][[0, -1]], [row.min(), row.max()], atol=1e-4)
    assert found["ranks"][[0, -1]].tolist() == [1, len(row)]
    np.testing.assert_allclose(found["probabilities"], p[found["ranks"] - 1], rtol=2e-3)
    np.testing.assert_allclose(found["cumulative"], np.cumsum(p)[found["ranks"] - 1], rtol=1e-3)
    assert found["cumulative"][-1] == pytest.approx(1)
    assert found["entropy"] == pytest.approx(-(p * np.log2(p)).sum(), rel=1e-3)
    for name, share in (("n_half", 0.5), ("n_nine_tenths", 0.9)):
        assert p[: found[name]].sum() >= share - 1e-4
        assert p[: found[name] - 1].sum() < share + 1e-4


@pytest.mark.parametrize(
    ("probabilities", "entropy", "n_half", "n_nine_tenths"),
    [
        ([1 / 8] * 8, 3.0, 4, 8),
        ([1.0, 0, 0, 0, 0, 0, 0, 0], 0.0, 1, 1),
        ([0.55, 0.25, 0.15, 0.05], 1.6010, 1, 3),
    ],
)
def test_worked_examples_of_entropy(probabilities, entropy, n_half, n_nine_tenths):
    with np.errstate(divide="ignore"):
        logits = np.maximum(np.log(probabilities), -800)[None]
    found = distribution(shipped(), logits)
    assert found["entropy"] == pytest.approx(entropy, abs=1e-4)
    assert found["most_entropy"] == math.log2(len(probabilities))
    assert found["n_half"] == n_half
    assert found["n_nine_tenths"] == n_nine_tenths


def test_the_longest_text():
    text = shipped("a")
    text = type(text)(text.ids[:1] * 256, text.params, text.hparams, text.encoder, 0, 0, 255)
    assert answer(text, "distribution")["counts"].sum() == 2257
    assert len(answer(text, "logits")["tokens"]) == 5


def test_what_the_prose_says_of_exponentials():
    assert re.search(r"higher by 1 means a probability that is \$e \\approx 2\.7\$", PROSE)
    assert round(math.e, 1) == 2.7
    assert "one that is higher by 2.3 means ten times" in " ".join(PROSE.split())
    assert round(math.log(10), 1) == 2.3
    assert "$e^{89}$ is already infinite" in " ".join(PROSE.split())
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(np.float32(89)))
        assert np.isfinite(np.exp(np.float32(88)))


def test_the_unembedding_is_the_largest_matrix_of_the_model():
    params = shipped().params
    others = [
        part["w"].size
        for block in params["blocks"]
        for layer in (block["attn"], block["mlp"])
        for part in layer.values()
    ]
    assert params["wte"].size > max(*others, params["wpe"].size)
    assert "it is the largest matrix of the model" in " ".join(PROSE.split())


def test_the_bar_at_the_low_end_is_made_of_single_bytes_above_all_beyond_ascii():
    text = shipped()
    row = gpt2(text.ids, **text.params, n_head=4)[-1]
    counts, edges = np.histogram(row, bins=60)
    assert counts[0] > max(counts[1:30])
    lowest = np.flatnonzero(row < edges[1])
    pieces = [text.encoder.piece(int(id)) for id in lowest]
    single = [piece for piece in pieces if len(piece) == 1]
    assert len(single) > 0.8 * len(pieces)
    assert len([piece for piece in single if piece[0] > 127]) > 0.5 * len(pieces)
    assert "most of them are single bytes" in " ".join(PROSE.split())
