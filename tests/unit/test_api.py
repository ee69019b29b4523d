"""The names of "GPT in 60 Lines of NumPy", the command line, and what the page can ask for."""

import json
import os
import subprocess
import sys
from itertools import islice

import numpy as np
import pytest

import picogpt
from picogpt import browser
from picogpt.__main__ import run
from picogpt.models import shipped_folder
from picogpt.trace import recording
from tests.unit.references import REFERENCE, ROOT, load_reference

PROMPT = "ROMEO:\nBut soft, what"


def greedy_text(n):
    encoder, hparams, params = picogpt.load_encoder_hparams_and_params("shakespeare", "models")
    return encoder.decode(picogpt.generate(encoder.encode(PROMPT), params, hparams["n_head"], n))


def test_the_functions_of_the_text_work_as_in_the_text():
    encoder, hparams, params = picogpt.load_encoder_hparams_and_params("shakespeare", "models")
    ids = encoder.encode(PROMPT)
    logits = picogpt.gpt2(ids, **params, n_head=hparams["n_head"])
    assert logits.shape == (len(ids), hparams["n_vocab"])
    assert encoder.decode(ids) == PROMPT
    assert len(ids) + 8 < hparams["n_ctx"]
    new = picogpt.generate(ids, params, hparams["n_head"], 8)
    assert new[0] == int(np.argmax(logits[-1]))
    assert picogpt.main(
        PROMPT, n_tokens_to_generate=8, model_size="shakespeare", models_dir="models"
    ) == encoder.decode(new)


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "picogpt", *arguments], capture_output=True, text=True, cwd=ROOT, **options
    )


def test_the_command_prints_the_greedy_continuation():
    result = command(PROMPT, "--n_tokens_to_generate", "12", "--model_size", "shakespeare")
    assert (result.returncode, result.stdout, result.stderr) == (0, greedy_text(12) + "\n", "")


