"""One trigger fires: at most once, whatever ends in the middle.

It rests on one compare-and-set in the store, waiting -> firing, on a mark that is written right before the request
leaves, and on a deadline that is looked at then, by a clock that goes on while the machine sleeps: who finds a trigger
firing after the deadline knows that nobody will send for it any more.
"""

import json
import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hbmcp import times
from hbmcp.bridge import Bridge, Outcome
from hbmcp.errors import CallError, Refused
from hbmcp.figures import plain
from hbmcp.installation.balances import balances
from hbmcp.installation.installation import Installation
from hbmcp.installation.triggers.condition import Memory
from hbmcp.installation.triggers.trigger import FIRING, WAITING, Trigger, written_memory
from hbmcp.store import Settled, Store, TriggerState
from hbmcp.text import cut, one_line

DEADLINE = 25.0  # seconds from waiting -> firing within which its requests must leave
ATTEMPTS = 5  # that sent nothing, one after the other, before it fails
PAUSE = 5_000  # ms after the first of them; each one doubles it
SAID = 200  # characters of what it came to

logger = logging.getLogger(__name__)


class Late(Refused):
    """The deadline has passed, or another watcher has judged what became of it: nothing is sent."""

    kind = "late"

    def __init__(self) -> None:
        super().__init__(
            "The trigger fired too long ago.", "Nothing was sent.", "It is judged anew by the prices of now."
        )


class Firing:
    """What a call is told of the trigger that it is for; see hbmcp.policy.grant.Firing."""

    def __init__(self, store: Store, trigger: Trigger) -> None:
        self._store = store
        self._trigger = trigger
        self._deadline = times.ticking() + DEADLINE
        self.memory = trigger.memory
        self.outcomes: Mapping[int, Settled | None] = {}

    async def sending(self) -> None:
        """Raises Late, and StoreError where it can't be marked: nothing is sent then."""
        self.memory = self.memory.model_copy(update={"sent": times.machine()})
        if not await self._store.keep_trigger_memory({self._trigger.key: written_memory(self.memory)}, "firing"):
            raise Late
        if times.ticking() > self._deadline:
            raise Late

    def ended(self, outcomes: Mapping[int, Settled | None]) -> None:
        """Keeps them."""
        self.outcomes = outcomes

    @property
    def sent(self) -> list[Settled]:
        """What may have been done."""
        return [one for one in self.outcomes.values() if one is not None]


async def fire(bridge: Bridge, installation: Installation, trigger: Trigger, cause: str) -> str:
    """Bring it from waiting to firing, act, and write down what came of it; gives that in words, "" where another was
    quicker. Raises StoreError where even that can't be written: then it stays in firing, to be reconciled."""
    store = bridge.store
    memory = trigger.memory.model_copy(update={"sent": None})
    trigger = trigger.remembering(memory)
    written = written_memory(memory)
    if not await store.move_trigger(trigger.key, WAITING, "firing", cause, time=times.now(), memory=written):
        return ""
    firing = Firing(store, trigger)
    outcome = await _acted(bridge, installation, trigger, firing)
    state, words = _came_to(trigger, firing, outcome)
    return await settle(store, trigger, state, words, firing.memory, firing.sent)


async def settle(
    store: Store, trigger: Trigger, state: TriggerState, words: str, memory: Memory, sent: list[Settled]
) -> str:
    """Write down what a firing came to, and say it."""
    references = (*memory.references, *(one.reference for one in sent if one.reference))
    done = state in ("done", "waiting") and (bool(sent) or trigger.spec.then is None)
    update: dict[str, Any] = {"came": words, "references": references, "sent": None, "held": None}
    update |= {"attempts": 0 if done else memory.attempts + 1}
    every = trigger.spec.every
    if state == "done" and every is not None and trigger.row.fired + 1 < every.count:
        state = "waiting"
        update["wakes"] = times.now() + every.pause * 1000
    elif state == "waiting":
        update["wakes"] = times.now() + PAUSE * 2**memory.attempts
    ends_others = state == "done" or (state == "unknown" and not _reduces(trigger))
    await store.move_trigger(
        trigger.key,
        FIRING,
        state,
        words,
        time=times.now(),
        memory=written_memory(memory.model_copy(update=update)),
        bonded=ends_others,
    )
    return words


async def _acted(bridge: Bridge, installation: Installation, trigger: Trigger, firing: Firing) -> Outcome:
    action = trigger.spec.then
    if action is None:
        return Outcome("", False)
    try:
        arguments = await _arguments(installation, trigger)
    except CallError as error:
        return Outcome(str(error), True)
    return await bridge.call(action.tool, arguments, client=f"trigger {trigger.key}", firing=firing)


async def _arguments(installation: Installation, trigger: Trigger) -> dict[str, Any]:
    """Those of its action; of coins that it protects no more than are there. Raises CallError."""
    action, protects = trigger.spec.then, trigger.spec.protects
    assert action is not None
    arguments = dict(action.arguments)
    if action.tool == "place_order":
        arguments |= {"again": True}
    if protects is not None and protects.amount is not None:
        base = protects.trading_pair.partition("-")[0]
        held = await balances(installation, protects.account_name, protects.connector_name)
        there = sum((one.available or Decimal(0) for one in held if one.token == base), Decimal(0))
        if not there:
            raise Refused(f"No {base} is available on {protects.connector_name} any more.", "Nothing was sent.", "")
        arguments["amount"] = str(plain(min(there, protects.amount)))
    return arguments


def _came_to(trigger: Trigger, firing: Firing, outcome: Outcome) -> tuple[TriggerState, str]:
    says = outcome.text if outcome.is_error else _in_short(outcome.text)
    says = cut(one_line(says), SAID)
    if trigger.spec.then is None:
        return "done", trigger.spec.when.words
    sent = firing.sent
    if any(one.state == "unknown" for one in sent):
        return "unknown", f"nobody knows what became of it, and it isn't sent again: {says}"
    if sent:
        return ("failed" if outcome.is_error else "done"), says
    if not outcome.is_error:
        return "done", says  # there was nothing to do
    if trigger.memory.attempts + 1 < ATTEMPTS:
        return "waiting", f"nothing was sent, and it is tried again: {says}"
    return "failed", f"nothing was sent: {says}"


def _in_short(text: str) -> str:
    """What an answer says of an order, in a line; of anything else, its first line."""
    first = text.partition("\n")[0]
    try:
        said = json.loads(first)
    except ValueError:
        return first
    if not isinstance(said, dict) or "result" not in said:
        return first
    told = [str(said["result"]).rstrip(".")]
    if (filled := said.get("filled_amount", said.get("closed_amount"))) is not None:
        told.append(f"{filled} at {said.get('average_price', said.get('price', '?'))}")
    if (order := said.get("order_id")) is not None:
        told.append(f"order {order}")
    return ", ".join(told)


def _reduces(trigger: Trigger) -> bool:
    return trigger.spec.then is None or trigger.spec.then.reduces
