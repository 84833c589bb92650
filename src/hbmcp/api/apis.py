"""Each tool's request goes to the API that has its operation, over connections of that one's own."""

from typing import TypeVar

from hbmcp.api.sending import Api
from hbmcp.catalog import Offer, Tool
from hbmcp.services import HUMMINGBOT, service
from hbmcp.settings import Settings
from hummingbot_api.client import Response
from hummingbot_api.request import Request

T = TypeVar("T")


class Apis:
    """The Hummingbot API, and the services beside it. Use it inside one event loop, and close it there."""

    def __init__(self, settings: Settings, offer: Offer) -> None:
        self._settings = settings
        self._offer = offer
        self.ours = Api(settings, offer)
        self._apis = {HUMMINGBOT.name: self.ours}

    async def send(self, request: Request[T], tool: Tool) -> Response[T]:
        """As Api.send."""
        if tool.service not in self._apis:
            self._apis[tool.service] = Api(self._settings, self._offer, service(tool.service))
        return await self._apis[tool.service].send(request, tool)

    async def aclose(self) -> None:
        """Close all connections."""
        for api in self._apis.values():
            await api.aclose()
