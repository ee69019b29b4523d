"""Views: what a page asks about a text, answered from one forward pass."""

from pathlib import Path

import numpy as np
import pytest

from picogpt import browser, load_checkpoint
from picogpt.model import gpt2
from picogpt.trace import recording
from picogpt.views import VIEWS, Text, inspect, inspection
from picogpt.views.registry import view

REFERENCE = Path(__file__).parents[1] / "reference"
SHIPPED = Path(__file__).parents[2] / "site" / "models" / "shakespeare"
PROMPT = "ROMEO:\nWhat light through yonder window breaks?"
WEIGHTS = "gpt2.0/transformer_block.{layer}/mha.0/attention.0/attention_weights.0"


@pytest.fixture(scope="module")
def text() -> Text:
    encoder, hparams, params = load_checkpoint(SHIPPED)
    ids = encoder.encode(PROMPT)
    return Text(ids, params, hparams, encoder, layer=2, head=1, token=len(ids) - 1, prompt=PROMPT)


def ask(text, *wants):
    return inspect(text, wants, browser.explain)


def lines(text, function, **options):
    (answer,) = ask(text, {"view": "lines", "function": function, **options})
    return {line["line"]: line["arrays"] for line in answer["value"]["lines"]}


def numbers(array):
    return array["data"].reshape(array["shape"])


@pytest.fixture
def scratch(monkeypatch):
    """Views that a test makes up are forgotten after it."""
    monkeypatch.setattr("picogpt.views.registry.VIEWS", dict(VIEWS))
    monkeypatch.setitem(VIEWS, "scratch", None)
    VIEWS.pop("scratch")
    before = dict(VIEWS)
    yield
    VIEWS.clear()
    VIEWS.update(before)


def seen_by_recording(text):
    with recording() as seen:
        gpt2(text.ids, **text.params, n_head=text.hparams["n_head"])
    return seen


def test_the_next_token_has_the_softmax_of_all_logits(text):
    logits = gpt2(text.ids, **text.params, n_head=4)[-1].astype(np.float64)
    softmax = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    best = np.argsort(-softmax)[:5]
    (answer,) = ask(text, {"view": "next_token", "n": 5})
    value = answer["value"]
    assert value["ids"] == best.tolist()
    assert value["tokens"] == [text.encoder.decode([id]) for id in best]
    np.testing.assert_allclose(value["probabilities"]["data"], softmax[best], rtol=1e-4)
    assert value["rest"] == pytest.approx(1 - softmax[best].sum(), rel=1e-4)


def test_the_next_token_is_that_after_the_token_looked_at(text):
    earlier = Text(text.ids, text.params, text.hparams, text.encoder, 0, 0, token=4)
    (answer,) = ask(earlier, {"view": "next_token", "n": 1})
    assert answer["value"]["ids"] == [int(np.argmax(gpt2(text.ids[:5], **text.params, n_head=4)[-1]))]


def test_a_view_gets_what_is_recorded_at_its_path(text, scratch):
    @view(weights=WEIGHTS, outputs="gpt2.0/transformer_block.*", firsts=("gpt2.0/transformer_block.*", first))
    def made_up(text, weights, outputs, firsts, n=1):
        return {"weights": weights[text.head], "outputs": outputs, "firsts": firsts, "n": n}

    def _(): ...

    (answer,) = ask(text, {"view": "made_up", "n": 3})
    seen = seen_by_recording(text)
    weights = answer["value"]["weights"]
    expected = seen[WEIGHTS.format(layer=2)][1]
    assert weights["shape"] == list(expected.shape)
    np.testing.assert_array_equal(weights["data"].reshape(expected.shape), expected)
    for n, output in enumerate(answer["value"]["outputs"]):
        np.testing.assert_array_equal(output["data"], seen[f"gpt2.0/transformer_block.{n}"].reshape(-1))
    assert [one["shape"] for one in answer["value"]["firsts"]] == [[192]] * 5
    assert answer["value"]["n"] == 3


def first(result, text):
    return result[0]


def test_what_is_wrong_with_one_view_is_not_the_others_trouble(text, scratch):
    @view(missing="gpt2.0/transformer_block.99")
    def lost(text, missing):
        return {"missing": missing}

    answers = ask(
        text, {"view": "tokens"}, {"view": "nothing"}, {"view": "lost"}, {"view": "tokens", "colour": 1}
    )
    assert answers[0]["value"]["ids"] == text.ids
    assert answers[1]["error"]["message"] == "There is no view 'nothing'."
    assert "no result at gpt2.0/transformer_block.99" in answers[2]["error"]["message"]
    assert "colour" in answers[3]["error"]["message"]


