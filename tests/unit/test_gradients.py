"""Every layer's gradient against central differences of the model's own forward pass, in double precision."""

import numpy as np
import pytest

from picogpt import gradients, model
from picogpt.dropout import Dropout
from picogpt.loss import cross_entropy, lm_loss, lm_loss_and_gradients
from picogpt.trace import recording
from picogpt.weights import flatten, nest, tensor_shapes

RNG = np.random.default_rng(0)


def central_differences(function, x, h=1e-6):
    """d function() / dx, entry by entry: `function` reads x, which is moved in place and put back."""
    slope = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        kept = x[at]
        x[at] = kept + h
        above = function()
        x[at] = kept - h
        slope[at] = (above - function()) / (2 * h)
        x[at] = kept
    return slope


def check(forward, backward, arrays):
    """`backward(dy, *arrays)` gives the slopes of sum(dy * forward(*arrays)) in each of the arrays."""
    dy = RNG.standard_normal(forward(*arrays).shape)
    found = backward(dy.copy(), *arrays)
    found = found if isinstance(found, tuple) else (found,)
    assert len(found) == len(arrays)
    for gradient, array in zip(found, arrays, strict=True):
        expected = central_differences(lambda: np.sum(dy * forward(*arrays)), array)
        assert gradient.shape == array.shape
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


def normal(*shape):
    return RNG.standard_normal(shape)


def test_gelu_gradient_equals_central_differences():
    check(model.gelu, gradients.gelu_grad, [3 * normal(2, 5, 4)])


def test_softmax_gradient_equals_central_differences():
    check(model.softmax, lambda dy, x: gradients.softmax_grad(dy, model.softmax(x)), [normal(2, 3, 5)])


def test_layer_norm_gradient_equals_central_differences():
    def backward(dy, x, g, b):
        return gradients.layer_norm_grad(dy, x, g)

    check(model.layer_norm, backward, [normal(2, 3, 6) + 1, normal(6), normal(6)])


def test_linear_gradient_equals_central_differences():
    def backward(dy, x, w, b):
        return gradients.linear_grad(dy, x, w)

    check(model.linear, backward, [normal(2, 3, 4), normal(4, 5), normal(5)])


def test_causal_attention_gradient_equals_central_differences():
    def backward(dy, q, k, v):
        return gradients.attention_grad(dy, q, k, v, model.attention_weights(q, k))

    check(model.attention, backward, [normal(2, 3, 5, 4) for _ in range(3)])


def test_embeddings_gradient_equals_central_differences_and_adds_up_repeated_ids():
    inputs = np.array([[1, 4, 1], [0, 1, 6]])

    def backward(dy, wte, wpe):
        return gradients.embeddings_grad(dy, inputs, len(wte), len(wpe))

    check(lambda wte, wpe: model.embeddings(inputs, wte, wpe, 0), backward, [normal(7, 4), normal(5, 4)])


def test_unembedding_gradient_equals_central_differences():
    check(model.unembedding, gradients.unembedding_grad, [normal(2, 3, 4), normal(7, 4)])


def test_cross_entropy_and_its_gradient_equal_the_definition_and_central_differences():
    logits, targets = 3 * normal(2, 3, 7), RNG.integers(7, size=(2, 3))
    loss, gradient = cross_entropy(logits, targets)
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    chosen = [p[b, t, targets[b, t]] for b in range(2) for t in range(3)]
    assert loss == pytest.approx(-np.mean(np.log(chosen)), rel=1e-12)
    expected = central_differences(lambda: cross_entropy(logits, targets)[0], logits)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)


def test_cross_entropy_of_a_token_that_the_model_thought_impossible_is_finite():
    logits = np.array([[0.0, 1000.0]], np.float32)
    assert cross_entropy(logits, np.array([0]))[0] == pytest.approx(1000)


def tiny_params(dtype, untied=False):
    """A model of 2 blocks with every number, biases and gains too, away from its initial value."""
    shapes = tensor_shapes({"n_vocab": 11, "n_ctx": 6, "n_embd": 8, "n_head": 2, "n_layer": 2})
    if untied:
        shapes["lm_head.weight"] = shapes["wte.weight"]
    rng = np.random.default_rng(1)
    return nest({name: (0.5 * rng.standard_normal(shape)).astype(dtype) for name, shape in shapes.items()})


@pytest.mark.parametrize("untied", [False, True])
def test_gradients_of_the_whole_model_equal_central_differences(untied):
    params, batch = tiny_params(np.float64, untied), np.random.default_rng(2).integers(11, size=(2, 6))
    tensors = flatten(params)
    loss, found = lm_loss_and_gradients(batch, params, n_head=2)
    assert loss == lm_loss(batch, params, n_head=2)
    found = flatten(found)
    assert list(found) == list(tensors) or set(found) == set(tensors)
    for name, tensor in tensors.items():
        expected = central_differences(lambda: lm_loss(batch, params, n_head=2), tensor)
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-8, err_msg=name)


def test_a_single_text_and_a_batch_of_one_have_the_same_loss_and_gradients():
    params, ids = tiny_params(np.float64), np.random.default_rng(3).integers(11, size=7)
    one, of_one = (lm_loss_and_gradients(batch, params, 2) for batch in (ids, ids[None]))
    assert one[0] == pytest.approx(of_one[0], rel=1e-12)
    for a, b in zip(flatten(one[1]).values(), flatten(of_one[1]).values(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_gradients_with_dropout_equal_central_differences_of_the_same_dropped_out_model():
    params, batch = tiny_params(np.float64), np.random.default_rng(4).integers(11, size=(2, 6))

    def run():
        return lm_loss_and_gradients(batch, params, 2, Dropout(0.25, np.random.default_rng(5)))

    found = flatten(run()[1])
    for name in ("wte.weight", "h.0.attn.c_attn.weight", "h.1.mlp.c_proj.bias", "h.0.ln_1.weight"):
        expected = central_differences(lambda: run()[0], flatten(params)[name])
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-8, err_msg=name)


def test_dropout_zeroes_its_share_of_three_results_a_block_and_keeps_their_mean():
    with recording(edit=Dropout(0.5, np.random.default_rng(0))) as seen:
        ones = np.ones((100, 100), np.float32)
        model.layer(lambda: 0)  # another name: not touched

        @model.layer
        def ffn():
            return ones

        @model.layer
        def gelu():
            return ones

        dropped, whole = ffn(), gelu()
    assert whole is ones
    assert dropped is seen["ffn.0"]
    assert dropped.dtype == np.float32
    assert set(np.unique(dropped)) == {0, 2}
    assert np.mean(dropped) == pytest.approx(1, abs=0.05)


def test_every_gradient_of_a_float32_model_is_float32():
    params, batch = tiny_params(np.float32), np.random.default_rng(6).integers(11, size=(2, 6))
    _, found = lm_loss_and_gradients(batch, params, 2, Dropout(0.1, np.random.default_rng(0)))
    assert {name: a.dtype for name, a in flatten(found).items() if a.dtype != np.float32} == {}
