"""How much is ordered where that is said in another way than in base units: what it may cost, a share of what is there,
or what may be lost at a stop. Never more than was said: money has the fee in it, and every rounding is down."""

import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Context, Decimal

from attrs import frozen

from hbmcp.errors import BadArguments, Refused
from hbmcp.figures import in_percent, money, number, plain, ratio, times
from hbmcp.installation.balances import Balance
from hbmcp.installation.levels import SIGNED, Level
from hbmcp.installation.markets.order_book import Book
from hbmcp.installation.orders.balance_check import available_of
from hbmcp.installation.positions.position import Position, Side
from hbmcp.pairs import base_of, quote_of
from hbmcp.text import named

WAYS = ("amount", "quote_amount", "share", "risk")

_FLOOR = Context(prec=12, rounding=ROUND_FLOOR)
_EITHER = re.compile(r"(\d{1,20}(?:\.\d{1,18})?)\s*(?:(%)(?: of (?:the |my )?portfolio)?)?", re.IGNORECASE)


@frozen
class AskedSize:
    """A size as it was asked for, in one of four ways: `amount` in base units; `quote_amount`, the most that it may
    cost; `share`, percent of what is available; `risk`, "50" in quote or "1%" of the portfolio, lost at `stop_loss`."""

    amount: Decimal | None = None
    quote_amount: Decimal | None = None
    share: Decimal | None = None
    risk: str | None = None
    stop_loss: Level | None = None

    def __attrs_post_init__(self) -> None:
        """Raises BadArguments unless it is one of them."""
        given = [name for name in WAYS if getattr(self, name) is not None]
        if len(given) != 1:
            said = f"{' and '.join(given)} are given" if given else "No size is given"
            raise BadArguments(
                f"{said}: one of {', '.join(WAYS[:-1])} and {WAYS[-1]} says how much.",
                "Nothing was sent.",
                "Give amount in base units, quote_amount for so much money.",
            )
        if self.risk is not None and self.stop_loss is None:
            raise BadArguments("risk is what is lost at stop_loss.", "Nothing was sent.", "Give both.")
        if self.risk is not None and not (self._risked and self._risked[0] > 0):
            raise BadArguments(
                f"{named(self.risk)} can't be risked.", "Nothing was sent.", 'Say "50" in quote, or "1%".'
            )

    @property
    def bounded(self) -> bool:
        """Whether it says itself how much of the account it may take."""
        return self.quote_amount is not None or self.share is not None

    @property
    def of_portfolio(self) -> bool:
        """Whether the portfolio's value is needed."""
        return bool(self._risked and self._risked[1])

    @property
    def _risked(self) -> tuple[Decimal, bool] | None:
        """How much, and whether that is in percent."""
        found = _EITHER.fullmatch((self.risk or "").strip())
        if found is None or (figure := number(found[1])) is None:
            return None
        return figure, bool(found[2])

    @property
    def percent_risked(self) -> str:
        """ "1%"; "" where a sum is risked."""
        return f"{self._risked[0]:f}%" if self._risked and self._risked[1] else ""

    def money_at_risk(self, portfolio: Decimal | None) -> Decimal:
        """In quote; `portfolio` is what it is worth in that. Raises Refused where it is needed and isn't known."""
        assert self._risked is not None
        figure, is_percent = self._risked
        if not is_percent:
            return figure
        if portfolio is None:
            raise Refused(
                f"What the portfolio is worth can't be read, nor what {figure:f}% of it is.",
                "Nothing was sent.",
                "Give risk in quote.",
            )
        return times(portfolio, figure / 100)


@frozen
class Offered:
    """What the size of an order is worked out from. `limit` is its own price, `current` the market's, `book` whole for
    a market order; `fee` a share of the value; `portfolio` in quote. None is what isn't known."""

    pair: str
    side: str
    perpetual: bool
    closing: bool
    limit: Decimal | None
    current: Decimal | None
    book: Book | None
    balances: Sequence[Balance]
    held: Sequence[Position] | None
    fee: Decimal
    portfolio: Decimal | None

    @property
    def base(self) -> str:
        return base_of(self.pair)

    @property
    def quote(self) -> str:
        return quote_of(self.pair)

    @property
    def buys(self) -> bool:
        return self.side == "BUY"

    @property
    def side_opened(self) -> Side:
        return "LONG" if self.buys else "SHORT"

    @property
    def entry(self) -> Decimal | None:
        """Its own price, or the worse of those that a unit costs now; None where none is known."""
        worst = max if self.buys else min
        return self.limit if self.limit is not None else worst(self.quoted, default=None)

    @property
    def quoted(self) -> list[Decimal]:
        """What a unit costs now, as far as that is known."""
        best = None if self.book is None else self.book.ask if self.buys else self.book.bid
        return [one for one in (self.current, best) if one is not None]


def amount_of(asked: AskedSize, offered: Offered) -> tuple[Decimal, str]:
    """In base units, before it is rounded to the pair's steps, and how it was worked out; "" for an `amount`.

    Raises BadArguments and Refused: nothing was sent.
    """
    if asked.amount is not None:
        return asked.amount, ""
    if asked.quote_amount is not None:
        return _for_money(asked.quote_amount, offered)
    if asked.share is not None:
        return _share(asked.share, offered)
    return _at_risk(asked, offered)