def test_a_text_that_is_too_long_is_an_error_before_anything_is_computed(text):
    long = Text(text.ids * 40, text.params, text.hparams, text.encoder, 0, 0, 0)
    with pytest.raises(Exception, match="reads at most 256"):
        ask(long, {"view": "next_token"})


def test_the_forward_pass_is_taken_only_if_a_view_needs_it(text, monkeypatch):
    monkeypatch.setattr(inspection.model, "gpt2", None)
    assert ask(text, {"view": "tokens"})[0]["value"]["pieces"] == [text.piece(id) for id in text.ids]


def test_arrays_cross_as_four_byte_numbers_in_a_row():
    value = inspection.portable({"a": [np.arange(6).reshape(2, 3).T], "b": np.float64(1.5), "c": (1, "x")})
    assert value["a"][0]["shape"] == [3, 2]
    assert value["a"][0]["dtype"] == "int32"
    assert value["a"][0]["data"].tolist() == [0, 3, 1, 4, 2, 5]
    assert value["b"] == 1.5
    assert value["c"] == [1, "x"]


def test_the_lines_of_softmax_show_what_each_of_them_made(text):
    found = lines(text, "softmax", line=3)
    x = seen_by_recording(text)
    path = "gpt2.0/transformer_block.2/mha.0/attention.0/attention_weights.0/"
    scores = x[path + "attention_scores.0"] + x[path + "causal_mask.0"]
    shifted = scores - scores.max(-1, keepdims=True)
    assert found[0][0]["name"] == "x"
    assert found[2][0]["max"] == 0  # y = x - max(x)
    exp = found[3][0]
    assert (exp["name"], exp["where"]) == ("y", "head 1")
    np.testing.assert_allclose(numbers(exp["table"]), np.exp(shifted[1]), rtol=1e-5)
    assert "table" not in found[2][0]
    assert [one["name"] for one in found[5]] == ["return"]


def test_lines_name_the_layers_that_a_line_calls(text):
    found = lines(text, "ffn")
    assert [one["name"] for one in found[2]] == ["linear.0", "gelu", "linear.1", "return"]
    assert [one["shape"][-1] for one in found[2]] == [768, 768, 192, 192]
    assert [one["name"] for one in lines(text, "attention_weights")[3]] == [
        "attention_scores",
        "causal_mask",
        "softmax",
        "return",
    ]


def test_lines_are_those_of_the_layer_that_is_looked_at(text):
    found = lines(text, "transformer_block", line=0)[0]
    expected = seen_by_recording(text)["gpt2.0/transformer_block.1"]
    np.testing.assert_array_equal(numbers(found[0]["table"]), expected[:, found[0]["columns"]["data"]])


def test_two_functions_can_be_watched_at_once_and_a_debugger_is_left_as_it_was(text):
    import sys

    def tracer(*_):
        return None

    sys.settrace(tracer)
    try:
        answers = ask(
            text,
            {"view": "lines", "function": "gelu"},
            {"view": "lines", "function": "softmax"},
            {"view": "lines", "function": "gelu", "line": 2},
        )
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(None)
    assert [len(answer["value"]["lines"]) > 0 for answer in answers] == [True] * 3
    opened = {line["line"]: "table" in line["arrays"][0] for line in answers[2]["value"]["lines"]}
    assert [line for line, has_table in opened.items() if has_table] == [2]


def test_lines_of_something_else_are_refused(text):
    (answer,) = ask(text, {"view": "lines", "function": "np"})
    assert answer["error"]["message"] == "There is no function 'np' in the model."


def test_long_arrays_are_shown_by_rows_and_columns_from_end_to_end(text):
    wte = next(one for one in lines(text, "embeddings", line=0)[0] if one["name"] == "wte")
    assert wte["shape"] == [2257, 192]
    rows, columns, table = (numbers(wte[name]) for name in ("rows", "columns", "table"))
    assert (rows[0], rows[-1], len(rows)) == (0, 2256, 64)
    assert (columns[0], columns[-1], len(columns)) == (0, 191, 96)
    assert table[-1, -1] == text.params["wte"][-1, -1]


def test_the_browser_brings_the_focus_into_the_models_range():
    browser.load(
        "untied",
        np.fromfile(REFERENCE / "untied" / "model.safetensors", np.uint8),
        (REFERENCE / "untied" / "config.json").read_text(),
    )
    found = browser.inspect([1, 2, 3], {"layer": 99, "head": 99, "token": -1}, [{"view": "tokens"}])
    sizes = found["model"]
    assert found["focus"] == {"layer": sizes["n_layer"] - 1, "head": sizes["n_head"] - 1, "token": 2}
    assert found["answers"][0]["value"]["pieces"] == ["⟨1⟩", "⟨2⟩", "⟨3⟩"]
