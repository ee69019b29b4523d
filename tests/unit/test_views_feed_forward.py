"""Page "Feed-forward and GELU": its views against the exact GELU and sums by hand, and its prose."""

import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from picogpt import model
from picogpt.trace import recording
from tests.unit.references import load_reference
from tests.unit.views_texts import answer, shipped, untied

PROSE = (Path(__file__).parents[2] / "site" / "learn" / "feed-forward.md").read_text("utf-8")


def exact_gelu(x):
    """x times the probability that a standard normal number is below x."""
    return np.array([v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in np.asarray(x, np.float64).ravel()])


def normed(x, g, b):
    x = np.asarray(x, np.float64)
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5) * g + b


def first_pre_activations(text):
    """Of the first token in block 0, by hand: it attends to itself and nothing else."""
    params, block = text.params, text.params["blocks"][0]
    x = params["wte"][text.ids[0]] + params["wpe"][0]
    c = len(x)
    value = (normed(x, **block["ln_1"]) @ block["attn"]["c_attn"]["w"] + block["attn"]["c_attn"]["b"])[
        2 * c :
    ]
    x = x + value @ block["attn"]["c_proj"]["w"] + block["attn"]["c_proj"]["b"]
    return normed(x, **block["ln_2"]) @ block["mlp"]["c_fc"]["w"] + block["mlp"]["c_fc"]["b"]


@pytest.mark.parametrize("text", [shipped(token=0), untied([3, 1, 2], token=0)], ids=["shipped", "untied"])
def test_the_dots_are_the_pre_activations_and_what_the_exact_gelu_makes_of_them_nearly(text):
    found = answer(text, "gelu")
    by_hand = first_pre_activations(text)
    np.testing.assert_allclose(found["values"], by_hand, atol=2e-4)
    np.testing.assert_allclose(found["results"], exact_gelu(by_hand), atol=1e-3)
    assert found["n_below_0"] == int(np.sum(found["values"] < 0))
    assert found["highest"] == found["results"].max()


@pytest.mark.parametrize("text", [shipped("ROMEO", layer=4), shipped(layer=2, token=5), untied([0])])
def test_curve_and_histogram_span_all_numbers_and_the_bars_hold_each_of_them_once(text):
    found = answer(text, "gelu")
    edges, counts, values = found["edges"], found["counts"], found["values"]
    assert counts.sum() == len(values) == 4 * text.hparams["n_embd"]
    assert counts.tolist() == [
        int(np.sum((values >= low) & ((values < high) | (i == len(counts) - 1))))
        for i, (low, high) in enumerate(pairwise(edges))
    ]
    assert found["x"][0] <= min(values.min(), -4)
    assert found["x"][-1] >= max(values.max(), 4)
    np.testing.assert_allclose(found["y"], exact_gelu(found["x"]), atol=5e-4)
    np.testing.assert_array_equal(found["relu"], np.where(found["x"] > 0, found["x"], 0))


@pytest.mark.parametrize("layer", [0, 4])
def test_the_strongest_neurons_have_the_largest_activations_and_their_words_the_largest_products(layer):
    text = shipped(layer=layer)
    results = answer(text, "gelu")["results"].astype(np.float64)
    found = answer(text, "neurons", n=6, n_words=4)
    assert found["n_neurons"] == 768
    order = np.argsort(-np.abs(results), kind="stable")[:6]
    assert [one["neuron"] for one in found["neurons"]] == order.tolist()
    share = (results[order] ** 2).sum() / (results**2).sum()
    assert found["share"] == pytest.approx(share, rel=1e-5)
    for one in found["neurons"]:
        assert one["activation"] == pytest.approx(results[one["neuron"]], rel=1e-5)
        row = text.params["blocks"][layer]["mlp"]["c_proj"]["w"][one["neuron"]]
        raised = np.array([row @ embedding for embedding in text.params["wte"]]) * np.sign(one["activation"])
        assert one["words"] == [text.piece(int(id)) for id in np.argsort(-raised, kind="stable")[:4]]


