"""Changing the model from the page: plain values in and out, and nothing breaks that is not taken back."""

import json

import numpy as np
import pytest

from picogpt import browser, edit, model
from picogpt.models import shipped_folder

PROMPT = "ROMEO:\nBut soft, what"
SETTINGS = {"n_tokens": 8, "greedy": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "seed": None}
IDENTITY = "def gelu(x):\n    return x"


@pytest.fixture(scope="module", autouse=True)
def _loaded():
    folder = shipped_folder() / "shakespeare"
    texts = [(folder / name).read_text("utf-8") for name in ("config.json", "merges.txt")]
    ask("load", "shakespeare", np.frombuffer((folder / "model.safetensors").read_bytes(), np.uint8), *texts)


@pytest.fixture(autouse=True)
def _as_it_came():
    yield
    assert ask("restore") == {}


def ask(name, *args):
    reply = browser.attempt(name, *args)
    assert "error" not in reply, reply
    return reply["value"]


def stream(name, prompt=PROMPT, **settings):
    events = list(ask(name, prompt, SETTINGS | settings))
    assert json.loads(json.dumps(events)) == events
    return events


def ids(events, side=None):
    return [event["id"] for event in events if event["type"] == "token" and event.get("side") == side]


def test_an_edit_changes_what_is_generated_and_restore_gives_the_exact_ids_back():
    before = ids(stream("generate"))
    assert ask("edit", "gelu", IDENTITY) == ask("edits") == {"gelu": IDENTITY}
    assert ask("source", "gelu") == IDENTITY
    assert ids(stream("generate")) != before
    assert ask("restore", "gelu") == ask("edits") == {}
    assert ids(stream("generate")) == before


def test_a_prompt_box_may_use_its_run_for_the_next_one_across_an_edit():
    before = ids(stream("generate"))
    longer = browser.chosen().encode(PROMPT) + before
    ask("edit", "gelu", IDENTITY)
    alone = browser.chosen()
    kept = ids(stream("generate", longer))
    alone.read = None
    assert kept == ids(stream("generate", longer))


def test_a_broken_edit_is_an_error_with_its_line_and_its_traceback():
    reply = browser.attempt("edit", "gelu", "def gelu(x):\n    return nope")
    error = reply["error"]
    assert json.loads(json.dumps(error)) == error
    assert (error["class"], error["edit"]["name"], error["edit"]["lineno"]) == ("EditError", "gelu", 2)
    assert error["message"] == "gelu, line 2: NameError: name 'nope' is not defined."
    assert "    return nope\n" in error["edit"]["traceback"]
    assert ask("edits") == {}


@pytest.mark.parametrize("raised", ["ValueError('too long')", "SystemExit"])
def test_an_edit_that_breaks_in_mid_text_ends_that_text_as_an_edits_error_not_as_a_bug(raised):
    n = len(browser.chosen().encode(PROMPT)) + 3
    ask("edit", "gelu", f"def gelu(x):\n    if len(x) > {n}:\n        raise {raised}\n    return x")
    for name in ("generate", "compare"):
        *_, last = events = stream(name)
        assert last["type"] == "error"
        assert last["error"]["edit"]["lineno"] == 3
        assert "bug" not in last["error"]["hint"]
        # the edited model also judges each token of the original's text
        assert len(ids(events, "original" if name == "compare" else None)) == 4
    assert ask("restore") == {}
    assert stream("generate")[-1]["type"] == "end"


def test_a_comparison_gives_both_texts_from_one_seed_and_each_token_under_both_models():
    settings = {"greedy": False, "temperature": 0.9, "seed": 7}
    original = stream("generate", **settings)
    ask(
        "edit",
        "attention_weights",
        "def attention_weights(q, k):\n    return softmax(attention_scores(q, k))",
    )
    edited = stream("generate", **settings)
    first, *events = stream("compare", **settings)
    assert first == original[0] == edited[0]
    assert ids(events, "original") == ids(original) != ids(edited) == ids(events, "edited")
    assert [event["side"] for event in events if event["type"] == "end"] == ["original", "edited"]
    for side in ("original", "edited"):
        text = list(first["ids"])
        for event in (event for event in events if event.get("side") == side and event["type"] == "token"):
            edited_p = next_probability(text, event["id"])
            with edit.original():
                original_p = next_probability(text, event["id"])
            own, other = (original_p, edited_p) if side == "original" else (edited_p, original_p)
            assert event["probability"] == pytest.approx(own, rel=1e-4)
            assert event["other"] == pytest.approx(other, rel=1e-4)
            text.append(event["id"])


def next_probability(text, id):
    chosen = browser.chosen()
    logits = model.gpt2(text, **chosen.params, n_head=chosen.hparams["n_head"])[-1].astype(float)
    return np.exp(logits[id] - logits.max()) / np.exp(logits - logits.max()).sum()


