"""What hbmcp must remember: orders it sent, what was granted and counted, how far its audit goes, a halt, funding rates
it read, defaults of executors, triggers and who watches them, what a person confirms, access tokens. SQLite, or
PostgreSQL.

Nothing is opened, and SQLAlchemy isn't imported, before something is asked of the store. Each installation has
its own rows, under its name (see hbmcp.identity), and sees no others. Bounded: orders, readings, approvals and what was
counted are kept for 90 days, readings of more than a day ago one an hour; that an answer was used, for a day.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar

from hbmcp.errors import StoreError
from hbmcp.identity import Identity
from hbmcp.settings import Settings
from hbmcp.store.place import Place
from hbmcp.store.records import (
    NO_LINE,
    AlreadyReplaced,
    Approval,
    ApprovalState,
    AuditHead,
    FundingReading,
    Halt,
    LedgerRow,
    OnceOnly,
    SentOrder,
    Settled,
    Settling,
    TokenRow,
    TriggerEvent,
    TriggerRow,
    TriggerState,
    Watch,
)
from hbmcp.store.worker import Worker

if TYPE_CHECKING:
    from hbmcp.store.rows import Rows

__all__ = [
    "NO_LINE",
    "AlreadyReplaced",
    "Approval",
    "ApprovalState",
    "AuditHead",
    "FundingReading",
    "Halt",
    "LedgerRow",
    "OnceOnly",
    "SentOrder",
    "Settled",
    "Settling",
    "Store",
    "StoreError",
    "TokenRow",
    "TriggerEvent",
    "TriggerRow",
    "TriggerState",
    "Watch",
]

TO_REDUCE = 3.0  # seconds that what only reduces waits for the store, each time that it asks it

T = TypeVar("T")

NOTHING = Settling()
OPENED_AGAIN_AFTER = 5.0  # seconds after it couldn't be: who calls often shouldn't wait each time


class Store:
    """What is remembered of one installation. Every method raises StoreError, within seconds where no answer comes."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._rows: Rows | None = None
        self._worker = Worker()
        self._opening = Lock()
        self._failure: tuple[float, StoreError] | None = None
        self.told: set[int] = set()  # triggers whose end an answer of this process tells

    @classmethod
    def open(cls, settings: Settings, identity: Identity) -> Self:
        """The settings' store, for one installation. It is opened, and brought up to date, when it is first used."""
        return cls(Place.of(settings, identity))

    async def aclose(self) -> None:
        """Let go of the database; what was only in memory is gone."""
        await self._worker.aclose()
        if self._rows is not None:
            with suppress(StoreError):
                await self._worker.run(self._rows.close)
            self._rows = None

    async def remember_order(self, order: SentOrder) -> int:
        """Keep an order that is about to be sent; gives its key for name_order. Where it can't be kept in time, or
        who asks is cancelled, it isn't kept later either. Raises AlreadyReplaced where one that is kept takes the
        place of the same order."""

        return await self._do(lambda rows: rows.remember_order(order), lambda rows, key: rows.forget_order(key))

    async def name_order(self, key: int, order_id: str) -> None:
        """The id that the API gave to an order."""
        await self._do(lambda rows: rows.name_order(key, order_id))

    async def forget_order(self, key: int) -> None:
        """Of an order that the API didn't take there is nothing to remember."""
        await self._do(lambda rows: rows.forget_order(key))

    async def sent_order(self, key: int) -> SentOrder | None:
        """The order that is kept under that key; None for one that was forgotten."""
        return await self._do(lambda rows: rows.sent_order(key))

    async def sent_orders(
        self,
        *,
        order_ids: Collection[str] | None = None,
        replacing: Collection[str] | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> list[SentOrder]:
        """Orders, newest first: those of these ids, those sent in the place of these, sent in this time (both ends
        included). An order without an id is among them where no ids are asked for."""
        return await self._do(lambda rows: rows.sent_orders(order_ids, replacing, since, until))

    async def reserve(
        self,
        granted: Iterable[LedgerRow],
        since: int,
        judge: Callable[[Sequence[LedgerRow]], object],
        once: OnceOnly | None = None,
    ) -> list[int] | None:
        """Show `judge` what was `granted` from `since` on, and keep what is granted now; gives the keys
        for `settle`, in their order. In one transaction, so that no two pass where only one may. Raises what the judge
        does, and then keeps nothing; nor, giving None, where `once` was used before. Where the same waits for an
        approval, it needs none any more: that is expired. On disk it is with what is flushed next. Where it isn't done
        in time, or who asks is cancelled, it is undone, but for `once`, which stays used, and what is expired."""
        rows_granted = list(granted)
        return await self._do(
            lambda rows: rows.reserve(rows_granted, since, judge, once),
            lambda rows, keys: rows.settle(Settling(released=keys or ())),
        )

    async def settle(self, settling: Settling) -> None:
        """Keep what became of requests that were reserved."""
        await self._do(lambda rows: rows.settle(settling))

    async def identify(self, key: int, reference: str, order: int | None = None) -> bool:
        """What was granted and in doubt was sent, and is this, which the `order` that was remembered for it is named
        after; False, and nothing is changed, where it was settled meanwhile, or this is another's."""
        return await self._do(lambda rows: rows.identify(key, reference, order))

    async def granted(self, since: int) -> list[LedgerRow]:
        """What was granted from `since` on, and before it what isn't settled; oldest first."""
        return await self._do(lambda rows: rows.granted(since))

    async def day_start(self, day: int, currency: str, equity: Decimal, now: int, settling: int) -> Decimal:
        """The equity with which the day that began then was first seen: this one, unless there is another already; for
        so many milliseconds from then on, the highest."""
        return await self._do(lambda rows: rows.day_start(day, currency, equity, now, settling))

    async def keep_funding(self, readings: Iterable[FundingReading]) -> None:
        """Keep readings; one that is kept already is left as it is."""
        kept = list(readings)
        await self._do(lambda rows: rows.keep_funding(kept))

    async def funding_readings(
        self, *, connectors: Collection[str] | None = None, pairs: Collection[str] | None = None, since: int
    ) -> list[FundingReading]:
        """Readings from `since` on, oldest first."""
        return await self._do(lambda rows: rows.funding_readings(connectors, pairs, since))

    async def executor_defaults(self, kind: str) -> dict[str, Any]:
        """What save_executor_defaults kept for this type of executor, its numbers as int or Decimal; {} for nothing."""
        return await self._do(lambda rows: rows.executor_defaults(kind))

    async def save_executor_defaults(self, kind: str, defaults: Mapping[str, Any]) -> None:
        """Keep JSON values in place of those before; {} removes them."""
        kept = dict(defaults)
        await self._do(lambda rows: rows.save_executor_defaults(kind, kept))

    async def audit_head(self, log: str) -> AuditHead | None:
        """The last line of this audit log, as it was when it was last written to."""
        return await self._do(lambda rows: rows.audit_head(log))

    async def move_audit_head(
        self,
        log: str,
        head: AuditHead,
        before: AuditHead,
        holds: Callable[[AuditHead], bool],
        settling: Settling = NOTHING,
        *,
        flush: bool = False,
    ) -> AuditHead | None:
        """Remember the last line of an audit log, unless a later one is known; the line `before` it is in the log.
        Gives the one that was known if that isn't in the log any more, as `holds` tells; then it stays. Gives NO_LINE
        if none was known of a log that had some. In the same transaction, and in any case, keeps what is settled.
        `flush`: all that was written before is on disk then."""
        return await self._do(lambda rows: rows.move_audit_head(log, head, before, holds, settling, flush))

    async def halt(self) -> Halt | None:
        """The halt of all who share this store, or of this installation; the strictest."""
        return await self._do(lambda rows: rows.halt())

    async def save_halt(self, halt: Halt, *, alone: bool = False) -> None:
        """Begin a halt of all who share this store, or of this installation `alone`."""
        await self._do(lambda rows: rows.save_halt(halt, alone=alone))

    async def end_halt(self, *, alone: bool = False) -> None:
        """End that of this installation, and unless `alone` that of all."""
        await self._do(lambda rows: rows.end_halt(alone=alone))

    async def add_approval(
        self,
        approval: Approval,
        since: int,
        judge: Callable[[Sequence[LedgerRow], Sequence[Approval]], Approval | None],
    ) -> Approval:
        """Show `judge` what was granted from `since` on, and what waits for a person's approval, and keep a call that
        waits for it, too; unless the judge gives one that stands for it. Gives the one that waits. In one transaction,
        also with what `reserve` does. Raises what the judge does, and then keeps nothing. Where it isn't done in time,
        or who asks is cancelled, it is taken back."""
        return await self._do(
            lambda rows: rows.add_approval(approval, since, judge),
            lambda rows, waits: rows.confirmations.take_back(approval.id) if waits.id == approval.id else None,
        )

    async def approvals(self, *, since: int = 0, ids: Collection[str] | None = None) -> list[Approval]:
        """Those asked for from `since` on, those of these ids, oldest first. What waited too long is expired."""
        return await self._do(lambda rows: rows.confirmations.found(since, ids))

    async def tell_approvals(self, client: str, holder: str) -> list[Approval]:
        """What ended of what a client asked for with this holder's token, each told once."""
        return await self._do(lambda rows: rows.confirmations.tell(client, holder))

    async def move_approval(
        self, id_: str, before: Collection[ApprovalState], state: ApprovalState, *, by: str = "", came: str = ""
    ) -> bool:
        """Bring an approval from one of the states `before` to another; False where it is in none of them, and then
        nothing is changed."""
        return await self._do(lambda rows: rows.confirmations.move(id_, before, state, by, came))

    async def in_chat(self, holder: str, until: int) -> list[Approval]:
        """Those to be asked for in the chat, or of which it doesn't say yet what became of them, for who speaks there
        until then; nothing where another does. Whoever holds that renews it so, once half of it is over."""
        return await self._do(lambda rows: rows.confirmations.in_chat(holder, until))

    async def leave_chat(self, holder: str) -> None:
        """From now on this one doesn't speak in the chat."""
        await self._do(lambda rows: rows.confirmations.leave_chat(holder))

    async def show_approval(self, id_: str, message: int | None = None) -> None:
        """It stands in the chat as the message of that id; or, without one, that says what became of it."""
        await self._do(lambda rows: rows.confirmations.show(id_, message))

    async def key(self, name: str, fresh: str | None = None) -> str | None:
        """A key that all who share the store share; where there is none, `fresh` is it from now on."""
        return await self._do(lambda rows: rows.confirmations.key(name, fresh))

    async def save_key(self, name: str, value: str) -> None:
        """Keep it in place of the one before."""
        await self._do(lambda rows: rows.confirmations.save_key(name, value))

    async def add_triggers(
        self, added: Iterable[TriggerRow], cause: str, *, joins: Collection[int] = (), instead: Collection[int] = ()
    ) -> list[int]:
        """Keep triggers, all or none of them; gives their keys, in their order. Those of `joins`, with all that they
        are bonded to, get the bond of these; those of `instead` are cancelled. Where one of either doesn't wait any
        more, nothing is kept or changed: []."""
        rows_added = list(added)
        return await self._do(
            lambda rows: rows.triggers.add(rows_added, cause, joins, instead),
            lambda rows, keys: rows.triggers.forget(keys, instead if keys else ()),
        )

    async def triggers(
        self, *, states: Collection[TriggerState] | None = None, keys: Collection[int] | None = None
    ) -> list[TriggerRow]:
        """Triggers, oldest first: those in these states, those of these keys."""
        return await self._do(lambda rows: rows.triggers.found(states, keys))

    async def trigger_numbers(self) -> dict[TriggerState, int]:
        """How many triggers are in each state that one is in."""
        return await self._do(lambda rows: rows.triggers.numbers())

    async def trigger_events(
        self, *, keys: Collection[int] | None = None, after: int | None = None
    ) -> list[TriggerEvent]:
        """What became of triggers, oldest first: of those of these keys, `after` the event of that key."""
        return await self._do(lambda rows: rows.triggers.events(keys, after))

    async def last_trigger_event(self) -> int:
        """The key of the newest event; 0 where there is none."""
        return await self._do(lambda rows: rows.triggers.last_event())

    async def heard(self) -> int | None:
        """The key of the last event that some client was told of; None where none ever was."""
        return await self._do(lambda rows: rows.triggers.heard())

    async def hear(self, upto: int) -> None:
        """A client was told of what came up to the event of that key."""
        await self._do(lambda rows: rows.triggers.hear(upto))

    async def move_trigger(
        self,
        key: int,
        before: Collection[TriggerState],
        state: TriggerState,
        cause: str,
        *,
        time: int,
        memory: str | None = None,
        bonded: bool = False,
        fired: int | None = None,
        remembers: str | None = None,
    ) -> bool:
        """Bring a trigger from one of the states `before` to another, in one transaction with its event. False where it
        is in none of them, has `fired` another number of times, or `remembers` something else, as far as these are
        told; or is to fire while one that it is bonded to does: then nothing is changed. `bonded`: those that still
        wait are cancelled with it."""
        return await self._do(
            lambda rows: rows.triggers.move(
                key,
                before,
                state,
                cause,
                time=time,
                memory=memory,
                bonded=bonded,
                fired=fired,
                remembers=remembers,
            )
        )

    async def keep_trigger_memory(self, rows: Collection[TriggerRow], state: TriggerState = "waiting") -> int:
        """Keep the memory of those that are in this state and fired as often as their row says; gives how many are."""
        kept = list(rows)
        return await self._do(lambda rows: rows.triggers.keep_memory(kept, state))

    async def rewrite_trigger(self, key: int, spec: str, cause: str = "", *, time: int = 0) -> None:
        """Change what one is that waits; with a cause its watcher hears of it, and who looks at its events."""
        await self._do(lambda rows: rows.triggers.rewrite(key, spec, cause, time))

    async def take_watch(self, watch: Watch) -> Watch:
        """Watch until then, unless another does: gives who watches. Whoever holds it renews it so."""
        return await self._do(lambda rows: rows.triggers.take_watch(watch))

    async def leave_watch(self, holder: str, time: int) -> None:
        """From now on this one watches no more."""
        await self._do(lambda rows: rows.triggers.leave_watch(holder, time))

    async def watch(self) -> Watch | None:
        """Who watches, or did last; None where nobody ever did."""
        return await self._do(lambda rows: rows.triggers.watch())

    async def add_token(self, row: TokenRow) -> bool:
        """Keep an access token, in place of a revoked one of its name; False where there is another of that name."""
        return await self._do(lambda rows: rows.tokens.add(row))

    async def tokens(self) -> list[TokenRow]:
        """All access tokens, the revoked ones too, by name."""
        return await self._do(lambda rows: rows.tokens.all())

    async def revoke_token(self, name: str, time: int) -> bool:
        """From now on it opens nothing; False where there is none of this name that does."""
        return await self._do(lambda rows: rows.tokens.revoke(name, time))

    async def _do(self, act: "Callable[[Rows], T]", undo: "Callable[[Rows, T], object] | None" = None) -> T:
        # Nothing is awaited before it has begun: a write goes on then, although who asked is cancelled.
        undone = None if undo is None else lambda result: undo(self._opened(), result)
        return await self._worker.run(lambda: act(self._opened()), undone)

    def _opened(self) -> "Rows":
        with self._opening:
            if self._rows is None:
                self._rows = self._open_now()
            return self._rows

    def _open_now(self) -> "Rows":
        from hbmcp.store.rows import Rows

        if self._failure is not None and monotonic() < self._failure[0] + OPENED_AGAIN_AFTER:
            raise self._failure[1]
        try:
            return Rows.open(self._place)
        except StoreError as error:
            self._failure = monotonic(), error
            raise
