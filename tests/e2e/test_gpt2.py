"""GPT-2 by fetch, at the production address: a local server stands in for Hugging Face, faults and all.

Most tests use a reduced file of the same layout (14 MB to fetch); the first one the full 548 MB. What PyTorch
makes of both is in tests/reference/made_up.json.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright

import shards
from accessibility import violations
from faulty_site import FaultySite, replaced
from hub import CDN, HUB, Faults, Hub
from project import ROOT, cache_folder
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


@pytest.fixture(scope="module")
def full_file() -> Path:
    """The made-up 124M, kept from run to run."""
    path = cache_folder() / "made-up-124M" / "model.safetensors"
    assert made_up.write(path) == EXPECTED["124M"]["sha256"]
    return path


@pytest.fixture(scope="module")
def reduced_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reduced") / "model.safetensors"
    assert made_up.write(path, made_up.REDUCED) == EXPECTED["reduced"]["sha256"]
    return path


@pytest.fixture(scope="module")
def running_hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.stop()


@pytest.fixture(scope="module")
def browser(playwright: Playwright, running_hub: Hub, launch_options: dict[str, Any]) -> Iterator[Browser]:
    """A Chromium that finds the hub under the production names."""
    arguments = [argument for argument in launch_options["args"] if "host-resolver" not in argument]
    arguments += running_hub.chromium_arguments
    browser = playwright.chromium.launch(**{**launch_options, "args": arguments})
    yield browser
    browser.close()


@pytest.fixture
def expected_errors() -> list[str]:
    """The production names are another origin here, and most faults are seen in the console."""
    return [rf"request to another origin: https://({HUB}|{CDN})/", "Failed to load resource"]


@pytest.fixture
def hub(running_hub: Hub, reduced_file: Path, site: FaultySite) -> Hub:
    """The hub with the reduced file; the site knows its hash, and waits less before it tries again."""
    running_hub.reset(reduced_file)
    announce(site, EXPECTED["reduced"])
    path = "js/loader/persistent.js"
    script = (site.root / path).read_text("utf-8")
    assert "PAUSES_S = [1, 2, 4, 8, 16]" in script
    site.fault(path, replaced(script.replace("[1, 2, 4, 8, 16]", "[0.1, 0.2, 0.3]").encode()))
    return running_hub


def announce(site: FaultySite, facts: dict[str, Any]) -> None:
    """Have the site's index expect these made-up bytes at the production address."""
    models: list[Any] = site.models()
    for model in models:
        if model["name"] == "124M":
            model["source"] |= {"sha256": facts["sha256"], "bytes": facts["bytes"]}
    site.fault("models/index.json", replaced(json.dumps(models).encode()))


@pytest.fixture
def home(page: Page, site: FaultySite, hub: Hub) -> Page:
    """The site's first page with the small model ready."""
    return open_home(page, site)


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


def test_the_full_124m_arrives_over_a_bad_line_and_continues_as_in_pytorch_and_comes_from_storage_next_time(
    page: Page, context: BrowserContext, site: FaultySite, hub: Hub, full_file: Path
) -> None:
    hub.reset(full_file)
    announce(site, EXPECTED["124M"])
    hub.faults = Faults(cuts=[65_536, 1_000_000, 10, 30_000_000, 0])
    open_home(page, site)
    choose(page)
    assert f"498 MB from {HUB}" in panel(page, "offered").inner_text()
    page.get_by_role("button", name="Download").click()
    assert "verified" in panel(page, "done").inner_text()
    assert continuation(page) == EXPECTED["124M"]["greedy"]
    assert hub.n_sent <= 1.02 * needed_bytes(EXPECTED["124M"], made_up.GPT2_124M)
    assert {host for host, _, _ in hub.asked} == {HUB, CDN}
    page.close()
    hub.reset(full_file)
    again = open_home(context.new_page(), site)
    choose(again)
    assert "verified" in panel(again, "done").inner_text()
    assert continuation(again) == EXPECTED["124M"]["greedy"]
    assert hub.asked == []


@pytest.mark.skipif(
    "PICOGPT_GPT2" not in os.environ, reason="PICOGPT_GPT2 names no folder with OpenAI's 124M"
)
def test_openais_own_file_is_verified_and_continues_as_published(
    page: Page, site: FaultySite, hub: Hub
) -> None:
    hub.reset(Path(os.environ["PICOGPT_GPT2"]) / "model.safetensors")
    site.mend("models/index.json")  # as published: its own hash
    open_home(page, site)
    download(page)
    assert "verified" in panel(page, "done").inner_text()
    prompt = "Alan Turing theorized that computers would one day become"
    text = page.evaluate(CONTINUE, [prompt, 40])["text"]
    assert text.startswith(" the most powerful machines on the planet.")


