"""Asking the person behind a client, by elicitation.

On connections of 2025 the question is a request of ours while the call waits, where there is a way back. In the
revision of 2026 it is the call's result, and the call comes again with the answer and the state that it was given. That
state is sealed, under a key that all who share the store have, for this call, client and installation.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import anyio
from attrs import frozen
from mcp.server.context import ServerRequestContext
from mcp.server.request_state import (
    InvalidRequestState,
    RequestStateBoundary,
    RequestStateSecurity,
    authenticated_principal,
)
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp.types import (
    INVALID_PARAMS,
    REQUEST_TIMEOUT,
    CallToolRequestParams,
    ElicitationCapability,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from hbmcp.errors import CallError, StoreError
from hbmcp.errors.key_page import no_page
from hbmcp.policy.confirmation.answer import Answered, Ask, AskedFirst, Reply, Visit
from hbmcp.policy.confirmation.demand import Demand
from hbmcp.policy.confirmation.question import Question
from hbmcp.policy.confirmation.quoted import Quoted
from hbmcp.server.line import client, holder_of
from hbmcp.server.result import result
from hbmcp.times import machine

if TYPE_CHECKING:
    from hbmcp.bridge import Bridge, Outcome
    from hbmcp.server.line import Line

KEY = "answers"  # in the store: what seals questions and their answers
SEALED_FOR = 2 * 86_400.0  # seconds; until when an answer holds stands in what is sealed
APPROVE = "approve"  # the one thing that is asked for
VISIT = "visit"  # a page, where one is asked to be visited
SCHEMA = {
    "type": "object",
    "properties": {APPROVE: {"type": "boolean", "title": "Send it"}},
    "required": [APPROVE],
}
VOID = "void"  # in place of a state that isn't ours, or not for this call

Context = ServerRequestContext[Any]
Call = Callable[[Ask], Awaitable["Outcome"]]


async def called(
    ctx: Context, params: CallToolRequestParams, line: "Line", bridge: "Bridge", call: Call
) -> dict[str, Any]:
    """The result of a call that can ask its client; or the question, with which it must come again."""
    if ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return _told(await call(_Meanwhile(ctx, line)))
    if params.request_state is None:
        outcome = await call(_BeforeIt(ctx, line))
        if outcome.question is None:
            return _told(outcome)
        return await _sealed(ctx, bridge, partial(_given, _required(outcome.question)))

    async def answered(opened: Context) -> dict[str, Any]:
        state = (opened.params or {})["requestState"]
        if (page := _page(state)) is not None:
            return await _told_of_page(line, page, _reply_to_visit((params.input_responses or {}).get(VISIT)))
        return _told(await call(_BeforeIt(ctx, line, _answered(ctx, params, state))))

    return await _sealed(ctx, bridge, answered)


def _told(outcome: "Outcome") -> dict[str, Any]:
    return result(outcome.text, is_error=outcome.is_error, content=outcome.content, structured=outcome.structured)


@frozen
class _ByClient:
    """The way to the person behind a client."""

    _ctx: Context
    _line: "Line"
    answered: Answered | None = None
    at_terminal: bool = False

    @property
    def cant(self) -> str:
        return self._no_way or _cant(self._ctx)

    @property
    def _no_way(self) -> str:
        return ""

    async def type_keys(self, exchange: str, account: str) -> str:
        if why := self._no_way or _cant_visit(self._ctx, self._line):
            raise no_page(exchange, account, why)
        return await self._visited(exchange, account)

    async def _visited(self, exchange: str, account: str) -> str:
        """What to say once the person was sent to a page."""
        raise NotImplementedError


@frozen
class _Meanwhile(_ByClient):
    """Asks while the call waits."""

    @property
    def _no_way(self) -> str:
        return "" if self._ctx.session.can_send_request else "this connection has no way back to the client"

    async def __call__(self, question: Question) -> Answered:
        reply: Reply
        try:
            told = await self._ctx.session.send_request(
                ElicitRequest(params=ElicitRequestFormParams(message=question.words, requested_schema=SCHEMA)),
                ElicitResult,
                request_read_timeout_seconds=max(question.until - machine(), 0) / 1000,
                metadata=ServerMessageMetadata(related_request_id=self._ctx.request_id),
            )
            reply = _reply(told)
        except ValidationError:
            reply = "unreadable"
        except MCPError as error:
            reply = "none" if error.error.code == REQUEST_TIMEOUT else "gone"
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            reply = "gone"
        return Answered(question, reply, "client", client(self._ctx))

    async def _visited(self, exchange: str, account: str) -> str:
        session, pages = self._ctx.session, self._line.key_pages
        visit = await pages.open(exchange, account, lambda id_: session.send_elicit_complete(id_))
        try:
            told = await session.elicit_url(visit.words, visit.address, visit.id, self._ctx.request_id)
            reply = _reply_to_visit(told)
        except (ValidationError, MCPError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            reply = "gone"
        except BaseException:
            await pages.close(visit.id)
            raise
        return await pages.visited(visit.id, reply)


@frozen
class _BeforeIt(_ByClient):
    """Asks before the call, which comes again with what was `answered`."""

    async def __call__(self, question: Question) -> Answered:
        raise AskedFirst(question)

    async def _visited(self, exchange: str, account: str) -> str:
        raise AskedFirst(await self._line.key_pages.open(exchange, account))


def _cant(ctx: Context) -> str:
    """An empty elicitation is the form's: it is older than the other."""
    can = _elicitation(ctx)
    return "" if can and (can.form or not can.url) else "this client doesn't say that it can ask (elicitation)"