def test_the_command_streams(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "picogpt", PROMPT, "-n", "100", "-m", "shakespeare"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    first = process.stdout.read(1)
    assert process.poll() is None  # it is still writing
    assert (first + process.stdout.read()).decode() == greedy_text(100) + "\n"
    process.stdout.close()
    assert process.wait() == 0


def test_the_command_reads_a_prompt_from_standard_input_and_repeats_a_seed(capsys):
    runs = [
        command("-", "-m", "shakespeare", "-n", "9", "--seed", seed, input=PROMPT).stdout for seed in "778"
    ]
    assert runs[0] == runs[1] != runs[2]
    assert runs[0] != greedy_text(9) + "\n"


def test_the_command_says_when_the_context_is_full():
    result = command(PROMPT, "-m", "shakespeare", "-n", "5000")
    assert result.returncode == 0
    assert "the context of" in result.stderr or result.stdout  # unless the text ended first


def test_the_command_slides_past_the_context():
    n_ctx = picogpt.load_encoder_hparams_and_params("shakespeare", "models")[1]["n_ctx"]
    arguments = (PROMPT, "-m", "shakespeare", "-n", str(n_ctx))
    without, sliding = command(*arguments), command(*arguments, "--slide")
    assert "--slide goes on" in without.stderr
    assert sliding.stderr == ""
    assert sliding.stdout.startswith(without.stdout.rstrip("\n"))
    assert len(sliding.stdout) > len(without.stdout)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["x", "--model_size", "nope"], "There is no model 'nope'"),
        (["x", "-m", "shakespeare", "--top_p", "2"], "top_p is 2.0"),
        (["x", "-m", "shakespeare", "--temperature", "-1"], "from 0 to 100"),
        (["word " * 5000, "-m", "shakespeare"], "tokens; this model reads at most"),
        (["x", "-m", "shakespeare", "-n", "-3"], "0 or more"),
    ],
)
def test_the_command_reports_what_is_wrong_without_a_traceback(arguments, says, capsys):
    assert run(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("picogpt: ")
    assert says in captured.err
    assert captured.out == ""


def test_the_command_without_a_network_says_so_and_what_to_do(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert run(["x", "--models_dir", str(tmp_path)]) == 1
    assert "no connection" in capsys.readouterr().err


def test_the_published_continuation_of_the_real_124m():
    folder = os.environ.get("PICOGPT_GPT2")
    if not folder:
        pytest.skip("PICOGPT_GPT2 names no folder with OpenAI's 124M, which is not part of the project")
    encoder, hparams, params = picogpt.load_checkpoint(folder)
    encoder = encoder or picogpt.Encoder.from_merges(
        (shipped_folder() / "gpt2" / "merges.txt").read_text("utf-8")
    )
    ids = encoder.encode("Alan Turing theorized that computers would one day become")
    assert encoder.decode(picogpt.generate(ids, params, hparams["n_head"], 40)) == (
        " the most powerful machines on the planet.\n\nThe computer is a machine that can perform complex "
        "calculations, and it can perform these calculations in a way that is very similar to the human "
        "brain.\n"
    )


SETTINGS = {"n_tokens": 10, "greedy": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "seed": None}


@pytest.fixture
def page():
    """The browser's side, with the small model loaded as the page loads it."""
    folder = shipped_folder() / "shakespeare"
    content = (folder / "model.safetensors").read_bytes()
    texts = [(folder / name).read_text("utf-8") for name in ("config.json", "merges.txt")]
    assert "value" in browser.attempt("load", "shakespeare", memoryview(content), *texts)
    return browser


def events(prompt=PROMPT, **settings):
    return list(browser.attempt("generate", prompt, SETTINGS | settings)["value"])


def test_the_page_gets_the_same_text_as_the_command_line(page):
    first, *tokens, last = events()
    assert first["type"] == "prompt"
    assert "".join(token["text"] for token in tokens) + last["text"] == greedy_text(10)
    assert last == {"type": "end", "reason": "length", "text": ""}
    for token in tokens:
        best = token["alternatives"][0]
        assert (best["id"], best["probability"]) == (token["id"], token["probability"])  # greedy
        assert len(token["alternatives"]) == 5


def test_every_event_is_plain_data(page):
    run = events(greedy=False, seed=3)
    assert json.loads(json.dumps(run)) == run


def test_a_run_without_a_seed_names_the_one_it_drew_and_that_one_repeats_it(page):
    first, *tokens = events(greedy=False)
    again = events(greedy=False, seed=first["seed"])
    # not bit by bit: what the first run left in the cache is not computed again
    assert [event.get("id") for event in again[1:]] == [event.get("id") for event in tokens]


def test_a_prompt_that_comes_right_after_the_last_word_finds_what_was_read(page):
    for n_events in (12, 4):  # to the last word, and stopped after three tokens
        stream = browser.attempt("generate", PROMPT, SETTINGS)["value"]
        first, *_ = islice(stream, n_events)
        if n_events == 4:
            stream.close()  # what the page does when its reader stops a text
        with recording() as seen:
            again = browser.attempt("generate", [*first["ids"], 7], SETTINGS)["value"]
            assert [event["type"] for event in islice(again, 2)] == ["prompt", "token"]
        assert len(seen["gpt2.0/embeddings.0"]) == 1  # the 7 alone
        again.close()


def test_the_page_slides_if_asked_to(page):
    n_ctx = browser.info()["n_ctx"]
    prompt = [id % 500 for id in range(n_ctx - 2)]
    assert events(prompt, n_tokens=8)[-1]["reason"] == "context"
    _, *tokens, last = events(prompt, n_tokens=8, slide=True)
    assert (len(tokens), last["reason"]) == (8, "length")


def test_pieces_of_a_prompt_join_to_the_prompt(page):
    answer = browser.attempt("tokenize", PROMPT)["value"]
    assert "".join(answer["pieces"]) == PROMPT
    assert len(answer["ids"]) == len(answer["pieces"])


@pytest.mark.parametrize(
    ("prompt", "settings", "name", "says"),
    [
        ("word " * 5000, {}, "PromptError", "this model reads at most"),
        (PROMPT, {"top_k": -1, "greedy": False}, "SettingsError", "top_k is -1"),
        ([10**6], {}, "PromptError", "not in the vocabulary"),
        (PROMPT, {"n_tokens": -1}, "SettingsError", "-1"),
    ],
)
def test_the_page_gets_errors_as_data_with_a_hint(page, prompt, settings, name, says):
    last = events(prompt, **settings)[-1]
    assert last["type"] == "error"
    assert last["error"]["class"] == name
    assert says in last["error"]["message"]
    assert last["error"]["hint"]


def test_several_models_stay_loaded_and_ids_serve_one_without_a_vocabulary(page):
    content = np.frombuffer((REFERENCE / "prefixed" / "model.safetensors").read_bytes(), np.uint8)
    config = (REFERENCE / "prefixed" / "config.json").read_text()
    assert page.attempt("load", "prefixed", content, config)["value"]["has_vocabulary"] is False
    expected = load_reference("prefixed").expected
    _, *tokens, _ = events(expected["input_ids"].tolist(), n_tokens=64)
    assert [token["id"] for token in tokens] == expected["greedy"].tolist()
    assert events("text")[-1]["error"]["class"] == "PromptError"
    assert page.attempt("use", "shakespeare")["value"]["name"] == "shakespeare"
    assert set(page.attempt("loaded")["value"]) >= {"shakespeare", "prefixed"}
    assert page.attempt("use", "none")["error"]["class"] == "WeightsError"


def test_a_broken_file_is_an_error_and_the_model_before_it_stays(page):
    answer = page.attempt("load", "broken", np.frombuffer(b"<html>" * 100, np.uint8))
    assert answer["error"]["class"] == "WeightsError"
    assert events()[-1]["type"] == "end"


def test_a_bug_or_a_lack_of_memory_is_reported_as_such(page):
    assert page.explain(MemoryError())["hint"].startswith("Close other tabs")
    assert "bug" in page.attempt("tokenize", object())["error"]["hint"]
