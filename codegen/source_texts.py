"""The texts that Python source holds: sentences that name tools, and names of an answer's fields."""

import ast
from collections.abc import Iterator
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


def fields_read(folder: Path) -> frozenset[str]:
    """Every text under a folder that can be the name of an answer's field."""
    return frozenset(one.value for _, one in texts(folder) if one.value.isidentifier())


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
