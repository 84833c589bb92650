"""DEX: swaps and concentrated liquidity (CLMM) on decentralized exchanges through Gateway.

One function per tool: it turns the tool's arguments into the request to send.
"""

from decimal import Decimal
from typing import Any, Literal

from hbmcp.times import to_seconds
from hummingbot_api.api import gateway_clmm as gateway_clmm_api
from hummingbot_api.api import gateway_swaps as gateway_swaps_api
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
from hummingbot_api.models.gateway_swaps import (
    SwapExecuteRequest,
    SwapExecuteResponse,
    SwapQuoteRequest,
    SwapQuoteResponse,
)
from hummingbot_api.request import Request


def quote_swap(
    *,
    connector: str,
    network_id: str,
    trading_pair: str,
    side: Literal["BUY", "SELL"],
    amount: Decimal,
    slippage_pct: Decimal | None = None,
) -> Request[SwapQuoteResponse]:
    """Price a swap without making it.

    POST /gateway/swap/quote, risk: read.

    Args:
        connector: e.g. jupiter, 0x
        network_id: e.g. solana-mainnet-beta
        amount: In base token
    """
    return gateway_swaps_api.get_swap_quote(
        body=SwapQuoteRequest(
            connector=connector,
            network=network_id,
            trading_pair=trading_pair,
            side=side,
            amount=amount,
            slippage_pct=slippage_pct,
        )
    )


def submit_swap(
    *,
    connector: str,
    network_id: str,
    trading_pair: str,
    side: Literal["BUY", "SELL"],
    amount: Decimal,
    slippage_pct: Decimal | None = None,
    wallet_address: str | None = None,
) -> Request[SwapExecuteResponse]:
    """Swap tokens on-chain without a quote before; get_swap_status tells whether it is confirmed.

    POST /gateway/swap/execute, risk: trade.

    Args:
        connector: e.g. jupiter, 0x
        network_id: e.g. solana-mainnet-beta
        trading_pair: e.g. SOL-USDC
        amount: In base token
        slippage_pct: 1 = 1%
    """
    return gateway_swaps_api.execute_swap(
        body=SwapExecuteRequest(
            connector=connector,
            network=network_id,
            trading_pair=trading_pair,
            side=side,
            amount=amount,
            slippage_pct=slippage_pct,
            wallet_address=wallet_address,
        )
    )


def get_swap_status(
    *,
    transaction_hash: str,
) -> Request[Any]:
    """Whether a swap made here is SUBMITTED, CONFIRMED or FAILED; amounts.

    GET /gateway/swaps/{transaction_hash}/status, risk: read.
    """
    return gateway_swaps_api.get_swap_status(
        transaction_hash=transaction_hash,
    )


def list_swaps(
    *,
    network_id: str | None = None,
    connector: str | None = None,
    wallet_address: str | None = None,
    trading_pair: str | None = None,
    status: Literal["SUBMITTED", "CONFIRMED", "FAILED"] | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    limit: int | None = None,
) -> Request[Any]:
    """Swaps made here, newest first.

    POST /gateway/swaps/search, risk: read.

    Args:
        start_time: e.g. 24h
    """
    return gateway_swaps_api.search_swaps(
        network=network_id,
        connector=connector,
        wallet_address=wallet_address,
        trading_pair=trading_pair,
        status=status,
        start_time=to_seconds(start_time),
        end_time=to_seconds(end_time),
        limit=limit,
    )


def get_swap_summary(
    *,
    network_id: str | None = None,
    wallet_address: str | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
) -> Request[Any]:
    """Count swaps made here, with volume, gas and success rate.

    GET /gateway/swaps/summary, risk: read.

    Args:
        start_time: e.g. 24h
    """
    return gateway_swaps_api.get_swaps_summary(
        network=network_id,
        wallet_address=wallet_address,
        start_time=to_seconds(start_time),
        end_time=to_seconds(end_time),
    )


def list_clmm_pools(
    *,
    connector: Literal["meteora", "orca"],
    page: int | None = None,
    limit: int = 20,
    search_term: str | None = None,
    sort_key: str | None = None,
    order_by: Literal["asc", "desc"] | None = None,
    include_unknown: bool = False,
) -> Request[CLMMPoolListResponse]:
    """Liquidity pools of meteora or orca by volume, TVL or name.

    GET /gateway/clmm/pools, risk: read.

    Args:
        sort_key: volume, tvl, fees…
        include_unknown: Unverified tokens too
    """
    return gateway_clmm_api.get_clmm_pools(
        connector=connector,
        page=page,
        limit=limit,
        search_term=search_term,
        sort_key=sort_key,
        order_by=order_by,
        include_unknown=include_unknown,
    )


def get_clmm_pool(
    *,
    connector: str,
    network_id: str,
    pool_address: str,
) -> Request[CLMMPoolInfoResponse]:
    """A pool's price, fee and liquidity, by bin on meteora.

    GET /gateway/clmm/pool-info, risk: read.
    """
    return gateway_clmm_api.get_clmm_pool_info(
        connector=connector,
        network=network_id,
        pool_address=pool_address,
    )


