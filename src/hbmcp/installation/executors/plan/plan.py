"""What is known beforehand of an executor's orders. Prices are in quote units, amounts in base units."""

from decimal import Decimal
from typing import Literal

from attrs import frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.markets.trading_rules import Rule

Side = Literal["BUY", "SELL"]


@frozen
class MarketPrices:
    """Prices of a pair: the middle, the best bid and the best ask."""

    mid: Decimal
    bid: Decimal
    ask: Decimal

    def beside(self, side: Side) -> Decimal:
        """The best price on the own side of the book, where a limit order rests."""
        return self.bid if side == "BUY" else self.ask

    def across(self, side: Side) -> Decimal:
        """The best price on the other side, at which an order trades at once."""
        return self.ask if side == "BUY" else self.bid


@frozen
class Order:
    """One order. `price` is what is expected where a market order has none; `target` is where it alone is closed,
    `own_price` the price of its level of a grid, which it may be placed beside. `limit` is the price of a limit order
    that trades at once at a better one, its `price`."""

    level: int
    side: Side
    type: str
    price: Decimal
    amount: Decimal
    target: Decimal | None = None
    own_price: Decimal | None = None
    limit: Decimal | None = None
    after: int = 0  # seconds from the start

    @property
    def quote(self) -> Decimal:
        """Its notional value."""
        return times(self.price, self.amount)

    @property
    def sent_price(self) -> Decimal:
        """The price that it is placed with, which the exchange's rules look at."""
        return self.price if self.limit is None else self.limit

    @property
    def sent_quote(self) -> Decimal:
        """Its notional value at that price."""
        return times(self.sent_price, self.amount)


@frozen
class Plan:
    """All orders, in the order in which they are placed. `batch`: how many of them at a time, if not all."""

    side: Side
    orders: tuple[Order, ...]
    batch: int | None = None

    @property
    def timed(self) -> bool:
        """Whether time, and not the price, says when each is placed."""
        return any(order.after for order in self.orders)

    @property
    def amount(self) -> Decimal:
        """Of all orders."""
        return sum((order.amount for order in self.orders), Decimal(0))

    @property
    def quote(self) -> Decimal:
        """The notional value of all orders."""
        return sum((order.quote for order in self.orders), Decimal(0))

    @property
    def reserved(self) -> Decimal:
        """The notional value that the balance must cover: each order at the higher of its two prices."""
        return sum((max(order.quote, order.sent_quote) for order in self.orders), Decimal(0))

    @property
    def average(self) -> Decimal | None:
        """The average entry once all are filled."""
        return ratio(self.quote, self.amount) if self.amount else None

    def too_small(self, rule: Rule) -> list[Order]:
        """Those that the exchange won't take."""
        return [
            order
            for order in self.orders
            if not order.amount or order.amount < rule.min_amount or order.sent_quote < rule.min_notional
        ]


def sign_of(side: Side) -> int:
    """1 where a rising price is a gain, -1 where it is a loss."""
    return 1 if side == "BUY" else -1


def far_end(side: Side) -> str:
    """The field with the end of a grid beyond which it has nothing more to win."""
    return "end_price" if side == "BUY" else "start_price"
