"""Faults of the paper exchange that a test describes: operations that fail, answers that are changed, and what happens
meanwhile. hbmcp.paper.api.faults has those of the real API."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hbmcp.paper.api.faults import Bug
from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal

DOWN = (
    "Error executing request GET http://x.invalid/fapi/v1/ticker. HTTP status is 503. "
    'Error: {"code": -1000, "msg": "Service unavailable."}'
)

DIAGNOSTICS = "GET /market-data/order-book/diagnostics/{connector_name}"


def failing(*operations: str, status: int = 500, detail: str = "broken", times: int | None = None) -> Bug:
    """The first requests of these operations fail; all where `times` is None."""
    asked: list[None] = []

    def wrap(handler: Handler) -> Handler:
        def failed(call: Call) -> Json:
            asked.append(None)
            if times is None or len(asked) <= times:
                raise Refusal(status, detail)
            return handler(call)

        return failed

    return Bug("an operation that fails", dict.fromkeys(operations, wrap))


def failing_after(first: str, *operations: str, detail: str = DOWN) -> Bug:
    """These operations fail once `first` has been asked, which itself is carried out."""
    asked: list[None] = []

    def note(handler: Handler) -> Handler:
        def handled(call: Call) -> Json:
            asked.append(None)
            return handler(call)

        return handled

    def fail(handler: Handler) -> Handler:
        def failed(call: Call) -> Json:
            if asked:
                raise Refusal(500, detail)
            return handler(call)

        return failed

    return Bug("operations that fail afterwards", {first: note, **dict.fromkeys(operations, fail)})


def down(*operations: str, connector: str = "binance_perpetual") -> Bug:
    """These operations fail for one exchange, as they do while it answers 503; the others don't notice."""

    def wrap(handler: Handler) -> Handler:
        def failed(call: Call) -> Json:
            body = call.body or {}
            asked = call.path.get("connector_name"), body.get("connector_name"), *(body.get("connector_names") or ())
            if connector in asked:
                raise Refusal(500, DOWN)
            return handler(call)

        return failed

    return Bug(f"{connector} is down", dict.fromkeys(operations, wrap))


def changed(operation: str, change: Callable[[list[Any], int], list[Any]]) -> Bug:
    """An operation's rows are changed: `change` gets them, and how many requests there have been, this one too."""
    asked: list[None] = []

    def wrap(handler: Handler) -> Handler:
        def rows(call: Call) -> Json:
            asked.append(None)
            answer = handler(call)
            return {**answer, "data": change(answer["data"], len(asked))}

        return rows

    return Bug("rows that aren't what they should be", {operation: wrap})


def empty(*operations: str) -> Bug:
    """They find nothing."""

    def wrap(handler: Handler) -> Handler:
        return lambda call: {**handler(call), "data": []}

    return Bug("empty lists", dict.fromkeys(operations, wrap))


def before(operation: str, act: Callable[[], object]) -> Bug:
    """Something happens just before the first request of an operation is carried out."""
    asked: list[None] = []

    def wrap(handler: Handler) -> Handler:
        def handled(call: Call) -> Json:
            asked.append(None)
            if len(asked) == 1:
                act()
            return handler(call)

        return handled

    return Bug("something happens meanwhile", {operation: wrap})


def old_price(price: str) -> Bug:
    """What the API tells of any pair, whatever its order book says."""

    def wrap(handler: Handler) -> Handler:
        def told(call: Call) -> Json:
            answer = handler(call)
            return {**answer, "prices": dict.fromkeys(answer["prices"], Decimal(price))}

        return told

    return Bug("a price of yesterday", {"POST /market-data/prices": wrap})


def old_market(price: str) -> Bug:
    """What the API tells of any pair is an hour old, price and book alike, and so its diagnostics say."""

    def old_book(handler: Handler) -> Handler:
        def book(call: Call) -> Json:
            levels = {
                side: [{"price": Decimal(price) + away, "amount": 1}] for side, away in (("bids", -1), ("asks", 1))
            }
            return {**handler(call), **levels}

        return book

    wraps = {"POST /market-data/order-book": old_book, DIAGNOSTICS: still}
    return Bug("a market of yesterday", {**old_price(price).wraps, **wraps})


def still(handler: Handler) -> Handler:
    """Diagnostics of a feed that stopped an hour ago."""

    def handle(call: Call) -> Json:
        answer = handler(call)
        for row in answer["metrics"]["per_pair_metrics"].values():
            row["tracking_start_time"] = row["last_diff_timestamp"] = answer["metrics"]["tracker_start_time"] + 1
        answer["metrics"]["uptime_seconds"] = 3600
        return answer

    return handle
