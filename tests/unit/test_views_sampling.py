"""Page "Sampling": its views against distributions worked out by hand over the whole vocabulary."""

import numpy as np
import pytest

from picogpt.model import gpt2
from picogpt.views.sampling import loop_of, stages
from picogpt.views.sampling import settings as sampling_of
from tests.unit.views_texts import answer, error, shipped, untied

TEXTS = [shipped(), shipped(token=3), shipped(""), untied([3, 1, 2])]


def logits_of(text):
    return gpt2(text.ids, **text.params, n_head=text.hparams["n_head"])[text.token].astype(np.float64)


def by_hand(logits, temperature, top_k, top_p):
    """Softmax at a temperature, then top-k and top-p by sorting everything."""
    p = np.exp((logits - logits.max()) / temperature)
    order = np.argsort(-p, kind="stable")
    if top_k:
        p[order[top_k:]] = 0
    p /= p.sum()
    before = np.cumsum(p[order]) - p[order]  # what the likelier ones have: below p, a token is still needed
    p[order[before >= top_p]] = 0
    return p / p.sum()


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("temperature", "top_k", "top_p"), [(0.8, 40, 1.0), (1.7, 0, 0.9), (0.5, 5, 0.6)])
def test_every_stage_is_the_distribution_worked_out_by_hand(text, temperature, top_k, top_p):
    found = answer(text, "sampling", temperature=temperature, top_k=top_k, top_p=top_p, n=7, seed=3)
    row = logits_of(text)
    expected = {
        "model": by_hand(row, 1, 0, 1),
        "temperature": by_hand(row, temperature, 0, 1),
        "top-k": by_hand(row, temperature, top_k, 1),
        "top-p": by_hand(row, temperature, top_k, top_p),
    }
    assert [stage["name"] for stage in found["stages"]] == list(expected)
    for stage in found["stages"]:
        p = expected[stage["name"]]
        np.testing.assert_allclose(stage["probabilities"], p[found["ids"]], rtol=1e-3, atol=1e-9)
        assert stage["rest"] == pytest.approx(1 - p[found["ids"]].sum(), abs=1e-4)
        assert stage["n_left"] == np.count_nonzero(p)
    assert found["ids"][:7] == np.argsort(-row, kind="stable")[:7].tolist()
    assert found["tokens"] == [text.piece(id) for id in found["ids"]]
    assert found["rank"] == np.argsort(-row).tolist().index(found["drawn"]) + 1


@pytest.mark.parametrize("text", TEXTS)
def test_the_number_falls_on_the_piece_of_the_drawn_token(text):
    for seed in range(5):
        found = answer(text, "draw", temperature=1.2, top_k=0, top_p=0.95, seed=seed)
        assert found["number"] == np.random.default_rng(seed).random()
        ends = np.cumsum(by_hand(logits_of(text), 1.2, 0, 0.95))
        assert found["drawn"] == np.searchsorted(ends, found["number"])
        (piece,) = (piece for piece in found["pieces"] if piece["id"] == found["drawn"])
        assert piece["begin"] <= found["number"] < piece["end"]
        for piece in found["pieces"]:
            assert piece["end"] == pytest.approx(ends[piece["id"]], abs=1e-4)
        assert found["seeds"][0] == {"seed": seed, "id": found["drawn"], "token": found["token"]}


def test_other_seeds_draw_what_they_draw_by_themselves():
    found = answer(shipped(), "draw", n=4, seed=7)
    alone = [answer(shipped(), "draw", seed=7 + i)["drawn"] for i in range(4)]
    assert [one["id"] for one in found["seeds"]] == alone


def test_without_a_seed_the_view_draws_with_seed_0_and_says_so():
    found, of_0 = answer(shipped(), "draw"), answer(shipped(), "draw", seed=0)
    assert (found["is_set"], of_0["is_set"]) == (False, True)
    assert found["drawn"] == of_0["drawn"] == answer(shipped(), "sampling")["drawn"]


