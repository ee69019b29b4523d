"""The card of the shipped model says what its files say."""

import json
import re
from pathlib import Path

import pytest

import train
from picogpt import load_checkpoint
from picogpt.generate import Generation
from picogpt.sampling import Sampling
from picogpt.weights import flatten

FOLDER = Path(__file__).parents[2] / "site" / "models" / "shakespeare"
CARD = (FOLDER / "README.md").read_text("utf-8")
RESULTS = json.loads((FOLDER / "results.json").read_text("utf-8"))


def test_the_model_is_of_the_recipes_sizes_and_small_enough_for_a_visit():
    _, hparams, params = load_checkpoint(FOLDER)
    assert hparams == train.SIZES
    assert sum(tensor.size for tensor in flatten(params).values()) == RESULTS["parameters"]
    assert (FOLDER / "model.safetensors").stat().st_size <= 12_000_000


def test_the_figures_are_those_of_the_recipe():
    assert RESULTS["steps"] == train.SETTINGS.n_steps
    n_tokens = train.SETTINGS.n_steps * train.BATCH_SIZE * train.SIZES["n_ctx"]
    assert RESULTS["tokens_trained"] == n_tokens


FIGURES = (
    "nats_per_byte", "nats_per_byte_of_331476", "nats_per_token", "perplexity", "held_out_bytes",
    "parameters", "steps", "tokens_trained", "sha256_of_training_text", "longest_overlap_characters",
)  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_the_card_gives_the_measured_figure(name):
    value = RESULTS[name]
    written = f"{value:,}" if isinstance(value, int) else str(value)
    assert re.search(rf"(?<![\d.,]){re.escape(written)}(?![\d,]|\.\d)", CARD), f"{name} = {written}"


def test_the_card_shows_all_twenty_samples_as_they_came():
    samples = (FOLDER / "samples.txt").read_text("utf-8")
    assert samples.count("ROMEO:") >= 20
    assert samples.strip() in CARD


def test_a_sample_can_be_drawn_again_from_its_seed():
    encoder, hparams, params = load_checkpoint(FOLDER)
    ids = encoder.encode("ROMEO:")
    tokens = Generation(ids, params, hparams["n_head"], 30, Sampling(0.8), 0, encoder.end_of_text)
    text = "ROMEO:" + encoder.decode(token.id for token in tokens)
    assert f"--- 0\n{text}" in (FOLDER / "samples.txt").read_text("utf-8")


def test_its_greedy_continuation_keeps_to_the_layout_of_a_play():
    encoder, hparams, params = load_checkpoint(FOLDER)
    tokens = Generation(encoder.encode("ROMEO:\n"), params, hparams["n_head"], 150)
    lines = encoder.decode(token.id for token in tokens).split("\n")
    assert any(re.fullmatch(r"[A-Z][A-Za-z ]+:", line) for line in lines)
    assert max(map(len, lines)) < 90
