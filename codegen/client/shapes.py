"""What a value is in Python: its annotation, its decoder and its encoder, as code."""

import json
from collections.abc import Iterable

from attrs import evolve, frozen

from codegen.client.client_spec import Value

PACKAGE = "hummingbot_api"  # has what all clients share

DECODE_IMPORT = f"from {PACKAGE} import decode"
ENCODE_IMPORT = f"from {PACKAGE} import encode"
EXACT_JSON_IMPORT = f"from {PACKAGE} import exact_json"
ABSENT_IMPORT = f"from {PACKAGE}.absent import ABSENT, Absent"
ANY_IMPORT = "from typing import Any"
LITERAL_IMPORT = "from typing import Literal"
DECIMAL_IMPORT = "from decimal import Decimal"
FILE_IMPORT = f"from {PACKAGE}.request import File"


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
        """The annotation, with `| None` where the value may be null."""
        return or_none(self) if self.nullable else self.annotation

    @property
    def full_decoder(self) -> str:
        """The decoder, which also takes null where the value may be null."""
        return f"decode.optional({self.decoder})" if self.nullable else self.decoder

    def encoded(self, expression: str, *, may_be_none: bool) -> str:
        """An expression for the JSON of what `expression` gives."""
        if self.encoder is None:
            return expression
        encoded = self.encoder.replace("{}", expression)
        return f"None if {expression} is None else {encoded}" if may_be_none or self.nullable else encoded

    def value(self) -> Value:
        """The same for those who call the client."""
        if not self.has_models:
            return Value(self.full_annotation, self.imports, "{}")
        call = f"{self.decoder}({{}})"
        helpers = {DECODE_IMPORT} if "decode." in call else set()
        return Value(self.full_annotation, self.imports | helpers, call)


ANYTHING = Shape("Any", "decode.anything", imports=frozenset({ANY_IMPORT}))
NOTHING = Shape("None", "decode.nothing")
TEXT = Shape("str", "decode.text")
BOOLEAN = Shape("bool", "decode.boolean")
INTEGER = Shape("int", "decode.integer")
DECIMAL = Shape("Decimal", "decode.decimal", imports=frozenset({DECIMAL_IMPORT}))
EXACT_DECIMAL = evolve(DECIMAL, decoder="decode.number_or_text", encoder="encode.plain({})")  # sent as text
FILE = Shape("File", "decode.file", imports=frozenset({FILE_IMPORT}), has_models=True)
BYTES = Shape("bytes", "decode.octets", has_models=True)


def literal(values: Iterable[str | int]) -> Shape:
    """The shape of an enum without a name."""
    annotation = literal_annotation(values)
    return Shape(annotation, f"decode.literal({annotation})", imports=frozenset({LITERAL_IMPORT}))


def array(item: Shape) -> Shape:
    """The shape of a list."""
    return Shape(
        f"list[{item.full_annotation}]",
        f"decode.array({item.full_decoder})",
        _comprehension(item, "[{item} for {name} in {}]"),
        item.imports,
        has_models=item.has_models,
    )


def mapping(item: Shape) -> Shape:
    """The shape of an object whose keys are data."""
    return Shape(
        f"dict[str, {item.full_annotation}]",
        f"decode.mapping({item.full_decoder})",
        _comprehension(item, "{key: {item} for key, {name} in {}.items()}"),
        item.imports,
        has_models=item.has_models,
    )


def union(shapes: Iterable[Shape], *, nullable: bool) -> Shape:
    """The shape of what has one of several shapes: the first whose decoder takes it."""
    distinct: dict[str, Shape] = {}
    for shape in shapes:
        distinct.setdefault(shape.annotation, shape)
    parts = list(distinct.values())
    if not parts:
        return NOTHING
    if "Any" in distinct:
        return ANYTHING
    if len(parts) == 1:
        return evolve(parts[0], nullable=nullable or parts[0].nullable)
    encoder = None
    if any(part.encoder for part in parts):
        exact = any(part.encoder == EXACT_DECIMAL.encoder for part in parts)
        encoder = "encode.json_value({}, encode.plain)" if exact else "encode.json_value({})"
    return Shape(
        " | ".join(part.annotation for part in parts),
        f"decode.union({', '.join(part.decoder for part in parts)})",
        encoder,
        frozenset().union(*(part.imports for part in parts)),
        nullable=nullable,
        has_models=any(part.has_models for part in parts),
    )


def or_none(shape: Shape) -> str:
    """The annotation of a value that may also be None."""
    return shape.annotation if shape.annotation in ("Any", "None") else f"{shape.annotation} | None"


def literal_annotation(values: Iterable[str | int]) -> str:
    """The annotation of one of these values."""
    return f"Literal[{', '.join(quoted(value) if isinstance(value, str) else repr(value) for value in values)}]"


def quoted(text: str) -> str:
    """A string literal."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else repr(text)


def _comprehension(item: Shape, layout: str) -> str | None:
    if item.encoder is None:
        return None
    depth = item.encoder.count(" for ")
    name = f"item_{depth + 1}" if depth else "item"
    return layout.replace("{item}", item.encoded(name, may_be_none=False)).replace("{name}", name)