def _cant_visit(ctx: Context, line: "Line") -> str:
    """Why nobody can be sent to a page; "" where somebody can."""
    can = _elicitation(ctx)
    if not (can and can.url):
        return "this client doesn't say that it can open one (elicitation by URL)"
    if holder_of(ctx) is not None or not line.settings.called_from_here:
        return "this server's clients may be on other machines"
    return ""


def _elicitation(ctx: Context) -> ElicitationCapability | None:
    told = ctx.session.client_capabilities
    return told.elicitation if told else None


def _reply_to_visit(told: Any) -> Reply:
    if not isinstance(told, ElicitResult):
        return "unreadable"
    return "yes" if told.action == "accept" else _no(told)


def _no(told: ElicitResult) -> Reply:
    return "no" if told.action == "decline" else "dismissed"


def _reply(told: Any) -> Reply:
    if not isinstance(told, ElicitResult):
        return "unreadable"
    if told.action != "accept":
        return _no(told)
    approved = (told.content or {}).get(APPROVE)
    return ("yes" if approved else "no") if isinstance(approved, bool) else "unreadable"


def _required(question: Question | Visit) -> dict[str, Any]:
    if isinstance(question, Visit):
        visit = {"mode": "url", "message": question.words, "url": question.address, "elicitationId": question.id}
        return _input_required(VISIT, visit, {"page": question.id})
    state = {
        "id": question.id,
        "until": question.until,
        "tolerance": str(question.demand.tolerance),
        "quoted": question.quoted.text,
    }
    asked = {"mode": "form", "message": question.words, "requestedSchema": SCHEMA}
    return _input_required(APPROVE, asked, state)


def _input_required(name: str, asked: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    return {
        "resultType": "input_required",
        "inputRequests": {name: {"method": "elicitation/create", "params": asked}},
        "requestState": json.dumps(state),
    }


def _page(state: str) -> str | None:
    """The id of the page that a person was sent to; None for the state of a question."""
    try:
        found = json.loads(state)["page"]
    except (ValueError, LookupError, TypeError):
        return None
    return found if isinstance(found, str) else None


async def _told_of_page(line: "Line", page: str, reply: Reply) -> dict[str, Any]:
    try:
        return result(await line.key_pages.visited(page, reply), is_error=False)
    except CallError as error:
        return result(str(error), is_error=True)


def _answered(ctx: Context, params: CallToolRequestParams, state: str) -> Answered:
    reply = _reply((params.input_responses or {}).get(APPROVE))
    try:
        said = json.loads(state)
        demand = Demand("client", False, Decimal(said["tolerance"]), 0)
        question = Question("", Quoted.from_text(said["quoted"]), demand, said["until"], said["id"])
    except (ValueError, LookupError, TypeError, ArithmeticError):
        question, reply = Question("", Quoted("", {}), Demand("client", False, Decimal(0), 0), 0), "void"
    return Answered.carried(question, reply, client(ctx))


async def _given(what: dict[str, Any], _: Context) -> dict[str, Any]:
    return what


async def _sealed(
    ctx: Context, bridge: "Bridge", act: Callable[[Context], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    """What comes of it with a state that is opened, its own being sealed; with VOID where it can't be opened. Raises
    MCPError where that was never sealed here: a client's doing, and no model's."""
    try:
        key = await bridge.store.key(KEY, token_hex(32))
    except StoreError as error:
        told = f"A person is to be asked, and the question can't be sealed: {error.happened} Nothing was sent."
        return result(f"{told} {error.advice}".rstrip(), is_error=True)
    assert key is not None
    security = RequestStateSecurity(keys=[key], ttl=SEALED_FOR, bind_principal=_principal)
    try:
        done = await RequestStateBoundary(security, default_audience=f"hbmcp {bridge.identity.name}")(ctx, act)
    except MCPError as error:
        if error.error.code != INVALID_PARAMS or error.error.data != {"reason": "invalid_request_state"}:
            raise
        voided = await act(_void(ctx))
        if voided.get("isError") and not _was_sealed(security, ctx):
            raise MCPError(INVALID_PARAMS, voided["content"][0]["text"], error.error.data) from None
        return voided
    assert isinstance(done, dict)
    return done


def _was_sealed(security: RequestStateSecurity, ctx: Context) -> bool:
    """Whether a state is one that was sealed under this key, for whatever call."""
    try:
        security.codec.unseal((ctx.params or {})["requestState"])
    except InvalidRequestState:
        return False
    return True


def _void(ctx: Context) -> Context:
    return replace(ctx, params={**(ctx.params or {}), "requestState": VOID})


def _principal(ctx: Context) -> str:
    holder = holder_of(ctx)
    return json.dumps([authenticated_principal(ctx), holder.key if holder else None, client(ctx)])
