"""The prompt box as a reader sees it: by roles and labels, not by its insides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

BOOT_MS = 90_000  # a busy machine takes its time to start Python


@dataclass
class PromptBox:
    """Drives the box on the page; its locators find the box of whichever page is shown."""

    page: Page

    @property
    def element(self) -> Locator:
        """The custom element."""
        return self.page.locator("prompt-box")

    @property
    def prompt(self) -> Locator:
        """What is typed."""
        return self.page.get_by_role("textbox", name="Prompt")

    @property
    def generate(self) -> Locator:
        """The button that starts."""
        return self.page.get_by_role("button", name="Generate", exact=True)

    @property
    def stop(self) -> Locator:
        """The button that stops."""
        return self.page.get_by_role("button", name="Stop", exact=True)

    @property
    def model(self) -> Locator:
        """The list of models."""
        return self.page.get_by_role("combobox", name="Model")

    @property
    def output(self) -> Locator:
        """The region of the text."""
        return self.page.get_by_role("region", name="Output")

    @property
    def tokens(self) -> Locator:
        """The generated tokens."""
        return self.output.locator("[data-id]")

    @property
    def alert(self) -> Locator:
        """The error, if there is one."""
        return self.element.get_by_role("alert")

    @property
    def again(self) -> Locator:
        """The way out of an error."""
        return self.alert.get_by_role("button", name="Try again")

    @property
    def tooltip(self) -> Locator:
        """What the model thought of a token."""
        return self.page.get_by_role("tooltip")

    def setting(self, label: str) -> Locator:
        """A number among the settings."""
        return self.page.get_by_role("spinbutton", name=label)

    @property
    def slide(self) -> Locator:
        """The box to tick for texts longer than the context."""
        return self.page.get_by_role("checkbox", name="Sliding context")

    def wait_for(self, *states: str, timeout_ms: int = BOOT_MS) -> None:
        """Until data-state is one of these."""
        self.page.wait_for_selector(
            ", ".join(f"prompt-box[data-state={state}]" for state in states), timeout=timeout_ms
        )

    def set(self, *, greedy: bool | None = None, **numbers: float | str) -> None:
        """Fill in settings: n_tokens, temperature, top_k, top_p, seed."""
        labels = {
            "n_tokens": "Tokens",
            "temperature": "Temperature",
            "top_k": "Top-k",
            "top_p": "Top-p",
            "seed": "Seed",
        }
        if greedy is not None:
            self.page.get_by_role("radio", name="Greedy" if greedy else "Sampled").check()
        for name, value in numbers.items():
            self.setting(labels[name]).fill(str(value))

    def run(self, prompt: str, **settings: Any) -> str:
        """Generate and wait for the end; gives the text that was added to the prompt."""
        self.set(**settings)
        self.prompt.fill(prompt)
        self.generate.click()
        self.wait_until_done()
        return self.generated()

    def wait_until_done(self, timeout_ms: int = BOOT_MS) -> None:
        """Until the run has ended, well or not."""
        self.wait_for("generating", "ready", "error", timeout_ms=timeout_ms)
        expect(self.stop).to_be_disabled(timeout=timeout_ms)

    def generated(self) -> str:
        """The text of the tokens."""
        return "".join(self.tokens.all_text_contents())

    def ids(self) -> list[int]:
        """The ids of the tokens."""
        return [int(id) for id in self.tokens.evaluate_all("all => all.map(token => token.dataset.id)")]

    def reset(self) -> None:
        """As on a page that was just opened, but for Python and the model, which take seconds to load."""
        self.page.set_viewport_size({"width": 1280, "height": 900})
        self.page.mouse.move(0, 0)
        self.page.evaluate(
            """async () => {
              const { engine } = await import(new URL("js/engine.js", document.baseURI));
              engine.stop();
              engine.run = null;
              engine.dispatchEvent(new Event("output"));
            }"""
        )
        self.set(greedy=False, n_tokens=80, temperature=0.8, top_k=40, top_p=1, seed="")
        self.slide.uncheck()
        self.prompt.fill("")


@contextmanager
def shared_box(browser: Browser, url: str) -> Iterator[PromptBox]:
    """A box for many tests, each of which begins with `reset`; complains like the fixture `page`."""
    context = browser.new_context()
    complaints: list[str] = []
    context.on(
        "console", lambda message: complaints.append(message.text) if message.type == "error" else None
    )
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    own = ("/".join(url.split("/")[:3]) + "/", "data:", "blob:")
    context.on("request", lambda one: None if one.url.startswith(own) else complaints.append(one.url))
    yield opened(context.new_page(), url)
    context.close()
    assert complaints == []


def opened(page: Page, url: str) -> PromptBox:
    """The box of this page, its model loaded."""
    page.goto(url)
    box = PromptBox(page)
    box.wait_for("ready", "error")
    return box