def test_without_an_edit_both_sides_are_the_same():
    events = stream("compare")
    assert ids(events, "original") == ids(events, "edited")
    for event in events:
        if event["type"] == "token":
            assert event["other"] == pytest.approx(event["probability"], rel=1e-4)


def test_every_preset_that_the_page_offers_can_be_put_in():
    offers = ask("presets")
    assert json.loads(json.dumps(offers)) == offers
    before = ids(stream("generate"))
    for offer in offers:
        assert set(offer) == {"title", "name", "source", "what", "watch"}
        assert ask("edit", offer["name"], offer["source"]) == {offer["name"]: offer["source"]}
        ask("restore")
    assert ids(stream("generate")) == before


def test_clicked_heads_and_layers_become_a_text():
    ask("edit", "gpt2", ask("ablation_source", [[0, 1], [2, 0]], [1]))
    assert ask("source", "SILENT_HEADS") == "SILENT_HEADS = {0: [1], 2: [0]}  # layer: heads"
    error = browser.attempt("edit", "gpt2", ask("ablation_source", [[0, 99]], []))["error"]
    assert (error["edit"]["lineno"] or 0) > 0
    assert "99" in error["message"]


def test_patching_and_rounding_tell_the_likeliest_tokens_before_and_after():
    other = "ROMEO:\nBut soft, who"
    last = len(browser.chosen().encode(PROMPT)) - 1
    n_layer = browser.chosen().hparams["n_layer"]
    answer = ask("patch", other, PROMPT, f"gpt2.0/transformer_block.{n_layer - 1}", last)
    assert answer["after"] == pytest.approx(answer["donor"], rel=1e-3)
    assert answer["before"][0] == max(answer["before"]) == pytest.approx(next_p(PROMPT), rel=1e-4)
    assert answer["texts"] == [browser.chosen().text(id) for id in answer["ids"]]
    assert json.loads(json.dumps(answer)) == answer
    small, large = (ask("rounding", PROMPT, 0, kind)["largest"] for kind in ("fp16", "int8"))
    assert 0 < small < large / 5


def next_p(prompt):
    first = next(event for event in stream("generate", prompt) if event["type"] == "token")
    return first["probability"]


def test_the_file_to_take_along_is_for_the_asking():
    ask("edit", "gelu", IDENTITY)
    assert IDENTITY in ask("script")


def test_how_far_an_edit_moves_the_next_token_is_the_difference_of_the_two_models_logits():
    loaded = browser.chosen()
    inputs, n_head = loaded.encode(PROMPT), loaded.hparams["n_head"]
    before = model.gpt2(inputs, **loaded.params, n_head=n_head)[-1]
    ask("edit", "gelu", IDENTITY)
    after = model.gpt2(inputs, **loaded.params, n_head=n_head)[-1]
    moved = ask("moved", PROMPT)
    assert moved["largest"] == pytest.approx(np.max(np.abs(after - before)), rel=1e-5)
    assert moved["ids"][0] == int(np.argmax(before))
    ask("restore")
    assert ask("moved", PROMPT)["largest"] == 0


@pytest.mark.parametrize("name", ["layer_norm", "embeddings"])
def test_an_edit_that_writes_into_the_weights_is_refused_at_that_line(name):
    texts = {
        "layer_norm": "def layer_norm(x, g, b, eps=1e-5):\n    g *= 0.5\n    return g * x + b",
        "embeddings": "def embeddings(inputs, wte, wpe, n_past):\n    wte[:] = 0\n    return wte[inputs]",
    }
    before = ids(stream("generate"))
    error = browser.attempt("edit", name, texts[name])["error"]
    assert error["message"].startswith(f"{name}, line 2: ValueError: ")
    assert "read-only" in error["message"]
    assert ids(stream("generate")) == before


def test_the_page_is_told_which_functions_are_not_as_they_came():
    assert ask("changed") == {}
    ask("edit", "gelu", IDENTITY)
    assert ask("changed").keys() == {"model", "gelu"}


def test_what_an_ablation_has_silenced_is_told_by_the_numbers_in_its_text():
    assert ask("silenced") == {"heads": [], "ffns": []}
    text = ask("ablation_source", [[0, 1], [2, 0]], [1])
    ask("edit", "gpt2", text)
    assert ask("silenced") == {"heads": [[0, 1], [2, 0]], "ffns": [1]}
    ask("edit", "gpt2", text.replace("{0: [1], 2: [0]}", "{0: [1, 3]}"))
    assert ask("silenced") == {"heads": [[0, 1], [0, 3]], "ffns": [1]}
    ask("edit", "gpt2", text.replace("SILENT_FFNS = [1]", "SILENT_FFNS = {'none'}"))
    assert ask("silenced") == {"heads": [], "ffns": []}
