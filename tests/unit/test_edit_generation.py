"""Generating with an edited model: no cache outlives an edit, and a text under way goes on."""

import numpy as np
import pytest

from picogpt import Generation, edit, generate, model
from picogpt.generate import Read
from picogpt.trace import recording
from tests.unit.references import load_reference

published = load_reference("published")
PARAMS, N_HEAD = published.params, published.n_head
INPUTS = published.expected["input_ids"].tolist()
GREEDY_IDS = published.expected["greedy"].tolist()


@pytest.fixture(autouse=True)
def _as_it_came():
    yield
    edit.restore()


def run(ids=INPUTS):
    return model.gpt2(ids, **PARAMS, n_head=N_HEAD)


def test_generation_without_a_causal_mask_equals_a_full_recompute_for_every_token():
    edit.replace("causal_mask", "def causal_mask(n_new, n_past):\n    return np.float32(0)", PARAMS, N_HEAD)
    ids = INPUTS[:10]
    for _ in range(12):
        ids.append(int(np.argmax(run(ids)[-1])))
    read = Read(PARAMS)
    assert [t.id for t in Generation(INPUTS[:10], PARAMS, N_HEAD, 12, read=read)] == ids[10:]
    assert generate(ids[:15], PARAMS, N_HEAD, 7) == ids[15:]


def test_what_was_read_before_an_edit_counts_no_longer_nor_what_was_read_under_it():
    read = Read(PARAMS)

    def next_ids(inputs, n=6):
        return [token.id for token in Generation(inputs, PARAMS, N_HEAD, n, read=read)]

    assert next_ids(INPUTS) == GREEDY_IDS[:6]
    edit.replace("gelu", "def gelu(x):\n    return x")
    alone = generate(INPUTS + GREEDY_IDS[:6], PARAMS, N_HEAD, 6)
    assert next_ids(INPUTS + GREEDY_IDS[:6]) == alone != GREEDY_IDS[6:12]
    edit.restore()
    assert next_ids(INPUTS + GREEDY_IDS[:6]) == GREEDY_IDS[6:12]


def test_a_generation_under_way_goes_on_with_the_edited_model():
    tokens = iter(Generation(INPUTS, PARAMS, N_HEAD, 64))
    first = [next(tokens).id for _ in range(5)]
    edit.replace("gelu", "def gelu(x):\n    return x")
    text = INPUTS + first
    assert next(tokens).id == int(np.argmax(run(text)[-1]))
    edit.restore()
    text.append(int(np.argmax(run(text)[-1])))  # reads what the edited model wrote, as it came
    assert first == GREEDY_IDS[:5]


def test_the_original_is_at_hand_within_a_block_and_a_cache_of_it_outlives_that():
    edit.replace("gelu", "def gelu(x):\n    return x")
    expected = run()
    read = Read(PARAMS)
    for n in range(3):
        with edit.original(), recording() as seen:
            logits = read.logits_after(INPUTS + GREEDY_IDS[:n], PARAMS, N_HEAD)
        assert int(np.argmax(logits)) == GREEDY_IDS[n]
        assert len(seen["gpt2.0/embeddings.0"]) == (len(INPUTS) if n == 0 else 1)
        np.testing.assert_array_equal(run(), expected)
