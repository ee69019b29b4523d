"""How well the model foresaw a text, and numbers within sentences: against PyTorch and the configuration."""

import json
from pathlib import Path

import numpy as np
import pytest

import recorded
from picogpt import browser, load_checkpoint
from picogpt.loss import lm_loss
from picogpt.views import Text, inspect
from picogpt.views.facts import FACTS
from tests.unit.references import load_reference

SHIPPED = Path(__file__).parents[2] / "site" / "models" / "shakespeare"


def ask(text: Text, view: str, **options):
    (answer,) = inspect(text, [{"view": view, **options}], browser.explain)
    return answer.get("value", answer)


@pytest.fixture(scope="module")
def shipped():
    return load_checkpoint(SHIPPED)


def shipped_text(shipped, prompt: str) -> Text:
    encoder, hparams, params = shipped
    ids = encoder.encode(prompt)
    return Text(ids, params, hparams, encoder, 0, 0, len(ids) - 1, prompt=prompt)


@pytest.mark.parametrize("case", ["published", "untied"])
def test_the_surprise_is_that_of_pytorchs_logits(case):
    reference = load_reference(case)
    ids = np.asarray(reference.expected["input_ids"]).reshape(-1)[: reference.hparams["n_ctx"]].tolist()
    logits = np.asarray(reference.expected["logits"], np.float64).reshape(-1, reference.hparams["n_vocab"])
    logits = logits[: len(ids)]
    softmax = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    text = Text(ids, reference.params, reference.hparams, None, 0, 0, token=0)
    value = ask(text, "surprise")
    targets = ids[1:]
    expected = softmax[np.arange(len(targets)), targets]
    np.testing.assert_allclose(value["probabilities"]["data"], expected, rtol=1e-3)
    np.testing.assert_allclose(value["losses"]["data"], -np.log(expected), rtol=1e-3)
    assert value["loss"] == pytest.approx(-np.log(expected).mean(), rel=1e-4)
    n_likelier = [(row > row[target]).sum() for row, target in zip(softmax[:-1], targets, strict=True)]
    assert value["n_likelier"] == n_likelier
    assert value["likeliest"] == [f"⟨{id}⟩" for id in softmax[:-1].argmax(-1)]


def test_a_text_as_long_as_the_context_is_taken_piece_by_piece(shipped):
    text = shipped_text(shipped, "ROMEO:\nBut soft! " * 60)
    text = Text(text.ids[:256], text.params, text.hparams, text.encoder, 0, 0, token=3)
    value = ask(text, "surprise")
    assert len(value["n_likelier"]) == len(value["likeliest"]) == 255
    assert value["loss"] == pytest.approx(lm_loss(text.ids, text.params, 4), rel=1e-4)
    assert value["blind_loss"] == pytest.approx(np.log(2257))


def test_one_token_has_nothing_to_foresee(shipped):
    value = ask(shipped_text(shipped, "the"), "surprise")
    assert (value["n_likelier"], value["likeliest"], value["loss"]) == ([], [], 0)
    assert value["probabilities"]["shape"] == [0]


def test_facts_are_those_of_the_configuration_and_of_the_text(shipped):
    text = shipped_text(shipped, "But soft! é🌹")
    config = json.loads((SHIPPED / "config.json").read_text())
    found = {name: ask(text, "fact", name=name)["value"] for name in FACTS}
    assert found["n_vocab"] == config["vocab_size"]
    for name in ("n_ctx", "n_embd", "n_head", "n_layer"):
        assert found[name] == config[name]
    assert found["n_params"] == 2_707_200  # as its card says
    assert (found["head_width"], found["ffn_width"], found["n_heads_in_all"]) == (48, 768, 20)
    assert (found["n_merges"], found["end_of_text"]) == (2000, 2256)
    assert (found["n_characters"], found["n_bytes"]) == (12, 16)
    assert found["n_tokens"] == len(text.ids)
    assert (found["token"], found["token_id"]) == (len(text.ids) - 1, text.ids[-1])


def test_an_unknown_fact_says_which_there_are(shipped):
    error = ask(shipped_text(shipped, "x"), "fact", name="n_layers")["error"]
    assert "'n_layers'" in error["message"]
    assert "n_layer," in error["hint"]


def test_every_fact_can_be_told_of_a_model_without_a_vocabulary():
    _, hparams, params = load_checkpoint(SHIPPED.parents[2] / "tests" / "reference" / "untied")
    text = Text([1, 2, 3], params, hparams, None, 0, 0, 2)
    values = {name: ask(text, "fact", name=name)["value"] for name in FACTS}
    assert values["n_merges"] == "–"
    assert values["n_tokens"] == 3
    assert values["token_text"] == "⟨3⟩"


def test_the_build_writes_facts_into_the_page_for_readers_without_scripts():
    page = '<view-fact name="n_embd"></view-fact> of <view-fact name="token_text"></view-fact>'
    page = recorded.with_fact(page, "n_embd", 1024)
    assert recorded.with_fact(page, "token_text", "<b>") == (
        '<view-fact name="n_embd">1,024</view-fact> of <view-fact name="token_text">&lt;b&gt;</view-fact>'
    )
