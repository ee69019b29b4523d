"""The model as it is now, in one file that runs wherever there are Python, numpy and regex.

Nothing in it is written for it. The model is its whole text, edits included; what it, the loading of a
checkpoint, the encoder and `picogpt.greedy` need of the package is collected, definition by definition, from
the modules' own texts, and stands in the file before what needs it.
"""

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator

from picogpt import edit
from picogpt.errors import EditError
from picogpt.source_text import names_of, source_of, span

PACKAGE = "picogpt"
MAIN = "greedy"
BLOCKS = ast.FunctionDef | ast.ClassDef | ast.If
HEADER = '''"""GPT-2 in one file: a model of picogpt's{edits}, and what it takes to run it.

    pip install numpy regex
    python gpt2.py FOLDER "A prompt" 40

FOLDER holds model.safetensors and merges.txt (or vocab.bpe), and config.json where there is one.
"""

'''


def script() -> str:
    """The text of the file."""
    parts = Parts()
    parts.need_all(MAIN)
    edits = f", {', '.join(edit.edited())} edited" if edit.edited() else ""
    return HEADER.format(edits=edits) + parts.text()


class Part:
    """A module of the package: its text, and which of its statements the file needs."""

    def __init__(self, name: str) -> None:
        self.name = name
        module = importlib.import_module(f"{PACKAGE}.{name}")
        self.source = edit.source() if name == edit.MODULE else source_of(module)
        self.body = ast.parse(self.source).body
        self.imports = [node for node in self.body if isinstance(node, ast.Import | ast.ImportFrom)]
        self.needed: set[ast.stmt] = set()
        self.definitions = {name: node for node in self.body for name in names_of(node)}
        self.inner: dict[str, tuple[str, str]] = {}  # a name here -> the module that has it, its name there
        self.modules: dict[str, str] = {}  # a name here -> the module that it is
        self.outer: dict[str, tuple[str, str]] = {}  # a name here -> (package or "", what is imported)
        for node in self.imports:
            for alias in node.names:
                self._note(node, alias)

    def _note(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> None:
        name, package = alias.asname or alias.name, getattr(node, "module", None) or ""
        if package == PACKAGE:
            self.modules[name] = alias.name
        elif package.startswith(f"{PACKAGE}."):
            self.inner[name] = package.removeprefix(f"{PACKAGE}."), alias.name
        else:
            self.outer[name.partition(".")[0]] = package, ast.unparse(alias)

    def statements(self) -> list[ast.stmt]:
        """What is neither an import nor the file's docstring."""
        return [node for node in self.body if node not in self.imports and not _is_text(node)]

    def conditions(self) -> list[ast.stmt]:
        """Statements that define nothing: what they do concerns the whole module."""
        return [node for node in self.statements() if not names_of(node)]

    def text(self) -> str:
        """The needed statements as they stand in the module, without the names of the package's modules."""
        lines = self.source.splitlines()
        marks = {(at.lineno, at.col_offset): name for _, at, name in self.attributes()}
        for (lineno, column), name in sorted(marks.items(), reverse=True):
            line = lines[lineno - 1].encode()  # columns count bytes
            lines[lineno - 1] = (line[:column] + line[column + len(f"{name}.") :]).decode()
        if self.name == edit.MODULE:  # with all its comments
            for node in [*self.imports, *filter(_is_text, self.body)]:
                lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or 0) - node.lineno + 1)
            return re.sub(r"\n{3,}", "\n\n\n", "\n".join(lines)).strip()
        text, before = "", None
        for node in [node for node in self.body if node in self.needed]:
            is_close = names_of(node) and not isinstance(node, BLOCKS) and not isinstance(before, BLOCKS)
            text += ("\n" if is_close else "\n\n\n") + "\n".join(lines[slice(*span(lines, node))])
            before = node
        return text.strip()

    def attributes(self) -> Iterator[tuple[ast.stmt, ast.Attribute, str]]:
        """(statement, `module.name` in it, `module`) for all that is asked of another module by its name."""
        for node in self.statements():
            for at in ast.walk(node):
                if (
                    isinstance(at, ast.Attribute)
                    and isinstance(at.value, ast.Name)
                    and at.value.id in self.modules
                ):
                    yield node, at, at.value.id


class Parts:
    """The modules that the file needs something of, each after those that it needs itself."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._order: list[str] = []
        self._homes: dict[str, str] = {}  # a name -> the module in which it is defined

    def need_all(self, module: str) -> None:
        """All of a module."""
        for node in self._part(module).statements():
            self._take(self._part(module), node)

    def _part(self, module: str) -> Part:
        if module not in self._parts:
            part = self._parts[module] = Part(module)
            for other in [*part.modules.values(), *(home for home, _ in part.inner.values())]:
                self._part(other)
            self._order.append(module)
            if module == edit.MODULE:  # the reader's own text: whole
                self.need_all(module)
        return self._parts[module]

    def _take(self, part: Part, node: ast.stmt) -> None:
        if node in part.needed:
            return
        part.needed.add(node)
        for name in names_of(node):
            if self._homes.setdefault(name, part.name) != part.name:
                homes = f"{self._homes[name]}.py and {part.name}.py"
                raise EditError(
                    f"{name} is defined in {homes}, which become one file.", "Give yours another name."
                )
        for at in ast.walk(node):
            if isinstance(at, ast.Name):
                self._need(part, at.id)
        for statement, at, module in part.attributes():
            if statement is node:
                self._need(self._part(part.modules[module]), at.attr)
        for condition in part.conditions():
            self._take(part, condition)

    def _need(self, part: Part, name: str) -> None:
        if name in part.definitions:
            self._take(part, part.definitions[name])
        elif name in part.inner:
            home, there = part.inner[name]
            self._need(self._part(home), there)

    def text(self) -> str:
        """All parts, the imports of other packages first."""
        parts = [part for part in map(self._parts.__getitem__, self._order) if part.needed]
        return (
            "\n\n\n".join([_imports(parts), *(f"# {part.name}.py\n\n{part.text()}" for part in parts)]) + "\n"
        )


def _imports(parts: list[Part]) -> str:
    """What the parts need of other packages, a line each."""
    lines, names_from = set(), defaultdict(set)
    for part in parts:
        used = {at.id for node in part.needed for at in ast.walk(node) if isinstance(at, ast.Name)}
        for name in used & part.outer.keys():
            package, what = part.outer[name]
            if package:
                names_from[package].add(what)
            else:
                lines.add(f"import {what}")
    froms = [
        f"from {package} import {', '.join(sorted(what))}" for package, what in sorted(names_from.items())
    ]
    return "\n".join([*sorted(lines), "", *froms])


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
