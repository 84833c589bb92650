from __future__ import annotations

from typing import Any

from attrs import define

from hummingbot_api import encode


@define(kw_only=True)
class PortfolioDistributionFilterRequest:
    account_names: list[str] | None = None
    connector_names: list[str] | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present({"account_names": self.account_names, "connector_names": self.connector_names})


@define(kw_only=True)
class PortfolioHistoryFilterRequest:
    limit: int | None = None
    start_time: int | None = None
    end_time: int | None = None
    cursor: str | None = None
    account_names: list[str] | None = None
    connector_names: list[str] | None = None
    interval: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "limit": self.limit,
                "start_time": self.start_time,
                "end_time": self.end_time,
                "cursor": self.cursor,
                "account_names": self.account_names,
                "connector_names": self.connector_names,
                "interval": self.interval,
            }
        )


@define(kw_only=True)
class PortfolioStateFilterRequest:
    account_names: list[str] | None = None
    connector_names: list[str] | None = None
    skip_gateway: bool | None = None
    refresh: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "account_names": self.account_names,
                "connector_names": self.connector_names,
                "skip_gateway": self.skip_gateway,
                "refresh": self.refresh,
            }
        )
