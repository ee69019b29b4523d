"""The forward pass against what PyTorch computed with the same checkpoints."""

import ast

import numpy as np
import pytest

from picogpt import generate, gpt2, model
from picogpt.cache import Cache
from picogpt.trace import recording
from tests.unit.references import ROOT


def test_logits_equal_pytorch(reference):
    logits = gpt2(reference.expected["input_ids"], **reference.params, n_head=reference.n_head)
    assert np.abs(logits - reference.expected["logits"]).max() <= 1e-4


def test_every_hidden_state_equals_pytorch(reference):
    with recording() as seen:
        gpt2(reference.expected["input_ids"], **reference.params, n_head=reference.n_head)
    n_layer = reference.hparams["n_layer"]
    blocks = [seen[f"gpt2.0/transformer_block.{n}"] for n in range(n_layer)]
    # transformers reports the last state after the final layer norm
    ours = [seen["gpt2.0/embeddings.0"], *blocks[:-1], seen["gpt2.0/layer_norm.0"]]
    assert np.abs(np.stack(ours) - reference.expected["hidden"]).max() <= 1e-4


def test_every_attention_weight_equals_pytorch(reference):
    with recording() as seen:
        gpt2(reference.expected["input_ids"], **reference.params, n_head=reference.n_head)
    path = "gpt2.0/transformer_block.{}/mha.0/attention.0/attention_weights.0"
    ours = np.stack([seen[path.format(n)] for n in range(reference.hparams["n_layer"])])
    assert np.abs(ours - reference.expected["attentions"]).max() <= 1e-5


def test_greedy_continuation_equals_pytorch(reference):
    inputs = reference.expected["input_ids"].tolist()
    assert generate(inputs, reference.params, reference.n_head, 64) == reference.expected["greedy"].tolist()


def test_every_activation_is_float32(reference):
    cache = Cache(reference.hparams["n_layer"], reference.hparams["n_ctx"])
    with recording() as seen:
        for ids in ([1, 2, 3, 4], [5]):
            gpt2(ids, **reference.params, n_head=reference.n_head, cache=cache)
    assert len(seen) > 40
    assert {path: array.dtype for path, array in seen.items() if array.dtype != np.float32} == {}


@pytest.mark.parametrize("parts", [[48], [1] * 48, [47, 1], [1, 30, 17], [16, 16, 16]])
def test_reading_in_parts_through_the_cache_equals_pytorchs_one_pass(reference, parts):
    cache = Cache(reference.hparams["n_layer"], reference.hparams["n_ctx"])
    ids = iter(reference.expected["input_ids"].tolist())
    rows = [
        gpt2([next(ids) for _ in range(n)], **reference.params, n_head=reference.n_head, cache=cache)
        for n in parts
    ]
    assert np.abs(np.concatenate(rows) - reference.expected["logits"]).max() <= 1e-4


def test_a_truncated_cache_reads_on_as_if_the_rest_had_never_been(reference):
    ids = reference.expected["input_ids"]
    cache = Cache(reference.hparams["n_layer"], reference.hparams["n_ctx"])
    gpt2([*ids[:20], 7, 7, 7], **reference.params, n_head=reference.n_head, cache=cache)
    cache.truncate(20)
    logits = gpt2(ids[20:], **reference.params, n_head=reference.n_head, cache=cache)
    assert np.abs(logits - reference.expected["logits"][20:]).max() <= 1e-4


def test_rows_picks_the_positions_that_get_logits(reference):
    ids = reference.expected["input_ids"]
    last = gpt2(ids, **reference.params, n_head=reference.n_head, rows=slice(-1, None))
    assert last.shape == (1, reference.hparams["n_vocab"])
    assert np.abs(last - reference.expected["logits"][-1:]).max() <= 1e-4


def test_a_batch_of_texts_equals_the_texts_one_by_one(reference):
    ids = reference.expected["input_ids"]
    logits = gpt2(np.stack([ids, ids[::-1]]), **reference.params, n_head=reference.n_head)
    assert np.abs(logits[0] - reference.expected["logits"]).max() <= 1e-4
    assert logits.shape == (2, len(ids), reference.hparams["n_vocab"])


def test_a_text_past_the_context_is_refused_not_shortened(reference):
    with pytest.raises(IndexError):
        gpt2([0] * (reference.hparams["n_ctx"] + 1), **reference.params, n_head=reference.n_head)


def test_gelu_and_softmax_by_hand():
    x = np.array([-3.0, -1.0, 0.0, 1.0, 3.0], np.float32)
    # 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), worked out to five places
    np.testing.assert_allclose(model.gelu(x), [-0.00364, -0.15881, 0, 0.84119, 2.99636], atol=1e-5)
    parts = np.log(np.array([1, 2, 5], np.float32))
    np.testing.assert_allclose(model.softmax(parts), [1 / 8, 2 / 8, 5 / 8], 1e-6)
    assert np.isfinite(model.softmax(np.array([1e4, -1e4], np.float32))).all()


def test_the_model_has_at_most_80_lines_of_code():
    tree = ast.parse((ROOT / "picogpt" / "model.py").read_text("utf-8"))
    is_docstring = lambda node: isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)  # noqa: E731
    text = {
        n for node in ast.walk(tree) if is_docstring(node) for n in range(node.lineno, node.end_lineno + 1)
    }
    code = {n for node in ast.walk(tree) if hasattr(node, "lineno") for n in (node.lineno, node.end_lineno)}
    assert 40 < len(code - text) <= 80
