"""Calls that wait until a person approves them, outside the client that made them: at a terminal.

A row in the store holds the call as it came and what was asked. Who approves it carries it out: planned and judged
anew, once.
"""

from collections.abc import Callable

from hbmcp.errors import NotCounted, StoreError
from hbmcp.identity import Identity
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation import Question
from hbmcp.policy.model import Policy
from hbmcp.settings import Settings
from hbmcp.store import Approval, Store
from hbmcp.store.place import Place
from hbmcp.text import named, one_line
from hbmcp.times import machine, utc
from hummingbot_api import exact_json

RECENT = 3_600_000  # milliseconds for which what became of one is told
OVER = ("refused", "expired", "carried out", "failed")


class Waiting(Exception):
    """It waits for a person's approval; str() tells it."""

    kind = "waiting"


class Approvals:
    """Those of one installation."""

    def __init__(self, policy: Policy, identity: Identity, settings: Settings, open_store: Callable[[], Store]) -> None:
        self._used = any(rule.ask == "terminal" for rules in policy.confirm_lists for rule in rules)
        place = Place.of(settings, identity)
        self._in_memory = place.file is None and place.postgresql is None
        self._open_store = open_store
        self._awaited: set[str] = set()

    def cant(self, call: Call) -> str:
        """Why nobody can approve it elsewhere; "" where somebody can."""
        if self._in_memory:
            return "this paper exchange is in memory, where no terminal sees what waits"
        if call.secret:
            return "it takes or shows a secret, which isn't kept until somebody approves it"
        return ""

    async def waiting(self, call: Call, question: Question) -> Waiting:
        """Have it wait; what tells so. The same call, while it waits, waits once. Raises NotCounted."""
        arguments = exact_json.dumps(dict(call.arguments)).decode()
        approval = Approval(
            id=question.id,
            client=one_line(call.caller.client),
            tool=call.caller.name,
            arguments=arguments,
            question=question.words,
            quoted=question.quoted.text,
            tolerance=question.demand.tolerance,
            created=machine(),
            until=question.until,
        )
        store = self._open_store()
        try:
            same = [
                one
                for one in await store.approvals(since=machine() - 86_400_000)
                if one.state == "waiting" and (one.tool, one.arguments) == (approval.tool, arguments)
            ]
            if same:
                approval = same[-1]
            else:
                await store.add_approval(approval)
        except StoreError as error:
            raise NotCounted(
                f"A person is to approve this, and it can't be kept until then: {error.happened}",
                "Nothing was sent.",
                error.advice,
            ) from None
        self._awaited.add(approval.id)
        return Waiting(
            f"Nothing was sent yet: it waits for a person's approval, id {approval.id}, until {utc(approval.until)}. "
            "Tell the user, and don't call it again: get_status and later answers say what became of it."
        )

    async def ended(self) -> list[str]:
        """What became of those that this process waits for, each told once."""
        if not self._awaited:
            return []
        try:
            found = await self._open_store().approvals(ids=self._awaited)
        except StoreError:
            return []
        over = [one for one in found if one.state in OVER and (one.came or one.state != "carried out")]
        self._awaited -= {one.id for one in over}
        return [told(one) for one in over]

    async def standing(self) -> tuple[str, ...]:
        """Those that wait, and what became of those of the last hour."""
        if not self._used:
            return ()
        try:
            found = await self._open_store().approvals(since=machine() - 86_400_000)
        except StoreError:
            return ()
        since = machine() - RECENT
        return tuple(f"{told(one)}." for one in found if one.state not in OVER or one.changed >= since)


def told(approval: Approval) -> str:
    """An approval in a few words."""
    what = f"approval {approval.id} of {named(approval.tool)}"
    if approval.state == "waiting":
        return f"{what} waits for a person until {utc(approval.until)}"
    return f"{what} is {approval.state}{f': {one_line(approval.came)}' if approval.came else ''}"
