"""Presets, ablation, patching, rounding: what they do to the logits, worked out in other ways."""

import difflib

import numpy as np
import pytest

from picogpt import edit, generate, model
from picogpt.errors import EditError, PromptError, SettingsError
from picogpt.experiments import ablate, patch, rounded, rounding
from picogpt.presets import LOOP, PRESETS, ablation, changed
from picogpt.trace import recording
from tests.unit.references import ROOT, load_reference

published = load_reference("published")
PARAMS, N_HEAD, N_LAYER = published.params, published.n_head, published.hparams["n_layer"]
INPUTS = published.expected["input_ids"].tolist()
GREEDY_IDS = published.expected["greedy"].tolist()
MODEL_TEXT = (ROOT / "picogpt" / "model.py").read_text("utf-8")
by_title = {preset.title: preset for preset in PRESETS}


@pytest.fixture(autouse=True)
def _as_it_came():
    yield
    edit.restore()


def run(params=PARAMS):
    return model.gpt2(INPUTS, **params, n_head=N_HEAD)


def apply(title):
    edit.replace(by_title[title].name, by_title[title].source, PARAMS, N_HEAD)


@pytest.mark.parametrize("title", by_title)
def test_a_preset_is_a_small_edit_that_runs_moves_the_logits_and_can_be_taken_back(title):
    before = run()
    apply(title)
    after = run()
    assert np.isfinite(after).all()
    assert np.abs(after - before).max() > 1e-5
    lines = [
        line
        for line in difflib.unified_diff(MODEL_TEXT.splitlines(), edit.source().splitlines(), n=0)
        if line[:1] in "+-" and line[:3] not in ("+++", "---") and line[1:].strip()
    ]
    assert 1 <= len(lines) <= 12
    edit.restore(by_title[title].name)
    np.testing.assert_array_equal(run(), before)
    assert generate(INPUTS, PARAMS, N_HEAD, 64) == GREEDY_IDS


def test_presets_say_what_they_do():
    assert len(by_title) == len(PRESETS) == 10
    assert all(preset.what and preset.watch for preset in PRESETS)


def test_a_preset_for_another_model_says_so():
    with pytest.raises(EditError, match="not in it once"):
        changed("gpt2", (LOOP + "x", ""))


def attend(q, k, v, weights_of):
    """Attention by hand, in double precision: one head, one token at a time."""
    out = np.zeros(q.shape)
    for head, at in np.ndindex(q.shape[:2]):
        scores = np.array([q[head, at].astype(float) @ key for key in k[head]]) / np.sqrt(q.shape[-1])
        out[head, at] = weights_of(scores, at) @ v[head]
    return out


def softmax_of_all(scores, at):
    return np.exp(scores) / np.exp(scores).sum()


def even_over_the_past(scores, at):
    return (np.arange(len(scores)) <= at) / (at + 1)


@pytest.mark.parametrize(
    ("title", "weights_of"), [("No causal mask", softmax_of_all), ("Uniform attention", even_over_the_past)]
)
def test_edited_attention_equals_attention_by_hand(title, weights_of):
    apply(title)
    with recording() as seen:
        run()
    for n in range(N_LAYER):
        mha = f"gpt2.0/transformer_block.{n}/mha.0"
        q, k, v = (seen[f"{mha}/split_heads.{i}"] for i in range(3))
        np.testing.assert_allclose(seen[f"{mha}/attention.0"], attend(q, k, v, weights_of), atol=2e-5)


def test_without_positions_the_last_token_cannot_tell_the_order_of_those_before_it():
    apply("No position embeddings")
    # in the first layer; deeper ones learn something of it from the causal mask
    one_layer = {**PARAMS, "blocks": PARAMS["blocks"][:1]}
    a, b = (model.gpt2([*ids, 9], **one_layer, n_head=N_HEAD)[-1] for ids in (INPUTS[:12], INPUTS[:12][::-1]))
    np.testing.assert_allclose(a, b, atol=1e-4)


def test_relu_and_gelu_differ_by_at_most_what_the_preset_says():
    x = np.linspace(-6, 6, 10_001, dtype=np.float32)
    largest = np.abs(model.gelu(x) - np.maximum(x, 0)).max()
    assert 0.165 < largest <= 0.1705
    assert "0.17" in by_title["ReLU in place of GELU"].watch


def without_rows(params, heads, ffns):
    """The parameters with what silence comes to: no rows of c_proj for a head, no c_proj for a layer."""
    blocks = []
    for n, block in enumerate(params["blocks"]):
        attn, mlp = block["attn"]["c_proj"], block["mlp"]["c_proj"]
        keep = np.ones((len(attn["w"]), 1), np.float32)
        d = len(keep) // N_HEAD
        for layer, head in heads:
            if layer == n:
                keep[head * d : (head + 1) * d] = 0
        loud = np.float32(n not in ffns)
        blocks.append(
            block
            | {"attn": block["attn"] | {"c_proj": attn | {"w": attn["w"] * keep}}}
            | {"mlp": block["mlp"] | {"c_proj": {"w": mlp["w"] * loud, "b": mlp["b"] * loud}}}
        )
    return {**params, "blocks": blocks}


