"""What the store holds."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Literal

from attrs import field, frozen

from hbmcp.times import DAY

KEPT_FOR = 90 * DAY  # orders, approvals, and what was counted


@frozen
class SentOrder:
    """An order as it was sent. `amount` in base units, `time` in epoch ms; without an id its outcome is unknown, or it
    was refused at once. `replaces` is the id of the one in whose place it was sent. `key` is 0 before the store has
    given one."""

    account: str
    connector: str
    pair: str
    side: str
    type: str
    amount: Decimal
    price: Decimal | None
    action: str | None
    time: int
    order_id: str | None = None
    key: int = field(default=0, eq=False)
    replaces: str | None = None


@frozen
class FundingReading:
    """A pair's funding rate at a moment: a fraction for each interval (0.0001 is 0.01 %), `time` in epoch ms."""

    connector: str
    pair: str
    rate: Decimal
    interval_hours: Decimal | None
    time: int


class AlreadyReplaced(Exception):
    """Another order was sent in the place of the same one: with this id, if the API gave it one yet."""

    def __init__(self, by: str | None) -> None:
        super().__init__(by)
        self.by = by


@frozen
class AuditHead:
    """The last line of an audit log: its number and its hash."""

    seq: int
    hash: str


NO_LINE = AuditHead(0, "")


@frozen
class Halt:
    """A halt: `since` in epoch ms; of `everything`, or of what adds risk; and who asked for it."""

    since: int
    everything: bool
    by: str


# What became of a granted request; one that wasn't sent, or surely refused, has no row any more.
State = Literal["reserved", "sent", "unknown"]
OPEN: tuple[State, ...] = ("reserved", "unknown")  # of what isn't settled
UNDER_WAY = 600_000  # milliseconds after which nobody can be sending any more what was reserved


@frozen
class LedgerRow:
    """A request that was granted, at `time` in epoch ms, for the call of a tool with that digest, `sent` being that of
    all that it sends, "" where it sends nothing; `words` say what it does, of `amount` in base units, and `orders` of
    it may rest at once. `opened` is what it adds to what is at risk, in `currency`, 0 where it adds nothing.
    `reference` is the id that came back. `holder` is the key of who called with an access token, "" where none was
    shown, None where that wasn't kept yet. `key` is 0 before the store has given one. `settled` is when the store was
    told what became of it, None where it wasn't yet, or that wasn't kept. `replaces` is the id of the order in whose
    place it is sent, or is to be."""

    time: int
    caller: str
    client: str
    tool: str
    digest: str
    words: str
    effect: str
    account: str | None
    exchange: str | None
    pair: str | None
    opened: Decimal
    currency: str
    idempotency_key: str | None = None
    state: State = "reserved"
    reference: str | None = None
    holder: str | None = None
    sent: str = ""
    side: str | None = None
    amount: Decimal | None = None
    settled: int | None = field(default=None, eq=False)
    replaces: str | None = None
    orders: int = 1
    key: int = field(default=0, eq=False)

    def in_doubt(self, now: int) -> bool:
        """Whether nobody knows what became of it: no answer came, or who reserved it was never heard of again."""
        return self.state == "unknown" or (self.state == "reserved" and now - self.time > UNDER_WAY)


TriggerState = Literal["waiting", "firing", "done", "expired", "cancelled", "failed", "unknown"]


@frozen
class TriggerRow:
    """A trigger: `spec` is what it is, JSON that hbmcp.installation.triggers reads; `memory` what its watcher must keep
    between two readings. Of those with one `bond` the first that is done cancels the others. `fired` counts how often
    it did, `changed` is when its state did; times in epoch ms. `key` is 0 before the store has given one."""

    spec: str
    created: int
    changed: int
    state: TriggerState = "waiting"
    memory: str = "{}"
    bond: str | None = None
    fired: int = 0
    key: int = 0


@frozen
class TriggerEvent:
    """A trigger came to a state at that `time` in epoch ms, and why. `key` is 0 before the store has given one; a later
    event has a greater one."""

    trigger: int
    time: int
    state: TriggerState
    cause: str
    key: int = 0


@frozen
class Watch:
    """Who watches the triggers: `holder` is a name that no other process has, `kind` says what it is ("hbmcp watch"),
    `until` when that is over unless renewed. `unwatched` is the last time in which nobody did, (from, to). Who has a
    higher `rank` gets it from one of a lower, as soon as that renews it."""

    holder: str
    kind: str
    since: int
    until: int
    unwatched_from: int | None = None
    unwatched_to: int | None = None
    rank: int = 0


@frozen
class Settled:
    """What became of a granted request that may have been sent."""

    state: State
    reference: str | None


@frozen
class Settling:
    """What became of granted requests, by their keys; what was `released` wasn't done, and counts no more."""

    settled: Mapping[int, Settled] = {}
    released: Collection[int] = ()


@frozen
class OnceOnly:
    """What may be used once, in the transaction that reserves: the answer to a question, or an approval that stands in
    the store and is `approved`."""

    kind: Literal["answer", "approval"]
    id: str


ApprovalState = Literal["waiting", "approved", "refused", "expired", "carried out", "failed"]
ENDED: tuple[ApprovalState, ...] = ("refused", "expired", "failed")  # whatever they came to


@frozen
class Approval:
    """A call that waits until a person approves it out of band: the tool and its `arguments` (JSON) as a client called
    it, with an access token of that name and its profile of the policy, `holder` being its holder's key; the `question`
    in words, what the answer is held to (`quoted`, JSON, and `tolerance` in percent), and until when (`until`). `came`
    says what it came to, and `told` whether who called knows. Times in epoch ms.

    `way` is how the policy wants it asked. In a chat its buttons carry the `nonce`, under the `message` of that id, 0
    before it is there; `shown` is whether that says what became of it.

    `idempotency_key`, `digest` and `sent` are those of the call; `upto` is the key of the last row of the ledger when
    it was asked for."""

    id: str
    client: str
    tool: str
    arguments: str
    question: str
    quoted: str
    tolerance: Decimal
    created: int
    until: int
    state: ApprovalState = "waiting"
    by: str = ""
    changed: int = 0
    came: str = ""
    token: str = ""
    profile: str | None = None
    told: int = 0
    holder: str = ""
    way: str = "terminal"
    nonce: str = field(default="", repr=False)
    message: int = 0
    shown: int = 0
    idempotency_key: str | None = None
    digest: str = ""
    upto: int = 0
    sent: str = ""

    @property
    def over(self) -> bool:
        """Whether it has come to its end: what is being carried out hasn't before it came to something."""
        return self.state in ENDED or self.came != ""


@frozen
class TokenRow:
    """An access token: the `digest` of it, for it isn't kept itself, and what who shows it may use: tools of these
    toolsets, of all where there is none; only reads; what a profile of the policy allows. Times in epoch ms."""

    name: str
    digest: str
    toolsets: tuple[str, ...]
    read_only: bool
    profile: str | None
    created: int
    revoked: int | None = None
