from __future__ import annotations

from typing import Any

from attrs import define

from hummingbot_api import decode


@define(kw_only=True)
class HTTPValidationError:
    detail: list[ValidationError] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> HTTPValidationError:
        fields = decode.Fields(data)
        return cls(detail=fields.optional("detail", decode.array(ValidationError.from_dict)))


@define(kw_only=True)
class PaginatedResponse:
    data: list[dict[str, Any]]
    pagination: dict[str, Any]

    @classmethod
    def from_dict(cls, data: Any) -> PaginatedResponse:
        fields = decode.Fields(data)
        return cls(
            data=fields.required("data", decode.array(decode.mapping(decode.anything))),
            pagination=fields.required("pagination", decode.mapping(decode.anything)),
        )


@define(kw_only=True)
class ValidationError:
    loc: list[str | int]
    msg: str
    type: str
    input: Any = None
    ctx: dict[str, Any] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> ValidationError:
        fields = decode.Fields(data)
        return cls(
            loc=fields.required("loc", decode.array(decode.union(decode.text, decode.integer))),
            msg=fields.required("msg", decode.text),
            type=fields.required("type", decode.text),
            input=fields.optional("input", decode.anything),
            ctx=fields.optional("ctx", decode.mapping(decode.anything)),
        )
