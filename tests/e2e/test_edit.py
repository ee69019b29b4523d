"""Changing the model in the browser's Python: the same edits give what they give on CPython."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from faulty_site import FaultySite
from picogpt import Generation, browser_edits, edit, load_checkpoint
from picogpt import browser as browser_functions
from picogpt.models import shipped_folder
from picogpt.presets import PRESETS
from picogpt.script import script

# The site's own worker and protocol, on a page without a prompt box: nothing else asks.
BOOT = """async () => {
    const at = (path) => new URL(path, document.baseURI);
    const { connect, drain } = await import(at("js/protocol.js"));
    const { createConfinedWorker } = await import(at("js/worker-factory.js"));
    const { fetchIndex } = await import(at("js/weights.js"));
    const connection = connect(createConfinedWorker(at("js/worker.js")));
    const base = at("./").href;
    await drain(connection.ask("boot", { base }));
    const entry = (await fetchIndex(new URL(base))).find(({ name }) => name === "shakespeare");
    await drain(connection.ask("load", { base, entry }));
    window.ask = async (kind, payload) => {
        const items = [];
        try {
            const asked = connection.ask(kind, { model: entry.name, ...payload });
            return { value: await drain(asked, (item) => items.push(item)), items };
        } catch ({ class: name, message, hint, edit }) {
            return { error: { class: name, message, hint, edit }, items };
        }
    };
}"""
SETTINGS = {"n_tokens": 12, "greedy": True, "temperature": 1, "top_k": 0, "top_p": 1, "seed": None}
PROMPT = "ROMEO:\nBut soft, what"
FREE = "LOW = 0.5\n\ndef gelu(x):\n    return np.where(x > LOW, x, LOW)\n"

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def worker(browser: Browser, served_site: FaultySite) -> Iterator[Ask]:
    """worker(kind, **payload): what the worker answers, {items, value} or {items, error}."""
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(served_site.url + "404.html")
    page.evaluate(BOOT)
    yield lambda kind, **payload: page.evaluate(
        "([kind, payload]) => window.ask(kind, payload)", [kind, payload]
    )
    page.close()


@pytest.fixture
def experiment(worker: Ask) -> Iterator[Ask]:
    """experiment(name, *args): what a function of picogpt.browser_edits returns; then all is restored."""
    yield lambda name, *args: worker("experiment", name=name, args=list(args))["value"]
    assert worker("experiment", name="restore", args=[])["value"] == {}
    edit.restore()


@pytest.fixture(scope="module", autouse=True)
def _loaded_here() -> None:
    """The same model in this Python, for what the page asks for."""
    folder = shipped_folder() / "shakespeare"
    texts = [(folder / name).read_text("utf-8") for name in ("config.json", "merges.txt")]
    weights = np.frombuffer((folder / "model.safetensors").read_bytes(), np.uint8)
    browser_functions.load("shakespeare", weights, *texts)


def ids(worker: Ask, kind: str = "generate", side: str | None = None) -> list[int]:
    answer = worker(kind, prompt=PROMPT, settings=SETTINGS)
    assert "error" not in answer
    return [item["id"] for item in answer["items"] if item["type"] == "token" and item.get("side") == side]


def ids_here() -> list[int]:
    encoder, hparams, params = load_checkpoint(shipped_folder() / "shakespeare")
    assert encoder
    inputs, stop = encoder.encode(PROMPT), encoder.end_of_text
    return [token.id for token in Generation(inputs, params, hparams["n_head"], 12, stop_id=stop)]


def test_the_page_offers_the_presets_of_cpython(experiment: Ask) -> None:
    offers = {offer["title"]: (offer["name"], offer["source"]) for offer in experiment("presets")}
    assert offers == {preset.title: (preset.name, preset.source) for preset in PRESETS}


EDITS = {
    **{preset.title: (preset.name, preset.source) for preset in PRESETS},
    "free": ("gelu", FREE),
    "all of model.py": ("model", edit.source().replace("y += 1\n", "y += 2\n")),
}


@pytest.mark.parametrize("title", EDITS)
def test_an_edit_writes_what_it_writes_on_cpython_and_reset_gives_the_exact_ids_back(
    worker: Ask, experiment: Ask, title: str
) -> None:
    as_it_came = ids(worker)
    assert as_it_came == ids_here()
    name, source = EDITS[title]
    experiment("edit", name, source)
    edit.replace(name, source)
    assert ids(worker) == ids_here()
    assert experiment("changed") == edit.changed()
    assert len(edit.changed()) > 1  # all of model.py, and what is new in it
    check_alike(experiment("moved", PROMPT), browser_edits.moved(PROMPT))
    assert experiment("restore", name) == {}
    assert ids(worker) == as_it_came


PATHS = ["", "/mha.0", "/ffn.0"]


@pytest.mark.parametrize("path", [f"gpt2.0/transformer_block.{n}{path}" for n in (0, 3) for path in PATHS])
def test_a_patch_moves_the_answer_as_far_as_on_cpython(experiment: Ask, path: str) -> None:
    a, b = "ROMEO:\nThe king of", "ROMEO:\nThe love of"
    for position in (3, 5):
        asked = (a, b, path, position)
        found, expected = experiment("patch", *asked), browser_edits.patch(*asked)
        check_alike(found, expected)
        assert set(found["donor"]) != set(found["before"])


@pytest.mark.parametrize("kind", ["fp16", "int8"])
def test_rounding_moves_the_logits_as_far_as_on_cpython(experiment: Ask, kind: str) -> None:
    expected = browser_edits.rounding(PROMPT, 1, kind)
    check_alike(experiment("rounding", PROMPT, 1, kind), expected)
    assert expected["largest"] > 0


def check_alike(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Two answers, number by number; of the last tokens some may be others, where they are level."""
    assert found["largest"] == pytest.approx(expected["largest"], rel=2e-2, abs=1e-5)
    shares, expected_shares = shares_of(found), shares_of(expected)
    both = shares.keys() & expected_shares.keys()
    assert len(both) > 0.8 * len(expected_shares)
    assert {key: shares[key] for key in both} == pytest.approx(
        {key: expected_shares[key] for key in both}, rel=2e-3
    )


def shares_of(answer: dict[str, Any]) -> dict[tuple[str, int], float]:
    """The probability of each token on each side."""
    sides = [side for side in ("before", "after", "donor") if side in answer]
    return {(side, id): p for side in sides for id, p in zip(answer["ids"], answer[side], strict=True)}


def test_before_and_after_come_as_one_stream(worker: Ask, experiment: Ask) -> None:
    before = ids(worker)
    experiment("edit", "gelu", FREE)
    assert ids(worker, "compare", "original") == before
    assert ids(worker, "compare", "edited") == ids(worker) != before


def test_the_readers_error_crosses_to_the_page_with_its_line(worker: Ask, experiment: Ask) -> None:
    answer = worker("experiment", name="edit", args=["gelu", "def gelu(x):\n    return nope(x)"])
    assert answer["error"]["class"] == "EditError"
    assert answer["error"]["message"] == "gelu, line 2: NameError: name 'nope' is not defined."
    place = answer["error"]["edit"]
    assert (place["name"], place["lineno"]) == ("gelu", 2)
    assert '  File "<edit of gelu>", line 2, in gelu\n    return nope(x)\n' in place["traceback"]
    assert experiment("edits") == {}
    assert ids(worker)


def test_the_file_to_take_along_is_that_of_cpython(experiment: Ask) -> None:
    experiment("edit", "gelu", FREE)
    edit.replace("gelu", FREE)
    assert experiment("script") == script()
