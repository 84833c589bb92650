"""An account on a spot exchange on paper: its orders, placed and read without hbmcp's tools, and the operations."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from hbmcp.paper.api.faults import Bug
from hbmcp.paper.api.routes.base import Call, Handler, Json
from hbmcp.paper.exchange.records import Order
from tests.paper.paper_api import HOUR, PaperApi

PLACE = "POST /trading/orders"
CANCEL = "POST /trading/{account_name}/{connector_name}/orders/{client_order_id}/cancel"
SEARCH = "POST /trading/orders/search"
ACTIVE = "POST /trading/orders/active"
TRADES = "POST /trading/trades"
RULES = "GET /connectors/{connector_name}/trading-rules"
PRICES = "POST /market-data/prices"
STATE = "POST /portfolio/state"

WHERE: dict[str, Any] = {"account_name": "master_account", "connector_name": "binance"}
PAIR: dict[str, Any] = {**WHERE, "trading_pair": "BTC-USDT"}
BUY: dict[str, Any] = {**PAIR, "side": "BUY"}
SELL: dict[str, Any] = {**PAIR, "side": "SELL"}


def orders(api: PaperApi) -> list[Order]:
    """The engine's own records, oldest first."""
    return api.paper.engine.orders()[::-1]


def rest(api: PaperApi, side: str = "BUY", price: str = "1000", amount: str = "0.01", **other: Any) -> str:
    """An order that rests, placed by somebody else through the API; its id."""
    placed = api.paper.engine.place(
        other.get("account", "master_account"),
        other.get("connector", "binance"),
        other.get("pair", "BTC-USDT"),
        side,  # type: ignore[arg-type]
        Decimal(amount),
        "LIMIT",
        Decimal(price),
    )
    assert placed.status == "OPEN", placed
    return placed.id


def near(api: PaperApi, amount: str = "0.01") -> str:
    """A purchase that rests right below the market; its id."""
    best = api.paper.engine._feed.best("binance", "BTC-USDT", api.clock.now(), "BUY")
    assert best is not None
    return rest(api, price=f"{best * Decimal('0.999'):.2f}", amount=amount)


def until_filled(api: PaperApi, order: str) -> None:
    """Time passes until the market has come to it."""
    for _ in range(24 * 365):
        if api.paper.engine.order(order).status == "FILLED":
            return
        api.clock.advance(HOUR)
    raise AssertionError("it never fills")


def take(api: PaperApi, side: str, amount: str, **other: Any) -> str:
    """A market order of somebody else; its id."""
    placed = api.paper.engine.place(
        other.get("account", "master_account"),
        other.get("connector", "binance"),
        other.get("pair", "BTC-USDT"),
        side,  # type: ignore[arg-type]
        Decimal(amount),
    )
    assert placed.status == "FILLED", placed
    return placed.id


def _account_after_account(search: Handler) -> Handler:
    def handler(call: Call) -> Json:
        names = call.body["account_names"] or call.engine.accounts()
        each = [search(evolve(call, body={**call.body, "account_names": [name]})) for name in names]
        rows = [row for one in each for row in one["data"]]
        return {**each[0], "data": rows[: call.body["limit"]]}

    return handler


ACCOUNT_AFTER_ACCOUNT = Bug("orders/search lists one account after another", {SEARCH: _account_after_account})
