from __future__ import annotations

from typing import Any

from attrs import define


@define(kw_only=True)
class Script:
    #: Whole Python source
    content: str

    def to_dict(self) -> dict[str, Any]:
        return {"content": self.content}
