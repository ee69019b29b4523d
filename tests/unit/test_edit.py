"""Edits of the running model: they reach everything that runs it, they fail whole, they can be taken back."""

import re
import threading

import numpy as np
import pytest

import picogpt
from picogpt import edit, generate, gpt2, model
from picogpt.errors import EditError
from picogpt.evaluate import surprise
from picogpt.loss import lm_loss, lm_loss_and_gradients
from picogpt.trace import recording
from tests.unit.references import ROOT, load_reference

published = load_reference("published")
PARAMS, N_HEAD = published.params, published.n_head
INPUTS = published.expected["input_ids"].tolist()
GREEDY_IDS = published.expected["greedy"].tolist()
RELU = "def gelu(x):\n    return np.maximum(x, 0)\n"
MODEL_TEXT = (ROOT / "picogpt" / "model.py").read_text("utf-8")


@pytest.fixture(autouse=True)
def _as_it_came():
    yield
    edit.restore()
    assert (edit.edition(), edit.edited()) == (0, {})
    assert generate(INPUTS, PARAMS, N_HEAD, 8) == GREEDY_IDS[:8]


def try_edit(name, source):
    """The EditError that a text meets."""
    with pytest.raises(EditError) as caught:
        edit.replace(name, source, PARAMS, N_HEAD)
    return caught.value


def run(ids=INPUTS):
    return model.gpt2(ids, **PARAMS, n_head=N_HEAD)


def relu_logits():
    """The logits of a GPT-2 with ReLU: GELU's results exchanged from outside, its code as it came."""
    inner = "ffn.0/linear.0"
    kept = {}

    def exchange(path, result):
        if path.endswith(inner):
            kept[path.removesuffix("linear.0")] = result
        return np.maximum(kept[path.removesuffix("gelu.0")], 0) if path.endswith("gelu.0") else result

    with recording(edit=exchange):
        return run()


def test_an_edited_function_is_what_the_model_runs_until_it_is_restored():
    before, expected = run(), relu_logits()
    edit.replace("gelu", RELU, PARAMS, N_HEAD)
    np.testing.assert_array_equal(run(), expected)
    assert np.abs(run() - before).max() > 1e-3
    edit.restore("gelu")
    np.testing.assert_array_equal(run(), before)
    assert generate(INPUTS, PARAMS, N_HEAD, 64) == GREEDY_IDS


def test_an_edit_of_gpt2_itself_reaches_all_that_runs_the_model():
    text = edit.source("gpt2").replace("    return unembedding", "    return -unembedding")
    ids = np.array(INPUTS)[None]
    least = int(np.argmin(gpt2(INPUTS, **PARAMS, n_head=N_HEAD)[-1]))
    loss, nats = lm_loss(ids, PARAMS, N_HEAD), surprise(ids, PARAMS, N_HEAD)
    edit.replace("gpt2", text, PARAMS, N_HEAD)
    assert int(np.argmax(gpt2(INPUTS, **PARAMS, n_head=N_HEAD)[-1])) == least
    assert int(np.argmax(picogpt.gpt2(INPUTS, **PARAMS, n_head=N_HEAD)[-1])) == least
    assert generate(INPUTS, PARAMS, N_HEAD, 1) == [least]
    assert lm_loss(ids, PARAMS, N_HEAD) != loss
    assert not np.allclose(surprise(ids, PARAMS, N_HEAD), nats)


def test_an_edited_model_is_not_trained_on_gradients_that_are_not_its_own():
    edit.replace("gelu", RELU)
    with pytest.raises(EditError, match="no gradients"):
        lm_loss_and_gradients(np.array(INPUTS)[None], PARAMS, N_HEAD)


@pytest.mark.parametrize(
    "text",
    [
        RELU,
        "@layer\n" + RELU,
        "gelu = lambda x: np.maximum(x, 0)",
        "from functools import partial\ngelu = partial(np.maximum, 0)",
        "LOW = 0\n\ndef relu(x):\n    return np.maximum(x, LOW)\n\ngelu = relu",
    ],
    ids=["without @layer", "with @layer", "lambda", "partial", "helper"],
)
def test_paths_of_the_trace_stay_however_the_text_defines_its_function(text):
    with recording() as before:
        run()
    edit.replace("gelu", text, PARAMS, N_HEAD)
    with recording() as after:
        run()
    assert list(after) == list(before)
    path = "gpt2.0/transformer_block.0/ffn.0"
    np.testing.assert_array_equal(after[f"{path}/gelu.0"], np.maximum(after[f"{path}/linear.0"], 0))


