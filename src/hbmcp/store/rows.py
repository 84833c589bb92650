"""What is read from the tables and written to them, for one installation."""

import logging
import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, Self, cast

from attrs import asdict, evolve, fields, frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from hbmcp import times
from hbmcp.errors import StoreError
from hbmcp.store.confirmation_rows import ConfirmationRows
from hbmcp.store.database import Database
from hbmcp.store.place import Place
from hbmcp.store.records import (
    KEPT_FOR,
    NO_LINE,
    OPEN,
    AlreadyReplaced,
    Approval,
    AuditHead,
    FundingReading,
    Halt,
    LedgerRow,
    OnceOnly,
    SentOrder,
    Settling,
)
from hbmcp.store.tables import (
    approvals,
    audit_heads,
    day_starts,
    executor_defaults,
    funding,
    halts,
    ledger,
    orders,
    trigger_events,
    triggers,
    used_answers,
    watches,
)
from hbmcp.store.token_rows import TokenRows
from hbmcp.store.trigger_rows import TriggerRows
from hbmcp.times import DAY, HOUR
from hummingbot_api import exact_json

ORDERS = 20_000  # kept of one installation
READINGS = 200_000
AT_ONCE = 500  # keys in one question
NEVER = 1 << 62  # milliseconds
EVERYONE = "all"  # whom a halt holds for: whoever shares the store, or one installation
PRUNED_ONCE_IN = 100  # writes, on average: by chance, because most processes write only once or twice

_SENT = [orders.c[one.name] for one in fields(SentOrder)]
_FUNDING = [funding.c[one.name] for one in fields(FundingReading)]
_GRANTED = [ledger.c[one.name] for one in fields(LedgerRow)]

# What each call that isn't a read asks and writes, made once: to make it takes as long as to carry it out.
_ADD_ORDER = insert(orders).returning(orders.c.key)
_NAME_ORDER = update(orders).where(orders.c.key == bindparam("which")).values(order_id=bindparam("named"))
_READ_HALT = (
    select(halts.c.since, halts.c.everything, halts.c.by)
    .where(halts.c.scope.in_((EVERYONE, bindparam("alone"))))
    .order_by(halts.c.everything.desc())
)
_ADD_TO_LEDGER = insert(ledger).returning(ledger.c.key)
_READ_LEDGER = (
    select(*_GRANTED)
    .where(
        ledger.c.installation == bindparam("ours"),
        ledger.c.key >= bindparam("upto"),
        or_(ledger.c.time >= bindparam("since"), *(ledger.c.state == one for one in OPEN)),
    )
    .order_by(ledger.c.key)
)
_READ_AGAIN = select(*_GRANTED).where(
    ledger.c.installation == bindparam("ours"), ledger.c.key.in_(bindparam("keys", expanding=True))
)
_SETTLE = (
    update(ledger)
    .where(ledger.c.key == bindparam("which"))
    .values(state=bindparam("now_state"), reference=bindparam("now_reference"), settled=bindparam("now_settled"))
)
_MOVE_HEAD = (
    update(audit_heads)
    .where(
        audit_heads.c.log == bindparam("which"),
        audit_heads.c.seq == bindparam("before_seq"),
        audit_heads.c.hash == bindparam("before_hash"),
    )
    .values(seq=bindparam("seq"), hash=bindparam("hash"))
)
_READ_HEAD = select(audit_heads.c.seq, audit_heads.c.hash).where(audit_heads.c.log == bindparam("which"))

_LEDGER_LOCK = 0x68626D6C  # any number that others of the same database aren't likely to lock

logger = logging.getLogger(__name__)


