"""The tag that puts the real source into a page."""

import textwrap
from pathlib import Path

import pytest

from source_tag import SourceTagError, cut, expand

SOURCE = '''\
"""A module."""
import this_module_does_not_exist

# The size of nothing.
SIZE: int = 3
low, high = (
    1,
    2,
)


# Why it is here.
@decorated(
    twice=True
)
def first(x):  # [T] -> [T]
    """With `three ``` backticks`."""
    return [
        x,  # a comment inside
    ]
    # a comment at its end


async def second(): ...


class Third:
    """A class."""

    name = "three"

    @property
    def inner(self):
        return 1

    def outer(self):
        return 2
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "picogpt" / "sub").mkdir(parents=True)
    (tmp_path / "picogpt" / "model.py").write_text(SOURCE, "utf-8")
    (tmp_path / "picogpt" / "__init__.py").write_text("VERSION = 1\n", "utf-8")
    (tmp_path / "picogpt" / "sub" / "__init__.py").write_text("x = 'ü'\n", "utf-8")
    return tmp_path


def test_a_function_comes_with_its_decorators_and_comments(root: Path) -> None:
    path, text = cut("picogpt.model.first", root)
    assert path == root / "picogpt" / "model.py"
    assert text.splitlines() == SOURCE.splitlines()[11:21]
    assert text.startswith("# Why it is here.\n@decorated(")
    assert text.endswith("# a comment at its end")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("picogpt.model.SIZE", "# The size of nothing.\nSIZE: int = 3"),
        ("picogpt.model.high", "low, high = (\n    1,\n    2,\n)"),
        ("picogpt.model.second", "async def second(): ..."),
        ("picogpt.model.Third.inner", "@property\ndef inner(self):\n    return 1"),
        ("picogpt.model.Third.outer", "def outer(self):\n    return 2"),
        ("picogpt.model.Third.name", 'name = "three"'),
        ("picogpt.sub.x", "x = 'ü'"),
        ("picogpt.VERSION", "VERSION = 1"),
        ("picogpt.sub", "x = 'ü'"),
        ("picogpt.model", SOURCE.strip()),
    ],
)
def test_a_name_gives_exactly_its_own_lines(root: Path, name: str, expected: str) -> None:
    assert cut(name, root)[1] == expected


def test_a_tag_becomes_a_fenced_block_titled_with_the_file(root: Path) -> None:
    page = "Before\n\n{{ source picogpt.VERSION }}\n\nAfter\n"
    assert expand(page, root) == (
        'Before\n\n```python title="picogpt/__init__.py"\nVERSION = 1\n```\n\nAfter\n'
    )


def test_the_fence_is_longer_than_any_in_the_source(root: Path) -> None:
    assert "\n````python " in expand("{{ source picogpt.model.first }}", root)


def test_an_indented_tag_stays_in_its_list_or_admonition(root: Path) -> None:
    block = '```python title="picogpt/__init__.py"\nVERSION = 1\n```'
    assert expand("!!! note\n    {{source picogpt.VERSION}}", root) == "!!! note\n" + textwrap.indent(
        block, "    "
    )


def test_a_page_without_tags_is_left_alone(root: Path) -> None:
    page = "A {{ brace }} and a source.\n"
    assert expand(page, root) == page


def test_an_unknown_name_is_an_error_that_names_the_nearest(root: Path) -> None:
    with pytest.raises(SourceTagError, match=r"picogpt\.model\.frist.*near it are picogpt\.model\.first"):
        expand("{{ source picogpt.model.frist }}", root)


@pytest.mark.parametrize("name", ["nothing.at.all", "picogpt.model.Third.gone", "picogpt..model", "os.path"])
def test_no_name_outside_the_sources_is_found(root: Path, name: str) -> None:
    with pytest.raises(SourceTagError):
        expand(f"{{{{ source {name} }}}}", root)


@pytest.mark.parametrize(
    "line", ["See {{ source picogpt.model }}", "{{ source }}", "{{ source picogpt-model }}"]
)
def test_a_tag_that_would_be_shown_raw_is_an_error(root: Path, line: str) -> None:
    with pytest.raises(SourceTagError, match="alone on its line"):
        expand(line, root)


def test_a_layer_comes_with_its_editor_and_the_view_of_its_lines() -> None:
    page = expand("{{ source picogpt.model.softmax }}")
    assert '<model-editor function="softmax"></model-editor><view-lines function="softmax"' in page


def test_the_whole_model_comes_with_one_editor_and_what_is_no_model_with_none() -> None:
    assert expand("{{ source picogpt.model }}").count('<model-editor function="model">') == 1
    assert "model-editor" not in expand("{{ source picogpt.matmul }}")
