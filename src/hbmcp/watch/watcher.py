"""The watcher: reads what triggers wait for, judges, and lets them fire. One at a time, by a lease in the store."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Sequence
from decimal import Decimal
from uuid import uuid4

from attrs import frozen

from hbmcp import times
from hbmcp.bridge import Bridge
from hbmcp.caller import Caller
from hbmcp.errors import CallError, StoreError
from hbmcp.figures import plain, ratio
from hbmcp.installation.orders.lookup import find_order
from hbmcp.installation.positions.open_positions import positions_or_doubt
from hbmcp.installation.triggers.condition import Condition, Judged
from hbmcp.installation.triggers.readings import USES, Value, readings, witnesses
from hbmcp.installation.triggers.trigger import LIVE, OVER, WAITING, Protected, Trigger, written_memory
from hbmcp.store import TriggerEvent, TriggerRow, TriggerState, Watch
from hbmcp.text import named
from hbmcp.watch.firing import fire
from hbmcp.watch.reconciliation import due, reconcile

EVERY = 2.0  # seconds between two rounds
HEARTBEAT = 10_000  # ms between two renewals of the lease
LEASE = 2 * HEARTBEAT - 2_000  # ms: another takes over within twice the heartbeat
LOOKS = 5  # rounds between two looks at positions and orders that triggers hang on
APART = Decimal(1)  # percent that two witnesses of one price may be apart
BLIND = 60_000  # ms without a reading that can be believed, after which somebody is told
ACTS = ("place_order", "close_position", "cancel_orders", "stop_executor")  # without these it doesn't watch
LOOKUPS = frozenset({"search_orders", "list_active_orders", "list_positions", "get_trades", "get_prices"})

logger = logging.getLogger(__name__)


@frozen
class Seen:
    """A trigger as the last round saw it, for who looks on."""

    trigger: Trigger
    value: Value | None
    level: Decimal | None


class Watcher:
    """Watches the triggers of one bridge's installation. `kind` says what runs it, as others are told: "hbmcp watch";
    `show` is given what each round saw."""

    def __init__(
        self, bridge: Bridge, kind: str, *, watches: bool = True, show: Callable[[Sequence[Seen]], object] | None = None
    ) -> None:
        self._bridge = bridge
        self._kind = kind
        self._watches = watches and bridge.fires(ACTS)
        self._show = show
        self._holder = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._installation = bridge.installation(Caller("watch", "triggers", USES | LOOKUPS, "watch"))
        self._renewed: int | None = None
        self._told = times.now()
        self._rounds = 0
        self._firing: dict[int, asyncio.Task[None]] = {}
        self._gone: dict[Protected, int] = {}
        self._failed = ""

    async def run(self) -> None:
        """Until it is cancelled; then it leaves the watch to others. What fires is brought to its end."""
        try:
            while True:
                await self.round()
                await asyncio.sleep(EVERY)
        finally:
            await self.leave()

    async def leave(self) -> None:
        """End what fires, and let others watch."""
        if self._firing:
            await asyncio.wait(self._firing.values())
        if self._renewed is not None:
            self._renewed = None
            try:
                await self._bridge.store.leave_watch(self._holder, times.machine())
            except StoreError as error:
                logger.debug("The watch ends without a word in the store: %s", error)

    async def round(self) -> None:
        """Look once. Raises nothing: what fails is logged, and told where nobody watches for it."""
        try:
            watching = self._watches and await self._leads()
            await self._tell_news()
            if watching:
                await self._watch()
            self._failed = ""
        except StoreError as error:
            if str(error) != self._failed:
                self._failed = str(error)
                logger.warning("Triggers aren't watched: %s", error)
                self._bridge.tell("watch", f"Triggers aren't watched: {error}")
        except CallError as error:
            logger.warning("A round of the watch came to nothing: %s", error)
        except Exception:
            logger.exception("A round of the watch failed: a defect of hbmcp")

    async def _leads(self) -> bool:
        now = times.machine()
        if self._renewed is not None and 0 <= now - self._renewed < HEARTBEAT:
            return True
        held = await self._bridge.store.take_watch(Watch(self._holder, self._kind, now, now + LEASE))
        leads = held.holder == self._holder
        if leads and self._renewed is None:
            await self._tell_gap(held)
        self._renewed = now if leads else None
        return leads

    async def _tell_gap(self, held: Watch) -> None:
        """Since when nobody had watched, where somebody should have."""
        if held.unwatched_to != held.since or held.unwatched_from is None:
            return
        waiting = await self._bridge.store.triggers(states=WAITING)
        if waiting:
            since = times.utc(held.unwatched_from)
            words = f"nobody watched the triggers from {since} to {times.utc(held.since)}; what was met then was missed"
            logger.warning("%s", words)
            self._bridge.news.append(words)

    async def _tell_news(self) -> None:
        since, self._told = self._told, times.now()
        for event in await self._bridge.store.trigger_events(since=since):
            if event.time >= self._told:
                self._told = min(self._told, event.time)
                continue
            words = _news(event)
            if words:
                self._bridge.news.append(words)
                self._bridge.news[:] = self._bridge.news[-20:]

    async def _watch(self) -> None:
        self._rounds += 1
        found = [
            one
            for row in await self._bridge.store.triggers(states=LIVE)
            if (one := _readable(row)) is not None and one.key not in self._firing
        ]
        for one in found:
            if due(one):
                self._say(one, await reconcile(self._installation, self._bridge.store, one))
        waiting = [one for one in found if one.row.state == "waiting" and not await self._expired(one)]
        if self._rounds % LOOKS == 1:
            waiting = [one for one in waiting if not await self._ended(one)]
        now = times.now()
        awake = [one for one in waiting if one.memory.wakes <= now and one.spec.after is None]
        await self._judge(awake)

    async def _judge(self, awake: list[Trigger]) -> None:
        values = await readings(self._installation, {one.spec.when for one in awake})
        now = times.now()
        judged: list[tuple[Trigger, Judged]] = []
        seen = []
        kept: dict[int, str] = {}
        for one in awake:
            value = values[one.spec.when]
            if isinstance(value, CallError):
                self._doubt(one, f"{value.happened}", kept)
                seen.append(Seen(one, value, None))
                continue
            found = one.spec.when.judge(one.memory, value, now)
            seen.append(Seen(one, value, found.level))
            if found.met:
                judged.append((one, found))
            elif _differs(one, found, self._rounds):
                memory = found.memory.model_copy(update={"doubted": None, "doubt": "", "told": False})
                kept[one.key] = written_memory(memory)
        sure = await witnesses(self._installation, {one.spec.when for one, _ in judged})
        for one, found in judged:
            why = _disbelief(one, found, sure[one.spec.when])
            if why:
                self._doubt(one, why, kept)
            else:
                memory = found.memory.model_copy(update={"doubted": None, "doubt": "", "told": False})
                self._fire(one.remembering(memory), _cause(one.spec.when, found))
        if kept:
            await self._bridge.store.keep_trigger_memory(kept)
        if self._show is not None:
            self._show(seen)

    def _doubt(self, one: Trigger, why: str, kept: dict[int, str]) -> None:
        """Remember since when it can't be seen, and tell it once it is too long."""
        now = times.now()
        since = one.memory.doubted or now
        blind = now - since >= BLIND
        if blind and not one.memory.told:
            words = f"trigger {one.key} can't be judged since {times.utc(since)}: {why}"
            logger.warning("%s", words)
            self._bridge.news.append(words)
            self._bridge.tell("blind", words)
        if one.memory.doubted is None or blind != one.memory.told or one.memory.doubt != why:
            memory = one.memory.model_copy(update={"doubted": since, "doubt": why, "told": blind, "held": None})
            kept[one.key] = written_memory(memory)

    def _fire(self, one: Trigger, cause: str) -> None:
        async def fired() -> None:
            try:
                self._say(one, await fire(self._bridge, self._installation, one, cause))
            except StoreError as error:
                logger.warning("What became of trigger %d can't be written down: %s", one.key, error)
            finally:
                del self._firing[one.key]

        self._firing[one.key] = asyncio.create_task(fired())

    def _say(self, one: Trigger, words: str) -> None:
        if words:
            told = f"trigger {one.key}, {one.spec.words}: {words}"
            logger.info("%s", told)
            self._bridge.tell("trigger", told)

    async def _expired(self, one: Trigger) -> bool:
        if one.spec.expires is None or times.now() < one.spec.expires:
            return False
        await self._over(one, "expired", "its time is over")
        return True

    async def _ended(self, one: Trigger) -> bool:
        """Whether what it hangs on is gone; and begins what waited for an order's fill."""
        if one.spec.after is not None:
            return await self._order_ended(one)
        protects = one.spec.protects
        if protects is None or protects.amount is not None:
            return False
        listed, doubt = await positions_or_doubt(
            self._installation, protects.account_name, protects.connector_name, protects.trading_pair
        )
        there = any(row.pair == protects.trading_pair and row.side == protects.side for row in listed)
        if there or doubt is not None:
            self._gone.pop(protects, None)
            return False
        self._gone[protects] = self._gone.get(protects, 0) + 1
        if self._gone[protects] < 2:  # one answer without it is no proof
            return False
        await self._over(one, "cancelled", "the position that it protects is gone")
        return True

    async def _order_ended(self, one: Trigger) -> bool:
        after = one.spec.after
        assert after is not None
        order = await find_order(self._installation, after.order_id, after.account_name, after.connector_name)
        if not order.filled:
            if order.ended:
                await self._over(one, "cancelled", f"order {named(after.order_id)} ended without a fill")
            return order.ended
        spec = one.spec.model_copy(update={"after": None})
        await self._bridge.store.rewrite_trigger(one.key, spec.model_dump_json(exclude_defaults=True))
        return False

    async def _over(self, one: Trigger, state: TriggerState, why: str) -> None:
        if await self._bridge.store.move_trigger(one.key, WAITING, state, why, time=times.now()):
            self._say(one, why)


