"""Third-party JavaScript: pinned versions, the bundles and their licences, the cache."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import node_tools
import vendor

LIBRARIES = ("@codemirror/view", "@lezer/python", "@observablehq/plot", "d3-scale", "katex")


@pytest.fixture(scope="module")
def shipped() -> Path:
    return vendor.bundles() / "site"


@pytest.fixture
def installed_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """A cache of the test's own; the list of the folders for which npm was run."""
    monkeypatch.setenv("PICOGPT_CACHE", str(tmp_path))
    asked: list[Path] = []
    install = node_tools.install
    monkeypatch.setattr(node_tools, "install", lambda folder: (asked.append(folder), install(folder)))
    return asked


def locked() -> dict[str, dict[str, str]]:
    """package-lock.json's packages by name."""
    lock = json.loads((vendor.SOURCES / "package-lock.json").read_text("utf-8"))
    return {path.rpartition("node_modules/")[2]: package for path, package in lock["packages"].items()}


def test_every_package_is_pinned_exactly_and_locked_by_hash_without_an_address() -> None:
    package = json.loads((vendor.SOURCES / "package.json").read_text("utf-8"))
    packages = locked()
    for name, version in (package["dependencies"] | package["overrides"]).items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert packages[name]["version"] == version
    for name, entry in packages.items():
        assert not name or entry["integrity"].startswith("sha512-")
        assert "resolved" not in entry


def test_the_bundles_are_two_modules_and_the_styles_with_the_fonts_that_they_name(shipped: Path) -> None:
    files = {path.relative_to(shipped).as_posix() for path in shipped.rglob("*") if path.is_file()}
    css = (shipped / "katex.css").read_text("utf-8")
    addresses = set(re.findall(r"""url\(["']?([^"')]+)["']?\)""", css))
    fonts = {f"fonts/{Path(address).name}" for address in addresses}
    assert {f"./{font}" for font in fonts} == addresses, "an address that is not beside the file"
    assert len(fonts) == 20
    assert all(font.endswith(".woff2") for font in fonts)
    assert files == {"codemirror.js", "katex.css", "licenses.txt", "plot.js", *fonts}


def test_nothing_in_a_bundle_is_fetched_from_elsewhere(shipped: Path) -> None:
    names = r"http://www\.w3\.org/[\w/]+"  # of SVG and of other vocabularies: compared, never fetched
    for path in (*shipped.glob("*.js"), *shipped.glob("*.css")):
        text = path.read_text("utf-8")
        assert "://" not in re.sub(names, "", text)
        assert "import(" not in text


@pytest.mark.parametrize("name", ["plot", "codemirror"])
def test_a_bundle_stands_alone_and_gives_what_its_entry_module_lists(shipped: Path, name: str) -> None:
    entry = (vendor.SOURCES / f"{name}.js").read_text("utf-8")
    exports = re.findall(r"^export {(.*?)}", entry, re.DOTALL | re.MULTILINE)
    names = set(re.findall(r"\w+", " ".join(exports)))
    module = json.dumps((shipped / f"{name}.js").as_uri())  # no node_modules is anywhere above it
    code = f"console.log(JSON.stringify(Object.keys(await import({module}))))"
    line = [node_tools.find("node"), "--input-type=module", "--eval", code]
    assert names
    assert set(json.loads(subprocess.check_output(line))) == names


def test_the_licences_are_those_of_what_is_shipped_in_the_locked_versions(shipped: Path) -> None:
    text = (shipped / "licenses.txt").read_text("utf-8")
    headings = re.findall(r"^(\S+) (\d+\.\d+\.\d+)\n\n", text, re.MULTILINE)
    assert dict(headings) == {name: locked()[name]["version"] for name, _ in headings}
    assert set(LIBRARIES) <= {name for name, _ in headings}
    assert not {"esbuild", "commander"} & {name for name, _ in headings}, "tools, of which nothing is shipped"
    assert text.count("Permission ") >= len(headings)
    fonts = {path.name.partition("-")[0] for path in (shipped / "fonts").iterdir()}
    assert all(font in text.partition("SIL OPEN FONT LICENSE")[0] for font in fonts)


def test_bundles_are_made_once_and_again_when_one_is_damaged(
    installed_now: list[Path], tmp_path: Path
) -> None:
    plot = vendor.bundles() / "site" / "plot.js"
    whole = plot.read_bytes()
    vendor.fill(tmp_path / "out")
    assert installed_now == [vendor.SOURCES]
    plot.write_bytes(whole[:1000])
    vendor.fill(tmp_path / "out2")
    assert installed_now == [vendor.SOURCES, vendor.SOURCES]
    assert (tmp_path / "out2" / "plot.js").read_bytes() == whole
    assert (tmp_path / "out" / "plot.js").read_bytes() == whole


def test_other_sources_are_other_bundles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = vendor.recipe()
    ignore = shutil.ignore_patterns("node_modules")
    shutil.copytree(vendor.SOURCES, tmp_path / "vendor", ignore=ignore)
    monkeypatch.setattr(vendor, "SOURCES", tmp_path / "vendor")
    assert vendor.recipe() == before
    with (tmp_path / "vendor" / "plot.js").open("a") as entry:
        entry.write("// more\n")
    assert vendor.recipe() != before


def test_a_bundle_that_fails_is_an_error_that_says_why_and_leaves_nothing(
    installed_now: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "bundle.mjs").write_text("throw new Error('no such mark: barZ');", "utf-8")
    monkeypatch.setattr(vendor, "SOURCES", sources)
    monkeypatch.setattr(node_tools, "install", lambda folder: None)
    with pytest.raises(vendor.BuildError, match="no such mark: barZ"):
        vendor.bundles()
    assert list((tmp_path / "vendor").iterdir()) == []
