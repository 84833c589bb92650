"""What depends on an account's API keys: positions, resting orders, running executors and bots, balances."""

from collections.abc import Awaitable, Iterable, Mapping
from itertools import chain
from typing import Any

from attrs import frozen

from hbmcp.catalog import Effect
from hbmcp.errors import CallError
from hbmcp.figures import money, plain, worth
from hbmcp.installation.answer_fields import Fields, data, record, text
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.keys.bots import bots_of
from hbmcp.installation.orders.api_orders import active_orders, recorded_orders
from hbmcp.installation.orders.order import Order
from hbmcp.installation.portfolio.distribution import sum_holdings
from hbmcp.installation.portfolio.holdings import CURRENCY, holdings
from hbmcp.installation.positions.open_positions import open_positions
from hbmcp.text import named
from hbmcp_tools import executors
from hummingbot_api.request import Json

Row = dict[str, Any]

_ON_EXCHANGE = (
    "Positions and orders stay on the exchange, and without keys they can be neither closed nor cancelled from here."
)
STAYS = {
    "positions": _ON_EXCHANGE,
    "orders": _ON_EXCHANGE,
    "executors": "Executors without keys leave their orders and positions as they are.",
    "bots": "Bots have copies of the keys and trade on.",
}


@frozen
class Part:
    """Rows of one kind, and why there may be more of them, a sentence each."""

    rows: list[Row]
    unread: tuple[str, ...] = ()


@frozen
class Dependents:
    """Kind -> what there is of it: positions, orders, executors, bots, balances."""

    parts: Mapping[str, Part]

    @property
    def tables(self) -> dict[str, list[Row]]:
        """Kinds of which there is something."""
        return {kind: part.rows for kind, part in self.parts.items() if part.rows}

    @property
    def none(self) -> tuple[str, ...]:
        """Kinds of which there surely is nothing."""
        return tuple(kind for kind, part in self.parts.items() if not part.rows and not part.unread)

    @property
    def unread(self) -> tuple[str, ...]:
        """What there may be beyond that."""
        return tuple(chain.from_iterable(part.unread for part in self.parts.values()))

    @property
    def consequences(self) -> tuple[str, ...]:
        """What becomes of it without keys, also of what may be there."""
        there = [kind for kind, part in self.parts.items() if part.rows or part.unread]
        return tuple(dict.fromkeys(STAYS[kind] for kind in there if kind in STAYS))

    @property
    def effect(self) -> Effect:
        """Of deleting the keys: what trades with them, or may, is left to itself."""
        return "unprotects" if self.consequences else "configures"


async def dependents(installation: Installation, account: str, connectors: Iterable[str]) -> Dependents:
    """What depends on the keys of an account for these exchanges. What can't be read is named in `unread`.

    The workflow uses list_active_orders, search_orders, search_executors, list_bots, list_bot_runs,
    list_active_containers, get_portfolio_state, and what open_positions uses.
    """
    names = list(connectors)
    questions: dict[str, Awaitable[Part]] = {
        "positions": _positions(installation, account, names),
        "orders": _orders(installation, account, names),
        "executors": _executors(installation, account, names),
        "bots": _bots(installation, account),
        "balances": _balances(installation, account, names),
    }
    parts = await together(questions.values())
    return Dependents(
        {
            kind: Part([], (f"{kind.capitalize()} couldn't be read, so there may be some: {part.happened}",))
            if isinstance(part, CallError)
            else part
            for kind, part in zip(questions, parts, strict=True)
        }
    )


async def _positions(installation: Installation, account: str, connectors: list[str]) -> Part:
    if not any(map(is_perpetual, connectors)):
        return Part([])
    found = await open_positions(installation, account, connectors[0] if len(connectors) == 1 else None)
    rows = [
        {
            "connector_name": row.connector,
            "trading_pair": row.pair,
            "side": row.side,
            "amount": plain(row.amount),
            "unrealized_pnl": None if row.unrealized is None else worth(row.unrealized, row.quote),
        }
        for row in found.rows
    ]
    return Part(rows, tuple(f"There may be positions on {named(one.connector)}: {one.why}" for one in found.unread))


async def _orders(installation: Installation, account: str, connectors: list[str]) -> Part:
    """Those of either of the API's two lists: each can lack orders that rest."""
    asked = await together(
        [
            active_orders(installation, account_name=account),
            recorded_orders(installation, account_name=account, status="OPEN"),
            recorded_orders(installation, account_name=account, status="PARTIALLY_FILLED"),
        ]
    )
    errors = {one.happened for one in asked if isinstance(one, CallError)}
    found: dict[str | None, Order] = {}
    for one in asked:
        if not isinstance(one, CallError):
            found |= {order.order_id: order for order in one.rows if order.connector in connectors}
    rows = [
        {
            "connector_name": order.connector,
            "trading_pair": order.pair,
            "side": order.side,
            "amount": None if order.amount is None else plain(order.amount),
            "price": order.price,
            "order_id": order.order_id,
        }
        for order in found.values()
    ]
    return Part(rows, tuple(f"Some orders couldn't be read, so there may be more: {error}" for error in errors))


async def _executors(installation: Installation, account: str, connectors: list[str]) -> Part:
    asked = await together(
        installation.read(data(_executor), executors.search_executors, account_name=account, status=status, limit=1000)
        for status in ("RUNNING", "SHUTTING_DOWN")
    )
    errors = {one.happened for one in asked if isinstance(one, CallError)}
    found = chain.from_iterable(one for one in asked if not isinstance(one, CallError))
    rows = [row for row, on in found if not on.isdisjoint(connectors)]
    return Part(rows, tuple(f"Some executors couldn't be read, so there may be more: {error}" for error in errors))


def _executor(answer: Json) -> tuple[Row, set[str]]:
    """What is told of an executor, and all that it trades on: an arbitrage names its exchanges market by market."""
    fields = Fields(answer)
    row = {
        "executor_id": fields.needed("executor_id", text),
        **{key: fields.known(key, text) for key in ("executor_type", "connector_name", "trading_pair", "status")},
    }
    markets = [Fields(one) for one in (fields.given("config", record) or {}).values() if isinstance(one, dict)]
    names = [fields.given("connector_name", text), *(one.known("connector_name", text) for one in markets)]
    return row, {name for name in names if name}


async def _bots(installation: Installation, account: str) -> Part:
    found = await bots_of(installation, account)
    return Part([{"bot_name": name} for name in found.running], found.unread)


async def _balances(installation: Installation, account: str, connectors: list[str]) -> Part:
    """By exchange. An exchange that doesn't answer has old figures here, which is good enough to tell what is left."""
    found = await holdings(installation, account)
    kept = [row for row in found.rows if row.connector in connectors]
    missing = [name for name in connectors if (account, name) not in found.places]
    rows = [
        {
            "connector_name": one.names[0],
            f"value_{CURRENCY.lower()}": None if one.value is None else money(one.value),
            "tokens": ",".join(named(part.token) for part in one.parts),
        }
        for one in sum_holdings(kept, lambda row: (row.connector,))
    ]
    return Part(rows, (f"The API has no balances of {', '.join(map(named, missing))}.",) if missing else ())
