from typing import Any

from hummingbot_api import decode
from hummingbot_api.request import Request


def get_system_resources() -> Request[Any]:
    """CPU, memory and disk of the API's machine, as get_status has them.

    GET /system/resources
    """
    return Request("GET", "/system/resources", parse=decode.anything)
