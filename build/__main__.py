"""The project's one entry: `python3 build <command>`.

Standard library only, so that it runs on a fresh machine: it makes .venv, installs what the command
needs (again only when pyproject.toml changed), and goes on inside it.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - pip has not looked at it yet
    sys.exit("error: picogpt needs Python 3.11 or newer, this is " + sys.version.split()[0])

import importlib
import os
import subprocess
from typing import NamedTuple

import environment
from project import BUILD, BuildError, warn


class Command(NamedTuple):
    """What `python3 build NAME` needs (extras of pyproject.toml), runs (`main(argv)` of a module), is for."""

    extras: tuple[str, ...]
    module: str
    help: str
    node: bool = False


COMMANDS = {
    "serve": Command(
        ("site",), "serve_site", "build the site and serve it at http://127.0.0.1:8000", node=True
    ),
    "site": Command(("site",), "build_site", "build the site into dist/site", node=True),
    "test": Command(("site", "test", "check"), "run_tests", "run every check and every test", node=True),
    "check": Command(("site", "test", "check"), "run_checks", "lint, format, types, unit tests", node=True),
    "shard": Command(("site",), "shards", "write GPT-2 in parts, to be hosted with the site"),
    "bench": Command(
        ("site", "test"), "bench", "measure speed and memory in a browser and natively", node=True
    ),
    "shots": Command(("site", "test"), "shots", "write pictures of every page into dist/shots", node=True),
    "train": Command(("train",), "train", "train the small model of the site again"),
}


def usage() -> str:
    """The help text, made from the table."""
    lines = ["usage: python3 build <command> [options]", "", "commands:"]
    lines += [f"  {name:<7} {command.help}" for name, command in COMMANDS.items()]
    lines += ["", "python3 build <command> --help lists a command's options."]
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Run one command; the result is the exit code."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    name, *arguments = argv
    if name not in COMMANDS:
        warn(f"error: there is no command {name!r}; expected one of {', '.join(COMMANDS)}\n\n{usage()}")
        return 2
    command = COMMANDS[name]
    python = environment.ensure(command.extras, node=command.node)
    if not environment.inside():
        return go_on_inside(python, argv)
    return run(command, arguments)


def run(command: Command, arguments: list[str]) -> int:
    """Import the command's module and call its main."""
    try:
        exit_code: int = importlib.import_module(command.module).main(arguments)
    except ModuleNotFoundError as error:
        if error.name and (BUILD / f"{error.name.partition('.')[0]}.py").exists():
            raise
        raise BuildError(
            f"{error}: .venv lacks what pyproject.toml asks for. Delete the folder .venv and try again."
        ) from error
    return exit_code


def go_on_inside(python: os.PathLike[str], argv: list[str]) -> int:
    """Continue in .venv's interpreter, which takes over this process where the system can do that."""
    line = [os.fspath(python), str(BUILD), *argv]
    if os.name == "nt":  # there, exec returns to the shell at once and leaves the child behind
        return subprocess.call(line)
    sys.stdout.flush()
    return os.execv(line[0], line)  # never comes back


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BuildError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
