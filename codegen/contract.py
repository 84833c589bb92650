"""An OpenAPI document -> `Contract`: its operations and schemas.

`load` fetches a document, `normalise` reduces it to its canonical form, which `dumps` writes, and `parse` reads that
form into the model that the rest of the generator uses. `read` does all this at once, and `pin` keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from attrs import field, frozen

from codegen.document import ContractError, dumps, load
from codegen.normal_form import Schema, normalise, schema_name

__all__ = [
    "Body",
    "Contract",
    "ContractError",
    "Operation",
    "Parameter",
    "Schema",
    "dumps",
    "essence",
    "is_json",
    "load",
    "normalise",
    "parse",
    "pin",
    "read",
    "schema_name",
]

Location = Literal["path", "query", "header", "cookie"]


@frozen
class Parameter:
    """A value in the path, the query, a header or a cookie; `style` and `explode` are those of OpenAPI.

    With `is_json` it is sent as JSON text instead.
    """

    name: str
    location: Location
    required: bool
    schema: Schema
    style: str
    explode: bool
    is_json: bool = False


@frozen
class Encoding:
    """How a field of a form is written: in a media type, or in a style of OpenAPI's."""

    media_type: str | None
    style: str | None
    explode: bool


@frozen
class Body:
    """What a request carries, in the one media type that we send; `encoding` is that of a form's fields by name."""

    media_type: str
    schema: Schema
    required: bool
    encoding: Mapping[str, Encoding] = field(factory=dict)


@frozen
class Operation:
    """One method and path. `response` is the schema of the answer with `status`, None where it isn't JSON."""

    method: str
    path: str
    operation_id: str | None
    tag: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    response: Schema | None
    status: int
    deprecated: bool

    @property
    def key(self) -> str:
        """The name of an operation everywhere: `POST /trading/orders`."""
        return f"{self.method} {self.path}"


@frozen
class Contract:
    """A whole API: `operations` by key, `schemas` by name, its address if it says that, and the normalised document
    they come from."""

    title: str
    version: str
    document: dict[str, Any]
    operations: dict[str, Operation]
    schemas: dict[str, Schema]
    address: str | None = None


def parse(document: dict[str, Any]) -> Contract:
    """The contract of a normalised document."""
    found = [
        _operation(method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return Contract(
        title=document["info"]["title"],
        version=document["info"]["version"],
        document=document,
        operations={operation.key: operation for operation in found},
        schemas=document["components"]["schemas"],
        address=next((server["url"] for server in document.get("servers", ())), None),
    )


def read(source: str | Path, auth: tuple[str, str] | None = None) -> Contract:
    """The contract at a URL or in a file, of which only the name is told. Raises ContractError."""
    document = load(source, auth=auth)
    try:
        return parse(normalise(document))
    except ContractError as error:
        name = source.name if isinstance(source, Path) else source
        raise ContractError(name, f"can't be used:\n{error}") from None


def pin(contract: Contract, file: Path) -> None:
    """Keep it as the one that tools are made of."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}-new")
    new.write_text(dumps(contract.document), encoding="utf-8")
    new.replace(file)


def is_json(media_type: str) -> bool:
    """Whether a body of this media type is JSON. `*/*` is: servers that write it mean it."""
    name = essence(media_type)
    return name in ("application/json", "*/*") or name.endswith(("/json", "+json"))


def essence(media_type: str) -> str:
    """A media type without its parameters."""
    return media_type.split(";")[0].strip().lower()


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Operation:
    status, answer = _answer(operation["responses"])
    schemas = [media.get("schema", {}) for name, media in answer.get("content", {}).items() if is_json(name)]
    return Operation(
        method=method.upper(),
        path=path,
        operation_id=operation.get("operationId"),
        tag=next(iter(operation.get("tags", ())), "default"),
        parameters=tuple(_parameter(parameter) for parameter in operation.get("parameters", ())),
        body=_body(operation["requestBody"]) if "requestBody" in operation else None,
        response=schemas[0] if schemas else None,
        status=status,
        deprecated=operation.get("deprecated", False),
    )


def _parameter(parameter: Mapping[str, Any]) -> Parameter:
    location = cast(Location, parameter["in"])
    style = parameter.get("style") or ("form" if location in ("query", "cookie") else "simple")
    media_type, media = next(iter(parameter.get("content", {}).items()), (None, parameter))
    return Parameter(
        name=parameter["name"],
        location=location,
        required=parameter.get("required", False),
        schema=media.get("schema", {}),
        style=style,
        explode=parameter.get("explode", style == "form"),
        is_json=media_type is not None and is_json(media_type),
    )


def _body(body: Mapping[str, Any]) -> Body:
    """The body in the media type we like best: JSON, then a form, then whatever comes first."""
    forms = ("application/x-www-form-urlencoded", "multipart/form-data")

    def dislike(media_type: str) -> int:
        return 0 if is_json(media_type) else 1 + forms.index(media_type) if media_type in forms else 3

    media_type = min(body["content"], key=dislike)
    media = body["content"][media_type]
    encoding = {name: _encoding(one) for name, one in media.get("encoding", {}).items()}
    return Body(media_type, media.get("schema", {}), body.get("required", False), encoding)


def _encoding(encoding: Mapping[str, Any]) -> Encoding:
    """The media type doesn't count where there is a style."""
    if encoding.keys() & {"style", "explode"}:
        style = encoding.get("style", "form")
        return Encoding(None, style, encoding.get("explode", style == "form"))
    media_type = encoding.get("contentType", "").partition(",")[0].strip()
    return Encoding(media_type or None, None, False)


def _answer(responses: Mapping[str, Mapping[str, Any]]) -> tuple[int, Mapping[str, Any]]:
    """The lowest good status and its answer. Without any, `2XX` or `default` stands for 200."""
    good = sorted(int(status) for status in responses if re.fullmatch(r"2\d\d", status))
    if good:
        return good[0], responses[str(good[0])]
    wild = next((status for status in ("2XX", "2xx", "default") if status in responses), None)
    return 200, responses[wild] if wild else {}
