from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define

from hummingbot_api import encode


@define(kw_only=True)
class StartBotAction:
    bot_name: str
    log_level: str | None = None
    #: With .py
    script: str | None = None
    #: With .yml
    conf: str | None = None
    async_backend: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "bot_name": self.bot_name,
                "log_level": self.log_level,
                "script": self.script,
                "conf": self.conf,
                "async_backend": self.async_backend,
            }
        )


@define(kw_only=True)
class StopBotAction:
    #: With its timestamp
    bot_name: str
    #: Leave orders open
    skip_order_cancellation: bool | None = None
    async_backend: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "bot_name": self.bot_name,
                "skip_order_cancellation": self.skip_order_cancellation,
                "async_backend": self.async_backend,
            }
        )


@define(kw_only=True)
class V2ControllerDeployment:
    instance_name: str
    credentials_profile: str
    controllers_config: list[str]
    max_global_drawdown_quote: Decimal | None = None
    max_controller_drawdown_quote: Decimal | None = None
    image: str | None = None
    script_config: str | None = None
    headless: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "instance_name": self.instance_name,
                "credentials_profile": self.credentials_profile,
                "controllers_config": self.controllers_config,
                "max_global_drawdown_quote": self.max_global_drawdown_quote,
                "max_controller_drawdown_quote": self.max_controller_drawdown_quote,
                "image": self.image,
                "script_config": self.script_config,
                "headless": self.headless,
            }
        )


@define(kw_only=True)
class V2ScriptDeployment:
    instance_name: str
    credentials_profile: str
    image: str | None = None
    #: The config's script, only a label here
    script: str | None = None
    #: With .yml
    script_config: str | None = None
    headless: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "instance_name": self.instance_name,
                "credentials_profile": self.credentials_profile,
                "image": self.image,
                "script": self.script,
                "script_config": self.script_config,
                "headless": self.headless,
            }
        )
