"""Positions on a paper exchange, opened and read without hbmcp's tools, and answers read back."""

import json
from decimal import Decimal
from typing import Any

from hbmcp.paper.api.faults import Bug
from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal
from hbmcp.paper.exchange.records import Position
from tests.paper.paper_api import PaperApi

ACCOUNT = "master_account"
CONNECTOR = "binance_perpetual"
PAIR = "BTC-USDT"
POSITIONS = "POST /trading/positions"
PRICES = "POST /market-data/prices"
ORDERS = "POST /trading/orders"
MODE = "POST /trading/{account_name}/{connector_name}/position-mode"
DOWN = (
    "Error executing request GET http://x.invalid/fapi/v1/ticker. HTTP status is 503. "
    'Error: {"code": -1000, "msg": "Service unavailable."}'
)


def open_position(
    api: PaperApi,
    side: str,
    amount: str,
    pair: str = PAIR,
    connector: str = CONNECTOR,
    account: str = ACCOUNT,
    action: str = "OPEN",
) -> None:
    """By a market order."""
    order = api.paper.engine.place(account, connector, pair, side, Decimal(amount), action=action)  # type: ignore[arg-type]
    assert order.status == "FILLED", order


def held(api: PaperApi, connector: str = CONNECTOR, account: str = ACCOUNT) -> list[Position]:
    """The engine's own records."""
    return api.paper.engine.positions(account, connector)


def sizes(api: PaperApi, connector: str = CONNECTOR, account: str = ACCOUNT) -> dict[tuple[str, str], Decimal]:
    """Signed amounts by pair and side (BOTH, LONG, SHORT)."""
    return {(one.pair, one.side): one.amount for one in held(api, connector, account)}


def flat(text: str) -> dict[str, Any]:
    """An answer that is one JSON object, its numbers exact."""
    found = json.loads(text.split("\n\n", maxsplit=1)[0], parse_float=Decimal, parse_int=Decimal)
    assert isinstance(found, dict)
    return found


def down(*operations: str, connector: str = CONNECTOR, detail: str = DOWN) -> Bug:
    """These operations fail for one exchange, as they do while it answers 503."""

    def wrap(handler: Handler) -> Handler:
        def failing(call: Call) -> Json:
            if connector in (call.body.get("connector_name"), *(call.body.get("connector_names") or ())):
                raise Refusal(500, detail)
            return handler(call)

        return failing

    return Bug("an exchange that is down", dict.fromkeys(operations, wrap))
