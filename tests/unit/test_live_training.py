"""Training in slices, as the page asks for it: the same numbers however it is stopped, a model to talk to."""

import io
import json
import math
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from picogpt import browser, browser_training
from picogpt.checkpoint import load_checkpoint
from picogpt.model import gpt2
from picogpt.models import shipped_folder
from picogpt.training_run import side_by_side

PROSE = "\n".join(path.read_text("utf-8") for path in sorted(Path("site/learn").glob("*.md")))[:20_000]
CHOICE = {"size": "tiny", "n_steps": 12, "learning_rate": 0.003, "seed": 5}
GREEDY = {"n_tokens": 8, "greedy": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "seed": None}


@pytest.fixture(autouse=True)
def _loaded():
    folder = shipped_folder() / "shakespeare"
    texts = [(folder / name).read_text("utf-8") for name in ("config.json", "merges.txt")]
    ask("load", "shakespeare", np.fromfile(folder / "model.safetensors", np.uint8), *texts)
    with side_by_side(1):  # on busy cores, BLAS's threads wait for each other more than they compute
        yield
    ask("forget_training")
    ask("unload", browser_training.TRAINED)


def ask(name, *args):
    reply = browser.attempt(name, *args)
    assert "error" not in reply, reply
    return reply["value"]


def begin(**changes):
    return ask("begin_training", PROSE, CHOICE | changes)


def losses(events):
    return [(event["step"], event["loss"]) for event in events if event["type"] == "step"]


def test_the_losses_are_those_of_the_recipe_in_a_terminal():
    names = {"text": PROSE}
    exec(ask("training_recipe", CHOICE), names)
    begin()
    events = list(ask("train"))
    assert json.loads(json.dumps(events)) == events
    assert losses(events) == list(enumerate(names["trainer"], 1))
    assert events[-1] == {"type": "end", "reason": "done"}


def test_a_run_that_is_paused_at_every_slice_goes_the_same_way():
    begin()
    whole = losses(ask("train"))
    begin()
    events, reasons = [], []
    while "done" not in reasons and len(reasons) < 50:
        stream = ask("train")
        events.append(next(stream))
        ask("pause_training")
        rest = list(stream)
        events += rest
        reasons.append(rest[-1]["reason"])
        assert sum(event["type"] == "step" for event in rest) <= 1
    assert losses(events) == whole
    assert set(reasons) == {"paused", "done"}


def test_a_stream_that_is_left_in_the_middle_is_gone_on_with():
    begin()
    whole = losses(ask("train"))
    begin()
    stream = ask("train")
    first = [next(stream) for _ in range(15)]
    stream.close()
    assert losses([*first, *ask("train")]) == whole


def test_it_learns_and_says_how_well_it_foresees_what_it_has_not_read():
    about = begin(n_steps=60)
    events = list(ask("train"))
    held_out = {event["step"]: event["loss"] for event in events if event["type"] == "held_out"}
    assert sorted(held_out) == list(range(0, 61, 3))
    assert held_out[0] == pytest.approx(math.log(about["n_vocab"]), rel=0.02)
    assert about["blind_loss"] == pytest.approx(math.log(about["n_vocab"]))
    assert held_out[60] < held_out[30] < held_out[0] - 0.5
    assert losses(events)[-1][1] < held_out[60]


def test_samples_grow_and_the_same_weights_write_the_same():
    begin()
    events = [event for event in ask("train") if event["type"] == "sample"]
    for before, after in pairwise(events):
        assert before["is_whole"] or after["text"].startswith(before["text"].rstrip("\ufffd"))
    first = [event["text"] for event in events if event["is_whole"]]
    assert len(first) == 1 + CHOICE["n_steps"]
    begin()
    assert [e["text"] for e in ask("train") if e["type"] == "sample" and e["is_whole"]] == first


def test_the_model_is_among_the_loaded_ones_and_not_chosen():
    begin()
    models = [event for event in ask("train") if event["type"] == "model"]
    assert browser_training.TRAINED in ask("loaded")
    assert ask("info")["name"] == "shakespeare"
    assert ask("use", browser_training.TRAINED) == models[-1]["info"]
    assert models[-1]["info"]["n_ctx"] == 128


def test_a_copy_stays_as_it_is_while_training_goes_on():
    begin()
    stream = ask("train")
    next(event for event in stream if event["type"] == "model")
    ask("use", browser_training.TRAINED)
    model = browser.chosen()
    before = model.params["wte"].copy()
    next(event for event in stream if event["type"] == "step")
    np.testing.assert_array_equal(model.params["wte"], before)
    ask("pause_training")
    list(stream)
    assert not np.array_equal(browser.chosen().params["wte"], before)


def test_what_is_saved_is_a_checkpoint_of_the_model_that_writes_in_the_page(tmp_path):
    begin()
    list(ask("train"))
    ask("use", browser_training.TRAINED)
    written = [event["id"] for event in ask("generate", "The model", GREEDY) if event["type"] == "token"]
    with zipfile.ZipFile(io.BytesIO(ask("trained_model", "mine"))) as packed:
        assert sorted(packed.namelist()) == [
            f"mine/{n}" for n in ("config.json", "merges.txt", "model.safetensors")
        ]
        packed.extractall(tmp_path)
    encoder, hparams, params = load_checkpoint(tmp_path / "mine")
    ids = encoder.encode("The model")
    for id in written:
        assert int(np.argmax(gpt2(ids, **params, n_head=hparams["n_head"])[-1])) == id
        ids.append(id)


def test_another_beginning_ends_the_stream_that_went_on_and_leaves_it_no_copy():
    begin()
    stream = ask("train")
    next(stream)
    begin(size="small")
    rest = list(stream)
    assert rest[-1]["reason"] == "paused"
    assert browser_training.TRAINED not in ask("loaded")


def last_error(events):
    *_, last = events
    assert last["type"] == "error"
    assert last["error"]["hint"]
    return last["error"]


def test_without_a_beginning_there_is_nothing_to_train_or_to_save():
    assert "Nothing is being trained" in last_error(ask("train"))["message"]
    browser_training._copy = None
    assert "Nothing has been trained" in browser.attempt("trained_model", "x")["error"]["message"]


def test_a_loss_that_is_no_number_ends_the_run_with_a_word():
    begin()
    stream = ask("train")
    next(event for event in stream if event["type"] == "step")
    stream.close()
    browser_training._training.trainer.params["wte"][:] = np.inf
    error = last_error(ask("train"))
    assert error["class"] == "TrainingError"
    assert "nan" in error["message"]
    assert "learning rate" in error["hint"]


def test_an_edited_model_is_not_trained():
    begin()
    ask("edit", "gelu", "def gelu(x):\n    return x")
    try:
        assert "no gradients" in last_error(ask("train"))["message"]
    finally:
        ask("restore")
    assert list(ask("train"))[-1]["reason"] == "done"


def test_a_refused_text_leaves_the_run_as_it_was():
    begin()
    assert "3 characters" in browser.attempt("begin_training", "abc", CHOICE)["error"]["message"]
    assert len(losses(ask("train"))) == CHOICE["n_steps"]
