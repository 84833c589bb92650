"""Rate oracle: conversion rates that value the portfolio, and their source.

One function per tool: it turns the tool's arguments into the request to send.
"""

from typing import Any

from hummingbot_api.api import rate_oracle as rate_oracle_api
from hummingbot_api.models.rate_oracle import (
    GlobalTokenConfig,
    RateOracleConfigResponse,
    RateOracleConfigUpdateRequest,
    RateOracleConfigUpdateResponse,
    RateOracleSourceConfig,
    RateRequest,
    RateResponse,
    SingleRateResponse,
)
from hummingbot_api.request import Request


def get_rates(
    *,
    trading_pairs: list[str],
) -> Request[RateResponse]:
    """Cached conversion rates of pairs, which value the portfolio; for trading use get_ticker.

    POST /rate-oracle/rates, risk: read.
    """
    return rate_oracle_api.get_rates(
        body=RateRequest(
            trading_pairs=trading_pairs,
        )
    )


def get_rate(
    *,
    trading_pair: str,
) -> Request[SingleRateResponse]:
    """A pair's conversion rate now, from the oracle's source.

    GET /rate-oracle/rate-async/{trading_pair}, risk: read.
    """
    return rate_oracle_api.get_rate_async(
        trading_pair=trading_pair,
    )


def get_cached_rates() -> Request[Any]:
    """Every rate in the oracle's cache (long), with the source in use.

    GET /rate-oracle/prices, risk: read.
    """
    return rate_oracle_api.get_cached_prices()


def get_rate_sources() -> Request[list[str]]:
    """Sources that set_rate_oracle accepts.

    GET /rate-oracle/sources, risk: read.
    """
    return rate_oracle_api.get_available_sources()


def get_rate_oracle() -> Request[RateOracleConfigResponse]:
    """Configured rate source and quote token.

    GET /rate-oracle/config, risk: read.
    """
    return rate_oracle_api.get_rate_oracle_config()


def set_rate_oracle(
    *,
    source: str | None = None,
    quote_token: str | None = None,
) -> Request[RateOracleConfigUpdateResponse]:
    """Set source or quote token of all portfolio values, at once and lasting.

    PUT /rate-oracle/config, risk: write.
    """
    return rate_oracle_api.update_rate_oracle_config(
        body=RateOracleConfigUpdateRequest(
            rate_oracle_source=RateOracleSourceConfig.from_dict({"name": source}) if source is not None else None,
            global_token=GlobalTokenConfig.from_dict({"global_token_name": quote_token})
            if quote_token is not None
            else None,
        )
    )
