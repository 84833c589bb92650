"""What the store holds."""

from decimal import Decimal

from attrs import frozen


@frozen
class SentOrder:
    """An order as it was sent. `amount` in base units, `time` in epoch ms; without an id its outcome is unknown, or it
    was refused at once."""

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


@frozen
class FundingReading:
    """A pair's funding rate at a moment: a fraction for each interval (0.0001 is 0.01 %), `time` in epoch ms."""

    connector: str
    pair: str
    rate: Decimal
    interval_hours: Decimal | None
    time: int


@frozen
class AuditHead:
    """The last line of an audit log: its number and its hash."""

    seq: int
    hash: str


@frozen
class Halt:
    """A halt: `since` in epoch ms; of `everything`, or of what adds risk; and who asked for it."""

    since: int
    everything: bool
    by: str
