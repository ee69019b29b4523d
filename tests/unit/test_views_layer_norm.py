"""Page "Layer norm": its views against the formula in float64, and what its prose says of the small model."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from picogpt.model import gpt2
from picogpt.trace import recording
from tests.unit.references import load_reference
from tests.unit.views_texts import answer, error, shipped, untied

PROSE = (Path(__file__).parents[2] / "site" / "learn" / "layer-norm.md").read_text("utf-8")
NORMS = ("ln_1", "ln_2", "ln_f")


SEEN: dict[tuple[int, ...], dict[str, np.ndarray]] = {}


def seen_in(text):
    """Results of the forward pass, taken once for each text: no two models here read the same ids."""
    if tuple(text.ids) not in SEEN:
        with recording() as seen:
            gpt2(text.ids, **text.params, n_head=text.hparams["n_head"])
        SEEN[tuple(text.ids)] = dict(seen)
    return SEEN[tuple(text.ids)]


def stream(text, norm):  # -> [T, C], what goes into a layer norm, as the sum of what was added to the stream
    seen = seen_in(text)
    n_layer = text.hparams["n_layer"] if norm == "ln_f" else text.layer
    x = seen["gpt2.0/embeddings.0"].astype(np.float64)
    for n in range(n_layer):
        x = x + seen[f"gpt2.0/transformer_block.{n}/mha.0"] + seen[f"gpt2.0/transformer_block.{n}/ffn.0"]
    return x + seen[f"gpt2.0/transformer_block.{n_layer}/mha.0"] if norm == "ln_2" else x


def parameters(text, norm):
    return text.params["ln_f"] if norm == "ln_f" else text.params["blocks"][text.layer][norm]


def by_hand(x, g, b, eps=1e-5):
    mean = x.mean(-1, keepdims=True)
    plain = (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + eps)
    return plain, g * plain + b


TEXTS = {
    "a line": shipped(layer=3, token=5),
    "one token": shipped("", layer=1),
    "256 tokens": shipped(" the" * 256, layer=4, token=100),
    "no vocabulary": untied([7, 1, 3, 3], layer=1, token=2),
}


def test_the_texts_are_as_long_as_their_names_say():
    assert [len(TEXTS[name].ids) for name in ("one token", "256 tokens")] == [1, 256]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_vector_goes_through_the_formula(name, norm):
    text = TEXTS[name]
    found = answer(text, "layer_norm", norm=norm)
    x, p = stream(text, norm)[text.token], parameters(text, norm)
    plain, y = by_hand(x, p["g"], p["b"])
    np.testing.assert_allclose(found["x"]["values"], x, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found["normalised"]["values"], plain, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found["y"]["values"], y, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(found["g"]["values"], p["g"])
    np.testing.assert_array_equal(found["b"]["values"], p["b"])
    assert found["variance"] == pytest.approx(x.var(), rel=1e-4)
    assert (found["norm"], found["eps"]) == (norm, 1e-5)


def test_the_last_one_gives_what_pytorch_gives():
    reference = load_reference("untied")
    ids = reference.expected["input_ids"].ravel().tolist()
    hidden = reference.expected["hidden"].reshape(-1, len(ids), reference.hparams["n_embd"])
    found = answer(untied(ids, token=1), "layer_norm", norm="ln_f")
    np.testing.assert_allclose(found["y"]["values"], hidden[-1, 1], atol=1e-4)


def test_without_gain_and_bias_a_vector_has_mean_0_deviation_1_and_length_root_c():
    plain = answer(shipped(layer=2), "layer_norm", norm="ln_2")["normalised"]
    assert plain["mean"] == pytest.approx(0, abs=1e-6)
    assert plain["deviation"] == pytest.approx(1, abs=1e-4)
    assert plain["length"] == pytest.approx(192**0.5, rel=1e-4)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", TEXTS)
def test_every_token_has_mean_and_deviation_before_and_after(name, norm):
    text = TEXTS[name]
    found = answer(text, "layer_norm_tokens", norm=norm)
    x, p = stream(text, norm), parameters(text, norm)
    plain, y = by_hand(x, p["g"], p["b"])
    for stage, rows in (("before", x), ("normalised", plain), ("after", y)):
        assert found[stage]["means"].shape == (len(text.ids),)
        np.testing.assert_allclose(found[stage]["means"], rows.mean(-1), atol=1e-4)
        np.testing.assert_allclose(found[stage]["deviations"], rows.std(-1), rtol=1e-3)


def test_a_factor_and_a_shift_leave_the_result_as_it_is_and_a_negative_factor_does_not():
    text = shipped(layer=2)
    x = stream(text, "ln_1")[text.token]
    found = answer(text, "layer_norm_scaled", factor=100, shift=10)
    np.testing.assert_allclose(found["changed"]["values"], 100 * x + 10, rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(found["y_changed"]["values"], found["y"]["values"], atol=1e-3)
    difference = np.abs(found["y_changed"]["values"] - found["y"]["values"]).max()
    assert found["largest"] == pytest.approx(difference, rel=1e-5)
    p = parameters(text, "ln_1")
    turned = answer(text, "layer_norm_scaled", factor=-1, shift=0)
    expected = 2 * np.abs(by_hand(x, p["g"], 0)[1]).max()
    assert turned["largest"] == pytest.approx(expected, rel=1e-3)


def test_what_the_page_says_of_small_factors_and_large_shifts():
    def largest(factor, shift):
        return answer(shipped(layer=2), "layer_norm_scaled", factor=factor, shift=shift)["largest"]

    assert largest(1, 0) == 0
    assert largest(0.001, 0) > 100 * largest(10, 0)  # the variance comes near eps
    assert 0 < largest(1, 1000) < 0.01


def test_gains_and_biases_are_told_by_their_quartiles_in_the_order_of_the_forward_pass():
    text = shipped()
    found = answer(text, "layer_norm_gains")
    assert found["names"][:3] == ["ln_1 of block 0", "ln_2 of block 0", "ln_1 of block 1"]
    assert found["names"][-1] == "ln_f"
    assert found["g"].shape == found["b"].shape == (11, 5)
    for n, (least, lower, median, upper, most) in enumerate(found["g"][:10]):
        g = np.sort(text.params["blocks"][n // 2][f"ln_{1 + n % 2}"]["g"])
        assert (least, most) == (g[0], g[-1])
        assert median == pytest.approx((g[95] + g[96]) / 2, abs=1e-6)
        assert g[47] <= lower <= g[48]
        assert g[143] <= upper <= g[144]
    np.testing.assert_array_equal(found["b"][-1, [0, -1]], np.sort(text.params["ln_f"]["b"])[[0, -1]])


@pytest.mark.parametrize("view", ["layer_norm", "layer_norm_tokens", "layer_norm_scaled"])
def test_a_layer_norm_that_is_none_is_refused(view):
    assert error(shipped(), view, norm="ln_3") == "There is no layer norm 'ln_3'."


def test_the_call_is_watched_beside_others_and_a_debugger_is_left_as_it_was():
    from picogpt import browser
    from picogpt.views import inspect

    def tracer(*_):
        return None

    wants = [
        {"view": "layer_norm", "norm": "ln_2"},
        {"view": "lines", "function": "layer_norm"},
        {"view": "layer_norm", "norm": "ln_1"},
    ]
    sys.settrace(tracer)
    try:
        answers = inspect(shipped(layer=1), wants, browser.explain)
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(None)
    assert [answer["value"].get("norm") for answer in answers] == ["ln_2", None, "ln_1"]
    lines = answers[1]["value"]["lines"]
    assert [one["name"] for one in lines[-1]["arrays"]] == ["return"]


@pytest.mark.parametrize("name", TEXTS)
def test_the_largest_channels_are_named_with_their_size(name):
    text = TEXTS[name]
    found = answer(text, "layer_norm_tokens", norm="ln_f")
    sizes = np.abs(stream(text, "ln_f")).mean(0)
    assert found["largest"].tolist() == np.argsort(-sizes)[:3].tolist()
    np.testing.assert_allclose(found["times"], np.sort(sizes)[::-1][:3] / np.median(sizes), rtol=1e-3)


def test_gains_near_0_are_counted():
    text = shipped()
    gains = [block[name]["g"] for block in text.params["blocks"] for name in ("ln_1", "ln_2")]
    gains.append(text.params["ln_f"]["g"])
    found = answer(text, "layer_norm_gains")
    assert found["near_0"].tolist() == [sum(-0.02 < one < 0.02 for one in g) for g in gains]
    assert found["n_embd"] == 192


def test_what_the_page_says_of_gpt_2():
    n_layer, n_embd = 12, 768
    n_norms = 2 * n_layer + 1
    assert (
        f"2 × {n_embd} numbers on each of its {n_norms} layer norms, {2 * n_embd * n_norms:,} in all"
        in re.sub(r"\s+", " ", PROSE)
    )
