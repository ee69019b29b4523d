"""A tiny GPT on any text: what the recipe says is what it makes."""

import math
from pathlib import Path

import numpy as np
import pytest

from picogpt.errors import SettingsError
from picogpt.tiny import MAX_CHARACTERS, SIZES, Choice, hold_out, start, vocabulary
from picogpt.weights import flatten

PROSE = "\n".join(path.read_text("utf-8") for path in sorted(Path("site/learn").glob("*.md")))[:20_000]


@pytest.mark.parametrize("size", SIZES)
def test_the_recipe_makes_a_model_of_that_size_and_its_numbers_stand_in_it(size):
    choice = Choice(size, n_steps=40, learning_rate=0.002, seed=7)
    made = start(PROSE, choice)
    assert len(made.trainer.params["blocks"]) == SIZES[size]["n_layer"]
    assert made.trainer.params["wte"].shape == (made.encoder.n_vocab, SIZES[size]["n_embd"])
    assert made.trainer.batches[0].shape == (SIZES[size]["batch_size"], 128 + 1)
    settings = made.trainer.settings
    assert (settings.n_steps, settings.learning_rate, settings.seed) == (40, 0.002, 7)
    assert settings.muon_learning_rate == pytest.approx(0.014)
    for line in ("n_steps=40, learning_rate=0.002", "seed=7", f"n_embd={SIZES[size]['n_embd']}"):
        assert line in choice.recipe


def test_the_recipe_runs_by_itself_behind_a_text():
    names = {"text": PROSE}
    exec(Choice(n_steps=1).recipe + "losses = list(trainer)", names)
    assert names["losses"][0] == pytest.approx(math.log(names["encoder"].n_vocab), rel=0.02)


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    def weights(seed):
        return flatten(start(PROSE, Choice(seed=seed)).trainer.params)["wte.weight"]

    np.testing.assert_array_equal(weights(3), weights(3))
    assert not np.array_equal(weights(3), weights(4))


def test_the_end_of_a_text_is_held_out_where_it_can_be_spared():
    text = "abcdefghij" * 2_000
    train, held_out = hold_out(text)
    assert (train + held_out, len(held_out)) == (text, 1_000)
    assert hold_out(text[:9_999]) == (text[:9_999], "")
    assert len(hold_out("x" * 400_000)[1]) == 4_000


@pytest.mark.parametrize("text", ["ab", "xyz" * 400, "🌹 " * 300, PROSE])
def test_every_text_gives_a_vocabulary_that_reads_it(text):
    encoder = vocabulary(text, 512)
    assert 257 <= encoder.n_vocab <= 257 + 512
    assert encoder.decode(encoder.encode(text)) == text


def test_a_text_of_letters_that_never_repeat_is_read_byte_by_byte():
    assert vocabulary("".join(map(chr, range(0x4E00, 0x4E00 + 40))), 512).n_vocab < 257 + 40
    assert vocabulary("qwertyuiop", 512).n_vocab == 257


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"size": "huge"}, "no size 'huge'"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"n_steps": 2.5}, "n_steps is 2.5"),
        ({"n_steps": 10**9}, "n_steps is 1000000000"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"learning_rate": 2}, "learning_rate is 2"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_choice_out_of_range_says_so(wrong, says):
    with pytest.raises(SettingsError, match=says) as caught:
        Choice(**wrong)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 characters"),
        ("x" * 999, "999 characters"),
        ("x" * (MAX_CHARACTERS + 1), "500,001"),
        (" " * 5_000, "at least 256"),
    ],
)
def test_a_text_that_is_too_short_or_too_long_is_refused(text, says):
    with pytest.raises(SettingsError, match=says):
        start(text, Choice())
