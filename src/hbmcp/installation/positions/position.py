"""One open perpetual position, and what follows from its figures."""

from decimal import Decimal
from typing import Literal

from attrs import evolve, frozen

from hbmcp.figures import percent, plain, ratio, times
from hbmcp.installation.answer_fields import Fields, number, text
from hbmcp.pairs import base_of, quote_of
from hbmcp.text import named
from hummingbot_api.request import Json

Side = Literal["LONG", "SHORT"]
Basis = Literal["entry", "margin"]

PLACES = 4  # of a P&L in percent: as two places show it, one just beyond a threshold would seem to be at it


@frozen
class Position:
    """One open position. `amount` in base units is above 0; prices and `unrealized` P&L are in quote units, the P&L
    without fees and funding. What the exchange didn't tell is None."""

    account: str
    connector: str
    pair: str
    side: Side
    amount: Decimal
    entry: Decimal | None
    mark: Decimal | None
    unrealized: Decimal | None
    leverage: Decimal | None

    @classmethod
    def from_row(cls, row: Json) -> "Position":
        """A row of POST /trading/positions. In one-way mode its side is BOTH, and the sign of its amount tells the
        direction. The API has no mark price: it is entry price + P&L / amount."""
        fields = Fields(row)
        signed = plain(fields.needed("amount", number))
        side: Side = "SHORT" if signed < 0 or fields.needed("side", text) == "SHORT" else "LONG"
        entry = fields.known("entry_price", number) or None
        unrealized, leverage = fields.known("unrealized_pnl", number), fields.known("leverage", number)
        move = ratio(unrealized, abs(signed)) if unrealized is not None and signed else None
        return cls(
            account=fields.needed("account_name", text),
            connector=fields.needed("connector_name", text),
            pair=fields.needed("trading_pair", text),
            side=side,
            amount=abs(signed),
            entry=entry,
            mark=None if entry is None or move is None else entry + (move if side == "LONG" else -move),
            unrealized=unrealized,
            leverage=plain(leverage) if leverage else None,
        )

    def __str__(self) -> str:
        """ "LONG 0.05 BTC-USDT on binance_perpetual (master_account)" """
        return f"{self.side} {self.amount:f} {named(self.pair)} on {named(self.connector)} ({named(self.account)})"

    @property
    def market(self) -> tuple[str, str, str]:
        """Account, exchange and pair."""
        return self.account, self.connector, self.pair

    @property
    def direction(self) -> int:
        """1 for a long, -1 for a short."""
        return 1 if self.side == "LONG" else -1

    @property
    def base(self) -> str:
        """The currency of the amount."""
        return base_of(self.pair)

    @property
    def quote(self) -> str:
        """The currency of prices and P&L."""
        return quote_of(self.pair)

    @property
    def cost(self) -> Decimal | None:
        """The entry notional: amount times entry price."""
        return None if self.entry is None else times(self.amount, self.entry)

    @property
    def notional(self) -> Decimal | None:
        """Amount times mark price."""
        return None if self.mark is None else times(self.amount, self.mark)

    @property
    def margin(self) -> Decimal | None:
        """The initial margin: entry notional / leverage."""
        return None if self.cost is None or self.leverage is None else ratio(self.cost, self.leverage)

    @property
    def liquidation_if_isolated(self) -> Decimal | None:
        """The price at which the initial margin is lost, and an isolated position is liquidated at the latest; 0 for
        one that can't be.

        Bybit's help centre, "Liquidation Price (USDT Contract)", has entry x (1 - initial + maintenance margin rate)
        for a long, less what margin was added; Binance's and OKX's differ in fees. The API tells no maintenance rate
        (0.4 % and more, by exchange, pair and size), added margin or margin mode, so these aren't in it.
        """
        if self.entry is None or self.leverage is None:
            return None
        return max(self.entry - self.direction * ratio(self.entry, self.leverage), Decimal(0))

    def percent_of(self, basis: Basis) -> Decimal | None:
        """The unrealized P&L in percent of the entry notional or of the initial margin."""
        whole = self.cost if basis == "entry" else self.margin
        return None if self.unrealized is None or whole is None else percent(self.unrealized, whole, PLACES)

    def at(self, price: Decimal) -> "Position":
        """With the P&L that it has at this price."""
        pnl = None if self.entry is None else times(self.amount, price - self.entry) * self.direction
        return evolve(self, mark=price, unrealized=pnl)

    def marked(self, mark: Decimal) -> "Position":
        """With another mark price, and the P&L at it where the exchange told none."""
        known = self.unrealized is not None or self.entry is None
        pnl = self.unrealized if known else times(self.amount, mark - (self.entry or 0)) * self.direction
        return evolve(self, mark=mark, unrealized=pnl)

    def levered(self, leverage: int) -> "Position":
        """With another leverage."""
        return evolve(self, leverage=Decimal(leverage))


def closing_side(held: Side | None) -> Literal["BUY", "SELL"]:
    """The side of an order that closes of such a position."""
    return "SELL" if held == "LONG" else "BUY"


def closed_by(side: str | None) -> Side:
    """The side of the position that such an order closes of."""
    return "SHORT" if side == "BUY" else "LONG"


def opposite(side: Side) -> Side:
    return "SHORT" if side == "LONG" else "LONG"
