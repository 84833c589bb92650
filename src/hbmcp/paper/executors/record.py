"""What is kept of an executor: enough that a process which dies at any moment goes on as if it hadn't."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from attrs import Factory, asdict, define

from hbmcp.paper.exchange.records import RESTING, Fill, Order, OrderType, Side, Status

ExecutorStatus = Literal["RUNNING", "SHUTTING_DOWN", "TERMINATED"]
CloseType = Literal[
    "TIME_LIMIT",
    "STOP_LOSS",
    "TAKE_PROFIT",
    "EARLY_STOP",
    "TRAILING_STOP",
    "INSUFFICIENT_BALANCE",
    "FAILED",
    "COMPLETED",
    "POSITION_HOLD",
]
Purpose = Literal["open", "close"]

ZERO = Decimal(0)
_MONEY = ("amount", "price", "base", "quote", "fee", "base_fee")


class Total(NamedTuple):
    """Of several orders: base units, their value in quote, all fees in quote, and what of the fees was paid in base."""

    base: Decimal = ZERO
    quote: Decimal = ZERO
    fee: Decimal = ZERO
    base_fee: Decimal = ZERO

    def plus(self, other: "Total") -> "Total":
        return Total(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    @property
    def average(self) -> Decimal | None:
        return self.quote / self.base if self.base else None


@define
class Leg:
    """One order that an executor placed, and what is known to have become of it. `level`: of a grid or a DCA."""

    order_id: str
    purpose: Purpose
    side: Side
    type: OrderType
    amount: Decimal
    price: Decimal | None
    level: int
    created: int
    status: Status = "OPEN"
    exchange_id: str | None = None
    updated: int = 0
    base: Decimal = ZERO
    quote: Decimal = ZERO
    fee: Decimal = ZERO
    base_fee: Decimal = ZERO

    @property
    def rests(self) -> bool:
        return self.status in RESTING

    @property
    def total(self) -> Total:
        return Total(self.base, self.quote, self.fee, self.base_fee)

    def learn(self, order: Order, fills: Iterable[Fill]) -> None:
        """What the engine knows of this order now. All sums are those of its fills."""
        self.status = order.status
        self.exchange_id = order.exchange_id
        self.updated = order.updated
        self.base = self.quote = self.fee = self.base_fee = ZERO
        base = order.pair.partition("-")[0]
        for fill in fills:
            self.base += fill.amount
            self.quote += fill.amount * fill.price
            self.fee += fill.fee
            if fill.charged_token == base:
                self.base_fee += fill.charged


@define
class Record:
    """`raw` is the configuration as it was given. `seen` is when the executor last looked
    at the market, `again` when it wants to look next, because it has just done something.

    `settled`: per side, the sums of orders that it keeps no longer as legs. `memory` is what its type remembers.
    `ended` is what it answers with from its end on. `held`: its position is kept, and hasn't been cleared.
    """

    id: str
    kind: str
    account: str
    exchange: str
    pair: str
    controller: str
    raw: dict[str, Any]
    created: int
    status: ExecutorStatus = "RUNNING"
    close_type: CloseType | None = None
    closed: int | None = None
    keep: bool = False
    held: bool = False
    ends: int | None = None
    seen: int = 0
    again: int | None = None
    retries: int = 0
    errors: int = 0
    last_error: str | None = None
    legs: list[Leg] = Factory(list)
    settled: dict[str, Total] = Factory(dict)
    memory: dict[str, Any] = Factory(dict)
    logs: list[dict[str, Any]] = Factory(list)
    ended: dict[str, Any] | None = None

    @property
    def active(self) -> bool:
        return self.status != "TERMINATED"

    def dump(self) -> str:
        kept = asdict(self, recurse=False)
        kept["legs"] = [asdict(leg, recurse=False) for leg in self.legs]
        return json.dumps(kept, default=str)

    @classmethod
    def load(cls, text: str) -> "Record":
        kept = json.loads(text)
        kept["legs"] = [Leg(**{name: _money(name, value) for name, value in leg.items()}) for leg in kept["legs"]]
        kept["settled"] = {side: Total(*map(Decimal, total)) for side, total in kept["settled"].items()}
        return cls(**kept)


def _money(name: str, value: Any) -> Any:
    return Decimal(value) if name in _MONEY and value is not None else value
