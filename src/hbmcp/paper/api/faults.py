"""The real API's bugs, and the ways in which a connection breaks, for tests to switch on:

    application(paper, username, password, faults={LOST_FILLS, Cut("POST /trading/orders")})

No setting and no flag leads here: on its own a paper exchange answers rightly. A Bug makes handlers wrong; Late, Cut
and Crash spoil a request or its answer on the way. What a fault remembers it remembers for one application.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

import httpx
from attrs import define, evolve, field, frozen
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hbmcp.paper.api.contract import pinned
from hbmcp.paper.api.routes.base import Call, Handler, Json, Routes
from hbmcp.paper.api.routes.trading import position_mode
from hbmcp.paper.api.spellings import spellings
from hbmcp.paper.errors import UnknownOrder
from hbmcp.paper.market.clock import iso

Wrap = Callable[[Handler], Handler]

EARLY = 5 * 60_000  # milliseconds by which the API's clock of a connector can be behind


@frozen(eq=False)
class Bug:
    """Wrong answers. `wraps`: operation -> what makes a wrong handler of its right one."""

    name: str
    wraps: Mapping[str, Wrap]


@frozen
class _Wire:
    """`operation` ("GET /accounts/"), however the contract spells it, and how many of its requests suffer, the first
    ones; None is all.

    `acted`: the request is carried out and only its answer suffers; False: the request suffers.
    """

    operation: str
    acted: bool = field(default=True, kw_only=True)
    times: int | None = field(default=None, kw_only=True)

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """One request that suffers."""
        raise NotImplementedError


@frozen
class Late(_Wire):
    """So many seconds late."""

    seconds: float = field(kw_only=True)

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        kept = await _acted(app, scope, receive) if self.acted else []
        await asyncio.sleep(self.seconds)
        for message in kept:
            await send(message)
        if not self.acted:
            await app(scope, receive, send)


@frozen
class Cut(_Wire):
    """The connection breaks before the answer's first byte of content.

    The head is sent and the rest raised: a server closes the connection at that, and a client in this process gets
    the error that it would get from there.
    """

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self.acted:
            await _acted(app, scope, receive)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


@frozen
class Crash(_Wire):
    """500 in plain text, as the API answers to an exception that it didn't catch."""

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self.acted:
            await _acted(app, scope, receive)
        await PlainTextResponse("Internal Server Error", 500)(scope, receive, send)


