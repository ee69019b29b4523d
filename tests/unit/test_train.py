"""The loop: batches, schedule, resuming, threads, the files of a run."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from picogpt import load_checkpoint, train
from picogpt.bpe import Encoder
from picogpt.errors import SettingsError, WeightsError
from picogpt.initial import initial_params
from picogpt.loss import lm_loss
from picogpt.optimizer import AdamW, Schedule, clip_gradients, gradient_norm
from picogpt.saving import STATE_NAME, load_state, save_state
from picogpt.tokens import Batches, encode_texts, read_tokens, write_tokens
from picogpt.train import Settings, Trainer
from picogpt.training_run import Run
from picogpt.weights import flatten

ENCODER = Encoder([(b"t", b"h")])
SIZES = {"n_vocab": 258, "n_ctx": 8, "n_embd": 16, "n_head": 2, "n_layer": 2}
IDS = np.random.default_rng(0).integers(258, size=200).astype(np.uint16)
SETTINGS = Settings(n_steps=12, learning_rate=1e-2, n_warmup=3, dropout=0.2, n_texts_at_once=2, seed=5)


def new_trainer(map=map, **changes):
    batches = Batches(IDS, n_ctx=8, batch_size=5, seed=5)
    return Trainer(initial_params(SIZES, 1), 2, batches, replace(SETTINGS, **changes), map)


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def test_an_epoch_reads_each_piece_of_the_text_once_in_another_order_and_from_another_place():
    batches = Batches(np.arange(1000), n_ctx=10, batch_size=7, seed=1)
    per_epoch = batches.n_pieces
    begins = np.concatenate([batches[step][:, 0] for step in range(2 * per_epoch)])[: 2 * per_epoch]
    for epoch in (begins[:per_epoch], begins[per_epoch:]):
        assert np.array_equal(np.sort(epoch), np.min(epoch) + 10 * np.arange(per_epoch))
        assert not np.array_equal(np.sort(epoch), epoch)
    assert np.min(begins[:per_epoch]) != np.min(begins[per_epoch:])


def test_a_batch_depends_on_seed_and_step_alone():
    a, b = (Batches(IDS, 8, 5, seed=3) for _ in range(2))
    in_order = [a[step] for step in range(20)]
    for step in (19, 0, 7):
        assert np.array_equal(b[step], in_order[step])
    assert not np.array_equal(Batches(IDS, 8, 5, seed=4)[0], in_order[0])


def test_a_text_too_short_for_the_context_is_refused_with_both_counts():
    with pytest.raises(SettingsError, match="15 tokens; a context of 8 needs at least 16"):
        Batches(IDS[:15], n_ctx=8, batch_size=1)
    assert Batches(IDS[:16], n_ctx=8, batch_size=1)[0].shape == (1, 9)


def test_tokens_in_a_file_are_mapped_and_end_of_text_stands_before_each_text(tmp_path):
    write_tokens(tmp_path / "tokens.npy", encode_texts(ENCODER, ["th", "a"]))
    ids = read_tokens(tmp_path / "tokens.npy")
    assert isinstance(ids, np.memmap)
    assert (ids.tolist(), ids.dtype) == ([257, 256, 257, ENCODER.encode("a")[0]], np.uint16)


def test_the_schedule_warms_up_holds_and_ends_near_zero():
    schedule = Schedule(peak=1.0, n_steps=100, n_warmup=10, n_hold=60)
    rates = [schedule.learning_rate(step) for step in range(100)]
    assert rates[:2] == [0.1, 0.2]
    assert set(rates[9:61]) == {1.0}
    assert rates[80] == pytest.approx(0.5)
    assert 0 < rates[99] < 0.01
    assert rates == sorted(rates[:10]) + sorted(rates[10:], reverse=True)


def test_clipping_shortens_long_gradients_to_the_limit_and_leaves_short_ones():
    gradients = {"a": np.array([3.0, 0.0], np.float32), "b": np.array([[4.0]], np.float32)}
    assert clip_gradients(gradients, 10) == 5
    assert gradients["b"] == 4
    assert clip_gradients(gradients, 1) == 5
    assert gradient_norm(gradients) == pytest.approx(1)
    assert gradients["a"][0] == pytest.approx(0.6)


def test_the_first_step_of_adamw_moves_each_number_by_the_learning_rate_and_decays_matrices_only():
    tensors = {"w": np.array([[2.0, 2.0]], np.float32), "b": np.array([2.0], np.float32)}
    optimizer = AdamW(tensors, weight_decay=0.5)
    optimizer.step({"w": np.array([[1e-3, -7]], np.float32), "b": np.array([3.0], np.float32)}, 0.1)
    np.testing.assert_allclose(tensors["w"], [[2 * 0.95 - 0.1, 2 * 0.95 + 0.1]], rtol=1e-4)
    np.testing.assert_allclose(tensors["b"], [1.9], rtol=1e-5)


def test_training_learns_a_text_by_heart():
    ids = encode_texts(ENCODER, ["the thin thatch thumps. " * 8])
    params = initial_params(SIZES, 0)
    before = lm_loss(ids[:9], params, 2)
    for _ in Trainer(params, 2, Batches(ids, 8, 4), Settings(150, learning_rate=1e-2, n_warmup=10)):
        pass
    assert before > 5
    assert lm_loss(ids[1:10], params, 2) < 0.5


def test_the_loss_of_a_step_is_that_of_its_whole_batch():
    trainer = new_trainer(dropout=0)
    expected = lm_loss(trainer.batches[0], trainer.params, 2)
    assert trainer.step() == pytest.approx(expected, rel=1e-6)


def test_a_resumed_run_gives_the_same_numbers_as_an_uninterrupted_one(tmp_path):
    whole, first, second = new_trainer(), new_trainer(), new_trainer()
    list(whole)
    for _ in range(5):
        first.step()
    save_state(tmp_path / "state", first)
    load_state(tmp_path / "state", second)
    assert second.n_done == 5
    list(second)
    assert second.losses[5:] == whole.losses[5:]
    assert same(second.tensors, whole.tensors)
    assert same(second.adamw.m, whole.adamw.m)


def test_a_run_with_muon_resumes_to_the_same_numbers_also_side_by_side(tmp_path):
    whole, first = (new_trainer(muon_learning_rate=0.02) for _ in range(2))
    list(whole)
    for _ in range(5):
        first.step()
    save_state(tmp_path / "state", first)
    with ThreadPoolExecutor(3) as pool:
        second = new_trainer(map=pool.map, muon_learning_rate=0.02)
        load_state(tmp_path / "state", second)
        list(second)
    assert second.losses[5:] == whole.losses[5:]
    assert same(second.tensors, whole.tensors)
    assert same(second.muon.momentum, whole.muon.momentum)


def test_the_state_of_a_run_without_muon_is_refused_by_one_with_it(tmp_path):
    save_state(tmp_path / "state", new_trainer())
    with pytest.raises(WeightsError, match=r"momentum\.h\.0\S* should have shape .* is missing"):
        load_state(tmp_path / "state", new_trainer(muon_learning_rate=0.02))


def test_leaving_the_loop_and_coming_back_goes_on():
    whole, halting = new_trainer(), new_trainer()
    list(whole)
    for _ in halting:
        if halting.n_done == 4:
            break
    assert halting.n_done == 4
    list(halting)
    assert halting.losses == whole.losses


def test_parts_of_a_batch_beside_each_other_give_the_same_numbers_as_one_after_the_other():
    one_by_one, beside = new_trainer(), None
    list(one_by_one)
    with ThreadPoolExecutor(3) as pool:
        beside = new_trainer(map=pool.map)
        list(beside)
    assert beside.losses == one_by_one.losses
    assert same(beside.tensors, one_by_one.tensors)


def test_the_state_of_another_model_is_refused_by_name(tmp_path):
    save_state(tmp_path / "state", new_trainer())
    other = Trainer(initial_params({**SIZES, "n_layer": 3}), 2, Batches(IDS, 8, 5), SETTINGS)
    with pytest.raises(WeightsError, match=r"params\.h\.2\S* should have shape .* is missing"):
        load_state(tmp_path / "state", other)


def new_run(folder, settings=SETTINGS):
    batches = Batches(IDS, n_ctx=8, batch_size=5, seed=5)
    return Run(folder, initial_params(SIZES, 1), SIZES, ENCODER, batches, settings, IDS[:50], save_every=5)


class Interrupted(Run):
    """A run whose reader presses Ctrl-C after step 8."""

    def _loop(self, trainer, bar):
        step = trainer.step

        def until_8():
            if trainer.n_done == 8:
                raise KeyboardInterrupt
            return step()

        trainer.step = until_8
        super()._loop(trainer, bar)


def test_ctrl_c_keeps_the_last_save_and_the_same_call_goes_on_to_the_same_model(tmp_path):
    run = new_run(tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        Interrupted(**vars(run)).train(quiet=True)
    resumed, whole = new_run(tmp_path / "a"), new_run(tmp_path / "b")
    trainer = resumed.train(quiet=True)
    assert len(trainer.losses) == 12
    whole.train(quiet=True)
    assert same(flatten(resumed.params), flatten(whole.params))
    steps = [line.split(",")[0] for line in (tmp_path / "a" / "log.csv").read_text().splitlines()]
    assert steps == ["step", "5", "10", "12"]


def test_a_run_leaves_a_checkpoint_that_can_be_loaded(tmp_path):
    run = new_run(tmp_path)
    run.train(quiet=True)
    encoder, hparams, params = load_checkpoint(tmp_path)
    assert hparams == SIZES
    assert encoder.merged == ENCODER.merged
    assert same(flatten(params), flatten(run.params))


def test_a_run_is_not_continued_with_other_settings_but_its_end_may_move_while_the_rate_holds(tmp_path):
    held = replace(SETTINGS, n_steps=6, n_hold=6)
    new_run(tmp_path, held).train(quiet=True)
    with pytest.raises(SettingsError, match=r"dropout = 0\.2, and now it is 0\.0"):
        new_run(tmp_path, replace(held, dropout=0.0)).train(quiet=True)
    longer = new_run(tmp_path, replace(held, n_steps=12, n_hold=8))
    longer.train(quiet=True)
    whole = new_run(tmp_path / "whole", replace(held, n_steps=12, n_hold=8))
    whole.train(quiet=True)
    assert same(flatten(longer.params), flatten(whole.params))
    with pytest.raises(SettingsError, match="n_steps = 12, and now it is 20"):
        new_run(tmp_path, replace(held, n_steps=20, n_hold=8)).train(quiet=True)
    assert json.loads((tmp_path / "settings.json").read_text())["n_steps"] == 12
    assert (tmp_path / STATE_NAME).is_file()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"beta_2": 1.0}, "beta_2 is 1.0"),
        ({"learning_rate": 0.0}, "learning rate is 0.0"),
        ({"learning_rate": float("nan")}, "learning rate is nan"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"max_norm": 0.0}, "max_norm above 0"),
        ({"muon_learning_rate": -0.1}, "muon_learning_rate must be at least 0"),
        ({"n_texts_at_once": 0}, "n_texts_at_once is 0"),
    ],
)
def test_settings_outside_their_range_are_refused(changes, message):
    with pytest.raises(SettingsError, match=message):
        replace(SETTINGS, **changes)


def test_a_context_longer_than_the_models_is_refused():
    with pytest.raises(SettingsError, match="9 tokens a text; this model reads at most 8"):
        Trainer(initial_params(SIZES), 2, Batches(IDS, 9, 1), SETTINGS)


def test_heads_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(SettingsError, match="16 channels cannot be shared evenly by 3 heads"):
        initial_params({**SIZES, "n_head": 3})


def test_dropout_falls_to_zero_with_the_learning_rate(monkeypatch):
    rates = []

    class Noted(train.Dropout):
        def __init__(self, rate, rng):
            rates.append(rate)
            super().__init__(rate, rng)

    monkeypatch.setattr(train, "Dropout", Noted)
    list(new_trainer(n_texts_at_once=5, n_steps=9, n_warmup=1, n_hold=5, dropout=0.2))
    assert rates[:6] == [0.2] * 6
    assert rates[7] == pytest.approx(0.1)
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[8] < 0.05