@frozen
class _Seen:
    """What of the ledger was read before: what was sent stays sent, so `rows` are all that was, granted from `since`
    on, up to the last of them, in the order of their keys. What was `open` then may be otherwise. `needed` is when
    somebody asked that far back."""

    since: int
    needed: int = 0
    rows: tuple[LedgerRow, ...] = ()
    open: frozenset[int] = frozenset()

    @property
    def upto(self) -> int:
        """The key of the last."""
        return self.rows[-1].key if self.rows else 0

    def reaching(self, since: int, now: int) -> "_Seen":
        """The same for who asks from then on: nothing where that is farther back, and less where nobody needs more."""
        if since < self.since:
            return _Seen(since, now)
        if since - self.since < 3 * DAY:
            return evolve(self, needed=now)
        if now - self.needed < HOUR:
            return self
        return _Seen(since, now, tuple(one for one in self.rows if one.time >= since), self.open)

    def followed_by(self, rows: Collection[LedgerRow]) -> "_Seen":
        """With what was read since: all that was open before and is still there, and all that is new."""
        sent = [one for one in rows if one.state == "sent" and one.time >= self.since]
        known = tuple(sorted((*self.rows, *sent), key=attrgetter("key"))) if sent else self.rows
        return evolve(self, rows=known, open=frozenset(one.key for one in rows if one.state != "sent"))


