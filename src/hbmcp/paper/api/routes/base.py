"""What the routes have in common: what a handler is given, what it may answer, and how values are written.

    def list_accounts(call: Call) -> Json:
        return call.engine.accounts()

    ROUTES: Routes = {"GET /accounts/": list_accounts}

A handler's answer is JSON with Decimals in it, which are sent as numbers; its status is that of the contract. It
refuses with Refusal. What the engine raises the application turns into answers, see hbmcp.paper.api.application.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from attrs import Factory, define, frozen

from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.market.market import Market

Json = Any
T = TypeVar("T")


@define
class Paper:
    """A running paper exchange. `folder` is where controllers, scripts and their
    configurations lie as files; it may not be there yet.

    `parts` keeps what single routes remember until the process ends: name -> whatever they made with `part`.
    """

    engine: Engine
    market: Market
    folder: Path
    store: Store
    parts: dict[str, Any] = Factory(dict)

    def part(self, name: str, make: Callable[[], T]) -> T:
        """What is remembered under this name, made the first time."""
        if name not in self.parts:
            self.parts[name] = make()
        kept: T = self.parts[name]
        return kept


@frozen
class Call:
    """A request that fits the contract, defaults filled in, and the exchange that it asks."""

    paper: Paper
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any

    @property
    def engine(self) -> Engine:
        return self.paper.engine

    @property
    def market(self) -> Market:
        return self.paper.market


class Refusal(Exception):
    """An answer that isn't a good one. `detail` None is how the real API tells of a crash: the bare words, no JSON."""

    def __init__(self, status: int, detail: Json) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


Handler = Callable[[Call], Json]
Routes = dict[str, Handler]  # by operation: "POST /trading/orders"

LATEST = 2**62  # what a file of SQLite holds as a time; a request may name later ones


def moment(at: int | None) -> int | None:
    """A time of a request, within what can be stored."""
    return None if at is None else max(-LATEST, min(at, LATEST))


def connected(engine: Engine, accounts: Sequence[str] | None, exchanges: Sequence[str] | None) -> list[tuple[str, str]]:
    """(account, exchange) of all credentials, or of those named; an empty list of names means all."""
    return [
        (account, exchange)
        for account in engine.accounts()
        if not accounts or account in accounts
        for exchange in engine.connectors(account)
        if not exchanges or exchange in exchanges
    ]


def page(
    rows: Sequence[T], limit: int, cursor: str | None, name: Callable[[T], str]
) -> tuple[list[T], dict[str, Json]]:
    """The rows after the one that the cursor names, at most `limit`, and the pagination of the answer.

    An unknown cursor starts from the front, as the real API does.
    """
    start = next((place + 1 for place, row in enumerate(rows) if name(row) == cursor), 0) if cursor else 0
    shown = list(rows[start : start + limit])
    more = start + limit < len(rows)
    return shown, {
        "limit": limit,
        "has_more": more,
        "next_cursor": name(shown[-1]) if more else None,
        "total_count": len(rows),
    }
