"""What axe-core finds on a page: what is serious or worse fails a test."""

from __future__ import annotations

from playwright.sync_api import Page

from project import BUILD

AXE = BUILD / "node_modules" / "axe-core" / "axe.min.js"
FAILING = ("serious", "critical")


def violations(page: Page, scope: str | None = None) -> list[str]:
    """The violations that are serious or worse, on the whole page or in what the selector `scope` names."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("scope => axe.run(scope ?? document)", scope)["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]}"
        for rule in found
        if rule["impact"] in FAILING
        for node in rule["nodes"]
    ]
