"""The pages on embeddings and layer norm under a reader's hands: fields, choices, keys, clicks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from faulty_site import FaultySite
from picogpt import load_checkpoint
from project import ROOT
from prompt_box import PromptBox, shared_box
from test_learn import go, settle

PROMPT = "ROMEO:\nBut soft!"
VALUE = "view => JSON.parse(JSON.stringify(view.value, (_, v) => ArrayBuffer.isView(v) ? [...v] : v))"


@pytest.fixture(scope="module")
def box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    """One page for all tests, its model loaded."""
    with shared_box(browser, served_site.url + "learn/") as box:
        yield box


def opened(box: PromptBox, name: str) -> Page:
    """A page of Learn, about `PROMPT`."""
    go(box, name)
    box.prompt.fill(PROMPT)
    settle(box.page)
    return box.page


def test_a_reader_asks_for_the_neighbours_of_any_text(box: PromptBox) -> None:
    page = opened(box, "embeddings")
    view = page.locator("view-neighbours")
    encoder, _, params = load_checkpoint(ROOT / "site" / "models" / "shakespeare")
    assert encoder is not None
    for typed in (" king", "2", "queens"):  # a number is text as well
        view.locator("input").fill(typed)
        settle(page)
        (id, *others) = encoder.encode(typed)
        unit = params["wte"] / np.linalg.norm(params["wte"], axis=1, keepdims=True)
        cosines = np.delete(unit @ unit[id], id)
        value = view.evaluate(VALUE)
        assert value["id"] == id
        assert value["cosines"]["data"] == pytest.approx(np.sort(cosines)[::-1][:8].tolist(), abs=1e-4)
        assert ("neighbours of the first" in view.inner_text()) == bool(others)
    assert view.locator("input").evaluate("input => input === document.activeElement")
    view.locator("input").fill("")
    settle(page)
    assert view.evaluate(VALUE)["piece"] == "!"


def test_the_arrow_keys_read_one_channel_in_all_strips(box: PromptBox) -> None:
    page = opened(box, "embeddings")
    view = page.locator("view-embeddings")
    strips = view.locator(".strips")
    strips.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowRight"):
        strips.press(key)
    assert view.locator(".heat-readout").inner_text().startswith("channel 48: ")  # a line has 48 of 192
    assert view.locator(".heat-cursor:visible").count() == 3
    page.locator(".view-chip").first.evaluate("chip => chip.click()")
    settle(page)
    value = view.evaluate(VALUE)
    assert value["position"] == 0
    number = value["x"]["values"]["data"][48]
    shown = view.locator(".heat-readout").inner_text().rpartition("= ")[2].replace("−", "-")
    assert float(shown) == pytest.approx(number, rel=1e-2)
    strips.blur()
    assert view.locator(".heat-cursor:visible").count() == 0


def test_the_numbers_of_strips_and_charts_are_tables_too(box: PromptBox) -> None:
    page = opened(box, "embeddings")
    for name, n_rows in (("view-embeddings", 192), ("view-position-channels", 256)):
        details = page.locator(f"{name} details")
        details.locator("summary").click()
        expect(details.locator("tbody tr")).to_have_count(n_rows)  # drawn when the list has opened
    box.prompt.fill("JULIET")
    settle(page)
    value = page.locator("view-embeddings").evaluate(VALUE)
    cells = page.locator("view-embeddings details tbody tr").nth(191).locator("td").all_inner_texts()
    assert [float(cell.replace("−", "-")) for cell in cells] == pytest.approx(
        [value[name]["values"]["data"][191] for name in ("wte", "wpe", "x")], rel=1e-2, abs=1e-6
    )


def test_a_layer_norm_chosen_in_one_view_is_chosen_in_all(box: PromptBox) -> None:
    page = opened(box, "layer-norm")
    choice = page.locator("view-layer-norm-tokens norm-choice select")
    choice.focus()
    choice.select_option("ln_f")
    settle(page)
    for name in ("view-layer-norm", "view-layer-norm-tokens", "view-layer-norm-scaled"):
        assert page.locator(name).evaluate(VALUE)["norm"] == "ln_f"
    assert page.locator("view-layer-norm norm-choice select").input_value() == "ln_f"
    assert choice.evaluate("select => select === document.activeElement")
    choice.select_option("ln_1")
    settle(page)


def test_another_factor_is_computed_anew(box: PromptBox) -> None:
    page = opened(box, "layer-norm")
    view = page.locator("view-layer-norm-scaled")
    view.get_by_label("factor").select_option("-1")
    settle(page)
    value = view.evaluate(VALUE)
    x, changed = (np.array(value[name]["values"]["data"]) for name in ("x", "changed"))
    np.testing.assert_allclose(changed, -x)
    assert value["largest"] > 0.1


def test_a_click_on_a_dot_looks_at_its_token(box: PromptBox) -> None:
    page = opened(box, "layer-norm")
    chart = page.locator("view-layer-norm-tokens plot-chart")
    chart.scroll_into_view_if_needed()
    chart.locator("circle").nth(1).click(force=True)
    page.wait_for_function("() => document.querySelector('view-tokens').inspection.focus.token === 1")
    settle(page)
    assert page.locator("view-layer-norm-tokens").evaluate("view => view.inspection.focus.token") == 1