def _readable(row: TriggerRow) -> Trigger | None:
    try:
        return Trigger.of(row)
    except ValueError:
        logger.warning("Trigger %d was written by another version of hbmcp, and isn't watched.", row.key)
        return None


def _differs(one: Trigger, found: Judged, rounds: int) -> bool:
    """Whether there is something that the next round, or the next watcher, must know."""
    before, after = one.memory, found.memory
    moved = (before.best, before.held, before.doubted) != (after.best, after.held, None)
    return moved or before.read is None or rounds % (LOOKS * 3) == 0


def _disbelief(one: Trigger, found: Judged, witness: Value | None) -> str:
    """Why a reading isn't acted on; "" where nothing speaks against it."""
    value = found.memory.value
    assert value is not None
    if isinstance(witness, CallError):
        return f"{one.spec.when.what} is {plain(value):f}, and nothing else says so: {witness.happened}"
    apart = APART
    if witness is not None and one.spec.when.of == "price":
        apart = abs(ratio((witness - value) * 100, value)) if value else Decimal(100)
    elif witness is not None:
        apart = abs(witness - value)
    if witness is not None and apart > APART:
        return f"{one.spec.when.what} is {plain(value):f} by one source and {plain(witness):f} by another"
    opens = one.spec.then is not None and not one.spec.then.reduces
    if opens and one.spec.when.of == "price" and found.level:
        beyond = abs(ratio((value - found.level) * 100, found.level))
        if beyond > one.spec.slip:
            return f"{one.spec.when.what} is {plain(value):f}, more than {one.spec.slip}% beyond the level"
    return ""


def _cause(when: Condition, found: Judged) -> str:
    return f"{when.what} is {when.shown(found.memory.value)}"


def _news(event: TriggerEvent) -> str:
    if event.state == "waiting" or event.state not in OVER:
        return ""
    return f"trigger {event.trigger} is {event.state}: {event.cause}"
