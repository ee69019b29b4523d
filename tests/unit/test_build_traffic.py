"""What the page on hosting says of bytes: counted, rounded, and no tag that means nothing."""

import json

import pytest

import traffic
from project import BuildError

HOME = """<link rel="canonical" href="https://example.org/a/"><link rel="next" href="learn/">
<link rel="stylesheet" href="css/site.css"><script src="js/main.js" type="module"></script>
<script id="__config">{"search": "assets/search.js"}</script>"""
INDEX = [{"files": {"weights": {"path": "small/w"}, "parity": {"path": "small/p"}}}, {"source": {}}]


@pytest.fixture
def site(tmp_path):
    runtime = {"files": [{"name": "pyodide.mjs", "bytes": 1}]}
    files = {
        "index.html": HOME,
        "host-your-own/index.html": "{{ site MB }} MB, {{ readers with parts }} readers",
        "search/search_index.json": '"{{ parts }} parts"',
        "js/worker.js": 'import "./python.js";\n',
        "js/python.js": "",
        "js/loader-worker.js": "",
        "models/index.json": json.dumps(INDEX),
        "models/small/w": "w" * 20_000_000,
        "models/gpt2/merges.txt": "m" * 5_000_000,
        "models/124M/manifest.json": "{}",
        "models/124M/a.bin": "b" * 7_000_000,
        "pyodide/runtime.json": json.dumps(runtime),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_tags_become_numbers_and_parts_of_an_earlier_build_are_not_the_pages(site):
    traffic.write(site)
    # 25 MB here; with 25 MB and 498 MB a reader, 100 GB are for 191 readers
    assert (site / "host-your-own" / "index.html").read_text("utf-8") == "25 MB, 190 readers"
    assert (site / "search" / "search_index.json").read_text("utf-8") == '"15 parts"'


def test_links_to_other_pages_are_not_fetched(site):
    found = {path.relative_to(site).as_posix() for path in traffic.first_visit(site)}
    assert {"css/site.css", "js/main.js", "js/python.js", "assets/search.js", "models/small/w"} <= found
    assert not {"learn", "models/small/p", "models/gpt2/merges.txt"} & found


def test_an_unknown_tag_ends_the_build(site):
    (site / "host-your-own" / "index.html").write_text("{{ sight MB }}", "utf-8")
    with pytest.raises(BuildError, match=r"\{\{ sight MB \}\}: expected one of site MB, "):
        traffic.write(site)
