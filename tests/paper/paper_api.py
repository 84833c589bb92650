"""The paper exchange as an API, in this thread and with a clock that a test moves."""

import asyncio
import re
from functools import cache
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from attrs import frozen
from jsonschema_rs import Draft202012Validator

from hbmcp.catalog import Catalog
from hbmcp.paper.api import spellings
from hbmcp.paper.api.application import ROUTES, application
from hbmcp.paper.api.contract import pinned
from hbmcp.paper.api.operation_paths import OperationPaths
from hbmcp.paper.api.routes import accounts, connectors, market_data, portfolio, rate_oracle, root, trading
from hbmcp.paper.api.routes.base import Paper
from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.market.clock import ManualClock
from hbmcp.paper.market.market import Market

NOW = 1_795_337_003_445  # 2026-11-22 08:43:23 UTC
AUTH = ("trader", "correct-horse")
HOUR = 3_600_000

SPOT = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "trade_type": "BUY",
    "amount": "0.01",
}
PERPETUAL = {**SPOT, "connector_name": "binance_perpetual", "order_type": "MARKET"}

# What the exchange itself answers: neither executors nor files, nor what there is none of on paper.
EXCHANGE_OPERATIONS = [
    key
    for module in (root, accounts, connectors, portfolio, trading, market_data, rate_oracle)
    for key in module.ROUTES
    if key in pinned().operations
]


def here(method: str, path: str) -> str:
    """A path of a route, as the pinned contract spells it. Skips the test where that hasn't its operation any more, of
    which `codegen check` tells."""
    before, mark, query = path.partition("?")
    route, values, _ = _routes().find(method, before)
    if route is None or route.key in pinned().operations:
        return path
    tools = (tool for tool in Catalog.load().tools.values() if route.key in {one["operation"] for one in tool.also})
    if (tool := next(tools, None)) is None:
        pytest.skip(f"the contract has no {route.key}")
    names = tool.spellings[route.key]
    place = re.compile(r"\{(.*?)\}")
    return place.sub(lambda one: values[names.get(one[1], one[1])], tool.operation.partition(" ")[2]) + mark + query


def routed(operation: str) -> str:
    """An operation of the pinned contract, as its route spells it."""
    return next((one for one in spellings.spellings(operation) if one in ROUTES), operation)


def generated_from(manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The tools are those of this manifest, as it is at each look."""
    monkeypatch.setattr(Catalog, "load", lambda: Catalog(manifest))
    monkeypatch.setattr(spellings, "_tools", spellings._tools.__wrapped__)


@frozen
class _Route:
    key: str

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.key.partition(" ")[2]


@cache
def _routes() -> OperationPaths[_Route]:
    return OperationPaths(map(_Route, ROUTES))


def unlike(key: str, answer: Any) -> list[str]:
    """Where a good answer isn't what the contract says."""
    errors = _answers_of(key).iter_errors(answer)
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]


@cache
def _answers_of(key: str) -> Draft202012Validator:
    contract = pinned()
    schema = contract.operations[key].response
    return Draft202012Validator({**schema, "components": contract.document["components"]} if schema else {})


class PaperApi:
    """An exchange in memory. Use it as a context."""

    def __init__(self, folder: Path, market: Market | None = None, now: int = NOW) -> None:
        self.clock = ManualClock(now)
        self.store = Store.open()
        market = market or Market()
        self.paper = Paper(Engine(market, self.store, self.clock), market, folder, self.store)
        self.app = application(self.paper, *AUTH)
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.close()
        self.store.close()

    def request(
        self, method: str, path: str, body: Any = None, *, auth: tuple[str, str] | None = AUTH, **options: Any
    ) -> httpx.Response:
        """The answer, whatever its status."""
        if body is not None:
            options["json"] = body
        path = here(method, path)

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://paper", auth=auth) as client:
                return await client.request(method, path, **options)

        return self._loop.run_until_complete(send())

    def good(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The JSON of an answer that must be a good one, and what the contract promises."""
        answer = self.request(method, path, body, **options)
        operation, _, _ = pinned().find(method, answer.request.url.path)
        assert operation is not None
        assert answer.status_code == operation.status, answer.text
        assert unlike(operation.key, answer.json()) == []
        return answer.json()

    def order(self, **changes: Any) -> str:
        """Place an order on spot; its id."""
        placed: str = self.good("POST", "/trading/orders", {**SPOT, **changes})["order_id"]
        return placed
