"""Page "Blocks and the residual stream": its views against PyTorch's hidden states and NumPy by hand."""

import numpy as np
import pytest

from picogpt.model import gpt2
from picogpt.trace import recording
from picogpt.views.blocks import N_POSITIONS, window
from tests.unit.references import load_reference
from tests.unit.views_texts import answer, shipped, untied


def normed(x, g, b):
    x = np.asarray(x, np.float64)
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * g + b


def softmax(logits):
    terms = np.exp(logits - logits.max(-1, keepdims=True))
    return terms / terms.sum(-1, keepdims=True)


@pytest.fixture(scope="module")
def pytorch():
    """A text of the untied checkpoint, and PyTorch's vectors: [L+1, T, C], the last one after ln_f."""
    reference = load_reference("untied")
    ids = reference.expected["input_ids"].ravel().tolist()
    hidden = reference.expected["hidden"].reshape(-1, len(ids), reference.hparams["n_embd"])
    return ids, hidden, reference


def streams(text):
    """The residual stream by the recording: [L+1, T, C]."""
    with recording() as seen:
        gpt2(text.ids, **text.params, n_head=text.hparams["n_head"])
    blocks = [seen[f"gpt2.0/transformer_block.{n}"] for n in range(text.hparams["n_layer"])]
    return np.stack([seen["gpt2.0/embeddings.0"], *blocks]).astype(np.float64)


def by_hand(text, x):  # [..., C] -> [..., V]
    return softmax(normed(x, **text.params["ln_f"]) @ text.unembedding.T.astype(np.float64))


def test_the_lengths_are_those_of_pytorchs_hidden_states(pytorch):
    ids, hidden, _ = pytorch
    lengths = np.linalg.norm(hidden[:-1].astype(np.float64), axis=-1)  # the last is after the layer norm
    for token in (0, len(ids) - 1):
        stream = answer(untied(ids, token=token), "residual")["stream"]
        np.testing.assert_allclose(stream["token"][:-1], lengths[:, token], rtol=1e-4)
        np.testing.assert_allclose(stream["median"][:-1], np.median(lengths, axis=1), rtol=1e-4)


def test_what_attention_and_feed_forward_add_is_all_that_changes_in_a_block():
    text = shipped(token=7)
    with recording() as seen:
        gpt2(text.ids, **text.params, n_head=4)
    found, x = answer(text, "residual"), streams(text)[:, 7]
    for n in range(5):
        path = f"gpt2.0/transformer_block.{n}"
        attention, ffn = seen[f"{path}/mha.0"][7], seen[f"{path}/ffn.0"][7]
        np.testing.assert_allclose(x[n] + attention + ffn, x[n + 1], atol=1e-4)
        assert found["attention"]["token"][n] == pytest.approx(np.sqrt((attention**2).sum()), rel=1e-5)
        assert found["feed_forward"]["token"][n] == pytest.approx(np.sqrt((ffn**2).sum()), rel=1e-5)
    assert [len(found[name]["median"]) for name in ("stream", "attention", "feed_forward")] == [6, 5, 5]


def test_the_lens_reads_every_vector_as_the_models_end_would():
    text = shipped()
    found = answer(text, "logit_lens")
    p = by_hand(text, streams(text)[:, found["positions"]])  # [L+1, n, V]
    np.testing.assert_allclose(found["probabilities"], p.max(-1), rtol=2e-3)
    chosen = np.take_along_axis(p, found["ids"][..., None], -1)[..., 0]
    np.testing.assert_allclose(chosen, p.max(-1), rtol=1e-5)
    final = np.take_along_axis(p, np.broadcast_to(p[-1].argmax(-1), p.shape[:2])[..., None], -1)[..., 0]
    np.testing.assert_allclose(found["final"], final, rtol=2e-3)
    assert found["tokens"] == [[text.piece(int(id)) for id in row] for row in found["ids"]]


def test_the_lens_after_the_last_block_is_what_pytorch_says(pytorch):
    ids, _, reference = pytorch
    text = untied(ids)
    found = answer(text, "logit_lens")
    logits = reference.expected["logits"].reshape(len(ids), -1).astype(np.float64)
    p = softmax(logits)[found["positions"]]
    assert found["ids"][-1].tolist() == p.argmax(-1).tolist()
    np.testing.assert_allclose(found["probabilities"][-1], p.max(-1), rtol=1e-3)
    np.testing.assert_array_equal(found["final"][-1], found["probabilities"][-1])
    assert found["tokens"][-1][0] == f"⟨{found['ids'][-1, 0]}⟩"


def test_what_stands_in_a_column_does_not_depend_on_the_columns_beside_it():
    wide = answer(shipped(token=10), "logit_lens")
    for token in (5, 20):
        found = answer(shipped(token=token), "logit_lens")
        both = sorted(set(wide["positions"].tolist()) & set(found["positions"].tolist()))
        assert both
        for position in both:
            a, b = (one["positions"].tolist().index(position) for one in (wide, found))
            assert wide["ids"][:, a].tolist() == found["ids"][:, b].tolist()
            np.testing.assert_allclose(wide["final"][:, a], found["final"][:, b], rtol=1e-3)


@pytest.mark.parametrize("n", [1, 5, 12, 13, 256])
def test_the_window_holds_the_token_looked_at_and_as_many_others_as_there_are(n):
    for at in range(n):
        for first in (None, 0, at - 3, at, at + 1, n - 1, 10_000, -7):
            places = window(at, n, first)
            assert at in places
            assert len(places) == min(n, N_POSITIONS)
            assert places[0] >= 0
            assert places[-1] < n
            assert set(np.diff(places)) <= {1}


def test_the_columns_stay_while_the_reader_looks_at_one_of_them():
    assert answer(shipped(token=4), "logit_lens", first=2)["positions"].tolist() == list(range(2, 14))
    assert answer(shipped(token=13), "logit_lens", first=2)["positions"].tolist() == list(range(2, 14))
    assert answer(shipped(token=14), "logit_lens", first=2)["positions"].tolist() == list(range(4, 16))


def test_the_best_words_after_each_block_are_the_highest_of_the_whole_vocabulary():
    text = shipped(token=6)
    p = by_hand(text, streams(text)[1:, 6])
    found = answer(text, "block_words", n=4)["blocks"]
    assert len(found) == 5
    for row, one in zip(p, found, strict=True):
        best = np.argsort(-row, kind="stable")[:4]
        assert one["tokens"] == [text.piece(int(id)) for id in best]
        np.testing.assert_allclose(one["probabilities"], row[best], rtol=2e-3)


@pytest.mark.parametrize("n_tokens", [1, 256])
def test_the_shortest_and_the_longest_text(n_tokens):
    text = shipped("a")
    text = type(text)(text.ids[:1] * n_tokens, text.params, text.hparams, text.encoder, 3, 0, n_tokens - 1)
    found = answer(text, "logit_lens")
    assert np.shape(found["ids"]) == (6, min(n_tokens, 12))
    assert found["n_tokens"] == n_tokens
    assert len(answer(text, "residual")["stream"]["median"]) == 6
    assert len(answer(text, "block_words")["blocks"]) == 5
