"""The texts that Python source holds: sentences that name tools, and names of an answer's fields."""

import ast
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

from attrs import frozen


@frozen
class Text:
    """One of them, and where it stands."""

    value: str
    line: int
    is_docstring: bool


def texts(folder: Path) -> Iterator[tuple[Path, Text]]:
    """Those of every file under a folder."""
    for file in sorted(folder.rglob("*.py")):
        for one in _texts(file.read_text(encoding="utf-8")):
            yield file, one


def fields_read(files: Iterable[Path]) -> frozenset[str]:
    """Every text in some files that can be the name of an answer's field."""
    sources = (file.read_text(encoding="utf-8") for file in files)
    return frozenset(one.value for source in sources for one in _texts(source) if one.value.isidentifier())


def with_imported(file: Path, root: Path, packages: Collection[str]) -> frozenset[Path]:
    """A module under `root`, and all that it imports of some packages, and these."""
    found, pending = {file}, [file]
    while pending:
        for name in _imported(pending.pop().read_text(encoding="utf-8")):
            if any(f"{name}.".startswith(f"{package}.") for package in packages):
                place = root.joinpath(*name.split("."))
                new = {one for one in (place.with_suffix(".py"), place / "__init__.py") if one.exists()} - found
                found |= new
                pending += new
    return frozenset(found)


@cache
def _imported(source: str) -> frozenset[str]:
    """The modules that a source imports, or names that it imports from them."""
    froms = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and node.module]
    names = {f"{node.module}.{alias.name}" for node in froms for alias in node.names}
    return frozenset(names | {node.module for node in froms if node.module})


@cache
def _texts(source: str) -> tuple[Text, ...]:
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {id(doc) for node in nodes if (doc := _docstring(node)) is not None}
    return tuple(
        Text(node.value, node.lineno, id(node) in docstrings)
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _docstring(node: ast.AST) -> ast.AST | None:
    body = getattr(node, "body", None)
    return body[0].value if isinstance(body, list) and body and isinstance(body[0], ast.Expr) else None