def test_what_is_fetched_is_all_but_the_masks_in_single_ranges(home: Page, hub: Hub) -> None:
    download(home)
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]
    assert hub.n_sent == needed_bytes(EXPECTED["reduced"], made_up.REDUCED)
    assert all(re.fullmatch(r"bytes=\d+-\d+", span) for _, _, span in hub.asked)


def test_nothing_is_asked_of_the_hub_before_the_reader_agrees(home: Page, hub: Hub) -> None:
    choose(home)
    panel(home, "offered")
    assert the_small_model_answers(home)
    home.get_by_role("button", name="Not now").click()
    assert home.locator(".mp-panel").is_hidden()
    assert hub.asked == []


@pytest.mark.parametrize(
    "cuts",
    [[0, 3, 14_000], [None, 0, 200_000, 5], [None, None, None, None, 1, 5_000_000, 2_000_000]],
    ids=["header", "first-block", "embeddings"],
)
def test_connections_that_break_are_resumed_where_they_stopped(
    home: Page, hub: Hub, cuts: list[int | None]
) -> None:
    hub.faults.cuts = cuts
    download(home)
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_a_server_that_is_overloaded_is_asked_again(home: Page, hub: Hub) -> None:
    hub.faults.statuses = [503, 429, 500]
    download(home)
    panel(home, "done")


