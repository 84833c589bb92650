"""What is checked of an order before there is one, and how the exchange words a refusal afterwards."""

import json
from decimal import Decimal
from typing import get_args

from hbmcp.paper.errors import BadValue, BelowMinimum, PriceRequired
from hbmcp.paper.exchange.orders import Ticket
from hbmcp.paper.exchange.records import Action, OrderType, Side
from hbmcp.paper.market.feed import Feed
from hbmcp.paper.market.listings import Exchange, Pair
from hbmcp.paper.money import LARGEST, on_step


def checked(
    account: str,
    exchange: Exchange,
    pair: Pair,
    side: Side,
    amount: Decimal,
    kind: OrderType,
    price: Decimal | None,
    action: Action,
    feed: Feed,
    at: int,
) -> Ticket:
    """The order on the pair's lot and tick. Raises BadValue, PriceRequired, BelowMinimum.

    The price of a market order is ignored; its notional value is counted at the current price.
    """
    for field, value, allowed in (("side", side, Side), ("type", kind, OrderType), ("action", action, Action)):
        if value not in get_args(allowed):
            raise BadValue(field, value, " or ".join(get_args(allowed)))
    amount = on_step(_positive("amount", amount), pair.lot)
    if kind == "MARKET":
        price = None
    elif price is None:
        raise PriceRequired
    else:
        asked = price
        price = on_step(_positive("price", price), pair.tick)
        if not price:
            raise BadValue("price", asked, f"at least one tick of {pair.name} ({pair.tick:f})")
    if amount < pair.min_size or not amount:
        raise BelowMinimum("size", pair.name, amount, pair.min_size)
    notional = amount * (price or feed.price(exchange.name, pair.name, at))
    if notional < pair.min_notional:
        raise BelowMinimum("notional", pair.name, notional, pair.min_notional)
    return Ticket(
        account=account,
        exchange=exchange.name,
        pair=pair.name,
        side=side,
        type=kind,
        amount=amount,
        price=price,
        action=action if exchange.perpetual else "OPEN",
        fee_currency=pair.quote,
        created=at,
        updated=at,
    )


def _positive(field: str, value: Decimal) -> Decimal:
    if not (value.is_finite() and 0 < value < LARGEST):
        raise BadValue(field, value, "a positive number")
    return value


def insufficient(exchange: Exchange) -> str:
    if exchange.perpetual:
        return refusal(exchange, -2019, "Margin is insufficient.")
    return refusal(exchange, -2010, "Account has insufficient balance for requested action.")


def would_take(exchange: Exchange) -> str:
    if exchange.perpetual:
        text = "Due to the order could not be executed as maker, the Post Only order will be rejected."
        return refusal(exchange, -5022, text)
    return refusal(exchange, -2010, "Order would immediately match and take.")


def nothing_to_reduce(exchange: Exchange) -> str:
    return refusal(exchange, -2022, "ReduceOnly Order is rejected.")


#: Why an order ended that nobody refused or cancelled.
LIQUIDATED = "Liquidation: the margin was used up, so the exchange closed the position; the fee is what was left of it."
BOOK_SWEPT = "The order book holds no more: the rest was cancelled."
ALL_REDUCED = "The position was smaller than the order: the rest was cancelled."


def refusal(exchange: Exchange, code: int, text: str, path: str = "order") -> str:
    """As the API repeats what an exchange answered."""
    root = "fapi/v1" if exchange.perpetual else "api/v3"
    body = json.dumps({"code": code, "msg": text})
    return (
        f"Error executing request POST https://{exchange.name}.paper.invalid/{root}/{path}. "
        f"HTTP status is 400. Error: {body}"
    )
