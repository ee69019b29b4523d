"""GPT-2 by fetch, at the production address: a local server stands in for Hugging Face, faults and all.

Most tests use a reduced file of the same layout (14 MB to fetch), one the full 548 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from faulty_site import FaultySite, replaced
from gpt2_page import EXPECTED, announce, open_home
from hub import CDN, HUB, Hub
from project import cache_folder
from tests.reference import made_up


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


@pytest.fixture
def home(page: Page, site: FaultySite, hub: Hub) -> Page:
    """The site's first page with the small model ready."""
    return open_home(page, site)
