"""One trigger fires: at most once, whatever ends in the middle.

It rests on one compare-and-set in the store, waiting -> firing, on a mark that is written right before the request
leaves, and on a deadline that is looked at then, by a clock that goes on while the machine sleeps: who finds a trigger
firing after the deadline knows that nobody will send for it any more. Each firing has a number, which whoever writes
something of it must name: one that was judged by another, and fired again, doesn't send.
"""

import asyncio
import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from attrs import evolve, frozen

from hbmcp import times
from hbmcp.access.tokens import stands
from hbmcp.bridge import Bridge, Outcome
from hbmcp.errors import CallError, Refused, StoreError
from hbmcp.figures import plain
from hbmcp.installation.balances import available, balances, units_of
from hbmcp.installation.executors.run.running import UNREAD
from hbmcp.installation.installation import Installation
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.installation.positions.open_positions import surely_gone
from hbmcp.installation.triggers.condition import Memory
from hbmcp.installation.triggers.trigger import FIRING, WAITING, Trigger, written_memory
from hbmcp.pairs import base_of
from hbmcp.store import Settled, Store, TriggerState
from hbmcp.text import cut, named, one_line
from hbmcp.watch.remainder import Remainder, answered, keep_remainder, refuse_beside_another, remainder

DEADLINE = 25.0  # seconds from waiting -> firing within which its requests must leave
ATTEMPTS = 5  # that sent nothing, one after the other, before what adds risk fails, and what reduces is told again
PAUSE = 5_000  # ms after the first of them; each one doubles it
LONGEST_PAUSE = 60_000
WRITTEN_AGAIN = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds between two attempts at writing down what it came to
SAID = 200  # characters of what it came to

logger = logging.getLogger(__name__)


class Late(Refused):
    """The deadline has passed, or another watcher has judged what became of it: nothing is sent."""

    kind = "late"

    def __init__(self) -> None:
        super().__init__(
            "The trigger fired too long ago.", "Nothing was sent.", "It is judged anew by the prices of now."
        )


class _Unmarked(Refused):
    """Without the mark in the store nobody would know later whether it was sent."""

    def __init__(self, error: StoreError) -> None:
        super().__init__(f"That it is sent can't be remembered: {error.happened}", "Nothing was sent.", error.advice)


class _Over(Refused):
    """It never acts: there is nothing that it could reduce, or who armed it may not let it act any more."""

    def __init__(self, why: str) -> None:
        super().__init__(why, "Nothing was sent.", "")


class _TotalReached(Refused):
    """It may not spend as much as its next firing would."""

    def __init__(self) -> None:
        super().__init__("One more firing would spend more than its total.", "Nothing was sent.", "")


class Firing:
    """What a call is told of the trigger that it is for; see hbmcp.policy.grant.Firing."""

    def __init__(self, store: Store, trigger: Trigger, deadline: float) -> None:
        self._store = store
        self._trigger = trigger
        self._deadline = deadline
        self.memory = trigger.memory
        self.outcomes: Mapping[int, Settled | None] = {}
        self.total_reached = False
        self.refused = False  # by the exchange, which was asked

    @property
    def protects(self) -> bool:
        """Whether it sells only what it protects."""
        return self._trigger.spec.protects is not None

    async def sending(self, planned: PlannedRequest) -> None:
        """Raises Late, and Refused where it can't be marked or would spend too much: nothing is sent then."""
        spends = (planned.stake.value or Decimal(0)) if planned.effect == "opens" else Decimal(0)
        spent, every = self.memory.spent + spends, self._trigger.spec.every
        if every is not None and every.total is not None and spent > every.total:
            self.total_reached = True
            raise _TotalReached
        memory = self.memory.model_copy(update={"sent": times.now(), "spent": spent})
        try:
            kept = await self._store.keep_trigger_memory([self._trigger.remembering(memory).written], "firing")
        except StoreError as error:
            raise _Unmarked(error) from None
        self.memory = memory
        if not kept or times.ticking() > self._deadline:
            raise Late

    def ended(self, outcomes: Mapping[int, Settled | None]) -> None:
        """Keeps them."""
        self.outcomes = outcomes
        if not self.sent:
            self.refused = self.memory.sent is not None
            self.memory = self._trigger.memory

    @property
    def sent(self) -> list[Settled]:
        """What may have been done."""
        return [one for one in self.outcomes.values() if one is not None]


class Ended(NamedTuple):
    """What a firing came to. `loud` is whether a person should know, `waits` that it goes on."""

    words: str
    loud: bool
    waits: bool = False


