"""The seam: the ways to compute a product agree, and any of them can be chosen at any time."""

import numpy as np
import pytest

from picogpt import gpt2, matmul
from picogpt.errors import SettingsError
from picogpt.matmul import blas_product, einsum_product
from picogpt.sgemm import Sgemm
from tests.unit.memory_kernel import kernel

X = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
W = np.array([[1, 0], [0, 1], [2, -1]], np.float32)
B = np.array([10, 20], np.float32)
BY_HAND = [[17, 19], [26, 19]]


@pytest.fixture(autouse=True)
def seam(monkeypatch):
    """The choice as it was is put back after the test."""
    monkeypatch.setattr(matmul, "KINDS", dict(matmul.KINDS))
    monkeypatch.setattr(matmul, "KIND", matmul.KIND)


@pytest.mark.parametrize("product", [blas_product, einsum_product, Sgemm(kernel)])
def test_every_product_is_that_of_an_example_by_hand_and_changes_no_operand(product):
    x, w, b = X.copy(), W.copy(), B.copy()
    y = product(x, w, b)
    assert y.tolist() == BY_HAND
    assert y.dtype == np.float32
    assert product(x, w).tolist() == (np.array(BY_HAND) - [10, 20]).tolist()
    assert not any(np.shares_memory(y, operand) for operand in (x, w, b))
    assert np.array_equal(x, X)
    assert np.array_equal(w, W)
    assert np.array_equal(b, B)


@pytest.mark.parametrize("most", [1, 12, 24, 200, 10_000])
def test_a_product_too_large_for_one_einsum_is_put_together_from_rows(monkeypatch, most):
    monkeypatch.setattr(matmul, "MOST_TERMS", most)
    rng = np.random.default_rng(0)
    for shape, n in (((7, 4), 3), ((2, 5, 4), 3), ((1, 4), 3)):
        x = rng.normal(size=shape).astype(np.float32)
        w = rng.normal(size=(*shape[:-2], 4, n)).astype(np.float32)
        b = rng.normal(size=n).astype(np.float32)
        np.testing.assert_allclose(einsum_product(x, w, b), np.matmul(x, w) + b, rtol=1e-5, atol=1e-6)


def test_a_product_that_is_offered_is_used_until_another_is_chosen():
    matmul.offer("odd", lambda x, w, b=None: np.full((1, 1), 7, np.float32))
    assert matmul.KIND == "odd"
    assert matmul.matmul(X, W).item() == 7
    matmul.use("einsum")
    assert matmul.KIND == "einsum"
    assert matmul.matmul(X, W, B).tolist() == BY_HAND


def test_a_product_that_is_not_there_is_refused_with_the_ones_that_are():
    with pytest.raises(SettingsError) as error:
        matmul.use("abacus")
    assert "abacus" in error.value.message
    assert "einsum" in error.value.hint


def test_the_model_gives_pytorchs_logits_with_every_product(reference):
    matmul.offer("sgemm", Sgemm(kernel))
    assert len(matmul.KINDS) >= 2
    for kind in matmul.KINDS:
        matmul.use(kind)
        logits = gpt2(reference.expected["input_ids"], **reference.params, n_head=reference.n_head)
        assert np.abs(logits - reference.expected["logits"]).max() <= 1e-4, kind
