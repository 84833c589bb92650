"""What the engine answers with. Money is Decimal in the unit named, time is milliseconds since the epoch (UTC)."""

from decimal import Decimal
from typing import Literal

from attrs import frozen

Side = Literal["BUY", "SELL"]
OrderType = Literal["MARKET", "LIMIT", "LIMIT_MAKER"]
Action = Literal["OPEN", "CLOSE"]
Status = Literal["OPEN", "PARTIALLY_FILLED", "FILLED", "CANCELLED", "FAILED"]
PositionMode = Literal["ONEWAY", "HEDGE"]
PositionSide = Literal["BOTH", "LONG", "SHORT"]

RESTING: tuple[Status, ...] = ("OPEN", "PARTIALLY_FILLED")


@frozen
class Balance:
    """Of one token. On a perpetual exchange `total` is the wallet: deposits, fees, funding and realized P&L, without
    unrealized P&L unless it is what the exchange reports; what orders and positions hold as margin is in `total` and
    not in `available`."""

    total: Decimal
    available: Decimal


@frozen
class Order:
    """`amount` and `filled` in base units. `price` is None for a market order. `average_price` is None without a fill.
    `fee` is the value in quote units of all its fees (see Fill). `exchange_id` is None when the exchange refused it
    (status FAILED, and `error` says why, in the style of the API). `action` is OPEN on a spot exchange."""

    id: str
    exchange_id: str | None
    account: str
    exchange: str
    pair: str
    side: Side
    type: OrderType
    amount: Decimal
    price: Decimal | None
    action: Action
    status: Status
    filled: Decimal
    average_price: Decimal | None
    fee: Decimal
    fee_currency: str
    created: int
    updated: int
    error: str | None

    @property
    def rests(self) -> bool:
        return self.status in RESTING

    @property
    def remaining(self) -> Decimal:
        return self.amount - self.filled


@frozen
class Fill:
    """One trade. `fee` is its value in quote units, as the API reports it; `charged` of `charged_token` is what left
    the balance: a spot BUY pays in base out of what it receives, everything else pays in quote.
    `realized` is the profit in quote units of the part that reduced a position, without fees; 0 on a spot exchange.
    `liquidation` is true where the exchange closed the position by force."""

    id: str
    order_id: str
    account: str
    exchange: str
    pair: str
    side: Side
    type: OrderType
    action: Action
    amount: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    charged: Decimal
    charged_token: str
    maker: bool
    realized: Decimal
    liquidation: bool
    at: int


@frozen
class Position:
    """An open perpetual position. `amount` in base units is negative for a short, whatever `side` says.
    `entry` is the average price (rounded down to twelve places), `unrealized` is amount times mark less cost, exact.
    `liquidation` is the price at which the exchange closes it; None where no price above zero does."""

    account: str
    exchange: str
    pair: str
    side: PositionSide
    amount: Decimal
    entry: Decimal
    mark: Decimal
    unrealized: Decimal
    leverage: int
    margin: Decimal
    liquidation: Decimal | None


@frozen
class FundingPayment:
    """`payment` in quote units is what the balance changed by: negative when the position paid.
    `amount` and `mark` are the position's at that time, `rate` that of the interval which ended."""

    id: str
    account: str
    exchange: str
    pair: str
    side: PositionSide
    amount: Decimal
    mark: Decimal
    rate: Decimal
    payment: Decimal
    currency: str
    at: int


@frozen
class Snapshot:
    """All balances of one account at one exchange at one time."""

    at: int
    balances: dict[str, Balance]
