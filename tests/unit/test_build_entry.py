"""`python3 build`: its help, its errors, and what it installs when."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import environment
from project import BUILD, ROOT

IMPORTED_AT_THE_START = ("__main__.py", "environment.py", "project.py")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "build", *arguments], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_every_command(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.returncode == 0
    for command in ("serve", "site", "test", "check"):
        assert f"\n  {command} " in result.stdout


def test_an_unknown_command_is_refused_with_the_known_ones() -> None:
    result = run("sevre")
    assert result.returncode == 2
    assert "no command 'sevre'; expected one of serve, site, test, check" in result.stderr


@pytest.mark.parametrize("name", IMPORTED_AT_THE_START)
def test_what_runs_before_the_installation_imports_the_standard_library_alone(name: str) -> None:
    own = {Path(module).stem for module in IMPORTED_AT_THE_START}
    for node in ast.walk(ast.parse((BUILD / name).read_text("utf-8"))):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for module in modules:
            assert module.partition(".")[0] in sys.stdlib_module_names | own


def test_no_script_shadows_a_module_of_the_standard_library_or_of_a_package() -> None:
    names = {path.stem for path in BUILD.glob("*.py")} - {"__main__"}
    assert not names & sys.stdlib_module_names
    for name in names:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin == str(BUILD / f"{name}.py")
        outside = importlib.machinery.PathFinder.find_spec(name, [p for p in sys.path if Path(p) != BUILD])
        assert outside is None or outside.origin is None


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """An environment folder of the test's own; the list of what was asked to be installed."""
    asked: list[set[str]] = []
    python = tmp_path / "python"
    python.touch()
    (tmp_path / "pyproject.toml").write_text("[project]", "utf-8")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "DIST", tmp_path / "dist")
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(environment, "interpreter", lambda: python)
    monkeypatch.setattr(environment, "works", lambda line: bool(line))

    def call(line: list[str], cwd: Path) -> int:
        assert cwd == tmp_path
        asked.append(set(re.findall(r"\w+", line[-1].partition("[")[2])))
        return 0

    monkeypatch.setattr(environment.subprocess, "call", call)
    return asked


def test_packages_are_installed_once_and_again_when_what_is_to_be_installed_changes(
    installed: list[set[str]], tmp_path: Path
) -> None:
    environment.ensure(("site",))
    environment.ensure(("site",))
    assert installed == [{"site"}]
    (tmp_path / "pyproject.toml").write_text("[project]\n[tool.ruff]\nline-length = 3\n", "utf-8")
    environment.ensure(("site",))
    assert installed == [{"site"}]
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['numpy']\n", "utf-8")
    environment.ensure(("site",))
    assert installed == [{"site"}, {"site"}]


def test_a_command_that_needs_more_installs_that_beside_the_rest(installed: list[set[str]]) -> None:
    environment.ensure(("site",))
    environment.ensure(("test", "check"))
    environment.ensure(("site", "check"))
    assert installed == [{"site"}, {"site", "test", "check"}]


def test_a_command_that_needs_no_extras_installs_the_project_itself_once(installed: list[set[str]]) -> None:
    environment.ensure(())
    environment.ensure(())
    assert installed == [set()]


def test_an_installation_that_fails_is_tried_again(
    installed: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.ensure(("site",))
    monkeypatch.setattr(environment.subprocess, "call", lambda *_, **__: 1)
    with pytest.raises(environment.BuildError, match="pip could not install"):
        environment.ensure(("test",))
    assert not environment.STAMP.exists()
    assert installed == [{"site"}]


def test_a_damaged_stamp_means_not_installed(installed: list[set[str]]) -> None:
    for text in ("", "[]", json.dumps({"pyproject": 3})):
        environment.STAMP.write_text(text, "utf-8")
        assert environment.installed_extras() is None
    assert installed == []


def test_where_there_is_neither_pip_nor_ensurepip_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment, "works", lambda _: False)
    with pytest.raises(environment.BuildError, match="apt install python3-pip"):
        environment.pip(Path("python"))


@pytest.mark.parametrize(
    ("version", "enough"),
    [("v18.19.0", False), ("v20.18.9", False), ("v20.19.0", True), ("v24.1.0", True), ("", False)],
)
def test_an_old_node_does_not_count(monkeypatch: pytest.MonkeyPatch, version: str, enough: bool) -> None:
    monkeypatch.setattr(environment, "oldest_node", lambda: (20, 19))
    monkeypatch.setattr(environment.shutil, "which", lambda name: f"/bin/{name}")
    answer = subprocess.CompletedProcess([], 0, stdout=f"{version}\n")
    monkeypatch.setattr(environment.subprocess, "run", lambda *_, **__: answer)
    assert environment.machine_has_node() is enough


def test_the_oldest_node_is_the_one_that_npm_asks_for() -> None:
    package = json.loads((BUILD / "package.json").read_text("utf-8"))
    assert package["engines"]["node"] == ">=" + ".".join(map(str, environment.oldest_node()))
