from geckoterminal_api.models.networks import Dexes, Networks
from hummingbot_api import encode
from hummingbot_api.request import Request


def list_dexes(network: str, *, page: int | None = None) -> Request[Dexes]:
    """Ids of a network's DEXes.

    GET /networks/{network}/dexes
    """
    return Request(
        "GET", encode.path("/networks/{}/dexes", network), query=encode.form({"page": page}), parse=Dexes.from_dict
    )


def list_networks(*, page: int | None = None) -> Request[Networks]:
    """Ids of networks.

    GET /networks
    """
    return Request("GET", "/networks", query=encode.form({"page": page}), parse=Networks.from_dict)
