"""MkDocs' hooks: mkdocs.yml names this file."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import bench_tag
import code_lines
import formulas
import model_links
import reference_tags
import source_tag
from project import BuildError

SEARCH = '<div class="md-search" data-md-component="search" role="dialog"'


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Put sources and benchmarks into a page; a tag that names nothing of the sources ends the build."""
    try:
        linked = model_links.expand(markdown, page.file.src_uri)
        return source_tag.expand(reference_tags.expand(bench_tag.expand(linked)))
    except (source_tag.SourceTagError, reference_tags.ReferenceTagError) as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from error


def on_page_content(html: str, *, page: Page, files: Files, **_: Any) -> str:
    """Say how lines of code are indented; on the page of the whole model, link each function to its page."""
    html = code_lines.mark(html)
    if page.file.src_uri != model_links.WHOLE:
        return html
    sources = [(file.src_uri, file.content_string) for file in in_order(files)]
    targets = {
        name: page_url
        for name, path in model_links.explained(sources).items()
        if (file := files.get_file_from_path(path)) and (page_url := file.url_relative_to(page.file))
    }
    return model_links.link(html, targets)


def in_order(files: Files) -> list[File]:
    """The pages with those in the navigation first, in its order."""
    pages = [file for file in files.documentation_pages() if file.page]
    first = [file for file in pages if file.page and not file.page.previous_page and file.page.next_page]
    order: list[File] = []
    at = first[0].page if first else None
    while at:
        order.append(at.file)
        at = at.next_page
    return order


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
