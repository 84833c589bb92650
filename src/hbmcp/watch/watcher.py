"""The watcher: reads what triggers wait for, judges, and lets them fire. One at a time, by a lease in the store."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp import times
from hbmcp.bridge import Bridge
from hbmcp.caller import Caller
from hbmcp.errors import CallError, StoreError
from hbmcp.installation.triggers import book_age, witnesses
from hbmcp.installation.triggers.belief import Belief, beliefs
from hbmcp.installation.triggers.book_age import book_ages
from hbmcp.installation.triggers.condition import Condition, Judged, Memory
from hbmcp.installation.triggers.kept import kept
from hbmcp.installation.triggers.missed import missed
from hbmcp.installation.triggers.readings import EVERY, Value, readings
from hbmcp.installation.triggers.trigger import FIRING, OVER, WAITING, Spec, Trigger
from hbmcp.installation.triggers.watching import DURABLE, rank
from hbmcp.store import TriggerEvent, TriggerRow, TriggerState, Watch
from hbmcp.store.lease import new_holder
from hbmcp.text import first
from hbmcp.watch import attachments
from hbmcp.watch.attachments import Attachments, entry_of
from hbmcp.watch.doubt import matters, opens_by, stillness
from hbmcp.watch.firing import DEADLINE, Ended, asleep, fire
from hbmcp.watch.found import Found
from hbmcp.watch.reconciliation import due, reconcile
from hbmcp.watch.turns import Turns
from hbmcp.watch.waiting import Waiting

HEARTBEAT = 10_000  # ms between two renewals of the lease
LEASE = 2 * HEARTBEAT - 2_000  # ms: another takes over within twice the heartbeat
BROKEN_OFF = 1.0  # seconds for what is cancelled
SHOWN = 5  # triggers that are named
LOOKS = 5  # rounds between two looks at positions and orders that triggers hang on
CHECKED = 15  # rounds between two times that another source is asked where nothing happens
KEPT = 15  # rounds between two times that the last reading is kept, where nothing else must be
BLIND = 60_000  # ms without a reading that can be believed, after which somebody is told
USES = witnesses.USES | attachments.USES | book_age.USES | {"get_historical_candles"}
ACTS = ("place_order", "close_position", "cancel_orders", "stop_executor")  # without these it doesn't watch

logger = logging.getLogger(__name__)


Quantity = tuple[str | None, ...]  # Condition.quantity
OBSERVED = ("price", "spread", "pnl")  # of which another source is asked where nothing happens


@frozen
class Seen:
    """A trigger as the last round saw it, for who looks on."""

    trigger: Trigger
    value: Value | None
    level: Decimal | None


class Watcher:
    """Watches the triggers of one bridge's installation. `kind` says what runs it, as others are told: "hbmcp watch";
    `show` is given what each round saw."""

    def __init__(self, bridge: Bridge, kind: str, *, show: Callable[[Sequence[Seen]], object] | None = None) -> None:
        self._bridge = bridge
        self._kind = kind
        self._heard = kind != DURABLE  # by a client, whose next call tells
        self._telling = 0  # up to which event
        self._watches = bridge.fires(ACTS)
        self._show = show
        self._holder = new_holder()
        self._installation = bridge.installation(Caller("watch", "triggers", USES, "watch"))
        self._renewed: int | None = None
        self._rounds = 0
        self._firing: dict[int, asyncio.Task[None]] = {}
        self._ends: float | None = None  # by when, once it is stopped
        self._looking: asyncio.Task[None] | None = None  # for what was missed before
        self._turns = Turns()
        self._waiting = Waiting()
        self._attachments = Attachments()
        self._unseen = _Alarm("be judged", self._alarm)
        self._doubted: set[int] = set()  # at the last look
        self._beliefs: Mapping[Quantity, Belief] = {}
        self._attached = _Alarm("see what they hang on", self._alarm)
        self._failed = ""

    async def run(self) -> None:
        """Until it is cancelled; then it leaves the watch to others. What fires has `patience`."""
        try:
            while True:
                await self.round()
                await asyncio.sleep(EVERY)
        finally:
            await self.leave()

    @property
    def patience(self) -> float:
        """Seconds from its stop for what fires, so that what is sent is written down; 0 where nothing does."""
        return DEADLINE if self._firing else 0.0

    def stop(self) -> None:
        """From now on nothing begins to fire."""
        if self._ends is None:
            self._ends = times.ticking() + DEADLINE

    async def leave(self) -> None:
        """Let what fires come to its end, and others watch. What takes too long is broken off: who watches then finds
        out what became of it."""
        self.stop()
        assert self._ends is not None
        if self._looking is not None:
            self._looking.cancel()
        for wait in (max(self._ends - times.ticking(), 0), BROKEN_OFF):
            if self._firing:
                await asyncio.wait(self._firing.values(), timeout=wait)
            for key, task in self._firing.items():
                if task.cancel():
                    logger.warning("Broken off as the watch ends: trigger %d. The next watch finds out about it.", key)
        if self._renewed is not None:
            self._renewed = None
            try:
                await self._bridge.store.leave_watch(self._holder, times.machine())
                if self._kind == DURABLE and (waiting := await self._bridge.store.triggers(states=WAITING)):
                    several = f"{len(waiting)} triggers wait" if len(waiting) > 1 else "a trigger waits"
                    words = f"`{DURABLE}` has ended, and {several}: nobody may be watching."
                    logger.warning("%s", words)
                    self._bridge.tell("watch", words)
            except StoreError as error:
                logger.debug("The watch ends without a word in the store: %s", error)

    async def round(self) -> None:
        """Look once. Raises nothing: what fails is logged, and told where nobody watches for it."""
        try:
            watching = self._watches and self._ends is None and await self._leads()
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
        mine = Watch(self._holder, self._kind, now, now + LEASE, rank=rank(self._kind))
        held = await self._bridge.store.take_watch(mine)
        leads = held.holder == self._holder
        if self._renewed is None:
            self._waiting.forget()
        if leads and self._renewed is None:
            await self._tell_gap(held)
        self._renewed = now if leads else None
        return leads

    async def _tell_gap(self, held: Watch) -> None:
        """Since when nobody had watched, where somebody should have, and what was missed."""
        if held.unwatched_to != held.since or held.unwatched_from is None:
            return
        waiting = (await kept(self._installation, states=WAITING)).rows
        if waiting:  # they are judged before that is known
            loud = held.unwatched_to - held.unwatched_from >= BLIND
            self._looking = asyncio.create_task(self._tell_missed(held, waiting, loud=loud))

    async def _tell_missed(self, held: Watch, waiting: Sequence[Trigger], *, loud: bool) -> None:
        words = await missed(self._installation, held, waiting)
        logger.warning("%s", words)
        self._tell_next(words)
        if loud:
            self._bridge.tell("watch", words)

    async def _tell_news(self) -> None:
        store = self._bridge.store
        if self._telling and not self._bridge.news:
            await store.hear(self._telling)
            self._telling = 0
        for event in await self._waiting.news(store, heard=self._heard):
            if words := _news(event):
                self._tell_next(words)
                self._telling = event.key if self._heard else 0

    async def _watch(self) -> None:
        self._rounds += 1
        live = [one for one in await self._waiting.refreshed(self._bridge.store) if one.key not in self._firing]
        await self._reconcile([one for one in live if due(one)])
        waiting = [one for one in live if one.row.state == "waiting" and not await self._expired(one)]
        if self._rounds % LOOKS == 1:
            waiting = await self._held(waiting)
        now = times.now()
        await self._judge([one for one in waiting if _begun(one.spec) and not asleep(one, now)])

    async def _reconcile(self, unsettled: list[Trigger]) -> None:
        if not unsettled:
            return
        # What is remembered of a firing changes while it goes on.
        keys = [one.key for one in unsettled]
        for row in await self._bridge.store.triggers(states=FIRING, keys=keys):
            one = Trigger.of(row)
            try:
                self._say(one, await reconcile(self._installation, self._bridge.store, one))
            except CallError as error:
                logger.warning("What became of trigger %d can't be known yet: %s", one.key, error)

    async def _held(self, waiting: list[Trigger]) -> list[Trigger]:
        """Those that go on, as they are now."""
        found = await self._attachments.look(self._installation, waiting)
        left, doubts = [], []
        for one in waiting:
            attached = found.get(one.key, Found())
            if attached.over:
                await self._over(one, "cancelled", attached.over)
                continue
            if attached.spec is not None:
                one = one.meaning(attached.spec)
                await self._bridge.store.rewrite_trigger(one.key, one.written.spec, attached.why, time=times.now())
                self._waiting.remember(one)
                if attached.why:
                    self._tell_next(f"trigger {one.key}: {attached.why}")
            if attached.doubt is not None:
                doubts.append((one, attached.doubt.happened))
            left.append(one)
        doubted = {one.key for one, _ in doubts}
        self._attached.told([doubt for doubt in doubts if doubt[0].key in self._doubted], doubted)
        self._doubted = doubted
        return left

    async def _judge(self, awake: list[Trigger]) -> None:
        asked = {one.spec.when.quantity: one.spec.when for one in awake}
        values = await readings(self._installation, asked.values())
        now = times.now()
        judged: list[tuple[Trigger, Decimal, Judged | None]] = []  # None: so far from its level that nothing changes
        met: list[tuple[Trigger, Judged]] = []
        doubts: list[tuple[Trigger, str]] = []
        seen, kept = [], []
        for one in awake:
            when = one.spec.when
            value = values[asked[when.quantity]]
            if isinstance(value, CallError):
                doubts.append((one, value.happened))
                seen.append(Seen(one, value, None))
                continue
            far = when.is_far(one.memory, value) and not _due(one, self._rounds)
            found = None if far else when.judge(one.memory, value, now)
            judged.append((one, value, found))
            seen.append(Seen(one, value, when.level if found is None else found.level))
        moved = {one.spec.when.quantity for one, _, found in judged if found is not None and matters(one, found)}
        self._beliefs = await self._believed(asked, values, moved)
        for one, value, found in judged:
            belief = self._beliefs.get(one.spec.when.quantity)
            if belief is not None and (belief.denied or (found is not None and belief.why and matters(one, found))):
                if belief.agreed is None or one.spec.opens:
                    doubts.append((one, belief.why))
                    continue
                if belief.agreed != value:
                    found = one.spec.when.judge(one.memory, belief.agreed, now)
            if found is None:
                continue
            if found.met:
                met.append((one, found))
                continue
            memory = _sure(found.memory)
            after = one.remembering(memory.noted if _due(one, self._rounds) else memory)
            self._waiting.remember(after)
            if _differs(one, after, self._rounds):
                kept.append(after.written)
        for one, found, why in await self._held_back(met):
            if why:
                doubts.append((one, why))
            else:
                self._fire(one.remembering(_sure(found.memory)), _cause(one.spec.when, found))
        kept += [row for one, why in doubts if (row := self._doubt(one, why, now)) is not None]
        self._blind(doubts, now)
        if kept:
            await self._bridge.store.keep_trigger_memory(kept)
        if self._show is not None:
            self._show(seen)

    async def _believed(
        self, asked: Mapping[Quantity, Condition], values: Mapping[Condition, Value], moved: Collection[Quantity]
    ) -> Mapping[Quantity, Belief]:
        """Of what something would come of; now and then of all that is looked at, and in each round of what was denied
        in the last."""
        due = OBSERVED if self._rounds % CHECKED == 0 else ()
        denied = {quantity for quantity, belief in self._beliefs.items() if belief.denied}
        weighed = {
            when: value
            for quantity, when in asked.items()
            if (quantity in moved or quantity in denied or when.of in due)
            and not isinstance(value := values[when], CallError)
        }
        found = await beliefs(self._installation, weighed) if weighed else {}
        return {when.quantity: belief for when, belief in found.items()}

    async def _held_back(self, met: Sequence[tuple[Trigger, Judged]]) -> list[tuple[Trigger, Judged, str]]:
        """Those whose condition holds, and why what opens isn't sent all the same; "" where nothing speaks against
        it."""
        told = []
        for one, found in met:
            assert found.memory.value is not None
            told.append((one, found, one.spec.overshot(found.memory.value, found.level)))
        opens = {market for one, _, why in told if not why for market in opens_by(one)}
        ages = await book_ages(self._installation, opens) if opens else {}
        return [(one, found, why or stillness(one, ages)) for one, found, why in told]

    def _doubt(self, one: Trigger, why: str, now: int) -> TriggerRow | None:
        """Remember since when it can't be seen; the row where the next watcher must know more than it does."""
        since = one.memory.doubted or now
        after = one.remembering(one.memory.model_copy(update={"doubted": since, "doubt": why, "held": None}))
        self._waiting.remember(after)
        known = one.memory.doubted is not None and one.memory.doubt == why
        return None if known else after.written

    def _blind(self, doubts: list[tuple[Trigger, str]], now: int) -> None:
        """Tell it once it is too long, all that are blind for one cause together."""
        blind = [(one, why) for one, why in doubts if abs(now - (one.memory.doubted or now)) >= BLIND]
        self._unseen.told(blind, [one.key for one, _ in doubts])

    def _fire(self, one: Trigger, cause: str) -> None:
        async def fired() -> None:
            try:
                async with self._turns.after_others(one.spec.protects):
                    followed = await self._followed(one)
                    if self._ends is not None:
                        return
                    self._say(followed, await fire(self._bridge, self._installation, followed, cause))
            except StoreError as error:
                logger.warning("Trigger %d can't fire: %s", one.key, error)
                self._bridge.tell("store", f"trigger {one.key} can't fire: {error}")
            except Exception:
                logger.exception("Trigger %d: a defect of hbmcp", one.key)
            finally:
                self._waiting.read_again(one.key)
                del self._firing[one.key]

        self._firing[one.key] = asyncio.create_task(fired())

    async def _followed(self, one: Trigger) -> Trigger:
        """For what is filled by now, where it protects an order's fills."""
        if one.spec.after is None:
            return one
        found = await entry_of(self._installation, one.spec)
        return one if found.spec is None else one.meaning(found.spec)

    def _say(self, one: Trigger, ended: Ended | None) -> None:
        if ended is None:
            return
        told = f"trigger {one.key}, {one.spec.words}: {ended.words}"
        logger.info("%s", told)
        if ended.loud:
            self._bridge.tell(f"trigger {one.key}", told)
            if ended.waits:
                self._tell_next(told)

    def _tell_next(self, words: str) -> None:
        """Whoever calls next."""
        if words not in self._bridge.news:
            self._bridge.news[:] = [*self._bridge.news, words][-20:]

    def _alarm(self, words: str) -> None:
        logger.warning("%s", words)
        self._tell_next(words)
        self._bridge.tell("blind", words)

    async def _expired(self, one: Trigger) -> bool:
        if one.spec.expires is None or times.now() < one.spec.expires:
            return False
        await self._over(one, "expired", "its time is over")
        return True

    async def _over(self, one: Trigger, state: TriggerState, why: str) -> None:
        if await self._bridge.store.move_trigger(one.key, WAITING, state, why, time=times.now(), fired=one.row.fired):
            self._say(one, Ended(why, loud=True))
        self._waiting.read_again(one.key)