def test_what_an_edit_brings_along_goes_with_it():
    names = set(vars(model))
    edit.replace("gelu", "LOW = 0\n\ndef relu(x):\n    return np.maximum(x, LOW)\n\ngelu = relu")
    assert set(vars(model)) - names == {"LOW", "relu"}
    edit.restore("gelu")
    assert set(vars(model)) == names
    assert vars(model)["gelu"] is edit.ORIGINAL.namespace["gelu"]


def test_edits_of_several_functions_stand_side_by_side_and_the_last_of_one_name_counts():
    edit.replace("gelu", "def gelu(x):\n    return x")
    edit.replace(
        "embeddings", "def embeddings(inputs, wte, wpe, n_past):\n    return wte[np.asarray(inputs)]"
    )
    both = run()
    edit.replace("gelu", RELU)
    assert list(edit.edited()) == ["embeddings", "gelu"]
    assert edit.source("gelu") == RELU.strip()
    edit.restore("embeddings")
    np.testing.assert_array_equal(run(), relu_logits_of_original())
    assert not np.array_equal(run(), both)


def relu_logits_of_original():
    with edit.original():
        return relu_logits()


@pytest.mark.parametrize(
    ("text", "lineno", "says"),
    [
        ("def gelu(x)\n    return x", 1, "SyntaxError: expected ':'"),
        ("def gelu(x):\n    y = x\n  return y", 3, "IndentationError"),
        ("def gelu(x):\n    # a comment\n    return nope(x)", 3, "NameError: name 'nope' is not defined"),
        ("x = 1\ny = x / 0\ndef gelu(x):\n    return x", 2, "ZeroDivisionError"),
        ("def gelu(x):\n    return linear(x, x, x)", 2, "ValueError"),
        ("def gelu(x):\n    return gelu(x)", 2, "RecursionError"),
        ("def gelu(x):\n    exit()", 2, "NameError|SystemExit"),
        ("def gelu(x):\n    raise SystemExit", 2, "SystemExit"),
        ("def gelu(x, y):\n    return x", None, "TypeError"),
        (
            "\n\ndef gelu(x):\n    np.maximum(x, 0)",
            3,
            r"gelu returned None, the original an array of shape \(4, ",
        ),
        ("def gelu(x):\n    return x[:, :3]", 1, r"gelu returned an array of shape \(4, 3\), the original"),
    ],
)
def test_an_edit_that_does_not_run_names_its_line_and_changes_nothing(text, lineno, says):
    before = dict(vars(model))
    error = try_edit("gelu", text)
    assert (error.name, error.lineno) == ("gelu", lineno)
    assert re.search(says, error.message)
    assert error.message.startswith(f"gelu, line {lineno}: " if lineno else "gelu: ")
    assert "stays as it was" in error.hint
    assert dict(vars(model)) == before


def test_the_traceback_quotes_the_readers_lines_and_no_others():
    text = "def gelu(x):\n    return helper(x)\n\n\ndef helper(x):\n    return softmax(x.nothing)\n"
    error = try_edit("gelu", text)
    assert [line for line in error.traceback.splitlines() if set(line) - set(" ^~")] == [
        "Traceback (most recent call last):",
        '  File "<edit of gelu>", line 2, in gelu',
        "    return helper(x)",
        '  File "<edit of gelu>", line 6, in helper',
        "    return softmax(x.nothing)",
        "AttributeError: 'numpy.ndarray' object has no attribute 'nothing'",
    ]


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ("x[..., :5]", r"an array of shape \(4, 5\); expected real numbers, an array of shape \(4, 503\)"),
        ("x * 1j", "an array of complex64"),
        ("x.tolist()", "a list"),
        ("x.astype(str)", "an array of <U32"),
        ("x * np.float32('nan')", "not all finite"),
        ("x[:2]", r"an array of shape \(2, 503\)"),
    ],
)
def test_logits_that_are_none_are_refused_with_what_they_are(result, says):
    error = try_edit("unembedding", f"def unembedding(x, w):\n    x = matmul(x, w.T)\n    return {result}")
    assert re.search(says, error.message)


def test_double_precision_is_no_error():
    edit.replace(
        "softmax",
        "def softmax(x):\n    y = np.exp(np.float64(x))\n    return y / y.sum(-1, keepdims=True)",
        PARAMS,
        N_HEAD,
    )
    assert generate(INPUTS, PARAMS, N_HEAD, 20) == GREEDY_IDS[:20]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("glue", RELU, "model.py has no function 'glue'"),
        ("SQRT_2_OVER_PI", "SQRT_2_OVER_PI = 3", "no function 'SQRT_2_OVER_PI'"),
        ("matmul", "def matmul(x, w, b=None):\n    return x", "no function 'matmul'"),
        ("gelu", "def relu(x):\n    return x", "does not define gelu"),
        ("gelu", "", "does not define gelu"),
        ("gelu", "gelu = 3", "gelu is now 3: a function was expected"),
    ],
)
def test_a_text_that_is_no_edit_of_that_function_is_refused(name, text, says):
    with pytest.raises(EditError, match=says):
        edit.replace(name, text)
    assert edit.edited() == {}


