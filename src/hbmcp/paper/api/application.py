"""The paper exchange over HTTP: an ASGI application that answers as the Hummingbot API does.

One way for every request: the contract finds its operation and reads it, HTTP Basic lets it in, a handler answers, and
what the engine refuses becomes the status and the words that the real API has for it.
"""

import json
import logging
from base64 import b64decode
from collections.abc import Collection, Mapping
from decimal import Decimal
from secrets import compare_digest
from typing import Any

from attrs import frozen
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hbmcp.paper import errors
from hbmcp.paper.api.contract import Contract, Invalid, Operation, pinned
from hbmcp.paper.api.faults import Fault, faulty_routes, faulty_wire
from hbmcp.paper.api.routes import (
    accounts,
    connectors,
    controllers_and_scripts,
    executors,
    gateway,
    gateway_dex,
    market_data,
    not_on_paper,
    portfolio,
    rate_oracle,
    root,
    trading,
)
from hbmcp.paper.api.routes.base import Call, Paper, Refusal, Routes
from hbmcp.paper.api.spellings import others

OPEN = "GET /"  # the one operation that asks for no credentials
DOCUMENT = "/openapi.json"

MODULES = (
    root,
    accounts,
    connectors,
    portfolio,
    trading,
    market_data,
    rate_oracle,
    executors,
    controllers_and_scripts,
    gateway,
    gateway_dex,
    not_on_paper,
)
ROUTES: Routes = {key: handler for module in MODULES for key, handler in module.ROUTES.items()}

# What the engine raises where a route has no answer of its own for it.
STATUSES: Mapping[type[errors.PaperError], int] = {
    errors.UnknownAccount: 404,
    errors.UnknownOrder: 404,
    errors.AccountExists: 400,
    errors.BadName: 400,
    errors.MasterAccount: 400,
    errors.NotPerpetual: 400,
    errors.UnknownPair: 400,
    errors.BadValue: 400,
    errors.PriceRequired: 400,
    errors.BelowMinimum: 400,
    errors.UnknownExchange: 500,
    errors.NotConnected: 500,
    errors.ExchangeRefused: 500,
    errors.StoreUnusable: 503,
}

logger = logging.getLogger(__name__)


def application(
    paper: Paper, username: str, password: str, faults: Collection[Fault] = (), contract: Contract | None = None
) -> Starlette:
    """The API of this paper exchange, for whoever has the credentials. `faults`, and another `contract` than the pinned
    one, are for tests."""
    credentials = f"{username}:{password}".encode()
    contract = contract or pinned()
    routes = faulty_routes(ROUTES, faults)
    endpoint = _Endpoint(paper, contract, credentials, routes, others(routes, contract.operations))
    return Starlette(routes=[Route("/{path:path}", faulty_wire(endpoint, faults))])


@frozen
class _Endpoint:
    """Any request. An ASGI application rather than a function, because Starlette leaves all methods to those."""

    paper: Paper
    contract: Contract
    credentials: bytes
    routes: Routes
    others: Routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.answer(Request(scope, receive))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if path == DOCUMENT and request.method == "GET":
            return _json(200, self.contract.document)
        operation, values, allowed = self.contract.find(request.method, path)
        if operation is None:
            if not allowed:
                return _detail(404, "Not Found")
            return _detail(405, "Method Not Allowed", {"Allow": ", ".join(allowed)})
        if operation.key != OPEN and (stranger := self.stranger(request.headers.get("authorization"))):
            return _detail(401, stranger, {"WWW-Authenticate": "Basic"})
        body = await request.body()
        query = request.query_params.multi_items()
        try:
            given = operation.read(values, query, body, request.headers.get("content-type"))
            if (own := pinned().operations.get(operation.key, operation)) is not operation:
                # Of another version, which may lack what its route reads.
                given = own.read(values, query, body, request.headers.get("content-type"))
            # Before the engine goes on: what executors do must happen at its own time, between the fills.
            executors.catch_up(self.paper)
            handler = self.routes.get(operation.key) or self.others[operation.key]
            answer = handler(Call(self.paper, given.path, given.query, given.body))
            return _json(operation.status, answer)
        except Invalid as invalid:
            return _crash() if invalid.unanswerable else _problems(invalid)
        except Refusal as refusal:
            return _crash() if refusal.detail is None else _detail(refusal.status, refusal.detail)
        except errors.PaperError as error:
            return _detail(STATUSES.get(type(error), 500), str(error))
        except Exception:
            return self.defect(operation)

    def stranger(self, authorization: str | None) -> str | None:
        """Why these aren't the credentials; None where they are."""
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() != "basic":
            return "Not authenticated"
        try:
            given = b64decode(encoded, validate=True)
        except ValueError:
            return "Invalid authentication credentials"
        return None if compare_digest(given, self.credentials) else "Incorrect username or password"

    def defect(self, operation: Operation) -> Response:
        logger.exception("The paper exchange failed at %s", operation.key)
        return _crash()


def _json(status: int, answer: Any, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(answer, default=_number, separators=(",", ":"), allow_nan=False)
    return Response(content, status, headers, media_type="application/json")


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} isn't JSON")


def _detail(status: int, detail: Any, headers: Mapping[str, str] | None = None) -> Response:
    return _json(status, {"detail": detail}, headers)


def _problems(invalid: Invalid) -> Response:
    try:
        return _detail(422, invalid.problems)
    except ValueError:  # JSON has no infinity and no NaN, but Python reads both
        return _detail(422, [{**problem, "input": str(problem["input"])} for problem in invalid.problems])


def _crash() -> Response:
    """How the real API tells of what it didn't expect."""
    return PlainTextResponse("Internal Server Error", 500)