@pytest.mark.parametrize("how", [{"greedy": True}, {"temperature": 0}])
def test_greedily_the_likeliest_token_has_everything_and_no_number_is_drawn(how):
    best = int(np.argmax(logits_of(shipped())))
    found = answer(shipped(), "sampling", **how)
    assert [stage["name"] for stage in found["stages"]] == ["model", "greedy"]
    assert found["drawn"] == best
    assert found["rank"] == found["stages"][1]["n_left"] == 1
    drawn = answer(shipped(), "draw", **how)
    assert drawn == {"is_greedy": True, "drawn": best, "token": shipped().piece(best)}
    assert answer(shipped(), "top_p", **how)["n_left"] == 1


@pytest.mark.parametrize("text", TEXTS)
def test_the_line_of_top_p_ends_at_certainty_and_the_tokens_that_stay_just_reach_p(text):
    found = answer(text, "top_p", temperature=1.0, top_k=50, top_p=0.7)
    p = np.sort(by_hand(logits_of(text), 1.0, 50, 1))[::-1]
    np.testing.assert_allclose(found["cumulative"], np.cumsum(p)[found["ranks"] - 1], rtol=1e-4)
    assert found["ranks"][[0, -1]].tolist() == [1, 50]
    assert found["cumulative"][-1] == pytest.approx(1)
    assert p[: found["n_left"]].sum() == pytest.approx(found["reached"], abs=1e-5)
    assert found["reached"] >= 0.7 > found["reached"] - p[found["n_left"] - 1]


def test_a_setting_out_of_range_says_what_it_may_be():
    assert "temperature is -1" in error(shipped(), "sampling", temperature=-1)
    assert "top_p is 0" in error(shipped(), "top_p", top_p=0)
    assert "top_k is nan" in error(shipped(), "draw", top_k=float("nan"))


def test_temperature_squares_and_roots_the_ratio_of_two_tokens():
    logits = np.log(np.array([0.8, 0.08, 0.12], np.float32))
    for temperature, ratio in ((1.0, 10), (0.5, 100), (2.0, 10**0.5)):
        p = dict(stages(logits, sampling_of(False, temperature, 0, 1.0)))["temperature"]
        assert p[0] / p[1] == pytest.approx(ratio, rel=1e-4)


def test_greedy_continuation_is_the_likeliest_token_of_a_whole_forward_pass_each_time():
    text = shipped("ROMEO:\nBut soft!")
    found = answer(text, "greedy_loop", n=12)
    ids = list(text.ids)
    for id, probability in zip(found["ids"], found["probabilities"], strict=True):
        p = by_hand(gpt2(ids, **text.params, n_head=text.hparams["n_head"])[-1].astype(np.float64), 1, 0, 1)
        assert id == np.argmax(p)
        assert probability == pytest.approx(p[id], rel=1e-3)
        ids.append(id)


def test_the_prompt_that_the_page_begins_with_runs_into_a_loop():
    found = answer(shipped(), "greedy_loop")
    repeated = found["ids"][found["begin"] :]
    assert repeated[found["period"] :] == repeated[: -found["period"]]
    assert len(repeated) > 2 * found["period"]
    begin, period = found["begin"], found["period"]
    said, said_again = (found["probabilities"][at : at + period].mean() for at in (begin, begin + period))
    assert said_again > said  # what has been said is likelier to come


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([1, 2, 3, 4, 5], (0, 5)),
        ([9, 8, 1, 2, 1, 2, 1, 2], (2, 2)),
        ([1, 1, 1, 1], (1, 0)),
        ([1, 2, 3, 1, 2, 3], (0, 6)),
        ([7, 1, 2, 3, 1, 2, 3, 1, 2], (3, 1)),
        ([], (0, 0)),
    ],
)
def test_worked_examples_of_loops(ids, expected):
    assert loop_of(ids) == expected
