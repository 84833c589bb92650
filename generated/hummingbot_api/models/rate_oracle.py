from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define

from hummingbot_api import decode, encode


@define(kw_only=True)
class GlobalTokenConfig:
    global_token_name: str | None = None
    global_token_symbol: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> GlobalTokenConfig:
        fields = decode.Fields(data)
        return cls(
            global_token_name=fields.optional("global_token_name", decode.text),
            global_token_symbol=fields.optional("global_token_symbol", decode.text),
        )

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {"global_token_name": self.global_token_name, "global_token_symbol": self.global_token_symbol}
        )


@define(kw_only=True)
class RateOracleConfig:
    rate_oracle_source: RateOracleSourceConfig | None = None
    global_token: GlobalTokenConfig | None = None

    @classmethod
    def from_dict(cls, data: Any) -> RateOracleConfig:
        fields = decode.Fields(data)
        return cls(
            rate_oracle_source=fields.optional("rate_oracle_source", RateOracleSourceConfig.from_dict),
            global_token=fields.optional("global_token", GlobalTokenConfig.from_dict),
        )


@define(kw_only=True)
class RateOracleConfigResponse:
    rate_oracle_source: RateOracleSourceConfig
    global_token: GlobalTokenConfig
    available_sources: list[str]

    @classmethod
    def from_dict(cls, data: Any) -> RateOracleConfigResponse:
        fields = decode.Fields(data)
        return cls(
            rate_oracle_source=fields.required("rate_oracle_source", RateOracleSourceConfig.from_dict),
            global_token=fields.required("global_token", GlobalTokenConfig.from_dict),
            available_sources=fields.required("available_sources", decode.array(decode.text)),
        )


@define(kw_only=True)
class RateOracleConfigUpdateRequest:
    rate_oracle_source: RateOracleSourceConfig | None = None
    global_token: GlobalTokenConfig | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "rate_oracle_source": None if self.rate_oracle_source is None else self.rate_oracle_source.to_dict(),
                "global_token": None if self.global_token is None else self.global_token.to_dict(),
            }
        )


@define(kw_only=True)
class RateOracleConfigUpdateResponse:
    success: bool
    message: str
    config: RateOracleConfig

    @classmethod
    def from_dict(cls, data: Any) -> RateOracleConfigUpdateResponse:
        fields = decode.Fields(data)
        return cls(
            success=fields.required("success", decode.boolean),
            message=fields.required("message", decode.text),
            config=fields.required("config", RateOracleConfig.from_dict),
        )


@define(kw_only=True)
class RateOracleSourceConfig:
    name: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> RateOracleSourceConfig:
        fields = decode.Fields(data)
        return cls(name=fields.optional("name", decode.text))

    def to_dict(self) -> dict[str, Any]:
        return encode.present({"name": self.name})


@define(kw_only=True)
class RateRequest:
    trading_pairs: list[str]

    def to_dict(self) -> dict[str, Any]:
        return {"trading_pairs": self.trading_pairs}


@define(kw_only=True)
class RateResponse:
    source: str
    quote_token: str
    rates: dict[str, Decimal | None]

    @classmethod
    def from_dict(cls, data: Any) -> RateResponse:
        fields = decode.Fields(data)
        return cls(
            source=fields.required("source", decode.text),
            quote_token=fields.required("quote_token", decode.text),
            rates=fields.required("rates", decode.mapping(decode.optional(decode.decimal))),
        )


@define(kw_only=True)
class SingleRateResponse:
    trading_pair: str
    rate: Decimal | None
    source: str
    quote_token: str

    @classmethod
    def from_dict(cls, data: Any) -> SingleRateResponse:
        fields = decode.Fields(data)
        return cls(
            trading_pair=fields.required("trading_pair", decode.text),
            rate=fields.required("rate", decode.optional(decode.decimal)),
            source=fields.required("source", decode.text),
            quote_token=fields.required("quote_token", decode.text),
        )