class _Alarm:
    """Says once that triggers are blind, for each cause, and again only of others."""

    def __init__(self, words: str, tell: Callable[[str], object]) -> None:
        self._words = words
        self._tell = tell
        self._told: set[int] = set()

    def told(self, blind: Sequence[tuple[Trigger, str]], doubted: Collection[int]) -> None:
        """`doubted` are those of which it isn't over."""
        self._told &= set(doubted)
        causes: dict[str, list[int]] = {}
        for one, why in blind:
            if one.key not in self._told:
                causes.setdefault(why, []).append(one.key)
        for why, keys in causes.items():
            self._told |= set(keys)
            which = f"trigger {keys[0]}" if len(keys) == 1 else f"{len(keys)} triggers ({first(keys, SHOWN)})"
            self._tell(f"{which} can't {self._words}: {why}")


def _begun(spec: Spec) -> bool:
    return spec.after is None or bool(spec.after.filled)


def _sure(memory: Memory) -> Memory:
    return memory if memory.doubted is None else memory.model_copy(update={"doubted": None, "doubt": ""})


def _differs(before: Trigger, after: Trigger, rounds: int) -> bool:
    """Whether there is something that the next watcher must know."""
    was, now = before.memory, after.memory
    moved = (was.best, was.held, was.doubted) != (now.best, now.held, None)
    return moved or _due(before, rounds)


def _due(one: Trigger, rounds: int) -> bool:
    """Whether its last reading is to be kept in this round."""
    return one.memory.read is None or (rounds + one.key) % KEPT == 0


def _cause(when: Condition, found: Judged) -> str:
    return f"{when.what} is {when.shown(found.memory.value)}"


def _news(event: TriggerEvent) -> str:
    if event.state not in OVER:
        return ""
    return f"trigger {event.trigger} is {event.state} since {times.utc(event.time)}: {event.cause}"
