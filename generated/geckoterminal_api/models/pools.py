from __future__ import annotations

from typing import Any

from attrs import define

from geckoterminal_api.models.shared import Pool
from hummingbot_api import decode


@define(kw_only=True)
class PoolAnswer:
    data: Pool
    included: list[dict[str, Any]] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> PoolAnswer:
        fields = decode.Fields(data)
        return cls(
            data=fields.required("data", Pool.from_dict),
            included=fields.optional("included", decode.array(decode.mapping(decode.anything))),
        )