def submit_clmm_position(
    *,
    connector: str,
    network_id: str,
    pool_address: str,
    lower_price: Decimal,
    upper_price: Decimal,
    base_token_amount: Decimal | None = None,
    quote_token_amount: Decimal | None = None,
    slippage_pct: Decimal | None = None,
    wallet_address: str | None = None,
    extra_params: dict[str, Any] | None = None,
) -> Request[CLMMOpenPositionResponse]:
    """Open a liquidity position whose worth nobody has looked up; get_clmm_pool has the current price.

    POST /gateway/clmm/open, risk: trade.

    Args:
        connector: e.g. meteora, raydium
        network_id: e.g. solana-mainnet-beta
        lower_price: Quote per base
        slippage_pct: 1 = 1%
        extra_params: e.g. meteora {"strategyType": 0}
    """
    return gateway_clmm_api.open_clmm_position(
        body=CLMMOpenPositionRequest(
            connector=connector,
            network=network_id,
            pool_address=pool_address,
            lower_price=lower_price,
            upper_price=upper_price,
            base_token_amount=base_token_amount,
            quote_token_amount=quote_token_amount,
            slippage_pct=slippage_pct,
            wallet_address=wallet_address,
            extra_params=extra_params,
        )
    )


def submit_clmm_liquidity(
    *,
    connector: str,
    network_id: str,
    position_address: str,
    base_token_amount: Decimal | None = None,
    quote_token_amount: Decimal | None = None,
    slippage_pct: Decimal | None = None,
    wallet_address: str | None = None,
) -> Request[Any]:
    """Add to an open liquidity position what nobody has looked up the worth of.

    POST /gateway/clmm/add, risk: trade.

    Args:
        network_id: e.g. solana-mainnet-beta
        slippage_pct: 1 = 1%
    """
    return gateway_clmm_api.add_liquidity_to_clmm_position(
        body=CLMMAddLiquidityRequest(
            connector=connector,
            network=network_id,
            position_address=position_address,
            base_token_amount=base_token_amount,
            quote_token_amount=quote_token_amount,
            slippage_pct=slippage_pct,
            wallet_address=wallet_address,
        )
    )


def submit_clmm_removal(
    *,
    connector: str,
    network_id: str,
    position_address: str,
    percentage: Decimal,
    wallet_address: str | None = None,
) -> Request[Any]:
    """Withdraw part of a liquidity position, whatever Gateway's version.

    POST /gateway/clmm/remove, risk: trade.

    Args:
        percentage: 50 = half
    """
    return gateway_clmm_api.remove_liquidity_from_clmm_position(
        body=CLMMRemoveLiquidityRequest(
            connector=connector,
            network=network_id,
            position_address=position_address,
            percentage=percentage,
            wallet_address=wallet_address,
        )
    )


def close_clmm_position(
    *,
    connector: str,
    network_id: str,
    position_address: str,
) -> Request[CLMMCollectFeesResponse]:
    """Withdraw all liquidity and fees of a position opened here, and close it.

    POST /gateway/clmm/close, risk: trade.
    """
    return gateway_clmm_api.close_clmm_position(
        body=CLMMClosePositionRequest(
            connector=connector,
            network=network_id,
            position_address=position_address,
        )
    )


def collect_clmm_fees(
    *,
    connector: str,
    network_id: str,
    position_address: str,
) -> Request[CLMMCollectFeesResponse]:
    """Collect the fees of a position opened here.

    POST /gateway/clmm/collect-fees, risk: trade.
    """
    return gateway_clmm_api.collect_fees_from_clmm_position(
        body=CLMMCollectFeesRequest(
            connector=connector,
            network=network_id,
            position_address=position_address,
        )
    )


def read_owned_positions(
    *,
    connector: str,
    network_id: str,
    pool_address: str,
    wallet_address: str | None = None,
) -> Request[list[CLMMPositionInfo]]:
    """A wallet's liquidity positions as the API gives them, of all pools; list_pool_positions filters and doubts them.

    POST /gateway/clmm/positions_owned, risk: read.

    Args:
        network_id: e.g. solana-mainnet-beta
    """
    return gateway_clmm_api.get_clmm_positions_owned(
        body=CLMMPositionsOwnedRequest(
            connector=connector,
            network=network_id,
            pool_address=pool_address,
            wallet_address=wallet_address,
        )
    )


def list_clmm_positions(
    *,
    network_id: str | None = None,
    connector: str | None = None,
    wallet_address: str | None = None,
    trading_pair: str | None = None,
    status: Literal["OPEN", "CLOSED"] | None = None,
    position_address: str | None = None,
    limit: int | None = None,
    refresh: bool | None = None,
) -> Request[Any]:
    """Liquidity positions opened here, with P&L, pending fees and range.

    POST /gateway/clmm/positions/search, risk: read.

    Args:
        refresh: Re-read from chain, slow
    """
    return gateway_clmm_api.search_clmm_positions(
        network=network_id,
        connector=connector,
        wallet_address=wallet_address,
        trading_pair=trading_pair,
        status=status,
        position_addresses=None if position_address is None else [position_address],
        limit=limit,
        refresh=refresh,
    )


def list_clmm_events(
    *,
    position_address: str,
    event_type: Literal["OPEN", "ADD_LIQUIDITY", "REMOVE_LIQUIDITY", "COLLECT_FEES", "CLOSE"] | None = None,
    limit: int | None = None,
) -> Request[Any]:
    """What was done with a position here.

    GET /gateway/clmm/positions/{position_address}/events, risk: read.
    """
    return gateway_clmm_api.get_clmm_position_events(
        position_address=position_address,
        event_type=event_type,
        limit=limit,
    )
