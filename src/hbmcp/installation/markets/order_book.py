"""An order book, and what an order takes from it."""

from decimal import Context, Decimal, localcontext
from typing import Literal, NamedTuple

from attrs import frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.answer_fields import Fields, array, number, optional
from hbmcp.installation.installation import Installation
from hbmcp_tools import market_data
from hummingbot_api.request import Json

Side = Literal["BUY", "SELL"]

DEEPEST = 1000  # levels a side, the most that the API gives; exchanges have fewer

_EXACT = Context(prec=50)


class Level(NamedTuple):
    """Price in quote units, amount in base units."""

    price: Decimal
    amount: Decimal


@frozen
class Walk:
    """What an order takes: `filled` base units for `quote`; the averages and the last level's price are None where
    that is nothing. `complete` is whether the book held all that was asked for."""

    filled: Decimal
    quote: Decimal
    worst: Decimal | None
    complete: bool

    @property
    def average(self) -> Decimal | None:
        """Quote a base unit, to 50 digits."""
        return ratio(self.quote, self.filled) if self.filled else None


@frozen
class Book:
    """Levels, best first. `side` is the order's: BUY takes asks."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    @classmethod
    def from_answer(cls, answer: Json) -> "Book":
        """An answer of POST /market-data/order-book; levels without price or amount are left out."""
        fields = Fields(answer)
        bids, asks = (sorted(filter(None, fields.needed(side, array(_level)))) for side in ("bids", "asks"))
        return cls(tuple(reversed(bids)), tuple(asks))

    @property
    def bid(self) -> Decimal | None:
        """The best bid."""
        return self.bids[0].price if self.bids else None

    @property
    def ask(self) -> Decimal | None:
        """The best ask."""
        return self.asks[0].price if self.asks else None

    @property
    def mid(self) -> Decimal | None:
        """Halfway between best bid and best ask; None where a side is empty."""
        if self.bid is None or self.ask is None:
            return None
        with localcontext(_EXACT):
            return (self.bid + self.ask) / 2

    def side(self, side: Side) -> tuple[Level, ...]:
        """The levels that an order of this side takes."""
        return self.asks if side == "BUY" else self.bids

    def walk(self, side: Side, amount: Decimal) -> Walk:
        """A market order of `amount` base units."""
        return self._walk(side, amount, None)

    def walk_quote(self, side: Side, quote: Decimal) -> Walk:
        """A market order that pays, or gets, `quote`. The last level is taken in part, whatever the pair's steps."""
        return self._walk(side, None, quote)

    def _walk(self, side: Side, amount: Decimal | None, quote: Decimal | None) -> Walk:
        filled = spent = Decimal(0)
        worst = None
        with localcontext(_EXACT):
            for level in self.side(side):
                left = amount - filled if amount is not None else ratio((quote or Decimal(0)) - spent, level.price)
                taken = min(level.amount, left)
                if taken <= 0:
                    break
                filled += taken
                # The rest of `quote` itself: price times a rounded quotient would leave a remainder.
                spent = quote if quote is not None and taken == left else spent + times(taken, level.price)
                worst = level.price
        return Walk(filled, spent, worst, filled >= amount if amount is not None else spent == quote)


async def book(installation: Installation, connector_name: str, trading_pair: str, depth: int = DEEPEST) -> Book:
    """The first `depth` levels of each side as the API sees them now; a side may be empty. The caller uses
    get_orderbook. Raises CallError, ApiFailed for a pair that the exchange doesn't have."""
    return await installation.read(
        Book.from_answer,
        market_data.get_orderbook,
        connector_name=connector_name,
        trading_pair=trading_pair,
        depth=depth,
    )


def _level(row: Json) -> Level | None:
    fields = Fields(row)
    price, amount = fields.needed("price", optional(number)), fields.needed("amount", optional(number))
    return Level(price, amount) if price and amount and price > 0 and amount > 0 else None
