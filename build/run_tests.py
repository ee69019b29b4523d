"""`python3 build test`: every check and every test, a real browser included."""

from __future__ import annotations

import browsers
import build_site
import run_checks
from project import say

HELP = """usage: python3 build test [pytest arguments]

Run every check and every test. With arguments: pytest alone, with these.

example: python3 build test tests/e2e -k stop"""


def main(argv: list[str]) -> int:
    """Run everything, or pytest alone where it is given arguments."""
    if argv[:1] in (["-h"], ["--help"]):
        print(HELP)
        return 0
    if argv:
        return run_checks.python("pytest", *argv)
    say(f"The browser for the tests: {browsers.find_or_install()}")
    groups = [
        *run_checks.static_checks(),
        run_checks.node_tests(),
        ("site", site),
        run_checks.pytest_group("tests", "tests"),
    ]
    return run_checks.run(groups)


def site() -> int:
    """Build the site as a reader would."""
    build_site.build()
    return 0