def test_a_lost_server_ends_in_an_error_and_try_again_goes_on_where_it_stopped(home: Page, hub: Hub) -> None:
    hub.faults.cuts = [None, None, None, None, 6_000_000, 0, 0, 0, 0]
    download(home)
    failed = panel(home, "failed")
    assert HUB in failed.inner_text()
    assert "what has arrived is kept" in failed.inner_text()
    assert the_small_model_answers(home)
    hub.faults.cuts = []
    n_before = hub.n_sent
    home.get_by_role("button", name="Try again").click()
    panel(home, "done")
    assert hub.n_sent - n_before < needed_bytes(EXPECTED["reduced"], made_up.REDUCED) - 4_000_000
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        (Faults(status=404), "answered 404"),
        (Faults(status=500), "answered 500"),
        (Faults(html=True), "got a page of HTML"),
        (Faults(drop=1000), "expected 26,314,762 bytes, the server's file has 26,313,762"),
        (Faults(drop=1000, ranges=False), "expected 26,314,762 bytes, the server's file has 26,313,762"),
    ],
    ids=["404", "500", "html", "too-short", "too-short-without-ranges"],
)
def test_a_wrong_answer_is_a_clear_error_and_the_page_goes_on_and_a_mended_server_serves(
    home: Page, hub: Hub, faults: Faults, says: str
) -> None:
    hub.faults = faults
    download(home)
    assert says in panel(home, "failed").inner_text()
    assert the_small_model_answers(home)
    hub.faults = Faults()
    home.get_by_role("button", name="Try again").click()
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_wrong_bytes_are_found_deleted_and_named_and_the_right_ones_taken_after_it(
    home: Page, hub: Hub
) -> None:
    hub.faults.flip = EXPECTED["reduced"]["bytes"] - 1_000_001
    download(home)
    failed = panel(home, "failed").inner_text()
    assert f"expected SHA-256 {EXPECTED['reduced']['sha256']}" in failed
    assert "deleted" in failed
    assert the_small_model_answers(home)
    assert "GPT-2" not in stored(home) or "0 MB" in stored(home)
    hub.faults = Faults()
    home.get_by_role("button", name="Try again").click()
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_a_file_whose_masks_are_others_is_fetched_whole_before_it_is_judged(
    home: Page, site: FaultySite, hub: Hub, reduced_file: Path, tmp_path: Path
) -> None:
    content = bytearray(reduced_file.read_bytes())
    at = content.index(b"\x00\x00\x80\x3f" + bytes(4092))  # a mask's first row
    content[at + 9] ^= 1
    other = tmp_path / "model.safetensors"
    other.write_bytes(content)
    hub.reset(other)
    announce(site, {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    open_home(home, site)
    download(home)
    assert "verified" in panel(home, "done").inner_text()
    assert hub.n_sent == len(content)


@pytest.mark.parametrize("exposes_range", [True, False])
def test_a_server_without_ranges_serves_by_one_plain_stream(
    home: Page, hub: Hub, exposes_range: bool
) -> None:
    hub.faults = Faults(ranges=False, exposes_range=exposes_range)
    download(home)
    panel(home, "done")
    assert continuation(home) == EXPECTED["reduced"]["greedy"]
    assert hub.n_sent == EXPECTED["reduced"]["bytes"]


def test_content_range_need_not_be_readable(home: Page, hub: Hub) -> None:
    hub.faults.exposes_range = False
    download(home)
    assert "verified" in panel(home, "done").inner_text()


def test_cancel_keeps_what_has_arrived_and_the_small_model_is_usable_meanwhile(home: Page, hub: Hub) -> None:
    hub.faults.bytes_per_second = 4e6
    download(home)
    home.wait_for_function("() => document.querySelector('.mp-progress').value > 6e6")
    text = panel(home, "fetching").inner_text()
    assert re.search(r"[\d.]+ of 13.7 MB from huggingface.co · [\d.]+ MB/s · \d+ s left", text), text
    assert the_small_model_answers(home)
    home.get_by_role("button", name="Cancel").click()
    assert "What has arrived is kept" in panel(home, "canceled").inner_text()
    n_before = hub.n_sent
    hub.faults = Faults()
    home.get_by_role("button", name="Go on").click()
    panel(home, "done")
    assert hub.n_sent - n_before < 9_000_000
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_a_reload_in_the_middle_goes_on_where_it_stopped(home: Page, site: FaultySite, hub: Hub) -> None:
    hub.faults.bytes_per_second = 4e6
    download(home)
    home.wait_for_function("() => document.querySelector('.mp-progress').value > 8e6")
    open_home(home, site)
    hub.faults = Faults()
    assert "not whole yet" in stored(home)
    n_before = hub.n_sent
    download(home)
    panel(home, "done")
    assert hub.n_sent - n_before < 7_000_000
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_two_tabs_at_once_fetch_it_once_and_both_have_it(
    home: Page, context: BrowserContext, site: FaultySite, hub: Hub
) -> None:
    other = open_home(context.new_page(), site)
    hub.faults.bytes_per_second = 8e6
    download(home)
    panel(home, "fetching")
    download(other)
    assert "Another tab" in panel(other, "waiting").inner_text()
    panel(home, "done")
    panel(other, "done")
    assert continuation(home) == continuation(other) == EXPECTED["reduced"]["greedy"]
    assert hub.n_sent == needed_bytes(EXPECTED["reduced"], made_up.REDUCED)


REFUSES = "navigator.storage.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'));"


def test_a_browser_without_storage_keeps_it_in_memory_says_so_and_verifies_it(
    page: Page, site: FaultySite, hub: Hub
) -> None:
    path = "js/loader-worker.js"
    site.fault(path, replaced((site.root / path).read_bytes() + REFUSES.encode()))
    open_home(page, site)
    download(page)
    text = panel(page, "done").inner_text()
    assert "does not keep it" in text
    assert "verified" in text
    assert continuation(page) == EXPECTED["reduced"]["greedy"]


def override_quota(page: Page, site: FaultySite, n_bytes: int) -> None:
    session = page.context.new_cdp_session(page)
    origin = site.url.removesuffix("/picogpt/")
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": n_bytes})


LITTLE_ROOM = "navigator.storage.estimate = async () => ({ quota: 20e6, usage: 15e6 });"


@pytest.mark.parametrize("tells", [True, False], ids=["the-browser-tells", "writing-fails"])
def test_a_disk_with_too_little_room_is_not_filled(
    page: Page, site: FaultySite, hub: Hub, tells: bool
) -> None:
    path = "js/loader-worker.js"
    if tells:
        site.fault(path, replaced((site.root / path).read_bytes() + LITTLE_ROOM.encode()))
    open_home(page, site)
    if not tells:
        override_quota(page, site, 5_000_000)
    download(page)
    text = panel(page, "done").inner_text()
    assert "does not keep it" in text
    assert "verified" in text
    assert continuation(page) == EXPECTED["reduced"]["greedy"]


def test_a_disk_that_fills_up_on_the_way_makes_no_difference_to_the_model(
    home: Page, site: FaultySite, hub: Hub
) -> None:
    hub.faults.bytes_per_second = 5e6
    download(home)
    home.wait_for_function("() => document.querySelector('.mp-progress').value > 5e6")
    override_quota(home, site, 6_000_000)
    hub.faults.bytes_per_second = 0
    text = panel(home, "done").inner_text()
    assert "does not keep it" in text
    assert "verified" in text
    assert continuation(home) == EXPECTED["reduced"]["greedy"]


def test_clear_empties_the_storage(home: Page, hub: Hub) -> None:
    download(home)
    panel(home, "done")
    assert "GPT-2 124M: 14 MB, verified" in stored(home)
    home.locator(".mp-own summary").click()
    home.locator(".mp-clear").click()
    home.get_by_text("Cleared.").wait_for()
    assert "No model" in home.locator(".mp-stored").inner_text()


def test_a_file_from_the_readers_disk_is_opened_and_nothing_is_uploaded(
    home: Page, hub: Hub, reduced_file: Path
) -> None:
    home.locator(".mp-own summary").click()
    home.locator(".mp-file").set_input_files(reduced_file)
    panel(home, "done")
    result = home.evaluate(CONTINUE, [EXPECTED["reduced"]["input_ids"], 24])
    assert result["ids"] == EXPECTED["reduced"]["greedy"]
    assert result["model"] == "file:model.safetensors"
    assert hub.asked == []


DROP = """([content, name]) => {
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name));
    const box = document.querySelector("prompt-box");
    box.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def test_a_dropped_checkpoint_without_a_vocabulary_is_opened_and_takes_ids(home: Page, hub: Hub) -> None:
    import base64

    content = (ROOT / "tests" / "reference" / "published" / "model.safetensors").read_bytes()
    home.evaluate(DROP, [base64.b64encode(content).decode(), "mine.safetensors"])
    panel(home, "done")
    home.get_by_text("This model came without a vocabulary").wait_for()


def test_a_file_of_another_kind_is_refused_with_a_hint(home: Page, hub: Hub, tmp_path: Path) -> None:
    other = tmp_path / "model.safetensors"
    other.write_text("<!doctype html><p>Sign in")
    home.locator(".mp-own summary").click()
    home.locator(".mp-file").set_input_files(other)
    failed = panel(home, "failed").inner_text()
    assert "got a web page" in failed
    assert "Choose a model.safetensors" in failed
    assert the_small_model_answers(home)


def test_a_model_at_an_address_is_confirmed_by_host_and_size(page: Page, site: FaultySite, hub: Hub) -> None:
    open_home(page, site, f"?model=https://{HUB}{hub.published_path}")
    offered = panel(page, "offered").inner_text()
    assert HUB in offered
    assert hub.asked == []
    page.get_by_role("button", name=f"Ask {HUB}").click()
    page.get_by_text(f"26 MB from {HUB}").wait_for()
    page.get_by_role("button", name="Download").click()
    panel(page, "done")
    result = page.evaluate(CONTINUE, [EXPECTED["reduced"]["input_ids"], 24])
    assert result["ids"] == EXPECTED["reduced"]["greedy"]


def test_an_address_that_is_none_is_an_error(page: Page, site: FaultySite, hub: Hub) -> None:
    page.goto(f"{site.url}?model=javascript:alert(1)")
    page.get_by_text("expected the address of a model.safetensors").wait_for()


def test_a_model_that_does_not_fit_into_memory_is_a_clear_error_and_the_small_one_goes_on(
    home: Page, hub: Hub, tmp_path: Path
) -> None:
    huge = tmp_path / "model.safetensors"
    sizes = made_up.Sizes(48, 1600)
    text = made_up.header(sizes)
    with huge.open("wb") as file:  # only its header is ever read
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(made_up.file_bytes(sizes))
    home.locator(".mp-own summary").click()
    home.locator(".mp-file").set_input_files(huge)
    failed = panel(home, "failed").inner_text()
    assert "no more memory" in failed
    assert the_small_model_answers(home)


def test_the_small_model_matches_pytorch_and_a_model_without_a_record_says_so(home: Page, hub: Hub) -> None:
    home.locator(".mp-own summary").click()
    home.get_by_role("button", name="Compare with PyTorch").click()
    home.get_by_text("Matches PyTorch to 1e-4").wait_for()
    download(home)
    panel(home, "done")
    home.get_by_text("No logits of PyTorch's are recorded for this model").wait_for()
    assert home.get_by_role("button", name="Compare with PyTorch").is_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panels_are_accessible_and_fit_a_phone(
    page: Page, site: FaultySite, hub: Hub, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    open_home(page, site)
    page.locator(".mp-own summary").click()

    def check(state: str) -> None:
        assert violations(page, "prompt-box") == [], state
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, state

    choose(page)
    panel(page, "offered")
    check("offered")
    hub.faults.status = 404
    page.get_by_role("button", name="Download").click()
    panel(page, "failed")
    check("failed")
    hub.faults = Faults()
    page.get_by_role("button", name="Try again").click()
    panel(page, "done")
    check("done")


def test_parts_on_the_site_itself_are_preferred_and_a_wrong_one_is_refused(
    page: Page, site: FaultySite, hub: Hub, reduced_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "124M"
    parts = shards.write(reduced_file, folder, part_bytes=4 << 20)["parts"]
    site.mounts["models/124M/"] = folder
    models: list[Any] = site.models()
    for model in models:
        if model["name"] == "124M":
            model["parts"] = {"manifest": "124M/manifest.json"}
    site.fault("models/index.json", replaced(json.dumps(models).encode()))
    path = f"models/124M/{parts[2]['name']}.bin"
    site.fault(path, replaced(bytes(parts[2]["bytes"])))
    open_home(page, site)
    download(page)
    assert f"expected SHA-256 {parts[2]['name']}" in panel(page, "failed").inner_text()
    site.mend(path)
    page.get_by_role("button", name="Try again").click()
    assert "verified" in panel(page, "done").inner_text()
    assert continuation(page) == EXPECTED["reduced"]["greedy"]
    assert hub.asked == []
