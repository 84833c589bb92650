"""The typed client of the Hummingbot API.

A function of `hummingbot_api.api` makes a request, a `Client` sends it:

    client = Client(httpx.AsyncClient(base_url="http://localhost:8000", auth=("user", "password")))
    answer = await client.send(portfolio.get_portfolio_state(...))
    answer.parse()  # typed
    answer.raw  # as JSON
"""

from hummingbot_api.client import Client, Response
from hummingbot_api.errors import HummingbotApiError, NotJson, TooLarge, UnexpectedShape, UnexpectedStatus
from hummingbot_api.request import File, Request

__all__ = [
    "Client",
    "File",
    "HummingbotApiError",
    "NotJson",
    "Request",
    "Response",
    "TooLarge",
    "UnexpectedShape",
    "UnexpectedStatus",
]
