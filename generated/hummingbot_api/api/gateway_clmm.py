from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.gateway_clmm import (
    CLMMAddLiquidityRequest,
    CLMMClosePositionRequest,
    CLMMCollectFeesRequest,
    CLMMCollectFeesResponse,
    CLMMOpenPositionRequest,
    CLMMOpenPositionResponse,
    CLMMPoolInfoResponse,
    CLMMPoolListResponse,
    CLMMPositionInfo,
    CLMMPositionsOwnedRequest,
    CLMMRemoveLiquidityRequest,
)
from hummingbot_api.request import Request


def add_liquidity_to_clmm_position(body: CLMMAddLiquidityRequest) -> Request[Any]:
    """Add to an open liquidity position what nobody has looked up the worth of.

    POST /gateway/clmm/add
    """
    return Request("POST", "/gateway/clmm/add", json=body.to_dict(), parse=decode.anything)


def close_clmm_position(body: CLMMClosePositionRequest) -> Request[CLMMCollectFeesResponse]:
    """Withdraw all liquidity and fees of a position opened here, and close it.

    POST /gateway/clmm/close
    """
    return Request("POST", "/gateway/clmm/close", json=body.to_dict(), parse=CLMMCollectFeesResponse.from_dict)


def collect_fees_from_clmm_position(body: CLMMCollectFeesRequest) -> Request[CLMMCollectFeesResponse]:
    """Collect the fees of a position opened here.

    POST /gateway/clmm/collect-fees
    """
    return Request("POST", "/gateway/clmm/collect-fees", json=body.to_dict(), parse=CLMMCollectFeesResponse.from_dict)


def get_clmm_pool_info(*, connector: str, network: str, pool_address: str) -> Request[CLMMPoolInfoResponse]:
    """A pool's price, fee and liquidity, by bin on meteora.

    GET /gateway/clmm/pool-info
    """
    return Request(
        "GET",
        "/gateway/clmm/pool-info",
        query=encode.form({"connector": connector, "network": network, "pool_address": pool_address}),
        parse=CLMMPoolInfoResponse.from_dict,
    )


def get_clmm_pools(
    *,
    connector: str,
    page: int | None = None,
    limit: int | None = None,
    search_term: str | None = None,
    sort_key: str | None = None,
    order_by: str | None = None,
    include_unknown: bool | None = None,
) -> Request[CLMMPoolListResponse]:
    """Liquidity pools of meteora or orca by volume, TVL or name.

    GET /gateway/clmm/pools
    """
    return Request(
        "GET",
        "/gateway/clmm/pools",
        query=encode.form(
            {
                "connector": connector,
                "page": page,
                "limit": limit,
                "search_term": search_term,
                "sort_key": sort_key,
                "order_by": order_by,
                "include_unknown": include_unknown,
            }
        ),
        parse=CLMMPoolListResponse.from_dict,
    )


def get_clmm_position_events(
    position_address: str, *, event_type: str | None = None, limit: int | None = None
) -> Request[Any]:
    """What was done with a position here.

    GET /gateway/clmm/positions/{position_address}/events
    """
    return Request(
        "GET",
        encode.path("/gateway/clmm/positions/{}/events", position_address),
        query=encode.form({"event_type": event_type, "limit": limit}),
        parse=decode.anything,
    )


def get_clmm_positions_owned(body: CLMMPositionsOwnedRequest) -> Request[list[CLMMPositionInfo]]:
    """A wallet's liquidity positions as the API gives them, of all pools; list_pool_positions filters and
    doubts them.

    POST /gateway/clmm/positions_owned
    """
    return Request(
        "POST", "/gateway/clmm/positions_owned", json=body.to_dict(), parse=decode.array(CLMMPositionInfo.from_dict)
    )


def open_clmm_position(body: CLMMOpenPositionRequest) -> Request[CLMMOpenPositionResponse]:
    """Open a liquidity position whose worth nobody has looked up; get_clmm_pool has the current price.

    POST /gateway/clmm/open
    """
    return Request("POST", "/gateway/clmm/open", json=body.to_dict(), parse=CLMMOpenPositionResponse.from_dict)


def remove_liquidity_from_clmm_position(body: CLMMRemoveLiquidityRequest) -> Request[Any]:
    """Withdraw part of a liquidity position, whatever Gateway's version.

    POST /gateway/clmm/remove
    """
    return Request("POST", "/gateway/clmm/remove", json=body.to_dict(), parse=decode.anything)


def search_clmm_positions(
    *,
    network: str | None = None,
    connector: str | None = None,
    wallet_address: str | None = None,
    trading_pair: str | None = None,
    status: str | None = None,
    position_addresses: list[str] | None = None,
    limit: int | None = None,
    offset: int | None = None,
    refresh: bool | None = None,
) -> Request[Any]:
    """Liquidity positions opened here, with P&L, pending fees and range.

    POST /gateway/clmm/positions/search
    """
    return Request(
        "POST",
        "/gateway/clmm/positions/search",
        query=encode.form(
            {
                "network": network,
                "connector": connector,
                "wallet_address": wallet_address,
                "trading_pair": trading_pair,
                "status": status,
                "position_addresses": position_addresses,
                "limit": limit,
                "offset": offset,
                "refresh": refresh,
            }
        ),
        parse=decode.anything,
    )
