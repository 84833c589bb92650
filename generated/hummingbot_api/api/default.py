from typing import Any

from hummingbot_api import decode
from hummingbot_api.request import Request


def root() -> Request[Any]:
    """Name and version of the API.

    GET /
    """
    return Request("GET", "/", parse=decode.anything)
