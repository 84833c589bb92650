from typing import Any

from hummingbot_api import decode
from hummingbot_api.request import Request


def get_storage_overview() -> Request[Any]:
    """What fills the disk: bot instances, archives, configs.

    GET /storage/
    """
    return Request("GET", "/storage/", parse=decode.anything)
