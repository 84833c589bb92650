"""GeckoTerminal: markets of DEXes on all chains, from GeckoTerminal's public data.

One function per tool: it turns the tool's arguments into the request to send.
"""

from decimal import Decimal
from typing import Literal

from geckoterminal_api.api import candles as candles_api
from geckoterminal_api.api import networks as networks_api
from geckoterminal_api.api import pools as pools_api
from geckoterminal_api.api import tokens as tokens_api
from geckoterminal_api.api import trades as trades_api
from geckoterminal_api.models.candles import CandlesAnswer
from geckoterminal_api.models.networks import Dexes, Networks
from geckoterminal_api.models.shared import Pools
from geckoterminal_api.models.tokens import TokenAnswer, TokenInfoAnswer
from geckoterminal_api.models.trades import Trades
from hbmcp.times import to_seconds
from hummingbot_api.request import Request


def get_onchain_pools(
    *,
    network: str,
    addresses: list[str],
) -> Request[Pools]:
    """Prices, trades and value of pools.

    GET /networks/{network}/pools/multi/{addresses}, risk: read.
    """
    return pools_api.several_pools(
        network=network,
        addresses=addresses,
    )


def get_onchain_candles(
    *,
    network: str,
    pool_address: str,
    timeframe: Literal["day", "hour", "minute"],
    aggregate: int | None = None,
    end_time: str | None = None,
    limit: int | None = None,
    currency: Literal["usd", "token"] | None = None,
) -> Request[CandlesAnswer]:
    """OHLCV of a pool, newest first.

    GET /networks/{network}/pools/{pool_address}/ohlcv/{timeframe}, risk: read.

    Args:
        aggregate: minute: 1, 5, 15; hour: 1, 4, 12
    """
    return candles_api.candles(
        network=network,
        pool_address=pool_address,
        timeframe=timeframe,
        aggregate=aggregate,
        before_timestamp=to_seconds(end_time),
        limit=limit,
        currency=currency,
    )


def get_onchain_trades(
    *,
    network: str,
    pool_address: str,
    min_usd: Decimal | None = None,
) -> Request[Trades]:
    """A pool's last trades.

    GET /networks/{network}/pools/{pool_address}/trades, risk: read.
    """
    return trades_api.trades(
        network=network,
        pool_address=pool_address,
        trade_volume_in_usd_greater_than=min_usd,
    )


def list_onchain_networks(
    *,
    page: int | None = None,
) -> Request[Networks]:
    """Ids of networks.

    GET /networks, risk: read.
    """
    return networks_api.list_networks(
        page=page,
    )


def list_network_dexes(
    *,
    network: str,
    page: int | None = None,
) -> Request[Dexes]:
    """Ids of a network's DEXes.

    GET /networks/{network}/dexes, risk: read.
    """
    return networks_api.list_dexes(
        network=network,
        page=page,
    )


def read_onchain_token(
    *,
    network: str,
    token_address: str,
) -> Request[TokenAnswer]:
    """A token's price, supply, volume and liquidity.

    GET /networks/{network}/tokens/{address}, risk: read.
    """
    return tokens_api.token(
        network=network,
        address=token_address,
    )


def read_onchain_token_info(
    *,
    network: str,
    token_address: str,
) -> Request[TokenInfoAnswer]:
    """What a token's makers say of it, and its score.

    GET /networks/{network}/tokens/{address}/info, risk: read.
    """
    return tokens_api.token_info(
        network=network,
        address=token_address,
    )


def list_trending_pools(
    *,
    network: str,
    page: int | None = None,
) -> Request[Pools]:
    """Pools of a network that most people look at.

    GET /networks/{network}/trending_pools, risk: read.
    """
    return pools_api.trending_pools(
        network=network,
        page=page,
    )


def list_trending_pools_everywhere(
    *,
    page: int | None = None,
) -> Request[Pools]:
    """Pools of all networks that most people look at.

    GET /networks/trending_pools, risk: read.
    """
    return pools_api.trending_pools_everywhere(
        page=page,
    )


def list_top_pools(
    *,
    network: str,
    page: int | None = None,
) -> Request[Pools]:
    """Pools of a network that are traded most.

    GET /networks/{network}/pools, risk: read.
    """
    return pools_api.top_pools(
        network=network,
        page=page,
    )


def list_dex_pools(
    *,
    network: str,
    dex: str,
    page: int | None = None,
) -> Request[Pools]:
    """Pools of a DEX that are traded most.

    GET /networks/{network}/dexes/{dex}/pools, risk: read.
    """
    return pools_api.top_pools_of_dex(
        network=network,
        dex=dex,
        page=page,
    )


def list_new_pools(
    *,
    network: str,
    page: int | None = None,
) -> Request[Pools]:
    """Pools of a network that were made last.

    GET /networks/{network}/new_pools, risk: read.
    """
    return pools_api.new_pools(
        network=network,
        page=page,
    )


def list_new_pools_everywhere(
    *,
    page: int | None = None,
) -> Request[Pools]:
    """Pools of all networks that were made last.

    GET /networks/new_pools, risk: read.
    """
    return pools_api.new_pools_everywhere(
        page=page,
    )


def list_token_pools(
    *,
    network: str,
    token_address: str,
    page: int | None = None,
) -> Request[Pools]:
    """Pools of a token, the most liquid and traded first.

    GET /networks/{network}/tokens/{token_address}/pools, risk: read.
    """
    return tokens_api.pools_of_token(
        network=network,
        token_address=token_address,
        page=page,
    )
