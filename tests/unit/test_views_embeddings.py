"""Page "Embeddings": its views against NumPy by hand, and what its prose says of the small model."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.unit.references import load_reference
from tests.unit.views_texts import answer, error, shipped, untied

PROSE = (Path(__file__).parents[2] / "site" / "learn" / "embeddings.md").read_text("utf-8")


def cosines(rows, at):
    unit = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return unit @ unit[at]


@pytest.mark.parametrize("token", [0, 7, -1])
def test_the_rows_are_those_of_the_token_and_of_its_position_and_the_third_is_their_sum(token):
    text = shipped(token=token)
    found = answer(text, "embeddings")
    id, wte, wpe = text.ids[token], text.params["wte"], text.params["wpe"]
    assert (found["id"], found["position"], found["piece"]) == (id, text.token, text.piece(id))
    np.testing.assert_array_equal(found["wte"]["values"], wte[id])
    np.testing.assert_array_equal(found["wpe"]["values"], wpe[text.token])
    np.testing.assert_array_equal(found["x"]["values"], wte[id] + wpe[text.token])
    assert found["shapes"] == {"wte": [2257, 192], "wpe": [256, 192], "x": [len(text.ids), 192]}


def test_the_sum_is_what_pytorch_has_before_its_first_block():
    reference = load_reference("untied")
    ids = reference.expected["input_ids"].ravel().tolist()
    hidden = reference.expected["hidden"].reshape(-1, len(ids), reference.hparams["n_embd"])
    for token in (0, len(ids) - 1):
        x = answer(untied(ids, token=token), "embeddings")["x"]["values"]
        np.testing.assert_allclose(x, hidden[0, token], atol=1e-6)


def test_a_vector_is_summed_up_by_mean_deviation_range_and_length():
    row = shipped().params["wte"][shipped().ids[-1]].astype(np.float64)
    found = answer(shipped(), "embeddings")["wte"]
    n = len(row)
    assert found["mean"] == pytest.approx(sum(row) / n, rel=1e-9)
    assert found["deviation"] == pytest.approx((sum((row - sum(row) / n) ** 2) / n) ** 0.5, rel=1e-9)
    assert found["length"] == pytest.approx(sum(row**2) ** 0.5, rel=1e-9)
    assert (found["min"], found["max"]) == (min(row), max(row))
    assert np.mean(np.abs(row) <= found["limit"]) == pytest.approx(0.99, abs=1 / n)


@pytest.mark.parametrize("token", [0, 4, -1])
def test_neighbours_are_the_highest_cosines_of_the_whole_vocabulary(token):
    text = shipped(token=token)
    found = answer(text, "neighbours", n=6)
    all_of_them = cosines(text.params["wte"], text.ids[token])
    others = np.delete(all_of_them, text.ids[token])
    assert text.ids[token] not in found["ids"]
    np.testing.assert_allclose(found["cosines"], np.sort(others)[::-1][:6], atol=1e-5)
    np.testing.assert_allclose(found["cosines"], all_of_them[found["ids"]], atol=1e-5)
    assert found["tokens"] == [text.encoder.decode([id]) for id in found["ids"]]
    assert (found["mean"], found["deviation"]) == pytest.approx((others.mean(), others.std()), abs=1e-5)


def test_neighbours_of_what_the_reader_types_are_those_of_its_first_token():
    text = shipped()
    typed = answer(text, "neighbours", of=" kingdoms", n=3)
    ids = text.encoder.encode(" kingdoms")
    assert len(ids) > 1
    assert typed["read_as"] == [text.encoder.decode([id]) for id in ids]
    assert (typed["id"], len(typed["ids"])) == (ids[0], 3)


def test_the_small_models_king_stands_near_prince_queen_and_duke():
    assert {" prince", " queen", " duke"} < set(answer(shipped(), "neighbours", of=" king", n=8)["tokens"])


def test_bytes_that_training_never_showed_are_nearly_the_same_row():
    text = shipped("JULIET: 🌹")
    assert text.pieces[-1] == "⟨B9⟩"
    found = answer(text, "neighbours", n=8)
    assert min(found["cosines"]) > 0.99
    assert "cosine of nearly 1" in PROSE.replace("\n", " ")


def test_neighbours_need_no_vocabulary_unless_text_is_to_be_read():
    text = untied([3, 1, 4])
    assert answer(text, "neighbours", n=2)["piece"] == "⟨4⟩"
    assert "without a vocabulary" in error(text, "neighbours", of="king")


def test_there_are_never_more_neighbours_than_other_tokens():
    text = untied([3, 1, 4])
    n_vocab = len(text.params["wte"])
    assert len(answer(text, "neighbours", n=n_vocab + 5)["ids"]) == n_vocab - 1


@pytest.mark.parametrize("text", [shipped(), untied([5]), shipped(" the" * 256)], ids=["21", "1", "256"])
def test_positions_are_compared_by_cosine(text):
    found = answer(text, "positions", n=16)
    wpe, at = text.params["wpe"], found["at"]
    assert (at[0], at[-1]) == (0, len(wpe) - 1)
    assert len(at) == min(16, len(wpe))
    np.testing.assert_allclose(found["along"], cosines(wpe, text.token), atol=1e-5)
    for n, position in enumerate(at):
        np.testing.assert_allclose(found["cosines"][n], cosines(wpe, position)[at], atol=1e-5)


def test_the_channels_shown_are_those_that_vary_most():
    text = shipped()
    found = answer(text, "position_channels", n=3)
    wpe = text.params["wpe"].astype(np.float64)
    variances = ((wpe - wpe.mean(0)) ** 2).mean(0)
    assert set(found["channels"].tolist()) == set(np.argsort(variances)[-3:].tolist())
    for channel, curve in zip(found["channels"], found["curves"], strict=True):
        np.testing.assert_array_equal(curve, text.params["wpe"][:, channel])


def test_the_sizes_in_the_prose_are_those_of_gpt_2():
    n_vocab, n_ctx, n_embd, n_layer = 50257, 1024, 768, 12
    block = 12 * n_embd**2 + 13 * n_embd
    n_params = (n_vocab + n_ctx) * n_embd + n_layer * block + 2 * n_embd
    assert n_params == 124_439_808
    sizes = re.sub(r"\s+", " ", PROSE)
    share = round(100 * n_vocab * n_embd / n_params)
    assert f"50,257 × 768 = {n_vocab * n_embd:,} numbers, {share} % of all" in sizes
    assert f"1,024 × 768 = {n_ctx * n_embd:,}" in sizes
