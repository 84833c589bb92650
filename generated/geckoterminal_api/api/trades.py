from decimal import Decimal

from geckoterminal_api.models.trades import Trades
from hummingbot_api import encode
from hummingbot_api.request import Request


def trades(
    network: str,
    pool_address: str,
    *,
    trade_volume_in_usd_greater_than: Decimal | None = None,
    token: str | None = None,
) -> Request[Trades]:
    """A pool's last trades.

    GET /networks/{network}/pools/{pool_address}/trades
    """
    return Request(
        "GET",
        encode.path("/networks/{}/pools/{}/trades", network, pool_address),
        query=encode.form({"trade_volume_in_usd_greater_than": trade_volume_in_usd_greater_than, "token": token}),
        parse=Trades.from_dict,
    )
