"""What a reader does with GPT-2 in the page, and what PyTorch makes of the made-up files that stand in for it
(tests/reference/made_up.json).
"""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator, Page

from faulty_site import FaultySite, replaced
from tests.reference import made_up

EXPECTED = json.loads(made_up.EXPECTED.read_text())
TIMEOUT_MS = 90_000

CONTINUE = """async ([prompt, n]) => {
    const { engine } = await import(new URL("js/engine.js", document.baseURI));
    engine.generate(prompt, { n_tokens: n, greedy: true, temperature: 1, top_k: 0, top_p: 1, seed: null });
    await new Promise((resolve, reject) => {
        const look = () => {
            if (engine.state.error) reject(new Error(engine.state.error.message));
            if (engine.run.status === "done") resolve();
        };
        engine.addEventListener("state", look);
    });
    const { tokens, model, text } = engine.run;
    return { ids: tokens.map(({ id }) => id), model, text };
}"""


def announce(site: FaultySite, facts: dict[str, Any]) -> None:
    """Have the site's index expect these made-up bytes at the production address."""
    models: list[Any] = site.models()
    for model in models:
        if model["name"] == "124M":
            model["source"] |= {"sha256": facts["sha256"], "bytes": facts["bytes"]}
    site.fault("models/index.json", replaced(json.dumps(models).encode()))


def open_home(page: Page, site: FaultySite, query: str = "") -> Page:
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(site.url + query)
    page.locator("prompt-box[data-state=ready]").wait_for()
    return page


def choose(page: Page) -> None:
    page.get_by_label("Model", exact=True).first.select_option("124M")


def download(page: Page) -> None:
    choose(page)
    page.get_by_role("button", name="Download").click()


def panel(page: Page, status: str) -> Locator:
    """The panel, once it has this status."""
    found = page.locator(f".mp-panel[data-status={status}]")
    found.wait_for()
    return found


def continuation(page: Page) -> list[int]:
    """What the model in use makes of the recorded prompt."""
    result = page.evaluate(CONTINUE, [EXPECTED["reduced"]["input_ids"], 24])
    assert result["model"] == "124M"
    return list(result["ids"])


def the_small_model_answers(page: Page) -> bool:
    result = page.evaluate(CONTINUE, ["ROMEO:", 3])
    return result["model"] == "shakespeare" and len(result["ids"]) == 3


def stored(page: Page) -> str:
    page.locator(".mp-own summary").click()
    page.locator(".mp-stored li").first.wait_for()
    text = page.locator(".mp-stored").inner_text()
    page.locator(".mp-own summary").click()
    return text


def needed_bytes(facts: dict[str, Any], sizes: made_up.Sizes) -> int:
    """What is to be fetched: all but the masks."""
    return int(facts["bytes"] - sizes.n_layer * 4 * sizes.n_ctx**2)
