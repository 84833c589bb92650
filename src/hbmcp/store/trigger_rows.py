"""Triggers, what became of them, and who watches them, as they are read from the tables and written."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, cast

from attrs import asdict, evolve, fields
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from hbmcp import times
from hbmcp.store.place import Place
from hbmcp.store.records import TriggerEvent, TriggerRow, TriggerState, Watch
from hbmcp.store.tables import heard, trigger_events, triggers, watches

if TYPE_CHECKING:
    from hbmcp.store.database import Database

_TRIGGER = [triggers.c[one.name] for one in fields(TriggerRow)]
_EVENT = [trigger_events.c[one.name] for one in fields(TriggerEvent)]
_WATCH = [watches.c[one.name] for one in fields(Watch)]

_LOCK = 0x68626D74  # any number that others of the same database aren't likely to lock
ONE_CLOCK = 1_000  # ms by which the clocks of one machine may seem to differ, for want of a better look
_DATABASE_TIME = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")


class TriggerRows:
    """Those of one installation. Every method is a transaction, and raises StoreError."""

    def __init__(self, database: "Database", place: Place) -> None:
        self._database = database
        self._ours = {"installation": place.installation}
        self._triggers = triggers.c.installation == place.installation
        self._watch = watches.c.installation == place.installation

    def add(
        self, added: Sequence[TriggerRow], cause: str, joins: Collection[int], instead: Collection[int]
    ) -> list[int]:
        with self._database.writing() as connection:
            self._one_at_a_time(connection)
            others = {*joins, *instead}
            found = select(triggers.c.key, triggers.c.bond).where(
                self._triggers, triggers.c.key.in_(others), triggers.c.state == "waiting"
            )
            bonds = {row.key: row.bond for row in connection.execute(found)}
            if bonds.keys() != others:
                return []
            keys = []
            for row in added:
                values = {name: value for name, value in asdict(row).items() if name != "key"}
                put = insert(triggers).values(**self._ours, **values).returning(triggers.c.key)
                keys.append(cast(int, connection.execute(put).scalar_one()))
                self._note(connection, TriggerEvent(keys[-1], row.created, row.state, cause))
            joined = {bond for key, bond in bonds.items() if key in joins and bond is not None}
            mine = (self._triggers, triggers.c.key.in_(joins) | triggers.c.bond.in_(joined))
            connection.execute(update(triggers).where(*mine).values(bond=added[0].bond))
            ended = {"state": "cancelled", "changed": added[0].created}
            for key in instead:
                connection.execute(update(triggers).where(self._triggers, triggers.c.key == key).values(**ended))
                self._note(
                    connection, TriggerEvent(key, added[0].created, "cancelled", f"trigger {keys[0]} replaces it")
                )
        return keys

    def forget(self, keys: Collection[int], instead: Collection[int]) -> None:
        """Undoes `add`; those of `instead` wait again, so that what they protect isn't left without."""
        with self._database.writing() as connection:
            cancelled = (self._triggers, triggers.c.key.in_(instead), triggers.c.state == "cancelled")
            for key, changed in connection.execute(select(triggers.c.key, triggers.c.changed).where(*cancelled)).all():
                mine = (self._triggers, triggers.c.key == key)
                connection.execute(update(triggers).where(*mine).values(state="waiting"))
                self._note(connection, TriggerEvent(key, changed, "waiting", "what was to replace it was undone"))
            connection.execute(delete(triggers).where(self._triggers, triggers.c.key.in_(list(keys))))
            ours = trigger_events.c.installation == self._ours["installation"]
            connection.execute(delete(trigger_events).where(ours, trigger_events.c.trigger.in_(list(keys))))

    def found(self, states: Collection[TriggerState] | None, keys: Collection[int] | None) -> list[TriggerRow]:
        wanted = [self._triggers]
        if states is not None:
            wanted.append(triggers.c.state.in_(list(states)))
        if keys is not None:
            wanted.append(triggers.c.key.in_(list(keys)))
        with self._database.reading() as connection:
            rows = connection.execute(select(*_TRIGGER).where(*wanted).order_by(triggers.c.key))
            return [TriggerRow(*row) for row in rows]

    def numbers(self) -> dict[TriggerState, int]:
        wanted = select(triggers.c.state, func.count().label("number")).where(self._triggers).group_by(triggers.c.state)
        with self._database.reading() as connection:
            return {row.state: row.number for row in connection.execute(wanted)}

    def events(self, keys: Collection[int] | None, after: int | None) -> list[TriggerEvent]:
        wanted = [trigger_events.c.installation == self._ours["installation"]]
        if keys is not None:
            wanted.append(trigger_events.c.trigger.in_(list(keys)))
        if after is not None:
            wanted.append(trigger_events.c.key > after)
        with self._database.reading() as connection:
            rows = connection.execute(select(*_EVENT).where(*wanted).order_by(trigger_events.c.key))
            return [TriggerEvent(*row) for row in rows]

    def last_event(self) -> int:
        with self._database.reading() as connection:
            return connection.execute(select(func.max(trigger_events.c.key))).scalar() or 0

    def heard(self) -> int | None:
        ours = heard.c.installation == self._ours["installation"]
        with self._database.reading() as connection:
            return connection.execute(select(heard.c.upto).where(ours)).scalar()

    def hear(self, upto: int) -> None:
        with self._database.writing(at_once=False) as connection:
            put = self._insert(connection)(heard).values(**self._ours, upto=upto)
            later = heard.c.upto < upto
            connection.execute(
                put.on_conflict_do_update(index_elements=heard.primary_key, set_={"upto": upto}, where=later)
            )

    def move(
        self,
        key: int,
        before: Collection[TriggerState],
        state: TriggerState,
        cause: str,
        *,
        time: int,
        memory: str | None,
        bonded: bool,
        fired: int | None,
        remembers: str | None,
    ) -> bool:
        with self._database.writing() as connection:
            self._one_at_a_time(connection)
            wanted = [self._triggers, triggers.c.key == key, triggers.c.state.in_(list(before))]
            wanted += [] if fired is None else [triggers.c.fired == fired]
            wanted += [] if remembers is None else [triggers.c.memory == remembers]
            found = connection.execute(select(triggers.c.bond, triggers.c.fired).where(*wanted)).first()
            if found is None:
                return False
            bond, fired = found
            others = (self._triggers, triggers.c.bond == bond, triggers.c.key != key)
            if state == "firing":
                firing = select(triggers.c.key).where(*others, triggers.c.state == "firing")
                if bond is not None and connection.execute(firing).first() is not None:
                    return False
                fired += 1
            changed = {"state": state, "changed": time, "fired": fired} | ({} if memory is None else {"memory": memory})
            connection.execute(update(triggers).where(self._triggers, triggers.c.key == key).values(**changed))
            self._note(connection, TriggerEvent(key, time, state, cause))
            if bonded and bond is not None:
                waiting = (*others, triggers.c.state == "waiting")
                for (other,) in connection.execute(select(triggers.c.key).where(*waiting)).all():
                    ended = {"state": "cancelled", "changed": time}
                    connection.execute(update(triggers).where(self._triggers, triggers.c.key == other).values(**ended))
                    because = f"trigger {key}, which cancels it, is {state}"
                    self._note(connection, TriggerEvent(other, time, "cancelled", because))
        return True

    def keep_memory(self, rows: Collection[TriggerRow], state: TriggerState) -> int:
        of_one = (triggers.c.key == bindparam("of_key"), triggers.c.fired == bindparam("of_fired"))
        put = update(triggers).where(self._triggers, triggers.c.state == state, *of_one)
        kept = [{"of_key": row.key, "of_fired": row.fired, "memory": row.memory} for row in rows]
        if not kept:
            return 0
        with self._database.writing() as connection:
            return connection.execute(put.values(memory=bindparam("memory")), kept).rowcount

    def rewrite(self, key: int, spec: str, cause: str, time: int) -> None:
        with self._database.writing() as connection:
            wanted = (self._triggers, triggers.c.key == key, triggers.c.state == "waiting")
            changed = connection.execute(update(triggers).where(*wanted).values(spec=spec)).rowcount
            if changed and cause:
                self._note(connection, TriggerEvent(key, time, "waiting", cause))

    def take_watch(self, watch: Watch) -> Watch:
        """By the database's clock: those of two machines may differ by more than the lease."""
        with self._database.writing() as connection:
            self._one_at_a_time(connection)
            ahead = self._ahead(connection)
            return _by_clock(self._take_watch(connection, _by_clock(watch, ahead)), -ahead)

    def _take_watch(self, connection: Connection, watch: Watch) -> Watch:
        last = self._last_watch(connection)
        # One that ends later than any may is of a clock that was set back since.
        latest = 2 * watch.until - watch.since
        if last is not None and last.holder not in ("", watch.holder) and watch.since < last.until <= latest:
            if watch.rank > last.rank:
                claim = {"claimant": watch.holder, "claimant_kind": watch.kind, "claimed_until": watch.until}
                connection.execute(update(watches).where(self._watch).values(**claim))
            return last
        taken = asdict(watch)
        if last is not None and last.holder == watch.holder and (heir := self._claimant(connection, watch)):
            taken |= {"holder": heir[0], "kind": heir[1]}
        if last is not None:
            taken |= {"unwatched_from": last.unwatched_from, "unwatched_to": last.unwatched_to}
            if last.holder == watch.holder:
                taken["since"] = last.since
            if last.until < watch.since:
                taken |= {"unwatched_from": last.until, "unwatched_to": watch.since}
        written = {**taken, "claimant": None, "claimant_kind": None, "claimed_until": None}
        put = self._insert(connection)(watches).values(**self._ours, **written)
        connection.execute(put.on_conflict_do_update(index_elements=watches.primary_key, set_=written))
        return Watch(**taken)

    def _claimant(self, connection: Connection, watch: Watch) -> tuple[str, str] | None:
        """Who claims the watch, and what that is."""
        claims = (watches.c.claimant.is_not(None), watches.c.claimed_until > watch.since)
        row = connection.execute(
            select(watches.c.claimant, watches.c.claimant_kind).where(self._watch, *claims)
        ).first()
        return None if row is None else (row[0], row[1])

    def leave_watch(self, holder: str, time: int) -> None:
        with self._database.writing() as connection:
            mine = (self._watch, watches.c.holder == holder)
            left = {"holder": "", "until": time + self._ahead(connection)}
            connection.execute(update(watches).where(*mine).values(**left))

    def watch(self) -> Watch | None:
        with self._database.reading() as connection:
            last = self._last_watch(connection)
            return None if last is None else _by_clock(last, -self._ahead(connection))

    def _last_watch(self, connection: Connection) -> Watch | None:
        row = connection.execute(select(*_WATCH).where(self._watch)).first()
        return None if row is None else Watch(*row)

    def _ahead(self, connection: Connection) -> int:
        """By how many ms the clock that all who share the store go by is ahead of this machine's."""
        if self._database.dialect != "postgresql":
            return 0
        ahead = cast(int, connection.execute(_DATABASE_TIME).scalar_one()) - times.machine()
        return ahead if abs(ahead) > ONE_CLOCK else 0

    def _note(self, connection: Connection, event: TriggerEvent) -> None:
        values = {name: value for name, value in asdict(event).items() if name != "key"}
        connection.execute(insert(trigger_events).values(**self._ours, **values))

    def _one_at_a_time(self, connection: Connection) -> None:
        if self._database.dialect == "postgresql":  # SQLite has locked the whole file
            lock = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:installation))")
            connection.execute(lock, {"lock": _LOCK, **self._ours})

    def _insert(self, connection: Connection) -> Callable[..., "sqlite.Insert | postgresql.Insert"]:
        return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def _by_clock(watch: Watch, ahead: int) -> Watch:
    """The same times by a clock that is so many ms ahead."""
    names = ("since", "until", "unwatched_from", "unwatched_to")
    moved = {name: value + ahead for name in names if (value := getattr(watch, name)) is not None}
    return evolve(watch, **moved) if ahead else watch
