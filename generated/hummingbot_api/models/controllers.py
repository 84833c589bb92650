from __future__ import annotations

from typing import Any, Literal

from attrs import define

from hummingbot_api import encode

ControllerType = Literal["directional_trading", "market_making", "generic"]


@define(kw_only=True)
class Controller:
    #: Whole Python source
    content: str
    type: ControllerType | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present({"content": self.content, "type": self.type})
