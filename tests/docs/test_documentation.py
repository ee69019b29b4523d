"""What the README and the pages say is true: their Python runs, their options and files exist."""

import re
from pathlib import Path

import pytest

import picogpt
from picogpt.__main__ import parser

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = {path.name: path.read_text("utf-8") for path in (ROOT / "README.md", ROOT / "site" / "index.md")}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_python_of_a_document_runs_from_top_to_bottom(name, capsys):
    blocks = BLOCK.findall(DOCUMENTS[name])
    assert blocks
    # the real 124M is not at hand here: the same lines with the small model
    exec("\n".join(blocks).replace('"124M"', '"shakespeare"'), {})
    assert capsys.readouterr().out.strip()


def test_the_docstring_of_the_package_runs():
    lines = re.findall(r"^>>> (.*)", picogpt.__doc__, re.MULTILINE)
    exec(
        "\n".join(lines).replace('"124M"', '"shakespeare"'),
        {**vars(picogpt), **{n: getattr(picogpt, n) for n in picogpt.__all__}},
    )


def test_the_readme_names_every_option_of_the_command():
    options = {
        text for action in parser()._actions for text in action.option_strings if text.startswith("--")
    }
    assert {option for option in options - {"--help"} if f"`{option}`" not in README} == set()


def test_the_readmes_tree_is_the_tree():
    tree = re.search(r"^## How it is laid out.*?```\n(.*?)```", README, re.MULTILINE | re.DOTALL)[1]
    package = tree.partition("\nbuild/")[0]
    listed = {line.split()[0] for line in package.splitlines() if line.startswith("  ")}
    present = {path.name for path in (ROOT / "picogpt").glob("*.py")} - {"__init__.py"}
    present |= {f"{path.parent.name}/" for path in (ROOT / "picogpt").glob("*/__init__.py")}
    assert listed == present
    folders = {line.split()[0] for line in tree.splitlines() if not line.startswith(" ")}
    assert folders == {"picogpt/", "build/", "site/", "tests/", "dist/"}


def test_every_link_and_picture_of_the_readme_into_the_project_exists():
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
