from typing import Literal

from geckoterminal_api.models.pools import PoolAnswer
from geckoterminal_api.models.shared import Pools
from hummingbot_api import encode
from hummingbot_api.request import Request


def new_pools(network: str, *, include: str | None = None, page: int | None = None) -> Request[Pools]:
    """Pools of a network that were made last.

    GET /networks/{network}/new_pools
    """
    return Request(
        "GET",
        encode.path("/networks/{}/new_pools", network),
        query=encode.form({"include": include, "page": page}),
        parse=Pools.from_dict,
    )


def new_pools_everywhere(*, include: str | None = None, page: int | None = None) -> Request[Pools]:
    """Pools of all networks that were made last.

    GET /networks/new_pools
    """
    return Request(
        "GET", "/networks/new_pools", query=encode.form({"include": include, "page": page}), parse=Pools.from_dict
    )


def pool(network: str, address: str, *, include: str | None = None) -> Request[PoolAnswer]:
    """GET /networks/{network}/pools/{address}"""
    return Request(
        "GET",
        encode.path("/networks/{}/pools/{}", network, address),
        query=encode.form({"include": include}),
        parse=PoolAnswer.from_dict,
    )


def several_pools(network: str, addresses: list[str], *, include: str | None = None) -> Request[Pools]:
    """Prices, trades and value of pools.

    GET /networks/{network}/pools/multi/{addresses}
    """
    return Request(
        "GET",
        encode.path("/networks/{}/pools/multi/{}", network, addresses),
        query=encode.form({"include": include}),
        parse=Pools.from_dict,
    )


def top_pools(
    network: str,
    *,
    include: str | None = None,
    page: int | None = None,
    sort: Literal["h24_tx_count_desc", "h24_volume_usd_desc"] | None = None,
) -> Request[Pools]:
    """Pools of a network that are traded most.

    GET /networks/{network}/pools
    """
    return Request(
        "GET",
        encode.path("/networks/{}/pools", network),
        query=encode.form({"include": include, "page": page, "sort": sort}),
        parse=Pools.from_dict,
    )


def top_pools_of_dex(
    network: str,
    dex: str,
    *,
    include: str | None = None,
    page: int | None = None,
    sort: Literal["h24_tx_count_desc", "h24_volume_usd_desc"] | None = None,
) -> Request[Pools]:
    """Pools of a DEX that are traded most.

    GET /networks/{network}/dexes/{dex}/pools
    """
    return Request(
        "GET",
        encode.path("/networks/{}/dexes/{}/pools", network, dex),
        query=encode.form({"include": include, "page": page, "sort": sort}),
        parse=Pools.from_dict,
    )


def trending_pools(
    network: str,
    *,
    include: str | None = None,
    page: int | None = None,
    duration: Literal["5m", "1h", "6h", "24h"] | None = None,
) -> Request[Pools]:
    """Pools of a network that most people look at.

    GET /networks/{network}/trending_pools
    """
    return Request(
        "GET",
        encode.path("/networks/{}/trending_pools", network),
        query=encode.form({"include": include, "page": page, "duration": duration}),
        parse=Pools.from_dict,
    )


def trending_pools_everywhere(
    *, include: str | None = None, page: int | None = None, duration: Literal["5m", "1h", "6h", "24h"] | None = None
) -> Request[Pools]:
    """Pools of all networks that most people look at.

    GET /networks/trending_pools
    """
    return Request(
        "GET",
        "/networks/trending_pools",
        query=encode.form({"include": include, "page": page, "duration": duration}),
        parse=Pools.from_dict,
    )
