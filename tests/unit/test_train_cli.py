"""`picogpt train` and `picogpt eval` as a reader types them."""

import numpy as np
import pytest

from picogpt import load_checkpoint
from picogpt.__main__ import run
from picogpt.bpe import Encoder
from picogpt.initial import initial_params
from picogpt.saving import save_model
from picogpt.weights import flatten

SMALL = [
    "--merges",
    "5",
    "--layers",
    "1",
    "--channels",
    "16",
    "--heads",
    "2",
    "--context",
    "8",
    "--batch",
    "4",
]
TEXT = "the thin thatch thumps the thick thorn.\n" * 20


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text(TEXT, "utf-8")
    return str(path)


@pytest.fixture
def other_model(tmp_path):
    """A checkpoint as somebody else might have made it, with a vocabulary of its own."""
    encoder = Encoder([(b"t", b"h")])
    hparams = {"n_vocab": 258, "n_ctx": 16, "n_embd": 16, "n_head": 4, "n_layer": 2}
    save_model(tmp_path / "other", initial_params(hparams, 7), hparams, encoder)
    return tmp_path / "other"


def figures(output):
    return {line[:15].strip(): float(line[15:]) for line in output.splitlines()[1:]}


def test_a_model_trained_from_scratch_writes_and_is_measured_by_name(tmp_path, text, capsys):
    out = tmp_path / "models" / "mine"
    assert (
        run(["train", "--text", text, "--out", str(out), "--steps", "60", "--learning_rate", "0.01", *SMALL])
        == 0
    )
    encoder, hparams, _ = load_checkpoint(out)
    assert hparams == {"n_vocab": 262, "n_ctx": 8, "n_embd": 16, "n_head": 2, "n_layer": 1}
    assert encoder.n_vocab == 262
    names = ["--models_dir", str(tmp_path / "models"), "--model_size", "mine"]
    assert run(["the th", "-n", "2", *names]) == 0
    capsys.readouterr()
    assert run(["eval", "--text", text, *names]) == 0
    found = figures(capsys.readouterr().out)
    assert found["nats per token"] < 3 < np.log(262)
    assert found["perplexity"] == pytest.approx(np.exp(found["nats per token"]), rel=1e-3)
    n_tokens = len(encoder.encode(TEXT))
    assert found["nats per byte"] == pytest.approx(found["nats per token"] * n_tokens / len(TEXT), rel=1e-3)


def test_fine_tuning_begins_with_the_given_weights_and_vocabulary_and_leaves_them_as_they_are(
    tmp_path, text, other_model, capsys
):
    before = flatten(load_checkpoint(other_model)[2])
    out = tmp_path / "tuned"
    options = [
        "--init",
        str(other_model),
        "--text",
        text,
        "--out",
        str(out),
        "--threads",
        "1",
        "--batch",
        "2",
    ]
    assert run(["train", *options, "--steps", "1", "--warmup", "0", "--learning_rate", "1e-4"]) == 0
    encoder, hparams, params = load_checkpoint(out)
    assert (hparams["n_head"], hparams["n_ctx"], encoder.n_vocab) == (4, 16, 258)
    moved = [np.max(np.abs(after - before[name])) for name, after in flatten(params).items()]
    # the first step of AdamW moves no number by more than the learning rate, and its decay by even less
    assert 0 < max(moved) < 1.1e-4
    after = flatten(load_checkpoint(other_model)[2])
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_the_same_command_again_goes_on_instead_of_starting_over(tmp_path, text, capsys):
    command = ["train", "--text", text, "--out", str(tmp_path / "out"), "--steps", "4", *SMALL]
    assert run(command) == 0
    first = (tmp_path / "out" / "model.safetensors").read_bytes()
    assert run(command) == 0
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == first


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--text", "missing.txt"], "missing.txt cannot be read"),
        (["--batch", "0"], "the batch 0"),
        (["--heads", "3"], "16 channels cannot be shared evenly by 3 heads"),
        (["--layers", "0"], "--layers is 0"),
        (["--steps", "0"], "n_steps is 0"),
        (["--save_every", "0"], "save_every is 0"),
        (["--merges", "9999"], "9,999 merges were asked for"),
        (["--context", "4000"], "a context of 4,000 needs at least 8,000"),
        (["--init", "nowhere"], "There is no model 'nowhere'"),
    ],
)
def test_mistakes_end_in_a_sentence_and_not_in_a_traceback(tmp_path, text, capsys, options, message):
    command = ["train", "--text", text, "--out", str(tmp_path / "out"), *SMALL, *options]
    assert run(command) == 1
    assert message in capsys.readouterr().err


def test_a_text_that_is_not_utf_8_is_refused_with_the_byte(tmp_path, capsys):
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    assert run(["eval", "--text", str(tmp_path / "latin.txt"), "-m", "shakespeare"]) == 1
    assert "is not UTF-8 (byte 3)" in capsys.readouterr().err


def test_a_model_without_a_vocabulary_is_refused(tmp_path, text, other_model, capsys):
    (other_model / "merges.txt").unlink()
    assert run(["eval", "--text", text, "-m", str(other_model)]) == 1
    assert "has no merges.txt" in capsys.readouterr().err
