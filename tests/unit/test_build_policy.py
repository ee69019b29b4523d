"""The policy of the pages names the scripts that they have within them, and no others."""

import base64
import hashlib
import re

import pytest

import policy
from project import BuildError

PAGE = '<!doctype html><html><head><meta charset="utf-8">{}</head><body></body></html>'


def write(folder, **pages):
    for name, head in pages.items():
        folder.joinpath(f"{name}.html").write_text(PAGE.format(head), "utf-8")
    policy.write(folder)
    return {name: folder.joinpath(f"{name}.html").read_text("utf-8") for name in pages}


def rules(page):
    content = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    return {
        name: sources.split() for name, _, sources in (rule.partition(" ") for rule in content.split("; "))
    }


def expected_hash(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_every_page_allows_the_scripts_of_all_pages_since_navigation_brings_them_together(tmp_path):
    pages = write(tmp_path, one="<script>a = 1</script>", two='<script id="x">ü\n</script>')
    for page in pages.values():
        assert {expected_hash("a = 1"), expected_hash("ü\n")} <= set(rules(page)["script-src"])


def test_no_script_without_a_hash_no_eval_and_no_other_host(tmp_path):
    page = write(tmp_path, one='<script src="a.js"></script><script type="application/json">{}</script>')[
        "one"
    ]
    found = rules(page)
    assert found["script-src"] == ["'self'", "'wasm-unsafe-eval'", "blob:"]
    assert found["default-src"] == found["connect-src"] == ["'self'"]
    assert not {source for sources in found.values() for source in sources if "//" in source or source == "*"}


def test_the_policy_stands_before_whatever_it_is_about(tmp_path):
    page = write(tmp_path, one="<script>a = 1</script>")["one"]
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_a_page_without_the_place_for_it_ends_the_build(tmp_path):
    tmp_path.joinpath("bare.html").write_text("<p>Nothing", "utf-8")
    with pytest.raises(BuildError, match=r"bare\.html.*charset"):
        policy.write(tmp_path)
