"""Names the modules that a page needs in its head, and starts Python there.

Without it a browser finds the page's script at its end, then one import after the other: six round trips
before Python could start, and the theme's own scripts before them. So all modules are fetched at once, and on
pages with a prompt box the engine starts as soon as its own few are there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from project import BuildError

IMPORT = re.compile(r'^(?:import|export)\b(?:[^"\';]*?\bfrom)?\s*"(?P<path>\.[^"]+)"', re.MULTILINE)
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
SCRIPT = re.compile(r'<script src="(?P<root>[^"]*)js/main\.js"')  # by it a page says where the site's root is
MAIN, START, LEARN = Path("js/main.js"), Path("js/start.js"), Path("js/learn.js")


def write(site: Path) -> None:
    """Put the tags into every page of `site` that runs main.js, after the policy, which is for them too."""
    graphs = {entry: graph(site, entry) for entry in (START, MAIN, LEARN)}
    for path in sorted(site.rglob("*.html")):
        page = path.read_text("utf-8")
        script, policy = SCRIPT.search(page), POLICY.search(page)
        if script and policy is None:
            raise BuildError(f"{path}: no policy is there, which the scripts are to follow")
        if script and policy:
            at = policy.end()
            path.write_text(page[:at] + tags(page, script["root"], graphs) + page[at:], "utf-8")


def tags(page: str, root: str, graphs: dict[Path, list[Path]]) -> str:
    """What this page's head is to have; `root` leads from the page to the site's root."""
    starts = "<prompt-box" in page
    entries = [START] * starts + [MAIN] + [LEARN] * ("<learn-bench" in page)
    modules = dict.fromkeys(module for entry in entries for module in graphs[entry])
    links = "".join(f'<link rel="modulepreload" href="{root}{module.as_posix()}">' for module in modules)
    return links + f'<script type="module" async src="{root}{START.as_posix()}"></script>' * starts


def graph(site: Path, entry: Path) -> list[Path]:
    """A module and all that it imports, directly or not, the nearest first. BuildError where one is lost."""
    found = [entry]
    for module in found:  # grows on the way
        try:
            source = (site / module).read_text("utf-8")
        except FileNotFoundError as error:
            raise BuildError(f"{module.as_posix()} is imported and is not there") from error
        for match in IMPORT.finditer(source):
            imported = Path(os.path.normpath(module.parent / match["path"]))
            if imported not in found:
                found.append(imported)
    return found