def test_a_neuron_that_is_below_zero_favours_what_its_row_points_away_from():
    text = shipped(layer=1)
    found = answer(text, "neurons", n=16, n_words=1)["neurons"]
    one = next(one for one in found if one["activation"] < 0)
    row = text.params["blocks"][text.layer]["mlp"]["c_proj"]["w"][one["neuron"]]
    assert one["words"] == [text.piece(int(np.argmin(text.params["wte"] @ row)))]


def test_a_neuron_along_the_text_is_what_it_is_at_each_token():
    found = answer(shipped(layer=1), "neurons", n=3)
    for one in found["neurons"]:
        assert len(one["along"]) == len(shipped().ids)
        for token in (0, 5):
            at = answer(shipped(layer=1, token=token), "gelu")["results"]
            assert one["along"][token] == pytest.approx(at[one["neuron"]], abs=1e-5)


def test_words_are_those_of_the_unembedding_where_a_model_has_one_of_its_own():
    text = untied([3, 1, 2], layer=1)
    (one,) = answer(text, "neurons", n=1, n_words=1)["neurons"]
    row = text.params["blocks"][1]["mlp"]["c_proj"]["w"][one["neuron"]] * np.sign(one["activation"])
    best = int(np.argmax(text.params["lm_head"] @ row))
    assert best != int(np.argmax(text.params["wte"] @ row))
    assert one["words"] == [f"⟨{best}⟩"]


def test_all_neurons_together_write_what_pytorch_adds_in_the_last_block():
    """The sum in the page's formula, plus what came in, is the vector before the last layer norm."""
    reference = load_reference("untied")
    ids = reference.expected["input_ids"].ravel().tolist()
    last = reference.hparams["n_layer"] - 1
    text = untied(ids, layer=last)
    mlp = text.params["blocks"][last]["mlp"]
    found = answer(text, "neurons", n=4 * reference.hparams["n_embd"])["neurons"]
    written = mlp["c_proj"]["b"] + sum(one["activation"] * mlp["c_proj"]["w"][one["neuron"]] for one in found)
    length = np.linalg.norm(written.astype(np.float64))
    assert answer(text, "residual")["feed_forward"]["token"][last] == pytest.approx(length, rel=1e-4)


@pytest.mark.parametrize("n_tokens", [1, 256])
def test_the_shortest_and_the_longest_text(n_tokens):
    text = shipped("a")
    text = type(text)(text.ids[:1] * n_tokens, text.params, text.hparams, text.encoder, 3, 0, n_tokens - 1)
    assert len(answer(text, "gelu")["values"]) == 768
    assert all(len(one["along"]) == n_tokens for one in answer(text, "neurons")["neurons"])


def test_what_the_prose_says_of_the_curve():
    x = np.linspace(-12, 12, 24001)
    distance = np.abs(model.gelu(x) - exact_gelu(x)).max()
    assert float(re.search(r"within ([\d.]+) of\s+the exact", PROSE)[1]) == 0.0005
    assert 0.0004 < distance < 0.0005
    lowest, at = re.search(r"dips to −([\d.]+), near \$x =\s+-([\d.]+)\$", PROSE).groups()
    assert f"{-model.gelu(x).min():.2f}" == lowest
    assert f"{-x[np.argmin(model.gelu(x))]:.2f}" == at


def test_two_thirds_of_a_blocks_matrices_are_the_feed_forward_layers():
    block, c = shipped().params["blocks"][0], 192
    ffn = sum(block["mlp"][name]["w"].size for name in ("c_fc", "c_proj"))
    attention = sum(block["attn"][name]["w"].size for name in ("c_attn", "c_proj"))
    assert (ffn, attention) == (8 * c * c, 4 * c * c)
    assert all(claim in PROSE for claim in ("$8C^2$", "$3C^2 + C^2$", "two thirds"))


def test_at_most_tokens_most_pre_activations_of_the_small_model_are_negative():
    text = shipped()
    with recording() as seen:
        model.gpt2(text.ids, **text.params, n_head=4)
    for layer in range(5):
        before = seen[f"gpt2.0/transformer_block.{layer}/ffn.0/linear.0"]
        assert np.mean(np.mean(before < 0, axis=1) > 0.5) > 0.5
    assert "at most tokens, most of them are negative" in " ".join(PROSE.split())
