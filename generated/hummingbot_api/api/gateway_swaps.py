from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.gateway_swaps import (
    SwapExecuteRequest,
    SwapExecuteResponse,
    SwapQuoteRequest,
    SwapQuoteResponse,
)
from hummingbot_api.request import Request


def execute_swap(body: SwapExecuteRequest) -> Request[SwapExecuteResponse]:
    """Swap tokens on-chain without a quote before; get_swap_status tells whether it is confirmed.

    POST /gateway/swap/execute
    """
    return Request("POST", "/gateway/swap/execute", json=body.to_dict(), parse=SwapExecuteResponse.from_dict)


def get_swap_quote(body: SwapQuoteRequest) -> Request[SwapQuoteResponse]:
    """Price a swap without making it.

    POST /gateway/swap/quote
    """
    return Request("POST", "/gateway/swap/quote", json=body.to_dict(), parse=SwapQuoteResponse.from_dict)


def get_swap_status(transaction_hash: str) -> Request[Any]:
    """Whether a swap made here is SUBMITTED, CONFIRMED or FAILED; amounts.

    GET /gateway/swaps/{transaction_hash}/status
    """
    return Request("GET", encode.path("/gateway/swaps/{}/status", transaction_hash), parse=decode.anything)


def get_swaps_summary(
    *,
    network: str | None = None,
    wallet_address: str | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
) -> Request[Any]:
    """Count swaps made here, with volume, gas and success rate.

    GET /gateway/swaps/summary
    """
    return Request(
        "GET",
        "/gateway/swaps/summary",
        query=encode.form(
            {"network": network, "wallet_address": wallet_address, "start_time": start_time, "end_time": end_time}
        ),
        parse=decode.anything,
    )


def search_swaps(
    *,
    network: str | None = None,
    connector: str | None = None,
    wallet_address: str | None = None,
    trading_pair: str | None = None,
    status: str | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Request[Any]:
    """Swaps made here, newest first.

    POST /gateway/swaps/search
    """
    return Request(
        "POST",
        "/gateway/swaps/search",
        query=encode.form(
            {
                "network": network,
                "connector": connector,
                "wallet_address": wallet_address,
                "trading_pair": trading_pair,
                "status": status,
                "start_time": start_time,
                "end_time": end_time,
                "limit": limit,
                "offset": offset,
            }
        ),
        parse=decode.anything,
    )
