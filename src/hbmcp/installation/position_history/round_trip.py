"""One position from its first fill to its last, and what it came to.

Its P&L is what was received less what was paid, so FIFO and average cost come to the same for a position that is
closed, and its entry and exit price are the averages of all fills that enlarged and that reduced it. The two differ for
one that is only partly closed: there average cost counts, which is what exchanges report as entry price.
"""

from decimal import Decimal, localcontext
from typing import Literal

from attrs import Factory, define

from hbmcp.figures import ratio
from hbmcp.installation.fills.fills import Fill

Side = Literal["LONG", "SHORT"]

DIGITS = 50
# Amounts come as floating-point numbers, whose sums may not come to nothing exactly.
NOISE = Decimal("1e-12")
NONE = Decimal(0)


@define
class RoundTrip:
    """One position. Amounts in base units, values and `cost` (of what is held) in quote units, times in epoch
    milliseconds, `reduced` that of the latest reduction; `fees` and `funding` by currency, fees above 0 where paid,
    funding above 0 where received; `fees_of_held` is what of the fees was paid for opening what is still held.

    `whole` is False where some of it is older than the fills, `unknown_fees` how many fills tell no fee, and `funding`
    None where none is recorded.
    """

    side: Side
    opened: int
    reduced: int | None = None
    closed: int | None = None
    held: Decimal = NONE
    largest: Decimal = NONE
    entered: Decimal = NONE
    entry_value: Decimal = NONE
    exited: Decimal = NONE
    exit_value: Decimal = NONE
    cost: Decimal = NONE
    fees: dict[str, Decimal] = Factory(dict)
    fees_of_held: dict[str, Decimal] = Factory(dict)
    funding: dict[str, Decimal] | None = None
    unknown_fees: int = 0
    whole: bool = True

    @property
    def realized(self) -> Decimal:
        """P&L of what was closed, before fees and funding; of a position that is still open by average cost."""
        with localcontext(prec=DIGITS):
            gain = self.exit_value - (self.entry_value - self.cost)
            return gain if self.side == "LONG" else -gain

    @property
    def entry(self) -> Decimal:
        """The average price of all that was opened."""
        return ratio(self.entry_value, self.entered)

    @property
    def entry_of_closed(self) -> Decimal:
        """The average cost of what was closed: realized = (exit - this) * exited, for a short the other way round."""
        with localcontext(prec=DIGITS):
            return ratio(self.entry_value - self.cost, self.exited)

    @property
    def exit(self) -> Decimal:
        """The average price of all that was closed."""
        return ratio(self.exit_value, self.exited)

    @property
    def fees_of_closed(self) -> dict[str, Decimal]:
        """What was paid for closing, and for opening what was closed."""
        with localcontext(prec=DIGITS):
            return {name: fee - self.fees_of_held.get(name, NONE) for name, fee in self.fees.items()}

    def enter(self, amount: Decimal, price: Decimal) -> None:
        """Enlarge it."""
        self.held += amount
        self.largest = max(self.largest, self.held)
        self.entered += amount
        self.entry_value += amount * price
        self.cost += amount * price

    def leave(self, amount: Decimal, price: Decimal, time: int) -> None:
        """Reduce it, by no more than is held."""
        rest, self.reduced = self.held - amount, time
        if rest <= NOISE * self.largest:
            rest, self.closed = NONE, time
        self.cost = self.cost * rest / self.held
        self.fees_of_held = {name: fee * rest / self.held for name, fee in self.fees_of_held.items()}
        self.held = rest
        self.exited += amount
        self.exit_value += amount * price

    def charge(self, fill: Fill, part: Decimal, *, opening: bool = False) -> None:
        """This part of the fill's fee."""
        if fill.fee_currency is None:
            self.unknown_fees += 1
            return
        for paid in (self.fees, self.fees_of_held) if opening else (self.fees,):
            paid[fill.fee_currency] = paid.get(fill.fee_currency, NONE) + fill.fee * part / fill.amount