@pytest.mark.parametrize(
    ("heads", "ffns"),
    [({(0, 0)}, ()), ({(1, 1), (0, 1), (1, 0)}, ()), ((), {1}), ([(0, N_HEAD - 1)], [0, N_LAYER - 1])],
)
def test_silence_equals_weights_that_are_zero(heads, ffns):
    expected = run(without_rows(PARAMS, heads, ffns))
    before = run()
    ablate(heads, ffns, PARAMS, N_HEAD)
    np.testing.assert_allclose(run(), expected, atol=1e-5)
    assert np.abs(run() - before).max() > 1e-4
    ablate()
    np.testing.assert_array_equal(run(), before)


def test_what_cannot_be_silenced_is_refused():
    for heads, ffns, says in (
        ({(0, N_HEAD)}, (), f"no head {N_HEAD}. They are numbered from 0 to {N_HEAD - 1}"),
        ({(N_LAYER, 0)}, (), f"no layer {N_LAYER}"),
        ((), {-1}, "no layer -1"),
    ):
        with pytest.raises(SettingsError, match=says):
            ablate(heads, ffns, PARAMS, N_HEAD)
    assert edit.edited() == {}
    assert "SILENT_HEADS = {2: [0, 5]}  # layer: heads" in ablation({(2, 5), (2, 0)})


A, B = INPUTS[:16], INPUTS[16:32]
LAST_BLOCK = f"gpt2.0/transformer_block.{N_LAYER - 1}"


def logits(ids):
    return model.gpt2(ids, **PARAMS, n_head=N_HEAD)[-1]


def test_the_last_blocks_result_at_the_last_token_carries_the_whole_answer_and_elsewhere_none():
    moved = patch(A, B, LAST_BLOCK, 15, PARAMS, N_HEAD)
    np.testing.assert_allclose(moved.donor, logits(A), atol=1e-5)
    np.testing.assert_allclose(moved.before, logits(B), atol=1e-5)
    np.testing.assert_allclose(moved.after, moved.donor, atol=1e-5)
    assert moved.largest == pytest.approx(np.abs(logits(A) - logits(B)).max(), abs=1e-4)
    before, after = moved.probabilities(range(len(moved.before)))
    assert sum(before) == pytest.approx(1)
    assert int(np.argmax(after)) == int(np.argmax(moved.donor))
    assert patch(A, B, LAST_BLOCK, 14, PARAMS, N_HEAD).largest == 0


def test_a_patched_embedding_is_that_token_read_in_the_others_place():
    moved = patch(A, B, "gpt2.0/embeddings.0", 7, PARAMS, N_HEAD)
    np.testing.assert_allclose(moved.after, logits([*B[:7], A[7], *B[8:]]), atol=1e-5)


def test_patching_with_oneself_moves_nothing():
    for path in ("gpt2.0/transformer_block.0/mha.0/attention.0", "gpt2.0/transformer_block.1/ffn.0/gelu.0"):
        assert patch(A, A, path, 3, PARAMS, N_HEAD).largest == 0


@pytest.mark.parametrize(
    ("a", "path", "position", "error", "says"),
    [
        (A[:-1], LAST_BLOCK, 0, PromptError, "15 and 16 tokens"),
        (A, "gpt2.0/transformer_block.0/mha", 0, SettingsError, r"Near it are .*mha\.0"),
        (A, LAST_BLOCK, 16, SettingsError, "no position 16. They are numbered from 0 to 15"),
        ([10**6] * 16, LAST_BLOCK, 0, PromptError, "not in the vocabulary"),
    ],
)
def test_what_cannot_be_patched_is_refused(a, path, position, error, says):
    with pytest.raises(error, match=says):
        patch(a, B, path, position, PARAMS, N_HEAD)


@pytest.mark.parametrize("kind", ["fp16", "int8"])
def test_rounding_rounds_the_matrices_of_one_layer_and_nothing_else(kind):
    params = rounded(PARAMS, 1, kind)
    for n, (old, new) in enumerate(zip(PARAMS["blocks"], params["blocks"], strict=True)):
        for part, name in (("attn", "c_attn"), ("attn", "c_proj"), ("mlp", "c_fc"), ("mlp", "c_proj")):
            was, now = old[part][name]["w"], new[part][name]["w"]
            assert old[part][name]["b"] is new[part][name]["b"]
            assert now.dtype == np.float32
            assert (now.flags.c_contiguous, now.flags.f_contiguous) == (
                was.flags.c_contiguous,
                was.flags.f_contiguous,
            )
            if n != 1:
                assert now is was
            elif kind == "fp16":
                assert 0 < np.abs(now / was - 1)[np.abs(was) > 1e-4].max() <= 2**-11
            else:
                step = np.abs(was).max() / 127
                assert len(np.unique(np.round(now / step))) <= 255
                assert 0 < np.abs(now - was).max() <= step / 2 * 1.001


def test_a_rounded_layer_moves_the_logits_as_the_preset_does_and_int8_far_more_than_fp16():
    moved = {kind: rounding(INPUTS, PARAMS, N_HEAD, 0, kind) for kind in ("fp16", "int8")}
    assert moved["int8"].largest > 10 * moved["fp16"].largest > 0
    for kind in moved:
        apply(f"Round a layer's weights to {kind}")
        np.testing.assert_allclose(run()[-1], moved[kind].after, atol=1e-5)
        edit.restore()
        np.testing.assert_allclose(run()[-1], moved[kind].before, atol=1e-5)
    for layer, kind in ((N_LAYER, "fp16"), (0, "int4")):
        with pytest.raises(SettingsError):
            rounded(PARAMS, layer, kind)
