"""`python3 build check`: lint, format and types of Python and JavaScript, and the unit tests of both."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

import node_tools
import vendor
from project import ROOT, BuildError, say

Group = tuple[str, Callable[[], int]]  # heading, and what returns an exit code


def main(argv: list[str]) -> int:
    """Run all groups, even after one has failed."""
    argparse.ArgumentParser(prog="python3 build check", description=__doc__).parse_args(argv)
    return run([*static_checks(), node_tests(), pytest_group("unit tests", "tests/unit")])


def static_checks() -> list[Group]:
    """What is seen without running anything of the project's."""
    return [
        ("ruff check", lambda: python("ruff", "check", ".")),
        ("ruff format", lambda: python("ruff", "format", "--check", ".")),
        ("mypy", lambda: python("mypy", "picogpt", "build")),
        ("JavaScript: biome, tsc", lambda: node("check")),
    ]


def node_tests() -> Group:
    """The JavaScript tests that need no browser."""
    return "JavaScript: tests", lambda: node("test")


def pytest_group(heading: str, *arguments: str) -> Group:
    """A run of pytest."""
    return heading, lambda: python("pytest", *arguments)


def python(module: str, *arguments: str) -> int:
    """Run a module of .venv's in the project's folder."""
    return subprocess.call([sys.executable, "-m", module, *arguments], cwd=ROOT)


def node(script: str) -> int:
    """Run a script of build/package.json."""
    node_tools.install()
    node_tools.install(vendor.SOURCES)  # their types are what the site's modules are checked against
    return node_tools.npm("run", "--silent", script)


def run(groups: list[Group]) -> int:
    """Run every group under its heading, then say how each one ended; 1 if any failed."""
    outcomes = []
    for heading, group in groups:
        say(f"\n=== {heading} ===")
        start_s = time.monotonic()
        try:
            exit_code = group()
        except BuildError as error:
            say(f"error: {error}")
            exit_code = 1
        outcomes.append((heading, exit_code, time.monotonic() - start_s))
    say("\n=== summary ===")
    for heading, exit_code, elapsed_s in outcomes:
        say(f"{'ok' if exit_code == 0 else 'FAILED':<7} {heading} ({elapsed_s:.1f} s)")
    return int(any(exit_code for _, exit_code, _ in outcomes))