async def _acted(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    """What the application would send, once it has done what it was asked."""
    kept: list[Message] = []

    async def keep(message: Message) -> None:
        kept.append(message)

    await app(scope, receive, keep)
    return kept


@define(eq=False)
class _Spoiled:
    """An application behind such a connection. Not a function, which Starlette would take for something else."""

    fault: _Wire
    app: ASGIApp
    suffered: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation, _, _ = pinned().find(scope["method"], scope["path"])
        meant = operation is not None and operation.key in spellings(self.fault.operation)
        if not meant or self.suffered == self.fault.times:
            await self.app(scope, receive, send)
        else:
            self.suffered += 1
            await self.fault.answer(self.app, scope, receive, send)


Fault = Bug | _Wire


def faulty_routes(routes: Routes, faults: Collection[Fault]) -> Routes:
    """The handlers with these bugs; the very same routes where there are none."""
    for fault in faults:
        if isinstance(fault, Bug):
            routes = {**routes, **{key: wrap(routes[key]) for key, wrap in fault.wraps.items()}}
    return routes


def faulty_wire(app: ASGIApp, faults: Collection[Fault]) -> ASGIApp:
    """The application behind these connections; the very same one where there are none."""
    for fault in faults:
        if isinstance(fault, _Wire):
            app = _Spoiled(fault, app)
    return app


def _endless(search: Handler) -> Handler:
    """Twice the limit is loaded, and each cursor means the second row of that."""

    def handler(call: Call) -> Json:
        limit, start = call.body["limit"], 1 if call.body["cursor"] else 0
        rows = search(_with(call, limit=2 * limit, cursor=None))["data"]
        more = start + limit < len(rows)
        return {
            "data": rows[start : start + limit],
            "pagination": {
                "limit": limit,
                "has_more": more,
                "next_cursor": "0:" if more else None,
                "total_count": len(rows),
            },
        }

    return handler


def _empty(rows: Handler) -> Handler:
    """What asks as always and finds nothing."""

    def handler(call: Call) -> Json:
        pagination = {**rows(call)["pagination"], "has_more": False, "next_cursor": None, "total_count": 0}
        return {"data": [], "pagination": pagination}

    return handler


def _lost_fills(search: Handler) -> Handler:
    """Of fills at one moment the order keeps one, and says FILLED."""

    def handler(call: Call) -> Json:
        answer = search(call)
        for row in answer["data"]:
            if row["status"] == "FILLED":
                kept, *_ = call.engine.fills(order_ids=[row["order_id"]])
                row |= {"filled_amount": kept.amount, "average_fill_price": kept.price, "fee_paid": kept.fee}
        return answer

    return handler


def _stale(ask: Handler) -> Handler:
    """The first answer to a question is the answer for ever."""
    known: list[tuple[Json, Json]] = []

    def handler(call: Call) -> Json:
        for question, answer in known:
            if question == call.body:
                return answer
        answer = ask(call)
        known.append((call.body, answer))
        return answer

    return handler


def _racing(cancel: Handler) -> Handler:
    """Who asks for the second time wins the race and is told yes; who asks again loses it."""
    cancelled: set[str] = set()

    def handler(call: Call) -> Json:
        order_id = call.path["client_order_id"]
        try:
            answer = cancel(call)
        except UnknownOrder:
            if order_id not in cancelled:
                raise
            cancelled.remove(order_id)
            return {"message": f"Order cancellation initiated for {order_id}"}
        cancelled.add(order_id)
        return answer

    return handler


def _unchanging(set_mode: Handler) -> Handler:
    """Success, and the mode is what it was."""

    def handler(call: Call) -> Json:
        before = position_mode(call)
        answer = set_mode(call)
        call.engine.set_position_mode(before["account"], before["connector"], before["position_mode"])
        return answer

    return handler


def _not_reduce_only(place: Handler) -> Handler:
    """In one-way mode CLOSE is told to no exchange: such an order closes what is open, and opens with the rest."""

    def handler(call: Call) -> Json:
        account, connector, action = (call.body[one] for one in ("account_name", "connector_name", "position_action"))
        if action == "CLOSE" and call.engine.position_mode(account, connector) == "ONEWAY":
            return place(_with(call, position_action="OPEN"))
        return place(call)

    return handler


def _early(*names: str) -> Wrap:
    """These times of the rows are too early, and a period that is asked for means the wrong times."""

    def wrap(rows: Handler) -> Handler:
        def handler(call: Call) -> Json:
            periods = [name for name in ("start_time", "end_time") if call.body.get(name) is not None]
            answer = rows(_with(call, **{name: call.body[name] + EARLY for name in periods}))
            for row in answer["data"]:
                row |= {name: _earlier(row[name]) for name in names}
            return answer

        return handler

    return wrap


def _with(call: Call, **body: Json) -> Call:
    return evolve(call, body={**call.body, **body})


def _earlier(time: str) -> str:
    return iso(round(datetime.fromisoformat(time).timestamp() * 1000) - EARLY)


_ACTIVE = "POST /trading/orders/active"
_SEARCH = "POST /trading/orders/search"
_CANCEL = "POST /trading/{account_name}/{connector_name}/orders/{client_order_id}/cancel"
_MODE = "POST /trading/{account_name}/{connector_name}/position-mode"

ENDLESS_PAGES = Bug("orders/search pages without end, and its pages overlap", {_SEARCH: _endless})
HIDDEN_ORDERS = Bug("orders/active is empty although orders rest", {_ACTIVE: _empty})
LOST_FILLS = Bug("an order is FILLED with less than its amount", {_SEARCH: _lost_fills})
EXCHANGE_DOWN = Bug(
    "while the exchange fails there are no positions, and balances stay what they were",
    {"POST /trading/positions": _empty, "POST /portfolio/state": _stale},
)
RACING_CANCEL = Bug("cancelling twice is 200 or 404", {_CANCEL: _racing})
UNCHANGED_MODE = Bug("position-mode says success and changes nothing", {_MODE: _unchanging})
NO_FUNDING = Bug("funding-payments stays empty", {"POST /trading/funding-payments": _empty})
NOT_REDUCE_ONLY = Bug("CLOSE isn't reduce-only in one-way mode", {"POST /trading/orders": _not_reduce_only})
EARLY_TIMES = Bug(
    "times of trades and active orders are five minutes early",
    {"POST /trading/trades": _early("timestamp"), _ACTIVE: _early("created_at")},
)
BUGS = (
    ENDLESS_PAGES,
    HIDDEN_ORDERS,
    LOST_FILLS,
    EXCHANGE_DOWN,
    RACING_CANCEL,
    UNCHANGED_MODE,
    NO_FUNDING,
    EARLY_TIMES,
)
