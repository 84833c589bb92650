from typing import Literal

from geckoterminal_api.models.shared import Pools
from geckoterminal_api.models.tokens import TokenAnswer, TokenInfoAnswer
from hummingbot_api import encode
from hummingbot_api.request import Request


def pools_of_token(
    network: str,
    token_address: str,
    *,
    include: str | None = None,
    page: int | None = None,
    sort: Literal["h24_volume_usd_liquidity_desc", "h24_tx_count_desc", "h24_volume_usd_desc"] | None = None,
) -> Request[Pools]:
    """Pools of a token, the most liquid and traded first.

    GET /networks/{network}/tokens/{token_address}/pools
    """
    return Request(
        "GET",
        encode.path("/networks/{}/tokens/{}/pools", network, token_address),
        query=encode.form({"include": include, "page": page, "sort": sort}),
        parse=Pools.from_dict,
    )


def token(network: str, address: str, *, include: str | None = None) -> Request[TokenAnswer]:
    """A token's price, supply, volume and liquidity.

    GET /networks/{network}/tokens/{address}
    """
    return Request(
        "GET",
        encode.path("/networks/{}/tokens/{}", network, address),
        query=encode.form({"include": include}),
        parse=TokenAnswer.from_dict,
    )


def token_info(network: str, address: str) -> Request[TokenInfoAnswer]:
    """What a token's makers say of it, and its score.

    GET /networks/{network}/tokens/{address}/info
    """
    return Request("GET", encode.path("/networks/{}/tokens/{}/info", network, address), parse=TokenInfoAnswer.from_dict)
