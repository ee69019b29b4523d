"""What a reader is told of edits: which functions are not as they came, and the lines that are wrong."""

import pytest

from picogpt import edit
from picogpt.errors import EditError
from picogpt.presets import ablation
from tests.unit.references import ROOT, load_reference

published = load_reference("published")
PARAMS, N_HEAD = published.params, published.n_head
MODEL_TEXT = (ROOT / "picogpt" / "model.py").read_text("utf-8")
RELU = "def gelu(x):\n    return np.maximum(x, 0)"


@pytest.fixture(autouse=True)
def _as_it_came():
    yield
    edit.restore()
    assert edit.changed() == {}


def test_all_of_what_an_edit_changes_is_told_whatever_name_it_was_put_under():
    assert edit.changed() == {}
    edit.replace("gpt2", f"{ablation(heads={(0, 0)})}\n\n{RELU}", PARAMS, N_HEAD)
    changed = edit.changed()
    assert set(changed) == {"model", "gpt2", "mha", "gelu"}
    assert changed["gelu"] == RELU
    assert "heads[..., silent, :, :] = 0" in changed["mha"]
    for name in ("gelu", "mha", "gpt2"):
        assert changed[name] in changed["model"]
        assert changed[name] not in MODEL_TEXT


def test_in_a_whole_file_only_functions_with_another_text_are_changed_and_one_that_is_gone_has_none():
    mask = edit.source("causal_mask")
    assert MODEL_TEXT.count(mask) == 1
    text = MODEL_TEXT.replace(mask, "").replace(" + causal_mask(n_new, n_all - n_new)", "")
    edit.replace("model", text, PARAMS, N_HEAD)
    assert edit.changed() == {
        "model": text,
        "causal_mask": "",
        "attention_weights": edit.source("attention_weights"),
    }


def test_an_edit_that_says_what_was_there_anyway_changes_no_function():
    edit.replace("gelu", edit.source("gelu"), PARAMS, N_HEAD)
    assert set(edit.changed()) == {"model"}


def test_a_second_edit_that_fails_is_told_in_its_own_lines_not_in_those_of_the_first():
    edit.replace("gelu", RELU, PARAMS, N_HEAD)
    with pytest.raises(EditError) as caught:
        edit.replace("gelu", "def gelu(x):\n    return nope + x", PARAMS, N_HEAD)
    assert "line 2, in gelu\n    return nope + x\n" in caught.value.traceback
    assert "maximum" not in caught.value.traceback
