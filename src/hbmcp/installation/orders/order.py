"""An order as its witnesses tell of it: the API's record, its fills, and what hbmcp remembers of having sent it.

The record comes late, forgets fills that came at one moment, and of a refused order keeps neither pair nor side nor
amount. Fills are the better witness of what was filled, and the store of what was asked for.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from hbmcp.errors.reasons import tidy
from hbmcp.figures import money, plain, ratio, times
from hbmcp.installation.answer_fields import Fields, moment, number, optional, text
from hbmcp.installation.fills.fills import Fill
from hummingbot_api.request import Json

if TYPE_CHECKING:
    from hbmcp.store import SentOrder

UNKNOWN = "UNKNOWN"  # the API's word for what it lost of a refused order; as a status: sent, and nothing seen of it
ENDED = ("FILLED", "CANCELLED", "FAILED")
RESTING = ("OPEN", "PARTIALLY_FILLED")


@frozen
class Order:
    """Amounts in base units, prices in quote, times in epoch milliseconds.

    `status` is SUBMITTED, OPEN, PARTIALLY_FILLED, FILLED, CANCELLED, FAILED or UNKNOWN, corrected by the fills.
    `reason` is why it FAILED, in plain words, or what replaced it. `filled`, `average_price` and `fees` (currency ->
    sum) come from the fills where these hold at least as much as the record; `recorded` is what the record says was
    filled. `doubts` are sentences about what couldn't be read of it.
    """

    order_id: str | None
    account: str
    connector: str
    pair: str | None = None
    side: str | None = None
    type: str | None = None
    amount: Decimal | None = None
    price: Decimal | None = None
    action: str | None = None
    status: str = UNKNOWN
    filled: Decimal = Decimal(0)
    average_price: Decimal | None = None
    fees: Mapping[str | None, Decimal] = {}
    recorded: Decimal | None = None
    created: int | None = None
    updated: int | None = None
    exchange_order_id: str | None = None
    reason: str | None = None
    fills: tuple[Fill, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.status in ENDED

    @property
    def rests(self) -> bool:
        return self.status in RESTING

    @property
    def protects(self) -> bool:
        """Whether it says that it is of a position: its stop or its target."""
        return self.action == "CLOSE" or any(word in (self.type or "") for word in ("STOP", "TAKE_PROFIT"))

    @property
    def forgotten(self) -> bool:
        """Whether it was refused, and nobody remembers what was asked for."""
        return self.status == "FAILED" and self.pair is None

    @property
    def missing(self) -> Decimal:
        """How much of a FILLED order no fill tells of (yet)."""
        return max((self.amount or Decimal(0)) - self.filled, Decimal(0)) if self.status == "FILLED" else Decimal(0)

    @property
    def quote_total(self) -> Decimal | None:
        """What was paid or received in quote, without fees."""
        if self.fills and self.filled == _sum(fill.amount for fill in self.fills):
            return plain(_sum(times(fill.amount, fill.price) for fill in self.fills))
        return None if self.average_price is None else money(times(self.filled, self.average_price))

    @classmethod
    def from_row(cls, row: Json) -> "Order":
        """A row of orders/search or orders/active."""
        fields = Fields(row)
        filled = fields.needed("filled_amount", optional(number)) or Decimal(0)
        kind, fee = _known(fields.known("order_type", text)), fields.known("fee_paid", number)
        return cls(
            order_id=fields.needed("order_id", text),
            account=fields.needed("account_name", text),
            connector=fields.needed("connector_name", text),
            pair=_known(fields.needed("trading_pair", optional(text))),
            side=_known(fields.needed("trade_type", optional(text))),
            type=kind,
            amount=fields.known("amount", number) or None,
            # Of a market order the API keeps the price at which it was sent, which nobody asked for.
            price=None if kind == "MARKET" else fields.known("price", number),
            status=fields.needed("status", text),
            filled=filled,
            average_price=fields.known("average_fill_price", number) if filled else None,
            fees={fields.known("fee_currency", text): fee} if fee else {},
            recorded=filled,
            created=fields.known("created_at", moment),
            updated=fields.known("updated_at", moment),
            exchange_order_id=fields.known("exchange_order_id", text),
            reason=tidy(reason) if (reason := fields.known("error_message", text)) else None,
        )

    @classmethod
    def from_sent(cls, sent: "SentOrder") -> "Order":
        """What is known of an order that only the store knows."""
        return cls(sent.order_id, sent.account, sent.connector, created=sent.time).remembered(sent)

    def remembered(self, sent: "SentOrder | None") -> "Order":
        """With what was asked for where the record lost it."""
        if sent is None:
            return self
        return evolve(
            self,
            pair=self.pair or sent.pair,
            side=self.side or sent.side,
            type=self.type or sent.type,
            amount=self.amount or sent.amount,
            price=sent.price if self.price is None else self.price,
            action=sent.action,
        )

    def witnessed(self, fills: Iterable[Fill]) -> "Order":
        """With those of the fills that are its own."""
        own = tuple(fill for fill in fills if fill.order_id == self.order_id)
        filled = _sum(fill.amount for fill in own)
        if not own or filled < self.filled:
            return evolve(self, fills=own)
        whole = bool(self.amount and filled >= self.amount)
        status = "FILLED" if whole else self.status if self.ended else "PARTIALLY_FILLED"
        fees: dict[str | None, Decimal] = {}
        for fill in own:
            fees[fill.fee_currency] = fees.get(fill.fee_currency, Decimal(0)) + fill.fee
        value = _sum(times(fill.amount, fill.price) for fill in own)
        prices = {fill.price for fill in own}
        return evolve(
            self,
            pair=self.pair or own[0].pair,
            side=self.side or own[0].side,
            status=status,
            filled=plain(filled),
            average_price=prices.pop() if len(prices) == 1 else money(ratio(value, filled)) if filled else None,
            fees={currency: plain(fee) for currency, fee in fees.items()},
            fills=own,
        )


def merged_orders(orders: Iterable[Order], fills: Sequence[Fill] = (), sent: Iterable["SentOrder"] = ()) -> list[Order]:
    """Each order once, newest first, with its own of the fills and what was remembered of it."""
    by_id: dict[str | None, SentOrder] = {one.order_id: one for one in sent if one.order_id}
    once = {order.order_id: order for order in orders}
    joined = [order.remembered(by_id.get(order.order_id)).witnessed(fills) for order in once.values()]
    return sorted(joined, key=lambda order: order.created or 0, reverse=True)


def fresher_order(record: Order | None, in_hand: Order | None) -> Order | None:
    """The record, unless the connector that has the order in hand knows of more fills."""
    if record is None or in_hand is None:
        return record or in_hand
    if record.ended or in_hand.filled <= record.filled:
        return record
    return evolve(record, status=in_hand.status, filled=in_hand.filled, average_price=in_hand.average_price)


def orders_like(
    sent: "SentOrder", orders: Iterable[Order], others: Collection[str | None], tolerance: int | None = None
) -> list[Order]:
    """Those of the orders that may be what came of sending this one, of which no answer came, newest first.

    They are of the same account, exchange, pair, side, type, amount and price, or were refused and lost these; weren't
    created more than `tolerance` milliseconds earlier or later; and aren't known to be `others`.
    """
    return [
        order
        for order in orders
        if order.order_id not in others
        and (order.account, order.connector) == (sent.account, sent.connector)
        and (tolerance is None or abs((order.created or 0) - sent.time) <= tolerance)
        and (order.forgotten or _asked(order) == (sent.pair, sent.side, sent.type, sent.amount, sent.price))
    ]


def _asked(order: Order) -> tuple[str | None, str | None, str | None, Decimal | None, Decimal | None]:
    return order.pair, order.side, order.type, order.amount, order.price


def _known(name: str | None) -> str | None:
    return None if name in (None, UNKNOWN) else name


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))
