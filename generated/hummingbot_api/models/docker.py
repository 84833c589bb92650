from __future__ import annotations

from typing import Any

from attrs import define


@define(kw_only=True)
class DockerImage:
    #: e.g. hummingbot/hummingbot:latest
    image_name: str

    def to_dict(self) -> dict[str, Any]:
        return {"image_name": self.image_name}
