"""Typing, generating, stopping."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

import faulty_site
from faulty_site import FaultySite
from prompt_box import PromptBox, opened, shared_box

LONG = 240  # tokens: some seconds' work for the small model


@pytest.fixture(scope="module")
def ready_box(browser: Browser, served_site: FaultySite) -> Iterator[PromptBox]:
    with shared_box(browser, served_site.url) as box:
        yield box


@pytest.fixture
def box(ready_box: PromptBox) -> PromptBox:
    ready_box.reset()
    return ready_box


def test_tokens_appear_one_by_one_after_the_prompt(box: PromptBox) -> None:
    box.page.evaluate(
        """() => {
          window.lengths = [];
          const output = document.querySelector("[role=region][aria-label=Output]");
          new MutationObserver(() => window.lengths.push(output.querySelectorAll("[data-id]").length))
            .observe(output, { childList: true, subtree: true });
        }"""
    )
    box.run("ROMEO:\n", n_tokens=30, greedy=True)
    lengths = box.page.evaluate("window.lengths")
    assert box.tokens.count() == 30
    assert len(set(lengths)) > 15, f"the text grew in {len(set(lengths))} steps only"
    assert box.output.inner_text().startswith("ROMEO:\n")


def test_greedy_text_is_the_same_each_time_and_a_seed_repeats_a_sampled_one(box: PromptBox) -> None:
    assert box.run("JULIET:\n", n_tokens=25, greedy=True) == box.run("JULIET:\n", greedy=True)
    first = box.run("JULIET:\n", greedy=False, temperature=1.5, seed=11)
    assert box.run("JULIET:\n", seed=11) == first
    assert box.run("JULIET:\n", seed=12) != first


def test_without_a_seed_runs_differ_and_the_seed_used_repeats_one(box: PromptBox) -> None:
    first = box.run("JULIET:\n", n_tokens=25, greedy=False, temperature=1.5, seed="")
    shown = re.search(r"seed (\d+)", box.element.inner_text())
    assert shown
    assert box.run("JULIET:\n") != first
    assert box.run("JULIET:\n", seed=shown[1]) == first


def test_keep_this_seed_fills_the_field_with_the_seed_used(box: PromptBox) -> None:
    first = box.run("JULIET:\n", n_tokens=25, greedy=False, temperature=1.5, seed="")
    box.page.get_by_role("button", name="Keep this seed").click()
    assert box.setting("Seed").input_value().isdigit()
    assert box.run("JULIET:\n") == first


def test_stop_ends_the_run_between_two_tokens(box: PromptBox) -> None:
    box.set(n_tokens=LONG, greedy=True)
    box.prompt.fill("First")
    box.generate.click()
    expect(box.tokens.nth(3)).to_be_attached()
    box.stop.click()
    expect(box.element).to_have_attribute("data-state", "ready")
    n_at_stop = box.tokens.count()
    assert 4 <= n_at_stop < LONG
    # the worker has stopped as well: a new run is answered at once, and the old one adds nothing
    box.run("Second", n_tokens=3)
    assert box.tokens.count() == 3
    assert box.output.inner_text().startswith("Second")


def test_escape_stops(box: PromptBox) -> None:
    box.set(n_tokens=LONG, greedy=True)
    box.prompt.fill("First")
    box.prompt.press("Enter")
    expect(box.tokens.nth(3)).to_be_attached()
    box.prompt.press("Escape")
    expect(box.element).to_have_attribute("data-state", "ready")
    assert box.tokens.count() < LONG
    assert box.prompt.input_value() == "First"


def test_enter_submits_and_shift_enter_breaks_the_line(box: PromptBox) -> None:
    box.set(n_tokens=2)
    box.prompt.press_sequentially("one")
    box.prompt.press("Shift+Enter")
    box.prompt.press_sequentially("two")
    assert box.prompt.input_value() == "one\ntwo"
    assert box.tokens.count() == 0
    box.prompt.press("Enter")
    expect(box.tokens).to_have_count(2)
    assert box.prompt.input_value() == "one\ntwo"


def test_enter_that_ends_a_composition_does_not_submit(box: PromptBox) -> None:
    box.prompt.fill("かん")
    for init in ({"isComposing": True}, {"keyCode": 229}):
        box.prompt.dispatch_event("keydown", {"key": "Enter", "bubbles": True, **init})
    assert box.element.get_attribute("data-state") == "ready"
    assert not box.stop.is_enabled()
    assert box.tokens.count() == 0


def test_a_new_prompt_takes_the_place_of_a_running_one(box: PromptBox) -> None:
    box.set(n_tokens=LONG, greedy=True)
    box.prompt.fill("First")
    box.generate.click()
    expect(box.tokens.nth(3)).to_be_attached()
    text = box.run("Second", n_tokens=5)
    assert box.tokens.count() == 5
    assert box.output.inner_text() == "Second" + text


def test_a_prompt_submitted_while_python_boots_is_queued_and_then_runs(page: Page, site: FaultySite) -> None:
    page.goto(site.url)
    box = PromptBox(page)
    box.set(n_tokens=3)
    box.prompt.fill("Early")
    box.prompt.press("Enter")
    assert box.element.get_attribute("data-state") in ("booting", "loading")
    expect(box.element).to_contain_text("Your prompt is queued")
    assert box.stop.is_enabled()
    expect(box.tokens).to_have_count(3, timeout=90_000)
    expect(box.element).not_to_contain_text("queued")


def test_a_queued_prompt_can_be_taken_back(page: Page, site: FaultySite) -> None:
    page.goto(site.url)
    box = PromptBox(page)
    box.prompt.fill("Early")
    box.prompt.press("Enter")
    box.prompt.press("Escape")
    box.wait_for("ready")
    expect(box.stop).to_be_disabled()
    assert box.tokens.count() == 0


def test_progress_counts_the_bytes_of_pyodide_up_to_their_number(page: Page, site: FaultySite) -> None:
    page.add_init_script(
        """window.seen = [];
        new MutationObserver(() => {
          const bar = document.querySelector("prompt-box progress");
          if (bar && bar.hasAttribute("value")) window.seen.push([bar.value, bar.max]);
          const text = document.querySelector("prompt-box .pb-status-text")?.textContent;
          if (text) (window.texts ??= new Set()).add(text);
        }).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });"""
    )
    site.fault("pyodide/python_stdlib.zip", faulty_site.slow(6e6))  # from localhost it comes all at once
    opened(page, site.url)
    total = sum(file["bytes"] for file in page.request.get(site.url + "pyodide/runtime.json").json()["files"])
    seen = [value for value, maximum in page.evaluate("window.seen") if maximum == total]
    assert seen == sorted(seen)
    assert seen[-1] == total
    assert len(set(seen)) > 3
    texts = page.evaluate("[...window.texts]")
    assert any(re.fullmatch(rf"Pyodide [\d.]+ of {total / 1e6:.1f} MB", text) for text in texts), texts


@pytest.mark.parametrize(
    "prompt",
    [
        "  two spaces before, two after  ",
        "naïve 漢字 🙂 👩‍👩‍👧",
        "combining: e\u0301 n\u0303",
        "מי שאומר شكرا",
        "tab\tand\n\nlines\n",
    ],
)
def test_a_prompt_is_taken_as_it_is_to_the_last_character(box: PromptBox, prompt: str) -> None:
    box.run(prompt, n_tokens=3, greedy=True)
    assert box.alert.inner_text() == ""
    assert box.element.locator(".pb-output-prompt").text_content() == prompt
    ids = box.ids()
    expected = box.page.evaluate(
        """async (prompt) => {
          const { engine } = await import(new URL("js/engine.js", document.baseURI));
          return [engine.run.prompt === prompt, engine.run.tokens.map(({ id }) => id)];
        }""",
        prompt,
    )
    assert expected == [True, ids]


def test_an_empty_prompt_starts_a_text(box: PromptBox) -> None:
    box.run("", n_tokens=4, greedy=True)
    assert box.alert.inner_text() == ""
    assert box.tokens.count() >= 1


def test_a_prompt_longer_than_the_context_is_refused_with_both_counts(box: PromptBox) -> None:
    box.run("word " * 600, n_tokens=2)
    assert box.element.get_attribute("data-state") == "error"
    counts = re.search(r"has ([\d,]+) tokens.* at most 256\b", box.alert.inner_text())
    assert counts
    assert int(counts[1].replace(",", "")) >= 600
    assert box.again.count() == 0, "a restart would not help"
    box.run("word", n_tokens=2)
    assert box.alert.inner_text() == ""
    assert box.tokens.count() == 2


def test_a_full_context_ends_the_run_and_says_so(box: PromptBox) -> None:
    box.run("word " * 240, n_tokens=200, greedy=True)
    assert 1 <= box.tokens.count() < 200
    assert "context is full" in box.element.inner_text()


def test_a_text_that_may_slide_goes_on_when_the_context_is_full(box: PromptBox) -> None:
    box.slide.check()
    expect(box.element).to_contain_text("slides")
    text = "word " * 250  # of a context of 256 tokens
    box.run(text, n_tokens=20, greedy=True)
    assert "context is full" not in box.element.inner_text()
    assert box.tokens.count() == 20


@pytest.mark.parametrize(
    ("label", "value", "message"),
    [
        ("Tokens", "", "Tokens: expected a whole number, got nothing"),
        ("Tokens", "2.5", "Tokens: expected a whole number, got 2.5"),
        ("Tokens", "-1", "number of tokens"),
        ("Temperature", "-0.5", "temperature is -0.5. It must be a number from 0"),
        ("Top-k", "-3", "top_k is -3. It must be a whole number from 0"),
        ("Top-p", "1.5", "top_p is 1.5. It must be a number from 0 to 1"),
        ("Seed", "-1", "seed is -1. It must be a whole number"),
    ],
)
def test_a_setting_outside_its_range_is_refused_in_words(
    box: PromptBox, label: str, value: str, message: str
) -> None:
    box.set(greedy=False)
    box.setting(label).fill(value)
    box.prompt.fill("x")
    box.generate.click()
    expect(box.alert).to_contain_text(message)
    assert box.tokens.count() == 0


def test_tokens_per_second_are_shown_while_they_come_and_afterwards(box: PromptBox) -> None:
    box.set(n_tokens=LONG, greedy=True)
    box.prompt.fill("First")
    box.generate.click()
    expect(box.element.locator(".pb-status-text")).to_have_text(re.compile(r"^[\d.]+ tokens/s$"))
    box.wait_until_done()
    shown = re.search(r"(\d+) tokens · ([\d.]+) tokens/s", box.element.inner_text())
    assert shown
    assert int(shown[1]) == box.tokens.count()
    assert float(shown[2]) > 0


def test_the_output_is_busy_while_streaming_and_polite(box: PromptBox) -> None:
    assert box.output.get_attribute("aria-live") == "polite"
    box.set(n_tokens=LONG)
    box.prompt.fill("First")
    box.generate.click()
    expect(box.output).to_have_attribute("aria-busy", "true")
    box.stop.click()
    expect(box.output).to_have_attribute("aria-busy", "false")


def test_a_reader_who_scrolled_up_stays_there_and_one_at_the_bottom_follows(box: PromptBox) -> None:
    box.page.set_viewport_size({"width": 390, "height": 500})
    box.page.get_by_text("Settings").click()
    box.set(n_tokens=200, greedy=False, temperature=2)
    lines = "line\n" * 20
    box.prompt.fill(lines)
    box.generate.click()
    expect(box.tokens.nth(5)).to_be_attached()
    at_bottom = "e => e.scrollHeight - e.scrollTop - e.clientHeight < 30"
    assert box.output.evaluate(at_bottom)
    box.output.evaluate("e => e.scrollTo(0, 0)")
    box.wait_until_done()
    assert box.output.evaluate("e => e.scrollTop") == 0


def test_copy_puts_prompt_and_continuation_on_the_clipboard(box: PromptBox) -> None:
    box.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = box.run("Copy me:\n ", n_tokens=5, greedy=True)
    box.page.get_by_role("button", name="Copy", exact=True).last.click()
    expect(box.page.get_by_role("button", name="Copied")).to_be_visible()
    assert box.page.evaluate("navigator.clipboard.readText()") == "Copy me:\n " + text