class Rows:
    """The rows of one installation. Every method is a transaction, and raises StoreError."""

    def __init__(self, database: Database, place: Place) -> None:
        self._database = database
        self._place = place
        self._ours = {"installation": place.installation}
        self._insert: Callable[[Table], sqlite.Insert | postgresql.Insert] = (
            postgresql.insert if database.dialect == "postgresql" else sqlite.insert
        )
        put = self._insert(audit_heads)
        moved = {name: put.excluded[name] for name in (one.name for one in fields(AuditHead))}
        self._put_head = put.on_conflict_do_update(index_elements=audit_heads.primary_key, set_=moved)
        self._seen = _Seen(NEVER)  # replaced whole: several threads may read
        self.triggers = TriggerRows(database, place)
        self.confirmations = ConfirmationRows(database, place, self._insert)
        self.tokens = TokenRows(database, place)

    @classmethod
    def open(cls, place: Place) -> Self:
        rows = cls(Database.open(place), place)
        if place.anew:
            with rows._database.writing() as connection:
                for table in (
                    *(orders, funding, ledger, day_starts, triggers, trigger_events, watches),
                    *(approvals, used_answers),
                ):
                    connection.execute(delete(table).where(table.c.installation == place.installation))
        return rows

    def close(self) -> None:
        self._database.close()

    def remember_order(self, order: SentOrder) -> int:
        with self._database.writing() as connection:
            if order.replaces is not None:
                self._lock_ledger(connection)
                same = (orders.c.installation == self._place.installation, orders.c.replaces == order.replaces)
                if (other := connection.execute(select(orders.c.order_id).where(*same)).first()) is not None:
                    raise AlreadyReplaced(other.order_id)
            found: int = connection.execute(_ADD_ORDER, {**self._ours, **_given(order)}).scalar_one()
        self._maybe_prune()
        return found

    def name_order(self, key: int, order_id: str) -> None:
        with self._database.writing(at_once=False) as connection:
            connection.execute(_NAME_ORDER, {"which": key, "named": order_id})

    def forget_order(self, key: int) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(orders).where(orders.c.key == key))

    def sent_order(self, key: int) -> SentOrder | None:
        wanted = (orders.c.installation == self._place.installation, orders.c.key == key)
        with self._database.reading() as connection:
            row = connection.execute(select(*_SENT).where(*wanted)).first()
            return None if row is None else SentOrder(*row)

    def sent_orders(
        self,
        order_ids: Collection[str] | None,
        replacing: Collection[str] | None,
        since: int | None,
        until: int | None,
    ) -> list[SentOrder]:
        wanted = [orders.c.installation == self._place.installation]
        if order_ids is not None:
            wanted.append(orders.c.order_id.in_(list(order_ids)))
        if replacing is not None:
            wanted.append(orders.c.replaces.in_(list(replacing)))
        if since is not None:
            wanted.append(orders.c.time >= since)
        if until is not None:
            wanted.append(orders.c.time <= until)
        newest_first = (orders.c.time.desc(), orders.c.key.desc())
        with self._database.reading() as connection:
            found = connection.execute(select(*_SENT).where(*wanted).order_by(*newest_first))
            return [SentOrder(*row) for row in found]

    def keep_funding(self, readings: Iterable[FundingReading]) -> None:
        rows = [{**self._ours, **asdict(reading)} for reading in readings]
        if not rows:
            return
        with self._database.writing() as connection:
            connection.execute(self._insert(funding).on_conflict_do_nothing(), rows)
        self._maybe_prune()

    def funding_readings(
        self, connectors: Collection[str] | None, pairs: Collection[str] | None, since: int
    ) -> list[FundingReading]:
        wanted = [funding.c.installation == self._place.installation, funding.c.time >= since]
        if connectors is not None:
            wanted.append(funding.c.connector.in_(list(connectors)))
        if pairs is not None:
            wanted.append(funding.c.pair.in_(list(pairs)))
        oldest_first = (funding.c.time, funding.c.connector, funding.c.pair)
        with self._database.reading() as connection:
            found = connection.execute(select(*_FUNDING).where(*wanted).order_by(*oldest_first))
            return [FundingReading(*row) for row in found]

    def executor_defaults(self, kind: str) -> dict[str, Any]:
        with self._database.reading() as connection:
            kept = connection.execute(select(executor_defaults.c.defaults).where(*self._kind(kind))).scalar()
        return {} if kept is None else dict(exact_json.loads(kept.encode()))

    def save_executor_defaults(self, kind: str, defaults: Mapping[str, Any]) -> None:
        written = exact_json.dumps(defaults).decode()
        with self._database.writing() as connection:
            if not defaults:
                connection.execute(delete(executor_defaults).where(*self._kind(kind)))
                return
            kept = self._insert(executor_defaults).values(**self._ours, kind=kind, defaults=written)
            connection.execute(
                kept.on_conflict_do_update(index_elements=executor_defaults.primary_key, set_={"defaults": written})
            )

    def audit_head(self, log: str) -> AuditHead | None:
        with self._database.reading() as connection:
            return _head(connection, log)

    def move_audit_head(
        self,
        log: str,
        head: AuditHead,
        before: AuditHead,
        holds: Callable[[AuditHead], bool],
        settling: Settling,
        flush: bool,
    ) -> AuditHead | None:
        with self._database.writing(at_once=flush and self._database.behind) as connection:
            self._settle(connection, settling)
            follows = {"which": log, "before_seq": before.seq, "before_hash": before.hash}
            if connection.execute(_MOVE_HEAD, {**follows, **asdict(head)}).rowcount:
                return None
            if self._database.dialect == "postgresql":  # SQLite lets one write at a time
                connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(log))))
            known = _head(connection, log)
            if known is not None and known != head and not holds(known):
                return known
            if known is None or known.seq < head.seq:
                connection.execute(self._put_head, {"log": log, **asdict(head)})
        return NO_LINE if known is None and before.seq else None

    def halt(self) -> Halt | None:
        with self._database.reading() as connection:
            found = connection.execute(_READ_HALT, {"alone": self._alone}).first()
        return None if found is None else Halt(found[0], bool(found[1]), found[2])

    def save_halt(self, halt: Halt, *, alone: bool) -> None:
        scope = self._alone if alone else EVERYONE
        with self._database.writing() as connection:
            connection.execute(delete(halts).where(halts.c.scope == scope))
            row = {**asdict(halt), "everything": int(halt.everything)}
            connection.execute(insert(halts).values(scope=scope, **row))

    def end_halt(self, *, alone: bool) -> None:
        scopes = (self._alone,) if alone else (EVERYONE, self._alone)
        with self._database.writing() as connection:
            connection.execute(delete(halts).where(halts.c.scope.in_(scopes)))

    @property
    def _alone(self) -> str:
        """Whom a halt of this installation holds for; no name of one is that of all."""
        return f"installation {self._place.installation}"

    def reserve(
        self,
        granted: Sequence[LedgerRow],
        since: int,
        judge: Callable[[Sequence[LedgerRow]], object],
        once: OnceOnly | None = None,
    ) -> list[int] | None:
        with self._database.writing(at_once=False) as connection:
            self._lock_ledger(connection)
            if once is not None and not self.confirmations.use(connection, once):
                return None
            judge(self._granted(connection, since))
            for same in {one.digest: one for one in granted}.values():
                self.confirmations.end_same(connection, same)
            rows = [{**self._ours, **_given(one)} for one in granted]
            keys = [cast(int, connection.execute(_ADD_TO_LEDGER, row).scalar_one()) for row in rows]
        self._maybe_prune()
        return keys

    def add_approval(
        self,
        approval: Approval,
        since: int,
        judge: Callable[[Sequence[LedgerRow], Sequence[Approval]], Approval | None],
    ) -> Approval:
        with self._database.writing() as connection:
            self._lock_ledger(connection)
            granted = self._granted(connection, since)
            same = judge(granted, self.confirmations.waiting(connection))
            if same is not None:
                return same
            added = evolve(approval, upto=max((one.key for one in granted), default=0))
            self.confirmations.add(connection, added)
        return added

    def settle(self, settling: Settling) -> None:
        with self._database.writing(at_once=False) as connection:
            self._settle(connection, settling)

    def _settle(self, connection: Connection, settling: Settling) -> None:
        moment = times.now()
        for key, what in settling.settled.items():
            became = {"now_state": what.state, "now_reference": what.reference, "now_settled": moment}
            connection.execute(_SETTLE, {"which": key, **became})
        if settling.released:
            connection.execute(delete(ledger).where(ledger.c.key.in_(list(settling.released))))

    def identify(self, key: int, reference: str, order: int | None) -> bool:
        with self._database.writing() as connection:
            self._lock_ledger(connection)
            ours = ledger.c.installation == self._place.installation
            if connection.execute(select(ledger.c.key).where(ours, ledger.c.reference == reference)).first():
                return False
            row = (ours, ledger.c.key == key, ledger.c.state.in_(OPEN))
            became = {"state": "sent", "reference": reference, "settled": times.now()}
            found = connection.execute(update(ledger).where(*row).values(became))
            if found.rowcount and order is not None:
                nameless = (orders.c.key == order, orders.c.order_id.is_(None))
                connection.execute(update(orders).where(*nameless).values(order_id=reference))
            return bool(found.rowcount)

    def _lock_ledger(self, connection: Connection) -> None:
        """For this transaction."""
        if self._database.dialect == "postgresql":  # SQLite has locked the whole file
            lock = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:installation))")
            connection.execute(lock, {"lock": _LEDGER_LOCK, **self._ours})

    def granted(self, since: int) -> list[LedgerRow]:
        with self._database.reading() as connection:
            return self._granted(connection, since)

    def _granted(self, connection: Connection, since: int) -> list[LedgerRow]:
        """Oldest first. A day may have thousands, and each call asks: what is new or may be otherwise is read alone."""
        now = times.now()
        since = max(since, now - KEPT_FOR)  # what is older counts no more, whether it is pruned yet or not
        seen = self._seen.reaching(since, now)
        found = self._from(connection, seen)
        if seen.rows and (not found or found[0] != seen.rows[-1]):  # somebody deleted what was there
            seen = _Seen(since, now)
            found = self._from(connection, seen)
        rows = [*self._again(connection, seen), *(found[1:] if seen.rows else found)]
        self._seen = seen.followed_by(rows)
        granted = [one for one in (*seen.rows, *rows) if one.time >= since or one.state != "sent"]
        return sorted(granted, key=lambda one: (one.time, one.key))

    def _from(self, connection: Connection, seen: _Seen) -> list[LedgerRow]:
        """From the last that was read on, that one too."""
        last = {"ours": self._place.installation, "since": seen.since, "upto": seen.upto}
        return [LedgerRow(*row) for row in connection.execute(_READ_LEDGER, last)]

    def _again(self, connection: Connection, seen: _Seen) -> list[LedgerRow]:
        """What is left of those before the last that were open."""
        keys = [one for one in seen.open if one < seen.upto]
        return [
            LedgerRow(*row)
            for start in range(0, len(keys), AT_ONCE)
            for row in connection.execute(
                _READ_AGAIN, {"ours": self._place.installation, "keys": keys[start : start + AT_ONCE]}
            )
        ]

    def day_start(self, day: int, currency: str, equity: Decimal, now: int, settling: int) -> Decimal:
        with self._database.writing() as connection:
            first = self._insert(day_starts).values(**self._ours, time=day, currency=currency, equity=equity, seen=now)
            connection.execute(first.on_conflict_do_nothing())
            wanted = (day_starts.c.installation == self._place.installation, day_starts.c.time == day)
            kept = select(day_starts.c.equity, day_starts.c.seen).where(*wanted, day_starts.c.currency == currency)
            began, seen = cast(tuple[Decimal, int], connection.execute(kept).one())
            if now - seen < settling and equity > began:
                connection.execute(
                    update(day_starts).where(*wanted, day_starts.c.currency == currency).values(equity=equity)
                )
                return equity
            return began

    def prune(self) -> None:
        """Forget what is too old, or too much."""
        now = times.now()
        with self._database.writing() as connection:
            for table, most in ((orders, ORDERS), (funding, READINGS)):
                self._forget_old(connection, table, now - KEPT_FOR)
                ours = table.c.installation == self._place.installation
                newest_first = select(table.c.time).where(ours).order_by(table.c.time.desc())
                earliest_kept = newest_first.offset(most - 1).limit(1).scalar_subquery()
                connection.execute(delete(table).where(ours, table.c.time < earliest_kept))
            # Not by their number, and not before it is settled: what counts against a limit isn't forgotten.
            self._forget_old(connection, ledger, now - KEPT_FOR, ledger.c.state.not_in(OPEN))
            self._forget_old(connection, day_starts, now - KEPT_FOR)
            self._forget_old(connection, used_answers, times.machine() - DAY)
            self._thin_readings(connection, now - DAY)

    def _forget_old(self, connection: Connection, table: Table, before: int, *only: ColumnElement[bool]) -> None:
        old = [table.c.time < before, *only]
        if self._place.on_paper:  # a paper exchange's clock may be ahead, and says nothing of the others' rows
            old.append(table.c.installation == self._place.installation)
        connection.execute(delete(table).where(*old))

    def _thin_readings(self, connection: Connection, before: int) -> None:
        """Of those before this time, leave a pair's first of every hour."""
        thinned = (funding.c.installation == self._place.installation, funding.c.time < before)
        pair = (funding.c.connector, funding.c.pair)
        first = select(*pair, func.min(funding.c.time)).where(*thinned).group_by(*pair, funding.c.time // HOUR)
        connection.execute(delete(funding).where(*thinned, tuple_(*pair, funding.c.time).not_in(first)))

    def _maybe_prune(self) -> None:
        if random.random() * PRUNED_ONCE_IN < 1:
            try:
                self.prune()
            except StoreError as error:  # what was to be written is written
                logger.warning("The store couldn't be pruned: %s", error)

    def _kind(self, kind: str) -> tuple[ColumnElement[bool], ...]:
        return executor_defaults.c.installation == self._place.installation, executor_defaults.c.kind == kind


def _given(row: SentOrder | LedgerRow) -> dict[str, Any]:
    return {one.name: getattr(row, one.name) for one in fields(type(row)) if one.name != "key"}  # the store gives that


def _head(connection: Connection, log: str) -> AuditHead | None:
    found = connection.execute(_READ_HEAD, {"which": log}).first()
    return None if found is None else AuditHead(*found)
