"""What the build fills into the reference pages and the page of the whole model."""

import ast
import re

import pytest

import accuracy
import model_links
import reference_tags
from picogpt.__main__ import parser
from project import ROOT, SITE_SOURCES
from tests.unit.references import CASES

PAGES = [(f"learn/{path.name}", path.read_text("utf-8")) for path in sorted(SITE_SOURCES.glob("learn/*.md"))]
MODEL = (ROOT / "picogpt" / "model.py").read_text("utf-8")


def test_every_function_of_the_model_is_explained_on_a_page():
    functions = re.findall(r"^def (\w+)", MODEL, re.MULTILINE)
    assert len(functions) > 10
    assert set(model_links.explained(PAGES)) == set(functions)


def test_a_function_leads_to_the_first_page_that_shows_it():
    tag = "{{ source picogpt.model.gelu }}"
    pages = [("index.md", tag), (model_links.WHOLE, tag), ("learn/b.md", tag), ("learn/a.md", tag)]
    assert model_links.explained(pages) == {"gelu": "learn/b.md"}


def test_names_become_links_and_anchors_and_calls_stay_as_they_are():
    html = (
        '<span class="k">def</span><span class="w"> </span><span class="nf">gelu</span>\n'
        '<span class="k">def</span> <span class="nf">other</span> <span class="n">gelu</span>'
    )
    linked = model_links.link(html, {"gelu": "../feed-forward/"})
    assert re.findall(
        r'<span class="nf" id="model-gelu"><a href="\.\./feed-forward/"[^>]*>gelu</a></span>', linked
    )
    assert '<span class="nf" id="model-other">other</span>' in linked
    assert linked.count("<a ") == 1


def test_a_page_leads_back_to_the_function_in_the_whole_model():
    tag = "{{ source picogpt.model.gelu }}"
    assert "(the-whole-model.md#model-gelu)" in model_links.expand(tag, "learn/feed-forward.md")
    assert model_links.expand(tag, model_links.WHOLE) == tag
    assert model_links.expand(tag, "index.md") == tag


def test_lines_of_code_are_those_that_are_left_without_comments_and_docstrings():
    source = (
        '"""Doc."""\n\nimport math  # why\n\n\n# alone\n'
        'def f(x):\n    """Doc\n\n    more.\n    """\n    return g(\n        x\n    )\n'
    )
    assert model_links.lines_of_code(source) == 5
    # the parser's own way: what compiles to something, and the lines that close it
    nodes = [node for node in ast.walk(ast.parse(MODEL)) if hasattr(node, "lineno")]
    docs = {
        n
        for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for n in range(node.lineno, node.end_lineno + 1)
    }
    code = {n for node in nodes for n in (node.lineno, node.end_lineno)} - docs
    page = model_links.expand("{{ lines picogpt.model }}", model_links.WHOLE)
    assert page == str(len(code))


@pytest.mark.parametrize("command", reference_tags.PARSERS)
def test_help_is_what_the_command_prints_in_80_columns(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(SystemExit):
        reference_tags.PARSERS[command]().parse_args(["--help"])
    printed = capsys.readouterr().out
    assert reference_tags.expand(f"{{{{ help {command} }}}}") == f"```text\n{printed.strip()}\n```"


def test_the_help_has_every_option():
    page = reference_tags.expand("{{ help picogpt }}")
    options = [text for action in parser()._actions for text in action.option_strings]
    assert [option for option in options if option not in page] == []


def test_the_changelog_is_the_file_without_its_title():
    page = reference_tags.expand("{{ changelog }}")
    assert f"# Changelog\n\n{page}\n" == (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_a_tag_that_asks_for_nothing_known_ends_the_build_and_says_what_there_is():
    with pytest.raises(reference_tags.ReferenceTagError, match="picogpt eval"):
        reference_tags.expand("{{ help picogpt fly }}")


def test_accuracy_has_a_row_for_every_recorded_checkpoint_within_the_limits_that_the_page_names():
    table = accuracy.table()
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == CASES
    for case in CASES:
        _, expected, found = accuracy.measured(accuracy.REFERENCE / case)
        assert 0 < found["logits"] <= 1e-4
        assert 0 < found["hidden"] <= 1e-4
        assert 0 < found["attentions"] <= 1e-5
        assert found["greedy"] == len(expected["greedy"])


def test_a_wrong_result_would_show_in_the_accuracy(monkeypatch):
    right = accuracy.gpt2
    monkeypatch.setattr(accuracy, "gpt2", lambda *ids, **params: right(*ids, **params) + 0.5)
    _, _, found = accuracy.measured(accuracy.REFERENCE / "untied")
    assert found["logits"] == pytest.approx(0.5, rel=1e-3)


def test_the_small_models_sentence_counts_what_was_recorded():
    assert "1,485 logits after prompts of 1, 12 and 100 tokens" in accuracy.small_model()
