"""What the views show of an edited model: what it does now, and a word where it does something no more."""

import numpy as np
import pytest

from picogpt import edit
from picogpt.presets import PRESETS
from picogpt.views import Text, inspect
from tests.unit.references import load_reference

published = load_reference("published")
IDS = published.expected["input_ids"].tolist()[:9]
TOKEN = 3
OF_TITLE = {preset.title: preset for preset in PRESETS}


@pytest.fixture(autouse=True)
def _as_it_came():
    yield
    edit.restore()


def ask(*views):
    text = Text(IDS, published.params, published.hparams, None, layer=0, head=1, token=TOKEN)
    return inspect(text, [{"view": view} for view in views], lambda error: error)


def numbers(answer, name):
    found = answer["value"][name]
    return np.array(found["data"], found["dtype"]).reshape(found["shape"])


def put(title):
    preset = OF_TITLE[title]
    edit.replace(preset.name, preset.source)


def test_without_the_mask_a_token_takes_from_those_after_it_and_the_views_show_it():
    put("No causal mask")
    heads, weights, attention = ask("attention_heads", "attention_weights", "attention")
    assert (numbers(heads, "pictures")[0, 1] == numbers(weights, "weights")).all()
    assert (numbers(weights, "weights") > 0).all()
    assert numbers(attention, "positions").tolist() == sorted(
        np.argsort(-numbers(weights, "weights")[TOKEN])[:8].tolist()
    )
    assert attention["value"]["n_others"] == len(IDS) - 8
    total = numbers(attention, "parts").sum(axis=0) + numbers(attention, "others")
    np.testing.assert_allclose(total, numbers(attention, "result"), atol=1e-5)


def test_a_row_of_weights_with_an_open_mask_adds_up_to_one():
    edit.replace(
        "causal_mask", "def causal_mask(n_new, n_past):\n    return np.float32(np.zeros((n_new, n_new)))"
    )
    (softmax,) = ask("softmax")
    shown = numbers(softmax, "weights")
    assert len(shown) + softmax["value"]["n_rest"] == len(IDS)
    assert shown.sum() + softmax["value"]["rest"] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("title", "view", "function"),
    [
        ("No causal mask", "attention_scores", "causal_mask"),
        ("No causal mask", "softmax", "causal_mask"),
        ("Silence a feed-forward layer", "neurons", "gelu"),
    ],
)
def test_a_view_of_what_is_not_called_any_more_says_so(title, view, function):
    put(title)
    error = ask(view)[0]["error"]
    assert type(error).__name__ == "EditError"
    assert error.message == f"The edited model does not call {function} there: nothing can be shown here."
    assert "Reset" in error.hint
    edit.restore()
    assert "value" in ask(view)[0]
