"""What a person approved, or refused, out of band: the call as it came, planned and judged anew."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal

from hbmcp.access.tokens import stands
from hbmcp.bridge import Bridge, Outcome
from hbmcp.caller import Access
from hbmcp.errors import StoreError
from hbmcp.policy.confirmation.answer import Answered, Reply
from hbmcp.policy.confirmation.approvals import restored
from hbmcp.policy.confirmation.question import Question
from hbmcp.policy.model import Way
from hbmcp.store import Approval, ApprovalState
from hbmcp.text import cut, named, one_line
from hummingbot_api import exact_json

WAITING: tuple[ApprovalState, ...] = ("waiting",)
BEGUN: tuple[ApprovalState, ...] = ("approved", "carried out")
CAME = 500  # characters of what one came to

logger = logging.getLogger(__name__)


class Approved:
    """Who is behind the call was asked before."""

    at_terminal = False
    cant = "it was approved already, for what it was then"

    def __init__(self, answered: Answered) -> None:
        self.answered = answered

    async def __call__(self, question: Question) -> Answered:
        """Not once more."""
        raise NotImplementedError

    async def type_keys(self, exchange: str, account: str) -> str:
        """Not here: what takes a secret never waits for an approval."""
        raise NotImplementedError


async def decided(
    bridge: Bridge, approval: Approval, reply: Literal["yes", "no"], way: Way, by: str
) -> Callable[[], Awaitable[Outcome]] | None:
    """That a person answers it, from now on; what is still to be done then: to carry the call out, or to write the no
    down. None for one that doesn't wait, and then nothing is changed. Raises StoreError."""
    state: ApprovalState = "approved" if reply == "yes" else "refused"
    if not await bridge.store.move_approval(approval.id, WAITING, state, by=by):
        return None
    if reply == "yes":
        return partial(carried_out, bridge, approval, way, by)
    return partial(answered, bridge, approval, reply, way, by)


async def carried_out(bridge: Bridge, approval: Approval, way: Way, by: str) -> Outcome:
    """The call, now that it is `approved` in the store. What it comes to is kept there, for who called."""
    ended: ApprovalState = "failed"
    came = "it was broken off: look what became of it"
    try:
        outcome = await _revoked(bridge, approval) or await answered(bridge, approval, "yes", way, by)
        ended = "failed" if outcome.is_error else "carried out"
        came = cut(one_line(outcome.text), CAME)
    finally:
        try:
            await bridge.store.move_approval(approval.id, BEGUN, ended, came=came)
        except StoreError as error:
            logger.warning("Who called isn't told what became of approval %s: %s", approval.id, error)
    return outcome


async def answered(bridge: Bridge, approval: Approval, reply: Reply, way: Way, by: str) -> Outcome:
    """The call as it came, with a person's answer; where that is no yes, it ends with being written down."""
    given: dict[str, Any] = exact_json.loads(approval.arguments.encode())
    theirs = bridge.for_approval(Access(approval.token, approval.holder, approval.profile))
    if theirs is None:
        return Outcome(f"The policy has no profile {named(approval.profile)} now. Nothing was sent.", True)
    key = approval.idempotency_key
    if key is not None and approval.holder:
        key = key.removeprefix(f"{approval.holder}/")  # which the bridge of its holder sets before it
    ask = Approved(restored(approval, reply, way, by))
    return await theirs.call(approval.tool, given, client=approval.client, key=key, ask=ask)


async def _revoked(bridge: Bridge, approval: Approval) -> Outcome | None:
    """That it isn't carried out, where the token that it was called with is revoked by now."""
    if not approval.token or await stands(approval.holder, bridge.store):
        return None
    return Outcome(f"The access token {named(approval.token)} that called is revoked. Nothing was sent.", True)
