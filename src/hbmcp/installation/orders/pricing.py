"""The price of an order, as it may be written: a number, or an offset from the current price."""

import re
from decimal import Decimal

from hbmcp.errors import BadArguments
from hbmcp.figures import number, plain, times
from hbmcp.installation.levels import Level
from hbmcp.installation.markets.trading_rules import Rule, on_step
from hbmcp.text import named

SLIP = Decimal("0.1")  # beyond the current price, on the side where the order fills at once

_OFFSET = re.compile(r"([+-])\s*(\d{1,4}(?:\.\d{1,6})?)\s*%")
_HOW = 'Give a number in quote, such as "97000", or an offset from the current price with its sign, such as "-3%".'


def parse_price(order_type: str, price: str | None) -> Level | None:
    """What `price` means, in quote or from the current price; None for a market order. Raises BadArguments."""
    if order_type == "MARKET":
        if price is not None:
            raise BadArguments(
                "A MARKET order takes no price: it fills at what the book offers.",
                "Nothing was sent.",
                "Leave price out, or make it a LIMIT order.",
            )
        return None
    if price is None:
        raise BadArguments(f"A {order_type} order needs a price.", "Nothing was sent.", f"{_HOW} Or say MARKET.")
    if offset := _OFFSET.fullmatch(price.strip()):
        percent = Decimal(offset[1] + offset[2])
        if percent > -100:
            return Level(percent=percent)
    elif (fixed := number(price.strip())) is not None and fixed > 0:
        return Level(fixed=fixed)
    raise BadArguments(f"{named(price)} can't be the price of an order.", "Nothing was sent.", _HOW)


def refuse_fat_finger(price: Decimal, side: str, current: Decimal | None, best: Decimal | None) -> None:
    """Raises BadArguments for who would pay far more, or take far less, than the current price, or than the best price
    across the book: either can be old."""
    across = "best ask" if side == "BUY" else "best bid"
    for what, known in (("current price", current), (across, best)):
        if known is None:
            continue
        worst = times(known, 1 + SLIP if side == "BUY" else 1 - SLIP)
        if price > worst if side == "BUY" else price < worst:
            raise BadArguments(
                f"{side} at {plain(price):f} is more than {SLIP:.0%} beyond the {what}, {plain(known):f}: it would "
                "fill at once, which looks like a slip.",
                "Nothing was sent.",
                "To trade at once say MARKET, or give a nearer price.",
            )


def refuse_false_offset(wanted: Level, price: Decimal, side: str, doubt: str, best: Decimal | None) -> None:
    """Raises BadArguments for an offset from a price that its order book denies (`doubt`), and for one that is to wait
    on the cheap side, BUY at -3 %, and would fill at once at the `best` price across the book."""
    if wanted.percent is None:
        return
    if doubt:
        raise BadArguments(
            f"{wanted.percent:+f}% counts from the current price, which isn't known. {doubt}",
            "Nothing was sent.",
            "Look with get_ticker and get_candles what it costs, and give a number.",
        )
    waits = wanted.percent < 0 if side == "BUY" else wanted.percent > 0
    if waits and best is not None and (price >= best if side == "BUY" else price <= best):
        raise BadArguments(
            f"{side} at {wanted.percent:+f}%, {plain(price):f}, would fill at once: the book offers {plain(best):f}.",
            "Nothing was sent.",
            "Give a number, or say MARKET to trade at once.",
        )


def crossing_note(order_type: str, price: Decimal, side: str, best: Decimal | None) -> str:
    """That it fills at once at the `best` price across the book; "" where it rests."""
    if best is None or (price < best if side == "BUY" else price > best):
        return ""
    if order_type == "LIMIT_MAKER":
        return f"The book offers {plain(best):f}: a LIMIT_MAKER at {plain(price):f} can't rest, so it may be refused."
    return f"It fills at once: the book offers {plain(best):f}."


def price_to_send(wanted: Level, side: str, rule: Rule, current: Decimal | None) -> tuple[Decimal, str]:
    """The price to send, and how it was found where it isn't the one that was asked for.

    An offset is current * (1 + percent / 100). Either is rounded to the pair's step, or where that isn't known an
    offset to the current price's places: down for who buys, up for who sells. Raises BadArguments where that leaves 0.
    """
    if wanted.percent is None:
        exact = wanted.fixed or Decimal(0)
        found = rule.price(exact, side)
        note = f"The price {exact:f} was rounded to {plain(found):f}, the pair's step being {rule.price_step:f}."
        note = "" if found == exact else note
    elif current is None:
        raise BadArguments("An offset needs the current price, which can't be read.", "Nothing was sent.", _HOW)
    else:
        exact = times(current, 1 + wanted.percent / 100)
        step = rule.price_step or Decimal(1).scaleb(int(current.as_tuple().exponent))
        found = on_step(exact, step, up=side == "SELL")
        note = f"The price is {wanted.percent:+f}% of the current {current:f}: {plain(found):f}."
    if found <= 0:
        raise BadArguments(
            f"The price {exact:f} is less than the pair's price step {rule.price_step:f}.", "Nothing was sent.", _HOW
        )
    return plain(found), note
