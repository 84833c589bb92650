"""Calls that wait until a person approves them, outside the client that made them: at a terminal, or in a chat.

A row in the store holds the call as it came and what was asked. Who approves it carries it out: planned and judged
anew, once.
"""

import logging
from collections.abc import Sequence
from copy import copy
from secrets import token_urlsafe

from hbmcp.errors import NotCounted, StoreError
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.answer import Answered, Reply, cant_ask
from hbmcp.policy.confirmation.demand import Demand
from hbmcp.policy.confirmation.question import Question
from hbmcp.policy.confirmation.quoted import Quoted
from hbmcp.policy.model import Policy, Way
from hbmcp.policy.said_twice import Said
from hbmcp.settings import Settings
from hbmcp.store import Approval, LedgerRow, OnceOnly, Store
from hbmcp.text import NAMED, cut, named, one_line
from hbmcp.times import DAY, HOUR, machine, now, utc
from hummingbot_api import exact_json

MOST = 50  # that wait
EACH = 10  # of one holder of a token, or of one client that showed none

logger = logging.getLogger(__name__)


class Waiting(Exception):
    """It waits for a person's approval under that id; str() tells it."""

    kind = "waiting"

    def __init__(self, approval: Approval) -> None:
        super().__init__(
            f"Nothing was sent yet: it waits for a person's approval, id {approval.id}, until {utc(approval.until)}. "
            "Tell the user, and don't call it again: a later answer says what became of it."
        )
        self.id = approval.id


class Approvals:
    """Those of one installation."""

    def __init__(self, policy: Policy, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._policy = policy
        self._used = _used(policy)

    def under(self, policy: Policy) -> "Approvals":
        """Those of who another policy holds for."""
        other = copy(self)
        other._policy, other._used = policy, _used(policy)
        return other

    def cant(self, call: Call, way: Way) -> str:
        """Why nobody can approve it elsewhere, that way; "" where somebody can."""
        if why := nobody(self._settings, way):
            return why
        if call.caller.kind == "person":
            return "only who sits at this terminal can send it through the halt, and not who is asked elsewhere"
        return "it takes or shows a secret, which isn't kept until somebody approves it" if call.secret else ""

    async def waiting(self, call: Call, question: Question, said: Said) -> Waiting:
        """Have it wait; what tells so. The same call, while it waits, waits once. Raises CantAsk where too many wait,
        NotCounted, and what `said` refuses."""
        arguments = exact_json.dumps(dict(call.arguments)).decode()
        approval = Approval(
            id=question.id,
            client=_of(call.caller.client),
            tool=call.caller.name,
            arguments=arguments,
            question=question.words,
            quoted=question.quoted.text,
            tolerance=question.demand.tolerance,
            created=machine(),
            until=question.until,
            token=call.caller.token,
            profile=self._policy.profile,
            holder=call.caller.holder,
            way=question.demand.way,
            nonce=token_urlsafe(16),
            idempotency_key=call.key,
            digest=said.digest,
            sent=said.sent or "",
        )
        moment = now()

        def judge(granted: Sequence[LedgerRow], waiting: Sequence[Approval]) -> Approval | None:
            for one in waiting:
                if _is_same(one, approval):
                    return one
            said.refuse(granted, moment)
            theirs = [one for one in waiting if _whose(one) == _whose(approval)]
            if len(theirs) >= EACH or len(waiting) >= MOST:
                which = f"{EACH} of its calls" if len(theirs) >= EACH else f"{MOST} calls"
                raise cant_ask(f"{which} wait for an approval already")
            return None

        try:
            waits = await self._store.add_approval(approval, said.since(moment), judge)
        except StoreError as error:
            raise NotCounted(
                f"A person is to approve this, and it can't be kept until then: {error.happened}",
                "Nothing was sent.",
                error.advice,
            ) from None
        if waits.id == approval.id:
            logger.info("The %s: `hbmcp approvals` shows it.", told(waits))
        return Waiting(waits)

    async def ended(self, client: str, holder: str) -> list[str]:
        """What became of what this client asked for with this holder's token, each told once."""
        if not self._used:
            return []
        try:
            return [told(one) for one in await self._store.tell_approvals(_of(client), holder)]
        except StoreError:
            return []

    async def standing(self, holder: str) -> tuple[str, ...]:
        """Those that wait, and what became of those of the last hour: of who holds this token, or else all."""
        if not self._used:
            return ()
        try:
            found = await self._store.approvals(since=machine() - DAY)
        except StoreError:
            return ()
        since = machine() - HOUR
        theirs = [one for one in found if not holder or one.holder == holder]
        return tuple(f"{told(one)}." for one in theirs if not one.over or one.changed >= since)


def nobody(settings: Settings, way: Way) -> str:
    """Why the settings let nobody approve anything that way; "" where they do."""
    if way == "telegram" and settings.telegram_token is None:
        return "no Telegram bot is set here (HBMCP_TELEGRAM_TOKEN, HBMCP_TELEGRAM_CHAT)"
    if settings.in_memory:
        return "this paper exchange is in memory (HBMCP_PAPER_DB), where nobody else sees what waits"
    return ""


def _used(policy: Policy) -> bool:
    return any(rule.ask != "client" for rules in policy.confirm_lists for rule in rules)


def _is_same(one: Approval, other: Approval) -> bool:
    """Whether they are one call of one caller."""
    says = one.digest == other.digest or (one.sent != "" and one.sent == other.sent)
    return says and (one.holder, one.client) == (other.holder, other.client)


def _whose(one: Approval) -> tuple[str, str]:
    return one.holder, "" if one.holder else one.client  # a client says itself what it is called


def _of(client: str) -> str:
    return cut(one_line(client), NAMED)


def restored(approval: Approval, reply: Reply, way: Way, by: str) -> Answered:
    """What a person says to it, and which way."""
    demand = Demand(way, relies=False, tolerance=approval.tolerance, patience=0)
    question = Question(approval.question, Quoted.from_text(approval.quoted), demand, approval.until, approval.id)
    return Answered(question, reply, way, by, OnceOnly("approval", approval.id), approval.upto)


def told(approval: Approval) -> str:
    """An approval in a few words, for a sentence of ours."""
    what = f"approval {approval.id} of {named(approval.tool)}"
    if approval.state == "waiting":
        return f"{what} waits for a person until {utc(approval.until)}"
    came = one_line(approval.came).removesuffix(".")
    return f"{what} is {approval.state}{f': {came}' if came else ''}"
