"""MkDocs' hooks: mkdocs.yml names this file."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

import bench_tag
import formulas
import source_tag
from project import BuildError

SEARCH = '<div class="md-search" data-md-component="search" role="dialog"'


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Put sources and benchmarks into a page; a tag that names nothing of the sources ends the build."""
    try:
        return source_tag.expand(bench_tag.expand(markdown))
    except source_tag.SourceTagError as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from error


def on_env(env: Environment, *, files: Files, **_: Any) -> Environment:
    """Set the formulas of all pages, which are Markdown no more and not yet written."""
    pages = {page.file.src_uri: page for file in files.documentation_pages() if (page := file.page)}
    try:
        contents = formulas.set_all({name: page.content or "" for name, page in pages.items()})
    except (formulas.FormulaError, BuildError) as error:
        raise PluginError(str(error)) from error
    for name, page in pages.items():
        page.content = contents[name]
    return env


def on_post_page(output: str, **_: Any) -> str:
    """Name the theme's search dialog, which has no name for screen readers."""
    if SEARCH not in output:
        raise PluginError(f"the theme's pages have no {SEARCH} to be named; see whether they name it now")
    return output.replace(SEARCH, f'{SEARCH} aria-label="Search"')