def test_a_failed_edit_leaves_the_one_before_it_and_its_lines():
    edit.replace("gelu", RELU, PARAMS, N_HEAD)
    number, logits = edit.edition(), run()
    try_edit("gelu", "def gelu(x):\n    raise ValueError")
    assert (edit.edition(), edit.source("gelu")) == (number, RELU.strip())
    np.testing.assert_array_equal(run(), logits)
    with pytest.raises(ValueError, match="operand") as caught:
        np.zeros(3) + np.zeros(2)
    assert edit.explained(caught.value) is None  # nothing of the model's
    with pytest.raises(TypeError) as caught:
        model.gelu("no array")
    assert edit.explained(caught.value).traceback.splitlines()[2] == "    return np.maximum(x, 0)"


def test_an_error_that_comes_later_is_told_like_one_of_the_trial():
    edit.replace("gelu", "def gelu(x):\n    assert len(x) < 20\n    return x", PARAMS, N_HEAD)
    with pytest.raises(AssertionError) as caught:
        run()
    error = edit.explained(caught.value)
    assert (error.name, error.lineno) == ("gelu", 2)
    assert "assert len(x) < 20" in error.traceback


def test_the_whole_module_can_be_replaced_and_what_it_lacks_is_gone():
    text = MODEL_TEXT.replace(
        "linear(gelu(linear(x, **c_fc)), **c_proj)", "linear(np.maximum(linear(x, **c_fc), 0), **c_proj)"
    )
    begin, end = text.index("@layer\ndef gelu"), text.index("@layer\ndef softmax")
    expected = relu_logits()
    edit.replace(
        "embeddings", "def embeddings(inputs, wte, wpe, n_past):\n    return wte[np.asarray(inputs)]"
    )
    edit.replace_module(text[:begin] + text[end:], PARAMS, N_HEAD)
    np.testing.assert_array_equal(run(), expected)
    assert not hasattr(model, "gelu")
    assert list(edit.edited()) == ["model"]
    edit.replace("softmax", "def softmax(x):\n    return np.exp(x) / np.sum(np.exp(x), -1, keepdims=True)")
    assert "np.maximum" in edit.source()
    assert "def gelu" not in edit.source()
    edit.restore("softmax")
    assert edit.edited() == {"model": text[:begin] + text[end:]}


def test_the_text_of_the_edited_module_is_what_runs():
    edit.replace("gelu", "# why not\nLOW = 0\n\ndef gelu(x):\n    return np.maximum(x, LOW)\n\n\nUNUSED = 1")
    edit.replace(
        "causal_mask",
        "def causal_mask(n_new, n_past):\n    return np.zeros((n_new, n_past + n_new), np.float32)",
    )
    text = edit.source()
    namespace = {}
    exec(text, namespace)
    np.testing.assert_array_equal(namespace["gpt2"](INPUTS, **PARAMS, n_head=N_HEAD), run())
    assert (namespace["LOW"], namespace["UNUSED"]) == (0, 1)
    changed = set(text.splitlines()) ^ set(MODEL_TEXT.splitlines())
    assert "# why not" in changed
    assert len(changed) < 20
    edit.restore()
    assert edit.source() == edit.source("model") == MODEL_TEXT
    for name in ("gelu", "attention_weights", "gpt2"):
        assert edit.source(name) in MODEL_TEXT
        assert edit.source(name).startswith(f"@layer\ndef {name}(")
    with pytest.raises(EditError, match="no function 'nope'"):
        edit.source("nope")


def test_edits_from_many_threads_come_one_after_the_other():
    texts = [f"def gelu(x):\n    return x * {n}" for n in range(8)]
    threads = [threading.Thread(target=edit.replace, args=("gelu", text, PARAMS, N_HEAD)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = edit.edited()["gelu"]
    assert last in texts
    assert float(model.gelu(np.float32(1))) == float(last.split()[-1])


def test_an_interrupted_trial_leaves_the_model_as_it_was():
    with pytest.raises(KeyboardInterrupt):
        edit.replace("gelu", "def gelu(x):\n    raise KeyboardInterrupt", PARAMS, N_HEAD)
    assert edit.edited() == {}
