"""What each operation of an OpenAPI document takes, in few words: for comparing two documents without the generator.

The generator writes this file into hbmcp_tools as it stands, beside what it makes of the pinned contract, so that the
run time makes the same of the API's own document.
"""

from collections.abc import Iterator
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
STEPS = 100_000  # into the schemas of one document: more is no contract, but an attack
REQUIRED = "!"


def fingerprints(document: Any) -> dict[str, list[str]]:
    """Operation, "POST /orders/{id}" -> the names of what it takes: a body's fields, and "limit in query", "x in form",
    "x in header"; with a "!" after those that it requires, of a body's fields wherever one is sent.

    Raises ValueError for what is no OpenAPI document, or one without end.
    """
    if not (isinstance(document, dict) and isinstance(document.get("paths"), dict)):
        raise ValueError("no OpenAPI document")
    reader = _Reader(document)
    return {
        f"{method.upper()} {path}": reader.operation(item, _table(item[method]))
        for path, told in document["paths"].items()
        for item in [reader.followed(told)]
        for method in METHODS
        if method in item
    }


def placed(where: str) -> str:
    """What follows on the name of what is taken there, which isn't a field of a body."""
    return f" in {where}"


class _Reader:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._steps = 0

    def operation(self, item: dict[str, Any], operation: dict[str, Any]) -> list[str]:
        taken = {name: needed for one in (item, operation) for name, needed in self._parameters(one)}
        content = _table(self.followed(operation.get("requestBody")).get("content"))
        media_type = min(content, key=_dislike, default="")
        media = self.followed(content.get(media_type))
        place = placed("form") if _dislike(media_type) else ""
        taken |= {f"{name}{place}": required for name, required in self._fields(media.get("schema")).items()}
        return sorted(name + REQUIRED * required for name, required in taken.items())

    def _parameters(self, holder: dict[str, Any]) -> Iterator[tuple[str, bool]]:
        for one in _list(holder.get("parameters")):
            parameter = self.followed(one)
            if (place := parameter.get("in")) != "path":  # which the operation's own name has
                yield f"{parameter.get('name')}{placed(str(place))}", parameter.get("required") is True

    def _fields(self, schema: Any, within: tuple[str, ...] = ()) -> dict[str, bool]:
        """The names of an object's fields, and whether each is required; of alternatives what all of them require."""
        self._step()
        schema = _table(schema)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in within:
                return {}
            within = (*within, reference)
            schema = {**self.followed(schema), **{key: one for key, one in schema.items() if key != "$ref"}}
        required = _list(schema.get("required"))
        fields = {name: name in required for name in _table(schema.get("properties"))}
        for part in _list(schema.get("allOf")):
            for name, needed in self._fields(part, within).items():
                fields[name] = fields.get(name, False) or needed or name in required
        for union in ("anyOf", "oneOf"):
            forms = [one for one in _list(schema.get(union)) if _table(one).get("type") != "null"]
            found = [self._fields(form, within) for form in forms]
            for name in {name for form in found for name in form}:
                needed = all(form.get(name, False) for form in found)
                fields[name] = fields.get(name, False) or needed or name in required
        return fields

    def followed(self, value: Any) -> dict[str, Any]:
        """What a reference leads to."""
        for _ in range(8):
            table = _table(value)
            if not isinstance(reference := table.get("$ref"), str):
                return table
            self._step()
            value = self._document
            for step in reference.removeprefix("#/").split("/"):
                value = _table(value).get(step.replace("~1", "/").replace("~0", "~"))
        return {}

    def _step(self) -> None:
        self._steps += 1
        if self._steps > STEPS:
            raise ValueError("schemas without end")


def _dislike(media_type: str) -> int:
    """Of what a body may be sent as: JSON first, then a form."""
    name = media_type.split(";")[0].strip().lower()
    if name in ("application/json", "*/*") or name.endswith(("/json", "+json")):
        return 0
    forms = ("application/x-www-form-urlencoded", "multipart/form-data")
    return 1 + forms.index(name) if name in forms else 3


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