def before_fee(most: Decimal, side: str, fee: Decimal) -> Decimal:
    """The value of an order for so much money: a purchase pays its fee out of it."""
    return ratio(most, 1 + fee) if side == "BUY" else most


def gain_of_unit(entry: Decimal, exit_at: Decimal, fee: Decimal, *, buys: bool) -> Decimal:
    """What a base unit gains from one price to another, in quote, after both fees; below 0 what it loses."""
    move = exit_at - entry if buys else entry - exit_at
    return move - times(fee, entry + exit_at)


def _for_money(most: Decimal, offered: Offered) -> tuple[Decimal, str]:
    """So that value and fee of a purchase, or the value of what is sold, are no more than that."""
    value = before_fee(most, offered.side, offered.fee)
    prices = _prices(offered)
    if offered.limit is None and offered.buys and offered.book is not None:
        walk = offered.book.walk_quote("BUY", value)
        prices += [one for one in (walk.average if walk.complete else walk.worst,) if one is not None]
    price = offered.limit if offered.limit is not None and offered.buys else max(prices)
    amount = _floor(ratio(value, price))
    fee = f", a fee of {in_percent(offered.fee, 3):f}% included," if offered.buys else ""
    return amount, f"{plain(most):f} {named(offered.quote)}{fee} at {money(price):f} is {_said(amount, offered)}."


def _share(share: Decimal, offered: Offered) -> tuple[Decimal, str]:
    """Of the position that is closed, of what can be sold, or of the money that there is; on perpetuals that is the
    order's value, whatever the leverage."""
    part = share / 100
    if offered.closing:
        closed: Side = "SHORT" if offered.buys else "LONG"
        found = next((one for one in offered.held or () if (one.pair, one.side) == (offered.pair, closed)), None)
        if found is None:
            raise Refused(
                f"No open {closed} of {named(offered.pair)} is seen that this could be a share of.",
                "Nothing was sent.",
                "get_positions shows what is open.",
            )
        return _floor(times(found.amount, part)), f"{share:f}% of the {found}."
    token = offered.quote if offered.buys or offered.perpetual else offered.base
    there = available_of(offered.balances, token)
    if there is None:
        raise Refused(
            f"How much {named(token)} is available can't be read, nor what {share:f}% of it is.",
            "Nothing was sent.",
            "get_account_balance shows what there is. Or give amount.",
        )
    if not there:
        raise Refused(
            f"No {named(token)} is available.", "Nothing was sent.", "get_account_balance shows what there is."
        )
    of = f"{share:f}% of {plain(there):f} {named(token)} available"
    if token == offered.base:
        return _floor(times(there, part)), f"{of}."
    amount, how = _for_money(times(there, part), offered)
    return amount, f"{of}{', counted without leverage' if offered.perpetual else ''}: {how}"


def _at_risk(asked: AskedSize, offered: Offered) -> tuple[Decimal, str]:
    """So that what is lost from the entry to the stop, with both fees, is no more than that."""
    if offered.closing or not (offered.buys or offered.perpetual):
        raise BadArguments(
            "risk sizes what opens a position or buys: this order does neither.", "Nothing was sent.", "Give amount."
        )
    entry = offered.entry if offered.entry is not None else _prices(offered)[0]
    assert asked.stop_loss is not None
    stop = asked.stop_loss.as_exit("stop", offered.side_opened, entry)
    if (stop >= entry) if offered.buys else (stop <= entry):
        raise BadArguments(
            f"A stop_loss of {plain(stop):f} isn't {'below' if offered.buys else 'above'} {money(entry):f}, the price "
            f"of this {offered.side}: nothing would be lost there.",
            "Nothing was sent.",
            f"Give the price at which the position is to be given up. {SIGNED}",
        )
    lost = asked.money_at_risk(offered.portfolio)
    amount = ratio(lost, -gain_of_unit(entry, stop, offered.fee, buys=offered.buys))
    if offered.limit is None and offered.book is not None:
        walk = offered.book.walk("BUY" if offered.buys else "SELL", amount)
        taken = walk.average if walk.complete else walk.worst
        entry = entry if taken is None else (max if offered.buys else min)(entry, taken)
        amount = ratio(lost, -gain_of_unit(entry, stop, offered.fee, buys=offered.buys))
    amount = _floor(amount)
    risked = f"{money(lost):f} {named(offered.quote)}"
    if asked.of_portfolio and offered.portfolio is not None:
        risked += f", {asked.percent_risked} of the {money(offered.portfolio):f} in all accounts,"
    return amount, (
        f"{risked} is lost from {money(entry):f} to {plain(stop):f}, both fees included, with {_said(amount, offered)}."
    )


def _prices(offered: Offered) -> list[Decimal]:
    known = [*offered.quoted, *([] if offered.limit is None else [offered.limit])]
    if not known:
        raise Refused(
            f"No price of {named(offered.pair)} can be read, so how much this is can't be worked out.",
            "Nothing was sent.",
            "Give amount, or a price.",
        )
    return known


def _said(amount: Decimal, offered: Offered) -> str:
    return f"{plain(amount):f} {named(offered.base)}"


def _floor(amount: Decimal) -> Decimal:
    """To 12 digits."""
    return plain(_FLOOR.plus(amount))
