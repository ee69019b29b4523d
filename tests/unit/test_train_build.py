"""`python3 build train`: the corpus's layout, and the whole command on a corpus of a few lines."""

import json
from xml.etree import ElementTree

import pytest

import loss_plot
import shakespeare
import train
import train_report
from picogpt import load_checkpoint
from picogpt.train import Settings
from project import BuildError

PLAY = """\tMACBETH


ACT I



\t[Thunder and lightning]

First Witch\tWhen shall we three meet again
\tIn thunder, lightning, or in rain?

ALL\t            Anon.
"""


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in (*shakespeare.HELD_OUT, "hamlet"):
        (folder / f"{name}.txt").write_text(PLAY * 30, "utf-8")
    (folder / "othello.txt").write_text("ROMEO\tO, speak again, bright angel!\n" * 40, "utf-8")
    return folder


def test_a_speaker_stands_on_a_line_of_their_own_and_tabs_and_wide_gaps_go():
    assert shakespeare.normalise(PLAY) == (
        "MACBETH\n\nACT I\n\n[Thunder and lightning]\n\n"
        "First Witch:\nWhen shall we three meet again\nIn thunder, lightning, or in rain?\n\n"
        "ALL:\n            Anon.\n"
    )


def test_the_other_layout_has_only_speakers_in_capitals_on_a_line_of_their_own():
    text = shakespeare.normalise(PLAY, shakespeare.SPEAKER_IN_CAPITALS)
    assert "First WitchWhen shall we three" in text
    assert "ALL:\n" in text


def test_three_plays_are_held_out_and_none_of_them_is_trained_on(corpus):
    works, plays = shakespeare.read_corpus(corpus)
    assert (len(works), len(plays)) == (2, 3)
    assert {"speak again" in work for work in works} == {False, True}


def test_a_folder_without_the_plays_is_refused_by_the_name_of_the_first_missing(tmp_path):
    with pytest.raises(BuildError, match=r"midsummersnightsdream\.txt is not among them"):
        shakespeare.read_corpus(tmp_path)


def test_the_longest_overlap_is_found_wherever_it_stands():
    corpus = "to be, or not to be, that is the question"
    assert train_report.longest_overlap("I ask: that is the quest of all", corpus) == " that is the quest"
    assert train_report.longest_overlap("xyz", "abc") == ""
    assert train_report.longest_overlap(corpus, corpus) == corpus


@pytest.fixture
def small(monkeypatch, tmp_path):
    """The command with a recipe of seconds, and a folder of its own for what would ship."""
    sizes = {"n_vocab": 256 + 20 + 1, "n_ctx": 8, "n_embd": 16, "n_head": 2, "n_layer": 1}
    monkeypatch.setattr(train, "N_MERGES", 20)
    monkeypatch.setattr(train, "SIZES", sizes)
    monkeypatch.setattr(train, "SETTINGS", Settings(n_steps=6, n_warmup=2))
    monkeypatch.setattr(train, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(train_report, "STRIDE", 4)
    monkeypatch.setattr(train_report, "N_SAMPLES", 2)
    return tmp_path


def test_one_command_trains_measures_samples_and_ships(small, corpus, capsys):
    assert train.main(["--corpus", str(corpus), "--out", str(small / "run"), "--threads", "1"]) == 0
    shipped = small / "shipped"
    _, hparams, _ = load_checkpoint(shipped)
    assert hparams == train.SIZES
    results = json.loads((shipped / "results.json").read_text("utf-8"))
    held_out = "\n\n".join(shakespeare.read_corpus(corpus)[1])
    assert results["held_out_bytes"] == len(held_out)
    assert results["tokens_trained"] == 6 * train.BATCH_SIZE * 8
    assert 0 < results["nats_per_byte"] < 8
    assert results["longest_overlap"] in "\n\n".join(shakespeare.read_corpus(corpus)[0])
    assert (shipped / "samples.txt").read_text("utf-8").count("ROMEO:") >= 2
    ElementTree.fromstring((shipped / "loss.svg").read_text("utf-8"))


def test_a_model_too_large_to_ship_is_not_shipped(small, corpus, monkeypatch):
    monkeypatch.setattr(train, "MAX_BYTES", 1000)
    with pytest.raises(BuildError, match="at most 1,000 may ship"):
        train.main(["--corpus", str(corpus), "--out", str(small / "run"), "--threads", "1"])
    assert not (small / "shipped").exists()


def test_the_plot_puts_lower_losses_lower_and_later_steps_to_the_right(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("step,seconds,loss,held_out\n100,1,5.0,5.2\n200,2,4.0,4.4\n", "utf-8")
    svg = ElementTree.fromstring(loss_plot.loss_svg(log))
    lines = [e.get("points") for e in svg.iter("{http://www.w3.org/2000/svg}polyline")]
    points = [[tuple(map(float, point.split(","))) for point in line.split()] for line in lines]
    (train_1, train_2), (held_1, held_2) = points
    assert train_1[0] == held_1[0] < train_2[0] == held_2[0]
    assert held_1[1] < train_1[1] < held_2[1] < train_2[1]
