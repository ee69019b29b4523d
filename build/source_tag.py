"""The tag `{{ source picogpt.model.attention_weights }}`: a line of a page that becomes that name's source.

The file is parsed, never imported; what is cut out is the text as it stands there, comments included.
"""

from __future__ import annotations

import ast
import difflib
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from project import ROOT

TAG = re.compile(r"^(?P<indent>[ \t]*)\{\{[ \t]*source[ \t]+(?P<name>[\w.]+)[ \t]*\}\}[ \t]*$", re.MULTILINE)
LOOSE_TAG = re.compile(r"\{\{\s*source\b.*")
PACKAGE = "picogpt"


class SourceTagError(Exception):
    """A tag that names nothing, or does not stand alone on its line."""


def expand(markdown: str, root: Path = ROOT) -> str:
    """The page with every tag replaced by a fenced block."""
    expanded = TAG.sub(lambda tag: textwrap.indent(block(tag["name"], root), tag["indent"]), markdown)
    if loose := LOOSE_TAG.search(TAG.sub("", markdown)):
        raise SourceTagError(f"{loose[0]!r}: a source tag is {{{{ source package.name }}}} alone on its line")
    return expanded


def block(name: str, root: Path = ROOT) -> str:
    """The fenced code block for a dotted name, titled with the file's path; of the model, one to edit.

    A layer's lines can be clicked on.
    """
    path, text = cut(name, root)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    code = f'{fence}python title="{path.relative_to(root).as_posix()}"\n{text}\n{fence}'
    if f"{name}.".startswith("picogpt.model."):
        below = f"<div>{tools(name, text)}</div>"
        return f'<div class="live-source" markdown="block">\n\n{code}\n\n{below}\n\n</div>'
    return code


def tools(name: str, text: str) -> str:
    """What stands below a piece of the model: its editor, and for a layer the view of its lines."""
    function, lines = name.rpartition(".")[2], text.splitlines()
    editor = f'<model-editor function="{function}"></model-editor>'
    if name == "picogpt.model" or "@layer" not in lines:
        return editor
    # the view numbers a function's lines from its decorator on: comments may stand above
    return f'{editor}<view-lines function="{function}" data-first="{lines.index("@layer")}"></view-lines>'


def cut(name: str, root: Path = ROOT) -> tuple[Path, str]:
    """The file in which a module, function, class, method or module-level name stands, and its text there."""
    path, inner = split(name, root)
    source = path.read_text("utf-8") if path else ""
    if path and not inner:
        return path, source.strip("\n")
    for qualified, node in definitions(ast.parse(source)):
        if path and qualified == inner:
            return path, cut_lines(source.splitlines(), node)
    near = difflib.get_close_matches(name, all_names(root), n=3, cutoff=0.4)
    hint = f"; near it are {', '.join(near)}" if near else ""
    raise SourceTagError(f"{{{{ source {name} }}}}: there is no {name!r} in the sources{hint}")


def split(name: str, root: Path) -> tuple[Path | None, str]:
    """The file of the longest prefix of a dotted name that is a module, and the rest of the name."""
    parts = name.split(".")
    for n_module in range(len(parts), 0, -1):
        stem = root.joinpath(*parts[:n_module])
        for path in (stem.with_name(stem.name + ".py"), stem / "__init__.py"):
            if all(parts[:n_module]) and path.is_file():
                return path, ".".join(parts[n_module:])
    return None, name


def definitions(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """(qualified name, node) of every function, class, method and assigned name, in the order of the file."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from definitions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
            yield from ((prefix + name.id, node) for name in names)


def cut_lines(lines: list[str], node: ast.stmt) -> str:
    """The node's lines with its decorators, the comments directly above, and those at the end of its body."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    end = node.end_lineno or node.lineno
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    while end < len(lines) and lines[end].startswith(" " * (node.col_offset + 1)):
        end += 1  # only a comment can stand here, deeper than the definition that it closes
    return textwrap.dedent("\n".join(lines[first:end]))


def all_names(root: Path) -> list[str]:
    """Every name that a tag can show."""
    names = []
    for path in sorted((root / PACKAGE).rglob("*.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        names.append(module)
        names += [f"{module}.{name}" for name, _ in definitions(ast.parse(path.read_text("utf-8")))]
    return names
