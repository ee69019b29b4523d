"""MkDocs' hooks: mkdocs.yml names this file."""

from __future__ import annotations

from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

import bench_tag
import source_tag


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Put sources and benchmarks into a page; a tag that names nothing of the sources ends the build."""
    try:
        return source_tag.expand(bench_tag.expand(markdown))
    except source_tag.SourceTagError as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from error
