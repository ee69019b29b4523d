"""The model in the browser against PyTorch's recorded ids and against CPython."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

import picogpt
from faulty_site import FaultySite, not_found, replaced
from picogpt.models import shipped_folder
from project import ROOT

REFERENCE = ROOT / "tests" / "reference"
CASES = sorted(path.parent.name for path in REFERENCE.glob("*/expected.npz"))
GREEDY = {"n_tokens": 64, "greedy": True, "temperature": 1, "top_k": 0, "top_p": 1, "seed": None}

# One run by the site's own engine, and how it computed products; the result is what the worker answered. With
# `matmul` given, that is chosen before the fifth token.
RUN = """async ([model, prompt, settings, matmul]) => {
    const { engine } = await import(new URL("js/engine.js", document.baseURI));
    const settled = (wanted) => new Promise((resolve, reject) => {
        const look = () => {
            if (engine.state.phase === "error") reject(new Error(engine.state.error.message));
            else if (wanted()) resolve();
        };
        engine.addEventListener("state", look);
        look();
    });
    await settled(() => engine.state.models.length > 0);
    engine.choose(model);
    await settled(() => engine.state.phase === "ready" && engine.session.model === model);
    const matmuls = new Set([engine.state.info.matmul]);
    engine.addEventListener("output", async () => {
        if (!matmul || engine.run.tokens.length !== 4 || matmuls.has(matmul)) return;
        await engine.useMatmul(matmul);
        matmuls.add(engine.state.info.matmul);
    });
    engine.generate(prompt, settings);
    await settled(() => engine.run.status === "done");
    const { tokens, text, end } = engine.run;
    return { tokens, text, reason: end.reason, matmuls: [...matmuls] };
}"""


def run_in_browser(
    page: Page, model: str, prompt: str | list[int], matmul: str | None = None, **settings: Any
) -> dict[str, Any]:
    result: dict[str, Any] = page.evaluate(RUN, [model, prompt, GREEDY | settings, matmul])
    return result


@pytest.fixture
def home(page: Page, site: FaultySite) -> Page:
    for case in CASES:
        site.add_model(case, REFERENCE / case, first=False)
    page.goto(site.url)
    return page


@pytest.mark.parametrize("matmul", ["relaxed", "simd128", "einsum"])
def test_greedy_ids_of_every_reference_checkpoint_equal_pytorchs(
    page: Page, site: FaultySite, matmul: str
) -> None:
    better = {"relaxed": [], "simd128": ["relaxed"], "einsum": ["relaxed", "simd128"]}[matmul]
    for kind in better:  # a browser that does not know these instructions
        site.fault(f"wasm/sgemm-{kind}.wasm", replaced(b"\0asm\1\0\0\0\xff"))
    for case in CASES:
        site.add_model(case, REFERENCE / case, first=False)
    page.goto(site.url)
    for case in CASES:
        expected = np.load(REFERENCE / case / "expected.npz")
        result = run_in_browser(page, case, expected["input_ids"].tolist())
        assert result["matmuls"] == [matmul]
        assert [token["id"] for token in result["tokens"]] == expected["greedy"].tolist(), case


def test_the_matrix_product_can_be_changed_in_the_middle_of_a_text(home: Page) -> None:
    expected = np.load(REFERENCE / "published" / "expected.npz")
    result = run_in_browser(home, "published", expected["input_ids"].tolist(), matmul="einsum")
    assert result["matmuls"] == ["relaxed", "einsum"]
    assert [token["id"] for token in result["tokens"]] == expected["greedy"].tolist()


def test_without_the_kernels_files_everything_works_in_numpy_alone(
    home: Page, site: FaultySite, expected_errors: list[str]
) -> None:
    expected_errors.append("404")
    site.fault("wasm/sgemm-relaxed.wasm", not_found())
    site.fault("wasm/sgemm-simd128.wasm", not_found())
    home.reload()
    expected = np.load(REFERENCE / "published" / "expected.npz")
    result = run_in_browser(home, "published", expected["input_ids"].tolist())
    assert result["matmuls"] == ["einsum"]
    assert [token["id"] for token in result["tokens"]] == expected["greedy"].tolist()


@pytest.mark.parametrize(
    "prompt", ["ROMEO:\nBut soft, what", "naïve 漢字 🙂 e\u0301 \u200f مرحبا", "  \n\t spaces  ", ""]
)
def test_the_small_models_greedy_text_equals_cpythons(home: Page, prompt: str) -> None:
    encoder, hparams, params = picogpt.load_checkpoint(shipped_folder() / "shakespeare")
    assert encoder is not None
    generation = picogpt.Generation(
        encoder.encode(prompt) or [encoder.end_of_text],
        params,
        hparams["n_head"],
        100,
        stop_id=encoder.end_of_text,
    )
    expected = list(generation)
    result = run_in_browser(home, "shakespeare", prompt, n_tokens=100)
    assert [token["id"] for token in result["tokens"]] == [token.id for token in expected]
    assert result["text"] == encoder.decode(token.id for token in expected)
    assert result["reason"] == generation.reason
    np.testing.assert_allclose(
        [token["probability"] for token in result["tokens"]],
        [token.probability for token in expected],
        rtol=1e-3,
    )


def test_sampling_with_a_seed_draws_what_cpython_draws(home: Page) -> None:
    encoder, hparams, params = picogpt.load_checkpoint(shipped_folder() / "shakespeare")
    assert encoder is not None
    sampling = picogpt.Sampling(temperature=0.8, top_k=40, top_p=0.9)
    generation = picogpt.Generation(
        encoder.encode("JULIET:\n"), params, hparams["n_head"], 60, sampling, 7, encoder.end_of_text
    )
    result = run_in_browser(
        home,
        "shakespeare",
        "JULIET:\n",
        n_tokens=60,
        greedy=False,
        temperature=0.8,
        top_k=40,
        top_p=0.9,
        seed=7,
    )
    assert [token["id"] for token in result["tokens"]] == [token.id for token in generation]


def test_a_checkpoint_of_another_sort_is_an_error_that_names_the_tensor(
    page: Page, site: FaultySite, tmp_path: Path, expected_errors: list[str]
) -> None:
    from picogpt.safetensors import write

    folder = tmp_path / "llama"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(
        write({"model.embed_tokens.weight": np.zeros((4, 4), np.float32)})
    )
    site.add_model("llama", folder)
    page.goto(site.url)
    box = page.locator("prompt-box[data-state=error]")
    box.wait_for()
    assert "wte.weight" in box.inner_text()
    assert "Is this a GPT-2 checkpoint?" in box.inner_text()
