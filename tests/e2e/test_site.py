"""The built site, whatever its pages do: its runtime boots, every page opens, every link leads somewhere."""

import json
import re
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page

import faulty_site
import packages_archive
import runtime
from faulty_site import FaultySite

BOOT = """async (base) => {
  const { startInterpreter } = await import(base + "js/interpreter.js");
  const pyodide = await startInterpreter(new URL(base + "pyodide/"));
  const version = pyodide.pyimport("importlib.metadata").version;
  pyodide.pyimport("picogpt.browser");
  for (const part of ["ma", "fft", "polynomial", "random", "testing"]) pyodide.pyimport(`numpy.${part}`);
  return { pyodide: pyodide.version, numpy: version("numpy"), regex: version("regex") };
}"""

READ = "async (url) => { const body = await (await fetch(url)).arrayBuffer(); return body.byteLength; }"


@pytest.fixture
def blank(page: Page, site: FaultySite) -> Page:
    """A page of the site's origin that runs nothing of the site's own."""
    empty = b"<!doctype html><link rel=icon href=data:,>"
    site.fault("blank", faulty_site.Fault(body=empty, content_type="text/html"))
    page.goto(site.url + "blank")
    site.requests.clear()
    return page


def test_the_pinned_runtime_and_its_packages_start_from_the_sites_own_files(
    blank: Page, site: FaultySite
) -> None:
    pinned = runtime.load()
    versions = blank.evaluate(BOOT, site.url)
    assert versions["pyodide"] == pinned.version
    for name, package in pinned.packages.items():
        assert versions[name] == package["version"]


def test_runtime_json_lists_exactly_the_files_that_a_boot_fetches_with_their_sizes(
    blank: Page, site: FaultySite
) -> None:
    listed = json.loads((site.root / "pyodide" / "runtime.json").read_text("utf-8"))
    blank.evaluate(BOOT, site.url)
    fetched = {Path(request.path).name for request in site.requested("pyodide/")}
    assert fetched == {file["name"] for file in listed["files"]}
    for file in listed["files"]:
        assert file["bytes"] == (site.root / "pyodide" / file["name"]).stat().st_size


def test_no_browser_has_to_compile_the_library(site: FaultySite) -> None:
    with tarfile.open(site.root / "pyodide" / packages_archive.NAME) as packages:
        libraries = [name for name in packages.getnames() if not name.startswith("picogpt")]
    for names in (zipfile.ZipFile(site.root / "pyodide" / "python_stdlib.zip").namelist(), libraries):
        suffixes = {Path(name).suffix for name in names}
        assert ".pyc" in suffixes
        assert ".py" not in suffixes


def test_every_page_opens_under_a_sub_path_without_an_error(page: Page, site: FaultySite) -> None:
    addresses = re.findall(r"<loc>(.*?)</loc>", (site.root / "sitemap.xml").read_text("utf-8"))
    assert site.url in addresses
    for address in addresses:
        response = page.goto(address)
        assert response is not None
        assert response.status == 200
        assert page.locator("h1, h2").count() > 0


def test_every_link_within_the_site_leads_somewhere(page: Page, site: FaultySite) -> None:
    pages = re.findall(r"<loc>(.*?)</loc>", (site.root / "sitemap.xml").read_text("utf-8"))
    links = set()
    for address in pages:
        page.goto(address)
        links |= set(page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"))
    own = {link.partition("#")[0] for link in links if link.startswith(site.url)}
    assert own
    assert [link for link in own if page.request.get(link).status != 200] == []


def test_every_anchor_within_the_site_is_on_its_page(page: Page, site: FaultySite) -> None:
    pages = re.findall(r"<loc>(.*?)</loc>", (site.root / "sitemap.xml").read_text("utf-8"))
    links, names = set(), {}
    for address in pages:
        page.goto(address)
        links |= set(page.eval_on_selector_all("a[href*='#']", "links => links.map(link => link.href)"))
        names[address] = set(page.eval_on_selector_all("[id]", "all => all.map(one => one.id)"))
    parts = [link.partition("#")[::2] for link in links if link.partition("#")[0] in names]
    assert any(address.endswith("/the-whole-model/") and name == "model-gelu" for address, name in parts)
    assert [(address, name) for address, name in parts if name and unquote(name) not in names[address]] == []


@pytest.mark.parametrize(
    "fault", [faulty_site.truncated(1000), faulty_site.closed()], ids=["truncated", "closed"]
)
def test_a_broken_connection_is_one_for_the_browser_too(
    blank: Page, site: FaultySite, expected_errors: list[str], fault: faulty_site.Fault
) -> None:
    site.fault("pyodide/pyodide.mjs", fault)
    expected_errors.append("Failed to load resource")
    with pytest.raises(Exception, match=r"Failed to fetch|network error"):
        blank.evaluate(READ, site.url + "pyodide/pyodide.mjs")
    site.mend("pyodide/pyodide.mjs")
    assert blank.evaluate(READ, site.url + "pyodide/pyodide.mjs") > 1000


def test_a_server_that_went_away_is_gone_until_it_is_back(
    blank: Page, site: FaultySite, expected_errors: list[str]
) -> None:
    expected_errors.append("Failed to load resource")
    site.stop()
    with pytest.raises(Exception, match="Failed to fetch"):
        blank.evaluate(READ, site.url + "pyodide/pyodide.mjs")
    site.start()
    assert blank.evaluate(READ, site.url + "pyodide/pyodide.mjs") > 1000


def test_a_request_to_another_origin_is_noticed(
    blank: Page, complaints: list[str], expected_errors: list[str]
) -> None:
    expected_errors += ["example.com", "Failed to load resource"]
    blank.evaluate("fetch('http://example.com/').catch(() => 0)")
    assert any("request to another origin: http://example.com/" in text for text in complaints)


def test_a_request_to_another_origin_from_a_worker_is_noticed(
    blank: Page, complaints: list[str], expected_errors: list[str]
) -> None:
    expected_errors += ["example.com", "Failed to load resource"]
    blank.evaluate(
        """() => new Promise((resolve) => {
          const code = "fetch('http://example.com/').catch(() => 0).then(() => postMessage(0))";
          new Worker(URL.createObjectURL(new Blob([code]))).onmessage = resolve;
        }).then(() => 0)"""
    )
    assert any("request to another origin: http://example.com/" in text for text in complaints)