@frozen
class Result:
    """What a firing came to, before that is written down."""

    state: TriggerState
    words: str
    last: bool = False  # it fires no more, however often it may
    left: Remainder | None = None  # with which it goes on


async def fire(bridge: Bridge, installation: Installation, trigger: Trigger, cause: str) -> Ended | None:
    """Bring it from waiting to firing, act, and write down what came of it; None where another was quicker. Raises
    StoreError where that can't be moved; once it was, what it came to is given all the same."""
    store, deadline = bridge.store, times.ticking() + DEADLINE
    begun = trigger.remembering(trigger.memory.model_copy(update={"sent": None}))
    row, time = begun.written, times.now()
    if not await store.move_trigger(row.key, WAITING, "firing", cause, time=time, memory=row.memory, fired=row.fired):
        return None
    begun = evolve(begun, row=evolve(row, state="firing", changed=time, fired=row.fired + 1))
    firing = Firing(store, begun, deadline)
    result = await _result(bridge, installation, begun, firing, cause)
    for pause in (*WRITTEN_AGAIN, None):
        try:
            return await settle(store, begun, result, firing.memory, firing.sent)
        except StoreError as error:
            logger.warning("What became of trigger %d can't be written down: %s", begun.key, error)
            if pause is not None:
                await asyncio.sleep(pause)
    return Ended(f"{result.words} (this couldn't be written down)", loud=True)


async def settle(
    store: Store,
    trigger: Trigger,
    result: Result,
    memory: Memory,
    sent: list[Settled],
    *,
    unless_changed: bool = False,
) -> Ended:
    """Write down what a firing came to, also where another has called it unknown meanwhile; with `unless_changed` only
    if it is as it was read."""
    state, words = result.state, result.words
    references = (*memory.references, *(one.reference for one in sent if one.reference))
    acted = state == "done" and not result.last
    attempts = 0 if state == "done" or sent else memory.attempts + 1
    update: dict[str, Any] = {"came": words, "references": references, "sent": None, "held": None}
    update |= {"attempts": attempts, "acted": memory.acted + acted}
    every = trigger.spec.every
    if acted and every is not None and memory.acted + 1 < every.count:
        state = "waiting"
        update["wakes"] = times.now() + every.pause * 1000
    elif state == "waiting":
        update["wakes"] = times.now() + min(PAUSE * 2**memory.attempts, LONGEST_PAUSE)
    await store.move_trigger(
        trigger.key,
        FIRING if unless_changed else (*FIRING, "unknown"),
        state,
        words,
        time=times.now(),
        memory=written_memory(memory.model_copy(update=update)),
        bonded=state == "done" or (state == "unknown" and not _harmless_twice(trigger)),
        fired=trigger.row.fired,
        remembers=trigger.row.memory if unless_changed else None,
    )
    if result.left is not None:
        await keep_remainder(store, trigger, result.left)
    waits = state == "waiting"
    return Ended(words, loud=not attempts or not waits or attempts % ATTEMPTS == 0, waits=waits)


def asleep(trigger: Trigger, now: int) -> bool:
    """Whether it is too early for its next firing; a clock that was set back doesn't make it sleep longer."""
    every = trigger.spec.every
    longest = max(LONGEST_PAUSE, 0 if every is None else every.pause * 1000)
    return 0 < trigger.memory.wakes - now <= longest


async def _result(bridge: Bridge, installation: Installation, trigger: Trigger, firing: Firing, cause: str) -> Result:
    action, when, note = trigger.spec.then, trigger.spec.when, trigger.spec.note
    if action is None:
        waited_for = when.words.removeprefix(f"{when.what} is ")
        return Result("done", f"{cause} ({waited_for}){f'; note: {note}' if note else ''}")
    try:
        await refuse_beside_another(installation, trigger)
        arguments = await _arguments(installation, trigger)
        theirs = await _of_who_armed(bridge, trigger)
    except _Over as error:
        return Result("cancelled", error.happened)
    except CallError as error:
        arguments, outcome = {}, Outcome(str(error), True)
    else:
        outcome = await theirs.call(action.tool, arguments, client=f"trigger {trigger.key}", firing=firing)
    if outcome.is_error and not firing.sent and (gone := await _gone(installation, trigger)):
        return Result("cancelled", gone)
    left = None
    if firing.sent and not outcome.is_error:
        left = await remainder(installation, trigger, arguments, outcome.text)
    return _came_to(trigger, firing, outcome, left)


