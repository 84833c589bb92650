"""What a person confirms: answers that were used, calls that wait for approval, and the keys that go with it."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from attrs import asdict, fields
from sqlalchemy import Connection, Table, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hbmcp import times
from hbmcp.store.place import Place
from hbmcp.store.records import ENDED, KEPT_FOR, Approval, ApprovalState, LedgerRow, OnceOnly
from hbmcp.store.tables import approvals, chats, keys, used_answers

if TYPE_CHECKING:
    from hbmcp.store.database import Database

CALLED_AGAIN = "called again, it needed no approval"
TAKEN_BACK = "who called took it back"
OPEN = ("waiting", "approved")  # nothing was sent yet

_APPROVAL = [approvals.c[one.name] for one in fields(Approval)]
_OVER = approvals.c.state.in_(ENDED) | (approvals.c.came != "")  # Approval.over

# What each call that is counted writes: made once.
_END_SAME = (
    update(approvals)
    .where(
        approvals.c.installation == bindparam("ours"),
        or_(*(approvals.c.state == one for one in OPEN)),
        approvals.c.holder == bindparam("whose"),
        (
            (approvals.c.client == bindparam("who"))
            & (
                (approvals.c.digest == bindparam("mark"))
                | ((approvals.c.sent == bindparam("sends")) & (approvals.c.sent != ""))
            )
        )
        | (approvals.c.idempotency_key == bindparam("named")),
    )
    .values(state="expired", came=CALLED_AGAIN, changed=bindparam("at"))
)


class ConfirmationRows:
    """Those of one installation; the keys are of all who share the store. Every method is a transaction, and raises
    StoreError."""

    def __init__(
        self, database: "Database", place: Place, put: "Callable[[Table], sqlite.Insert | postgresql.Insert]"
    ) -> None:
        self._database = database
        self._ours = {"installation": place.installation}
        self._approvals = approvals.c.installation == place.installation
        self._put = put

    def use(self, connection: Connection, once: OnceOnly) -> bool:
        """Whether it wasn't used before; from now on it is."""
        if once.kind == "approval":
            one = (self._approvals, approvals.c.id == once.id, approvals.c.state == "approved")
            done = {"state": "carried out", "changed": times.machine()}
            return connection.execute(update(approvals).where(*one).values(**done)).rowcount == 1
        used = self._put(used_answers).values(**self._ours, id=once.id, time=times.machine())
        first = used.on_conflict_do_nothing().returning(used_answers.c.id)
        return connection.execute(first).first() is not None

    def waiting(self, connection: Connection) -> list[Approval]:
        self._expire(connection)
        rows = connection.execute(select(*_APPROVAL).where(self._approvals, approvals.c.state == "waiting"))
        return [Approval(*row) for row in rows]

    def add(self, connection: Connection, approval: Approval) -> None:
        old = times.machine() - KEPT_FOR
        connection.execute(delete(approvals).where(self._approvals, approvals.c.created < old))
        connection.execute(self._put(approvals).values(**self._ours, **asdict(approval)))

    def end_same(self, connection: Connection, sent: LedgerRow) -> None:
        """Nobody is to approve once more what is being sent: the same call of the same client, or under its key."""
        call = {"mark": sent.digest, "sends": sent.sent, "named": sent.idempotency_key}
        whose = {"ours": self._ours["installation"], "whose": sent.holder or "", "who": sent.client}
        connection.execute(_END_SAME, {**whose, **call, "at": times.machine()})

    def take_back(self, id_: str) -> None:
        """Who asked for it has gone, and isn't told; where it was put to a person already, that says so."""
        one = (self._approvals, approvals.c.id == id_, approvals.c.state == "waiting")
        gone = {"state": "expired", "came": TAKEN_BACK, "changed": times.machine(), "told": 1}
        with self._database.writing() as connection:
            connection.execute(update(approvals).where(*one).values(gone))

    def tell(self, client: str, holder: str) -> list[Approval]:
        theirs = (self._approvals, approvals.c.told == 0, approvals.c.client == client, approvals.c.holder == holder)
        with self._database.reading() as connection:
            if connection.execute(select(approvals.c.id).where(*theirs)).first() is None:
                return []
        with self._database.writing() as connection:
            self._expire(connection)
            told = update(approvals).where(*theirs, _OVER).values(told=1).returning(*_APPROVAL)
            return [Approval(*row) for row in connection.execute(told)]

    def _expire(self, connection: Connection) -> None:
        over = (approvals.c.state.in_(OPEN), approvals.c.until < times.machine())
        ended = {"state": "expired", "changed": approvals.c.until}
        connection.execute(update(approvals).where(self._approvals, *over).values(ended))

    def found(self, since: int, ids: Collection[str] | None) -> list[Approval]:
        wanted = [self._approvals, approvals.c.created >= since]
        if ids is not None:
            wanted.append(approvals.c.id.in_(list(ids)))
        with self._database.writing() as connection:
            self._expire(connection)
            rows = connection.execute(select(*_APPROVAL).where(*wanted).order_by(approvals.c.created, approvals.c.id))
            return [Approval(*row) for row in rows]

    def move(self, id_: str, before: Collection[ApprovalState], state: ApprovalState, by: str, came: str) -> bool:
        one = (self._approvals, approvals.c.id == id_, approvals.c.state.in_(list(before)))
        changed: dict[str, str | int] = {"state": state, "changed": times.machine()}
        changed |= {name: said for name, said in (("by", by), ("came", came)) if said}
        with self._database.writing() as connection:
            return connection.execute(update(approvals).where(*one).values(**changed)).rowcount == 1

    def in_chat(self, holder: str, until: int) -> list[Approval]:
        # Asked every second by every process: nothing is written while nothing is to be said, or who speaks is known.
        there = ~_OVER | (approvals.c.message != 0)
        open_ = (self._approvals, approvals.c.way == "telegram", approvals.c.shown == 0, there)
        wanted = select(*_APPROVAL).where(*open_).order_by(approvals.c.created, approvals.c.id)
        ours = chats.c.installation == self._ours["installation"]
        with self._database.reading() as connection:
            found = [Approval(*row) for row in connection.execute(wanted)]
            speaks = connection.execute(select(chats.c.holder, chats.c.until).where(ours)).first() if found else None
        now = times.machine()
        if not found or (speaks is not None and speaks.holder != holder and speaks.until >= now):
            return []
        leads = speaks is not None and speaks.holder == holder and (now + until) // 2 < speaks.until <= until
        if leads and not any(one.state in OPEN and one.until < now for one in found):
            return found
        with self._database.writing() as connection:
            if not self._leads(connection, holder, until):
                return []
            self._expire(connection)
            return [Approval(*row) for row in connection.execute(wanted)]

    def _leads(self, connection: Connection, holder: str, until: int) -> bool:
        mine = {"holder": holder, "until": until}
        put = self._put(chats).values(**self._ours, **mine)
        free = (chats.c.holder == holder) | (chats.c.until < times.machine())
        taken = put.on_conflict_do_update(index_elements=chats.primary_key, set_=mine, where=free)
        return connection.execute(taken.returning(chats.c.holder)).first() is not None

    def leave_chat(self, holder: str) -> None:
        ours = chats.c.installation == self._ours["installation"]
        with self._database.writing() as connection:
            connection.execute(delete(chats).where(ours, chats.c.holder == holder))

    def show(self, id_: str, message: int | None) -> None:
        said = {"shown": 1} if message is None else {"message": message}
        with self._database.writing() as connection:
            connection.execute(update(approvals).where(self._approvals, approvals.c.id == id_).values(said))

    def key(self, name: str, fresh: str | None) -> str | None:
        """The one that is kept; `fresh` becomes it where there is none."""
        with self._database.writing() as connection:
            if fresh is not None:
                connection.execute(self._put(keys).values(name=name, value=fresh).on_conflict_do_nothing())
            return connection.execute(select(keys.c.value).where(keys.c.name == name)).scalar()

    def save_key(self, name: str, value: str) -> None:
        with self._database.writing() as connection:
            put = self._put(keys).values(name=name, value=value)
            connection.execute(put.on_conflict_do_update(index_elements=keys.primary_key, set_={"value": value}))
