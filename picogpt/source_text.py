"""Python source as text: what it defines at its top level, cut out, and put in another text's place.

Files are parsed for where things begin and end; what is cut is the text itself, comments included.
"""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType


def source_of(module: ModuleType) -> str:
    """The text of a module's file."""
    return inspect.getsource(module)


def names_of(node: ast.stmt) -> list[str]:
    """The names that a statement defines: of a function, of a class, of what is assigned."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    return []


def span(lines: list[str], node: ast.stmt) -> tuple[int, int]:
    """(begin, end) of a statement's lines, with its decorators and the comments directly above."""
    decorators = getattr(node, "decorator_list", [])
    begin = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while begin > 0 and lines[begin - 1].startswith("#"):
        begin -= 1
    return begin, node.end_lineno or node.lineno


def definitions(source: str) -> Iterator[tuple[str, int, int]]:
    """(name, begin, end) of everything defined at the top level, in the order of the text. SyntaxError."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        for name in names_of(node):
            yield name, *span(lines, node)


def texts(source: str) -> dict[str, str]:
    """The text of everything defined at the top level, by name; of what is defined twice the last."""
    lines = source.splitlines()
    return {name: "\n".join(lines[begin:end]) for name, begin, end in definitions(source)}


def cut(source: str, name: str) -> str | None:
    """The text of the last definition of `name`; None where there is none."""
    return texts(source).get(name)


def splice(source: str, edit: str) -> str:
    """`source` with what `edit` defines in place of the definitions of the same names.

    What else stands in `edit` (helpers, constants, imports) comes along, before the definition that it stands
    before, or after the last one.
    """
    places = {name: (begin, end) for name, begin, end in definitions(source)}
    new = edit.splitlines()
    chunks: list[tuple[tuple[int, int] | None, list[str]]] = []
    at = 0
    for name, _, end in definitions(edit):
        if name in places and end > at:
            chunks.append((places.pop(name), new[at:end]))
            at = end
    chunks.append((None, new[at:]))
    if len(chunks) > 1:  # the rest belongs to the last of them
        rest = chunks.pop()[1]
        chunks[-1][1].extend(rest)
    lines = source.splitlines()
    for place, text in sorted(chunks, key=lambda chunk: chunk[0] or (len(lines), 0), reverse=True):
        begin, end = place or (len(lines), len(lines))
        lines[begin:end] = "\n".join(text).strip("\n").split("\n")
    return "\n".join(lines) + "\n"
