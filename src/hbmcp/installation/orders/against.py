"""The open position on an order's other side, and what the order does to it."""

from collections.abc import Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import plain, ratio
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.positions.position import Position, closed_by, opposite
from hbmcp.installation.positions.position_mode import is_hedge_mode

PATIENCE = 10.0  # seconds for the position mode


@frozen
class Against:
    """An order of `amount` base units on the closing side of `position`. `closing` is what may only CLOSE it; of any
    other, `hedged` is whether it leaves the position alone, or why that isn't known."""

    position: Position
    amount: Decimal
    closing: bool
    hedged: bool | CallError

    @property
    def closes(self) -> Decimal:
        """Base units that it surely closes of the position, before it opens anything."""
        return min(self.amount, self.position.amount) if self.closing or self.hedged is False else Decimal(0)

    @property
    def unit(self) -> Decimal | None:
        """What one base unit of the position is worth."""
        worth = self.position.notional or self.position.cost
        return None if worth is None else ratio(worth, self.position.amount)

    @property
    def note(self) -> str:
        """What an order that isn't said to CLOSE does to it; "" for one that is."""
        if self.closing:
            return ""
        one, beyond = self.position, plain(self.amount - self.position.amount)
        beside = (
            f"in hedge mode this order opens a {opposite(one.side)} beside it; position_action CLOSE would reduce it."
        )
        if self.hedged is True:
            return f"{one} stays open: {beside}"
        first = f"this order first closes the open {one}; only what is left, {beyond:f}, opens a {opposite(one.side)}"
        instead = "close_position only closes."
        if beyond <= 0:
            left = f"only lessens the open {one}, to {-beyond:f}" if beyond else f"closes the open {one}"
            first = f"this order {left}"
            instead = (
                "With position_action CLOSE it does no more than that, and doesn't count as opening. Without, it opens "
                f"a {opposite(one.side)} where that is closed before it fills."
            )
        if isinstance(self.hedged, CallError):
            return f"In one-way mode {first}; {beside} Which mode holds couldn't be read."
        return f"T{first[1:]}. {instead}"


async def against(
    installation: Installation,
    where: tuple[str, str, str],
    side: str,
    amount: Decimal,
    held: Sequence[Position],
    *,
    closing: bool = False,
) -> Against | None:
    """Of an account, an exchange and a pair; `held` are the account's positions there. None where none is open on that
    side. Uses get_position_mode, where it isn't `closing`."""
    account, connector, pair = where
    found = next((one for one in held if (one.pair, one.side) == (pair, closed_by(side))), None)
    if found is None:
        return None
    hedged: bool | CallError = False
    if not closing:
        hedged = await answer_within(is_hedge_mode(installation, account, connector), PATIENCE)
    return Against(found, amount, closing, hedged)
