"""What the reference pages take from elsewhere when the site is built, each by a tag alone on its line:

`{{ help picogpt train }}` the command's own help, `{{ changelog }}` CHANGELOG.md without its title,
`{{ accuracy }}` and `{{ accuracy of the small model }}` the differences from PyTorch.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from unittest import mock

import accuracy
from picogpt import __main__ as command
from picogpt import train_cli
from project import ROOT

TAG = re.compile(r"^\{\{[ \t]*(?P<what>(?:help|changelog|accuracy)\b[^}\n]*?)[ \t]*\}\}[ \t]*$", re.MULTILINE)
PARSERS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "picogpt": command.parser,
    "picogpt train": train_cli.train_parser,
    "picogpt eval": train_cli.eval_parser,
}


class ReferenceTagError(Exception):
    """A tag that asks for nothing that there is."""


def expand(markdown: str) -> str:
    """The page with every tag replaced."""
    return TAG.sub(lambda tag: text(tag["what"]), markdown)


def text(what: str) -> str:
    """What a tag stands for."""
    simple = {
        "changelog": changelog,
        "accuracy": accuracy.table,
        "accuracy of the small model": accuracy.small_model,
    }
    if what in simple:
        return simple[what]()
    name = what.removeprefix("help ")
    if name not in PARSERS:
        known = [*simple, *(f"help {name}" for name in PARSERS)]
        raise ReferenceTagError(f"{{{{ {what} }}}}: there is no such tag; expected one of {', '.join(known)}")
    return f"```text\n{help_of(name)}\n```"


def help_of(name: str) -> str:
    """The help of a command as a terminal of 80 columns shows it, without colours."""
    with mock.patch.dict(os.environ, {"COLUMNS": "80", "NO_COLOR": "1"}):
        return PARSERS[name]().format_help().strip()


def changelog() -> str:
    """CHANGELOG.md without its title."""
    return (ROOT / "CHANGELOG.md").read_text("utf-8").partition("\n")[2].strip()