async def _of_who_armed(bridge: Bridge, trigger: Trigger) -> Bridge:
    """Held to the profile of the access token with which it was armed. What reduces goes on whatever became of that; of
    what opens, raises _Over where it is revoked or its profile gone, and StoreError where nobody knows."""
    access = trigger.spec.armed_with
    if access is None:
        return bridge
    theirs = bridge.under(access)
    if trigger.spec.reduces:
        return theirs or bridge
    if not await stands(access.holder, bridge.store):
        raise _Over(f"the access token {named(access.token)} with which it was armed is revoked: nothing was sent")
    if theirs is None:
        raise _Over(f"the policy has no profile {named(access.profile or '')} now, under which it was armed")
    return theirs


async def _arguments(installation: Installation, trigger: Trigger) -> dict[str, Any]:
    """Those of its action; of coins that it protects no more than are there. Raises CallError."""
    action, protects = trigger.spec.then, trigger.spec.protects
    assert action is not None
    arguments = dict(action.arguments)
    if protects is not None and protects.amount is not None:
        base, exchange = base_of(protects.trading_pair), protects.connector_name
        told = await balances(installation, protects.account_name, exchange)
        there = available(told).get(base, Decimal(0))
        if units_of(told, base) == 0:
            raise _Over(f"the {named(base)} that it protects is gone from {named(exchange)}")
        if not there:
            raise Refused(
                f"No {named(base)} is available on {named(exchange)}; orders hold it.", "Nothing was sent.", ""
            )
        arguments["amount"] = str(plain(min(there, protects.amount)))
    return arguments


async def _gone(installation: Installation, trigger: Trigger) -> str:
    """Why there is nothing to close; "" where there is, or that can't be known."""
    action, protects = trigger.spec.then, trigger.spec.protects
    if action is None or (action.tool != "close_position" and (protects is None or protects.amount is not None)):
        return ""
    account, exchange, pair, side = (
        action.arguments.get(name) for name in ("account_name", "connector_name", "trading_pair", "side")
    )
    if not (account and exchange and pair):
        return ""
    if not await surely_gone(installation, account, exchange, pair, protects.side if protects else side):
        return ""
    return f"the position {named(pair)} on {named(exchange)} that it was to close is gone"


def _came_to(trigger: Trigger, firing: Firing, outcome: Outcome, left: Remainder | None) -> Result:
    says = outcome.text if outcome.is_error else _in_short(outcome.text)
    says = cut(one_line(says), SAID)
    sent = firing.sent
    if any(one.state == "unknown" for one in sent):
        return Result("unknown", f"nobody knows what became of it, and it isn't sent again: {says}")
    if sent and outcome.is_error:
        return Result("failed", says)
    if left is not None and left.goes_on:
        return Result("waiting", f"{left.words}: {says}", left=left)
    if sent or not outcome.is_error:  # or there was nothing to do
        unclosed = "" if left is None else f"; {left.words}"
        return Result("done", says + unclosed + _unprotected(trigger))
    if firing.total_reached:
        return Result("done", says, last=True)
    attempts = trigger.memory.attempts + 1
    assert trigger.spec.then is not None
    if attempts < ATTEMPTS or not (trigger.spec.opens or firing.refused):
        return Result("waiting", f"nothing was done, and it is tried again (attempt {attempts}): {says}")
    return Result("failed", f"nothing was done in {attempts} attempts: {says}")


def _in_short(text: str) -> str:
    """What an answer says of an order, in a line; of anything else, its first line."""
    first = text.partition("\n")[0]
    if not (said := answered(text)):
        return first
    told = [str(said["result"]).rstrip(".")] if "result" in said else []
    for key, verb in (("filled_amount", "filled"), ("closed", "closed"), ("cancelled", "cancelled")):
        if said.get(key) is not None:
            told.append(f"{verb} {said[key]}" + (f" at {said['average_price']}" if "average_price" in said else ""))
    if running := said.get("executors_running"):
        told.append(f"{running} executor{'s run' if running != 1 else ' runs'} there, which may order anew")
    if UNREAD in text:
        told.append(f"{UNREAD[:1].lower()}{UNREAD[1:]}")
    if said.get("left"):
        told.append(f"{said['left']} left")
    if (pnl := said.get("net_pnl", said.get("realized_pnl"))) is not None:
        told.append(f"P&L {pnl}")
    if not told:
        return first
    if (order := said.get("order_id")) is not None:
        told.append(f"order {order}")
    return ", ".join(told)


def _unprotected(trigger: Trigger) -> str:
    """What its entry may still fill."""
    after = trigger.spec.after
    return "" if after is None else f" What {after.words} fills from now on isn't protected."


def _harmless_twice(trigger: Trigger) -> bool:
    """Whether another may act although this one may have: it closes what is left of a position, or tells."""
    action = trigger.spec.then
    return action is None or (action.reduces and trigger.spec.protects is not None and not trigger.spec.protects.amount)
