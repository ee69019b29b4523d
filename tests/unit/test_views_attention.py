"""Views of the page "Attention", against the mathematics written down anew, in float64."""

import math
from pathlib import Path

import numpy as np
import pytest

from picogpt import browser, load_checkpoint
from picogpt.model import gpt2
from picogpt.trace import recording
from picogpt.views import Text, inspect
from picogpt.views.attention import shares, shrunk
from tests.unit.references import CASES, load_reference

SHIPPED = Path(__file__).parents[2] / "site" / "models" / "shakespeare"
PROMPT = "ROMEO:\nWhat light through yonder window breaks?"
NAMES = ["split_heads", "attention_scores", "attention_weights", "softmax", "attention", "attention_heads"]


@pytest.fixture(scope="module")
def shipped():
    return load_checkpoint(SHIPPED)


def text_of(shipped, prompt, layer=2, head=1, token=-1, n=None):
    encoder, hparams, params = shipped
    ids = encoder.encode(prompt)[:n]
    return Text(ids, params, hparams, encoder, layer, head, token % len(ids), prompt)


def ask(text, name, **options):
    (answer,) = inspect(text, [{"view": name, **options}], browser.explain)
    assert "error" not in answer, answer
    return {key: numbers(value) for key, value in answer["value"].items()}


def numbers(value):
    is_array = isinstance(value, dict) and "data" in value
    return value["data"].reshape(value["shape"]) if is_array else value


class ByHand:
    """One head of one layer, from the stream that enters the block, in float64 and with loops."""

    def __init__(self, text):
        with recording() as seen:
            gpt2(text.ids, **text.params, n_head=text.hparams["n_head"])
        before = f"transformer_block.{text.layer - 1}" if text.layer else "embeddings.0"
        stream = seen[f"gpt2.0/{before}"].astype(np.float64)
        block = text.params["blocks"][text.layer]
        mean, variance = stream.mean(-1, keepdims=True), stream.var(-1, keepdims=True)
        x = block["ln_1"]["g"] * (stream - mean) / np.sqrt(variance + 1e-5) + block["ln_1"]["b"]
        qkv = x @ block["attn"]["c_attn"]["w"].astype(np.float64) + block["attn"]["c_attn"]["b"]
        n_embd, n_tokens = stream.shape[1], len(text.ids)
        width = n_embd // text.hparams["n_head"]
        columns = np.arange(width) + text.head * width
        self.q, self.k, self.v = (qkv[:, columns + n * n_embd] for n in range(3))
        self.scores = self.q @ self.k.T / math.sqrt(width)
        self.weights = np.zeros((n_tokens, n_tokens))
        for i in range(n_tokens):
            powers = [math.exp(self.scores[i, j]) for j in range(i + 1)]
            self.weights[i, : i + 1] = np.array(powers) / sum(powers)
        self.result = self.weights @ self.v


close = {"rtol": 2e-4, "atol": 2e-5}


@pytest.mark.parametrize(("layer", "head", "token"), [(0, 0, -1), (2, 1, 5), (4, 3, 0)])
def test_every_array_of_a_head_is_that_of_the_formulas(shipped, layer, head, token):
    text = text_of(shipped, PROMPT, layer, head, token)
    hand = ByHand(text)
    later = np.triu(np.ones_like(hand.scores, bool), 1)

    found = ask(text, "split_heads")
    at = found["positions"]
    for name in ("q", "k", "v"):
        np.testing.assert_allclose(found[name], getattr(hand, name)[at], **close)

    found = ask(text, "attention_scores")
    part = np.ix_(found["positions"], found["positions"])
    np.testing.assert_allclose(found["scores"], hand.scores[part], **close)
    masked = np.where(later, -np.inf, hand.scores)[part]
    np.testing.assert_allclose(found["masked"], masked, **close)

    np.testing.assert_allclose(ask(text, "attention_weights")["weights"], hand.weights, **close)
    assert (ask(text, "attention_weights")["weights"][later] == 0).all()


@pytest.mark.parametrize("token", [-1, 5, 0])
def test_a_row_is_followed_from_its_scores_to_its_weights(shipped, token):
    text = text_of(shipped, PROMPT, token=token)
    hand, found = ByHand(text), ask(text, "softmax", n=4)
    at, i = found["positions"], text.token
    np.testing.assert_allclose(found["scores"], hand.scores[i, at], **close)
    np.testing.assert_allclose(found["weights"], hand.weights[i, at], **close)
    assert found["mask"].tolist() == [0 if j <= i else -math.inf for j in at]
    heaviest = sorted(range(i + 1), key=lambda j: -hand.weights[i, j])[:4]
    expected = sorted({*heaviest, i}) + [j for j in (i + 1, i + 2, i + 3) if j < len(text.ids)]
    assert at.tolist() == expected
    assert found["n_rest"] == i + 1 - len({*heaviest, i})
    assert found["rest"] + found["weights"].sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("token", [-1, 5, 0])
