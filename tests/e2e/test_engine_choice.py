"""Choosing what computes the matrix products: SIMD, or NumPy alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from faulty_site import FaultySite, not_found, replaced
from prompt_box import PromptBox, opened


def choice(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Engine").get_by_role("radio", name=name)


def matmul(page: Page) -> Any:
    """How Python says that it computes."""
    return page.evaluate(
        """async () => {
          const { engine } = await import(new URL("js/engine.js", document.baseURI));
          return engine.state.info.matmul;
        }"""
    )


def test_the_engine_that_is_on_is_the_fast_one_and_the_page_says_so(page: Page, site: FaultySite) -> None:
    box = opened(page, site.url)
    expect(choice(page, "SIMD")).to_be_checked()
    assert matmul(page) == "relaxed"
    box.run("ROMEO:\n", n_tokens=3, greedy=True)
    expect(box.element).to_contain_text("greedy · SIMD")


def test_numpy_alone_gives_the_same_ids_and_the_page_says_what_was_used(page: Page, site: FaultySite) -> None:
    box = opened(page, site.url)
    box.run("ROMEO:\n", n_tokens=30, greedy=True)
    by_simd = box.ids()
    choice(page, "NumPy").check()
    expect(page.get_by_text("np.einsum: NumPy has no BLAS library in a browser")).to_be_visible()
    assert matmul(page) == "einsum"
    box.run("ROMEO:\n", n_tokens=30, greedy=True)
    assert len(by_simd) == 30
    assert box.ids() == by_simd
    expect(box.element).to_contain_text("greedy · NumPy")


def test_the_engine_is_switched_while_a_text_is_being_written(page: Page, site: FaultySite) -> None:
    box = opened(page, site.url)
    box.run("JULIET:\n", n_tokens=120, greedy=True)
    undisturbed = box.ids()
    box.prompt.fill("JULIET:\n")
    box.generate.click()
    expect(box.tokens.nth(3)).to_be_attached()
    choice(page, "NumPy").check()
    box.wait_until_done()
    assert box.ids() == undisturbed
    expect(box.element).to_contain_text("greedy · SIMD, then NumPy")


def test_the_keyboard_switches_the_engine(page: Page, site: FaultySite) -> None:
    opened(page, site.url)
    choice(page, "SIMD").focus()
    page.keyboard.press("ArrowRight")
    expect(choice(page, "NumPy")).to_be_checked()
    expect(page.get_by_text("np.einsum: NumPy has no BLAS library in a browser")).to_be_visible()
    assert matmul(page) == "einsum"
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("in WebAssembly (relaxed SIMD)")).to_be_visible()
    assert matmul(page) == "relaxed"


def test_the_choice_outlives_the_page(page: Page, site: FaultySite) -> None:
    opened(page, site.url)
    choice(page, "NumPy").check()
    page.get_by_role("link", name="a single file of Python").click()
    page.wait_for_url("**/learn/**")
    page.go_back()
    box = PromptBox(page)
    box.wait_for("ready")
    expect(choice(page, "NumPy")).to_be_checked()


@pytest.mark.parametrize("is_missing", [True, False], ids=["module missing", "SIMD unknown"])
def test_without_simd_the_choice_is_closed_and_says_why(
    page: Page, site: FaultySite, expected_errors: list[str], is_missing: bool
) -> None:
    expected_errors.append("404")
    for kind in ("relaxed", "simd128"):
        site.fault(f"wasm/sgemm-{kind}.wasm", not_found() if is_missing else replaced(b"\0asm\1\0\0\0\xff"))
    opened(page, site.url)
    expect(choice(page, "NumPy")).to_be_checked()
    expect(choice(page, "SIMD")).to_be_disabled()
    expect(choice(page, "SIMD")).to_have_accessible_description(
        "SIMD is not to be had: this browser lacks it, or its module did not arrive"
    )
