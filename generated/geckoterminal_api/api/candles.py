from typing import Literal

from geckoterminal_api.models.candles import CandlesAnswer
from hummingbot_api import encode
from hummingbot_api.request import Request


def candles(
    network: str,
    pool_address: str,
    timeframe: Literal["day", "hour", "minute"],
    *,
    aggregate: int | None = None,
    before_timestamp: int | None = None,
    limit: int | None = None,
    currency: Literal["usd", "token"] | None = None,
    token: str | None = None,
) -> Request[CandlesAnswer]:
    """OHLCV of a pool, newest first.

    GET /networks/{network}/pools/{pool_address}/ohlcv/{timeframe}
    """
    return Request(
        "GET",
        encode.path("/networks/{}/pools/{}/ohlcv/{}", network, pool_address, timeframe),
        query=encode.form(
            {
                "aggregate": aggregate,
                "before_timestamp": before_timestamp,
                "limit": limit,
                "currency": currency,
                "token": token,
            }
        ),
        parse=CandlesAnswer.from_dict,
    )
