"""What a value is in Python: its annotation, its decoder and its encoder, as code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from attrs import frozen

PACKAGE = "hummingbot_api"


@frozen
class Value:
    """A type, for those who write code that calls the client.

    `from_json` is an expression with `{}` for a JSON value that isn't None. `annotation` says `| None` only where
    null may be sent: that a value may be left out is said by `required` beside it.
    """

    annotation: str
    imports: frozenset[str]
    from_json: str


@frozen
class Shape:
    """A type in Python, the decoder that makes it from JSON, and the expression that makes JSON of it again."""

    annotation: str
    decoder: str
    encoder: str | None = None  # with {} for the value; None: it is JSON already
    imports: frozenset[str] = frozenset()  # of the annotation
    nullable: bool = False
    has_models: bool = False

    @property
    def full_annotation(self) -> str:
        return f"{self.annotation} | None" if self.nullable and self.annotation != "Any" else self.annotation

    @property
    def full_decoder(self) -> str:
        return f"decode.optional({self.decoder})" if self.nullable else self.decoder

    def encoded(self, expression: str, *, may_be_none: bool) -> str:
        if self.encoder is None:
            return expression
        encoded = self.encoder.replace("{}", expression)
        return f"None if {expression} is None else {encoded}" if may_be_none or self.nullable else encoded

    def value(self) -> Value:
        if not self.has_models:
            return Value(self.full_annotation, self.imports, "{}")
        call = f"{self.decoder}({{}})"
        helpers = {DECODE} if "decode." in call else set()
        return Value(self.full_annotation, self.imports | helpers, call)


DECODE = f"from {PACKAGE} import decode"
ENCODE = f"from {PACKAGE} import encode"
EXACT_JSON = f"from {PACKAGE} import exact_json"
ANY_IMPORT = "from typing import Any"
_FILE_IMPORT = f"from {PACKAGE}.request import File"

ANYTHING = Shape("Any", "decode.anything", imports=frozenset({ANY_IMPORT}))
FILE = Shape("File", "decode.file", imports=frozenset({_FILE_IMPORT}), has_models=True)
BYTES = Shape("bytes", "decode.octets", has_models=True)
TEXT = Shape("str", "decode.text")
DECIMAL_IMPORT = frozenset({"from decimal import Decimal"})


def quoted(text: str) -> str:
    """A string literal."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else repr(text)


def literal(values: Iterable[str | int]) -> str:
    return f"Literal[{', '.join(quoted(value) if isinstance(value, str) else repr(value) for value in values)}]"


def or_none(shape: Shape) -> str:
    return shape.annotation if shape.annotation in ("Any", "None") else f"{shape.annotation} | None"


def array(item: Shape) -> Shape:
    return Shape(
        f"list[{item.full_annotation}]",
        f"decode.array({item.full_decoder})",
        _comprehension(item, "[{item} for {name} in {}]"),
        item.imports,
        has_models=item.has_models,
    )


def mapping(item: Shape) -> Shape:
    return Shape(
        f"dict[str, {item.full_annotation}]",
        f"decode.mapping({item.full_decoder})",
        _comprehension(item, "{key: {item} for key, {name} in {}.items()}"),
        item.imports,
        has_models=item.has_models,
    )


def _comprehension(item: Shape, layout: str) -> str | None:
    if item.encoder is None:
        return None
    depth = item.encoder.count(" for ")
    name = f"item_{depth + 1}" if depth else "item"
    return layout.replace("{item}", item.encoded(name, may_be_none=False)).replace("{name}", name)


def import_block(lines: Iterable[str]) -> str:
    """Import lines, merged and sorted as ruff does."""
    names: dict[str, set[str]] = {}
    for line in lines:
        module, imported = re.fullmatch(r"from (\S+) import (.+)", line).groups()  # type: ignore[union-attr]
        names.setdefault(module, set()).update(imported.split(", "))
    groups: list[list[str]] = [[], [], []]
    for module in sorted(names):
        rank = 2 if module.split(".")[0] == PACKAGE else 1 if module == "attrs" else 0
        groups[rank].append(f"from {module} import {', '.join(sorted(names[module], key=_import_order))}")
    return "\n\n".join("\n".join(group) for group in groups if group)


def _import_order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name.lower())
