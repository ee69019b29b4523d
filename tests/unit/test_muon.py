"""Muon: which matrices it moves, how far, and in which directions."""

import numpy as np
import pytest

from picogpt.initial import initial_params
from picogpt.muon import Muon, hidden_matrices, orthogonalize
from picogpt.train import Settings, Trainer
from picogpt.weights import flatten

SIZES = {"n_vocab": 258, "n_ctx": 8, "n_embd": 16, "n_head": 2, "n_layer": 2}


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def ill_conditioned(n_in, n_out):
    """A matrix whose singular values go from 1 to 1/50."""
    u, _, v = np.linalg.svd(normal(n_in, n_out), full_matrices=False)
    return (u * np.geomspace(1, 0.02, len(v)) @ v).astype(np.float32)


@pytest.mark.parametrize("shape", [(24, 24), (24, 96), (96, 24)])
def test_orthogonalizing_brings_all_singular_values_near_1_and_keeps_their_directions(shape):
    g = ill_conditioned(*shape)
    u, _, v = np.linalg.svd(g, full_matrices=False)
    found = orthogonalize(g)
    in_its_directions = u.T @ found @ v.T
    values = np.diag(in_its_directions)
    assert 0.6 < np.min(values) < np.max(values) < 1.3
    np.testing.assert_allclose(in_its_directions, np.diag(values), atol=1e-3)
    assert found.dtype == np.float32


def test_a_gradient_of_zero_stays_zero():
    assert np.array_equal(orthogonalize(np.zeros((3, 4), np.float32)), np.zeros((3, 4)))


def test_the_size_of_a_gradient_does_not_matter():
    np.testing.assert_allclose(orthogonalize(normal(8, 8) * 1e-4), orthogonalize(normal(8, 8)), atol=1e-4)


def test_it_has_the_four_matrices_of_each_block_and_nothing_else():
    found = hidden_matrices(flatten(initial_params(SIZES)))
    parts = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    assert set(found) == {f"h.{n}.{part}.weight" for n in range(2) for part in parts}


def test_every_tensor_has_one_optimizer():
    for rate in (0.0, 0.02):
        trainer = Trainer(
            initial_params(SIZES), 2, Given(), Settings(10, n_warmup=0, muon_learning_rate=rate)
        )
        assert sorted([*trainer.adamw.tensors, *trainer.muon.tensors]) == sorted(trainer.tensors)
        assert bool(trainer.muon.tensors) == bool(rate)


class Given:
    """In the place of `Batches`."""

    n_ctx = 8


def test_the_first_step_goes_equally_far_in_all_directions_and_decays():
    before = normal(24, 96)
    after = {"h.0.mlp.c_fc.weight": before.copy()}
    Muon(after, weight_decay=0.5).step({"h.0.mlp.c_fc.weight": ill_conditioned(24, 96)}, 0.1)
    moved = after["h.0.mlp.c_fc.weight"] - before * (1 - 0.1 * 0.5)
    lengths = np.linalg.svd(moved, compute_uv=False)
    assert np.min(lengths) > 0.1 * 2 * 0.6  # 2 is √(96 / 24)
    assert np.max(lengths) < 0.1 * 2 * 1.3


def test_queries_keys_and_values_are_matrices_of_their_own():
    parts = [ill_conditioned(16, 16), 1e-3 * normal(16, 16, seed=1), normal(16, 16, seed=2)]
    tensors = {"h.0.attn.c_attn.weight": np.zeros((16, 48), np.float32)}
    Muon(tensors).step({"h.0.attn.c_attn.weight": np.concatenate(parts, 1)}, 1.0)
    expected = np.concatenate([-orthogonalize(part) for part in parts], 1)
    np.testing.assert_allclose(tensors["h.0.attn.c_attn.weight"], expected, atol=1e-4)
