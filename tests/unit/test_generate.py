"""The loop: where it stops, what it says of each token, what it refuses."""

import numpy as np
import pytest

from picogpt import Generation, Sampling, generate, gpt2
from picogpt.errors import PromptError, SettingsError
from picogpt.generate import Read
from picogpt.trace import recording
from tests.unit.references import load_reference

published = load_reference("published")  # n_ctx 160
INPUTS = published.expected["input_ids"].tolist()
GREEDY_IDS = published.expected["greedy"].tolist()


def generation(inputs=INPUTS, n=64, **settings):
    return Generation(inputs, published.params, published.n_head, n, **settings)


def test_streamed_ids_are_pytorchs_and_the_inputs_stay_as_they_were():
    inputs = list(INPUTS)
    run = generation(inputs)
    assert [token.id for token in run] == GREEDY_IDS
    assert run.reason == "length"
    assert inputs == INPUTS


def test_a_tokens_probability_and_alternatives_are_those_of_pytorchs_logits():
    logits = published.expected["logits"][-1].astype(np.float64)
    softmax = np.exp(logits) / np.exp(logits).sum()
    for sampling in (Sampling(), Sampling(1.5, top_k=40)):  # before any cut, whatever the setting
        token = next(iter(generation(sampling=sampling, seed=3)))
        assert token.probability == pytest.approx(softmax[token.id], rel=1e-4)
        best = np.argsort(-softmax, kind="stable")[:5]
        assert [id for id, _ in token.alternatives] == best.tolist()
        assert [p for _, p in token.alternatives] == pytest.approx(softmax[best], rel=1e-4)


def test_sampling_repeats_with_a_seed():
    runs = [[token.id for token in generation(n=20, sampling=Sampling(1), seed=seed)] for seed in (5, 5, 6)]
    assert runs[0] == runs[1] != runs[2]


def test_the_context_can_be_filled_to_the_last_position_and_then_it_says_so():
    run = generation(n=1000)
    assert len([*run]) == 160 - len(INPUTS) + 1  # the last token needs no position of its own
    assert run.reason == "context"
    full = generation([1] * 160, n=5)
    assert len([*full]) == 1
    assert full.reason == "context"


def test_a_text_that_slides_goes_on_with_what_its_newer_half_alone_would_give():
    ids, window = [], list(INPUTS)
    for _ in range(260):  # plainly: every token from a forward pass without a cache
        if len(window) > 160:
            window = window[80:]
        ids.append(int(np.argmax(gpt2(window, **published.params, n_head=published.n_head)[-1])))
        window.append(ids[-1])
    run = generation(n=260, slide=True)
    assert [token.id for token in run] == ids
    assert run.reason == "length"
    assert run.read.ids == window[:-1]


def test_a_context_of_one_token_slides_too():
    params = {**published.params, "wpe": published.params["wpe"][:1]}
    run = Generation([3], params, published.n_head, 5, slide=True)
    ids = [3]
    for _ in range(5):
        ids.append(int(np.argmax(gpt2(ids[-1:], **params, n_head=published.n_head)[-1])))
    assert [token.id for token in run] == ids[1:]


def test_a_stop_id_ends_the_text_and_is_not_given_out():
    stop = GREEDY_IDS[10]
    run = generation(stop_id=stop)
    assert [token.id for token in run] == GREEDY_IDS[: GREEDY_IDS.index(stop)]
    assert run.reason == "end_of_text"


def test_asking_for_no_tokens_gives_none():
    assert generate(INPUTS, published.params, published.n_head, 0) == []


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ([], "empty"),
        ([0] * 161, "161 tokens; this model reads at most 160. Shorten it by 1"),
        ([3, 503], "Token 503 is not in the vocabulary: ids go from 0 to 502"),
        ([-1], "Token -1"),
    ],
)
def test_a_prompt_that_cannot_be_read_is_refused_before_anything_runs(inputs, says):
    with pytest.raises(PromptError, match=says):
        generation(inputs)


@pytest.mark.parametrize("bad", [{"n": -1}, {"n": 2.5}, {"n": True}, {"seed": -1}, {"seed": 0.5}])
def test_bad_settings_are_refused(bad):
    with pytest.raises(SettingsError):
        generation(**bad)


def test_a_text_that_goes_on_from_what_was_read_gives_the_same_ids_and_reads_only_the_rest(reference):
    inputs, greedy = reference.expected["input_ids"].tolist(), reference.expected["greedy"].tolist()
    read = Read(reference.params)
    for text, n_new in (
        (inputs, len(inputs)),  # nothing known yet
        (inputs + greedy[:20], 1),  # the last of these 20 has been given out, not read
        (inputs + greedy[:10] + inputs[:5], 5),  # parts from what is known: that is forgotten
        (inputs + greedy[:10] + inputs[:5], 1),  # the very same again
        (inputs[:3], 1),  # shorter
        (greedy[:7], 7),  # another text
    ):
        with recording() as seen:
            run = [*Generation(text, reference.params, reference.n_head, 20, read=read)]
        assert [token.id for token in run] == generate_alone(text, reference.params, reference.n_head)
        assert len(seen["gpt2.0/embeddings.0"]) == n_new
        assert read.cache.n_past == len(read.ids) == len(text) + 19


def generate_alone(text, params, n_head):
    """20 ids, each from a forward pass over the whole text."""
    ids = list(text)
    for _ in range(20):
        ids.append(int(np.argmax(gpt2(ids, **params, n_head=n_head)[-1])))
    return ids[len(text) :]


def test_an_error_in_the_middle_of_the_model_leaves_nothing_behind(monkeypatch):
    params, n_head = published.params, published.n_head
    read = Read(params)
    assert len([*Generation(INPUTS, params, n_head, 5, read=read)]) == 5
    broken = {**params, "blocks": [*params["blocks"][:-1], {}]}  # the last block raises, the others have read
    with pytest.raises(TypeError):
        [*Generation([*INPUTS, *GREEDY_IDS[:5]], broken, n_head, 5, read=read)]
    run = Generation([*INPUTS, *GREEDY_IDS[:5]], params, n_head, 5, read=read)
    assert [token.id for token in run] == GREEDY_IDS[5:10]