def test_the_weighted_values_add_up_to_the_heads_result(shipped, token):
    text = text_of(shipped, PROMPT, token=token)
    hand, found = ByHand(text), ask(text, "attention", n=3)
    i, at = text.token, found["positions"]
    assert at.tolist() == sorted(sorted(range(i + 1), key=lambda j: -hand.weights[i, j])[:3])
    np.testing.assert_allclose(found["parts"], hand.weights[i, at, None] * hand.v[at], **close)
    np.testing.assert_allclose(found["parts"].sum(0) + found["others"], hand.result[i], **close)
    np.testing.assert_allclose(found["result"], hand.result[i], **close)
    assert found["n_others"] == i + 1 - len(at)
    if not found["n_others"]:
        np.testing.assert_allclose(found["others"], 0, atol=1e-5)


def test_all_heads_are_small_pictures_of_their_weights(shipped):
    text = text_of(shipped, PROMPT)
    found = ask(text, "attention_heads")
    for layer in range(5):
        for head in range(4):
            hand = ByHand(text_of(shipped, PROMPT, layer, head))
            np.testing.assert_allclose(found["pictures"][layer, head], hand.weights, **close)
            looks = [
                np.mean([hand.weights[i, j] for i, j in places])
                for places in (
                    [(i, 0) for i in range(2, len(text.ids))],
                    [(i, i - 1) for i in range(2, len(text.ids))],
                    [(i, i) for i in range(2, len(text.ids))],
                )
            ]
            np.testing.assert_allclose(found["shares"][layer, head], [*looks, 1 - sum(looks)], **close)
    for n, (layer, head) in enumerate(found["most"]):
        assert found["shares"][layer, head, n] == found["shares"][..., n].max()


def test_where_heads_look_in_a_worked_example():
    weights = np.zeros((1, 4, 4))
    weights[0, 0] = [1, 0, 0, 0]
    weights[0, 1] = [0.5, 0.5, 0, 0]
    weights[0, 2] = [0.6, 0.3, 0.1, 0]
    weights[0, 3] = [0.2, 0.4, 0.3, 0.1]
    # of rows 2 and 3: first (0.6 + 0.2) / 2, before (0.3 + 0.3) / 2, itself (0.1 + 0.1) / 2, and what is left
    np.testing.assert_allclose(shares(weights), [[0.4, 0.3, 0.1, 0.2]])


def test_a_pixel_of_a_shrunk_picture_is_the_largest_weight_under_it():
    weights = np.arange(25.0).reshape(1, 5, 5)
    weights[0, 0, 0] = 100
    assert shrunk(weights, 2).tolist() == [[[100, 9], [21, 24]]]  # rows and columns 0 and 1, then 2 to 4
    assert shrunk(weights, 5) is weights


def test_of_a_long_text_the_pictures_show_what_surrounds_the_token(shipped):
    text = text_of(shipped, PROMPT * 20, token=100, n=256)
    assert len(text.ids) == 256
    shapes = {name: ask(text, name) for name in NAMES}
    assert shapes["split_heads"]["positions"].tolist() == list(range(88, 104))
    assert shapes["attention_scores"]["positions"].tolist() == list(range(82, 106))
    assert shapes["attention_weights"]["weights"].shape == (256, 256)
    assert shapes["attention_heads"]["pictures"].shape == (5, 4, 32, 32)
    assert len(shapes["softmax"]["positions"]) <= 24
    for token in (0, 255):
        at = ask(text_of(shipped, PROMPT * 20, token=token, n=256), "split_heads")["positions"]
        assert len(at) == 16
        assert token in at


def test_a_single_token_looks_at_itself(shipped):
    text = text_of(shipped, "O", n=1)
    assert len(text.ids) == 1
    assert ask(text, "attention_weights")["weights"].tolist() == [[1]]
    assert ask(text, "softmax")["positions"].tolist() == [0]
    assert ask(text, "attention_scores")["masked"].shape == (1, 1)
    heads = ask(text, "attention_heads")
    assert heads["pictures"].shape == (5, 4, 1, 1)
    assert (heads["shares"], heads["most"]) == (None, None)
    found = ask(text, "attention")
    np.testing.assert_allclose(found["result"], ask(text, "split_heads")["v"][0], rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_the_weights_are_pytorchs_in_a_model_without_a_vocabulary(case):
    reference = load_reference(case)
    ids = reference.expected["input_ids"].reshape(-1).tolist()
    hparams = reference.hparams
    attentions = reference.expected["attentions"]
    for layer in range(hparams["n_layer"]):
        text = Text(ids, reference.params, hparams, None, layer, hparams["n_head"] - 1, len(ids) - 1)
        expected = attentions.reshape(hparams["n_layer"], hparams["n_head"], len(ids), len(ids))[layer, -1]
        np.testing.assert_allclose(ask(text, "attention_weights")["weights"], expected, atol=1e-5)
        assert all(ask(text, name) for name in NAMES)
