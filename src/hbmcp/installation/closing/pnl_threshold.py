"""Which positions to close by their unrealized P&L."""

from decimal import Decimal

from attrs import frozen

from hbmcp.figures import times
from hbmcp.installation.positions.position import Basis, Position

_HUNDRED = Decimal(100)


@frozen
class PnlThreshold:
    """Percents, 5 is 5 %, of the entry notional or of the initial margin. A position is beyond it that loses more than
    `loss_over` or gains more than `profit_over`; every position is where neither is given."""

    loss_over: Decimal | None = None
    profit_over: Decimal | None = None
    of: Basis = "entry"

    @property
    def given(self) -> bool:
        return self.loss_over is not None or self.profit_over is not None

    def __contains__(self, position: Position) -> bool:
        """Compared exactly, not with the rounded percent that is shown. One whose P&L isn't known is never beyond."""
        if not self.given:
            return True
        whole = self._whole(position)
        if position.unrealized is None or whole is None:
            return False
        scaled = times(position.unrealized, _HUNDRED)
        loses = self.loss_over is not None and scaled < -times(self.loss_over, whole)
        gains = self.profit_over is not None and scaled > times(self.profit_over, whole)
        return loses or gains

    @property
    def doubtful(self) -> bool:
        """Whether a limit is so low that it may be a fraction: 0.05 for 5 %."""
        return any(0 < limit < 1 for limit in (self.loss_over, self.profit_over) if limit is not None)

    @property
    def in_words(self) -> str:
        """ "Chosen is what has a loss over 0.05 % of entry." "" where no limit is given."""
        return f"Chosen is what has a {self}." if self.given else ""

    def _whole(self, position: Position) -> Decimal | None:
        return position.cost if self.of == "entry" else position.margin

    def __str__(self) -> str:
        """ "loss over 5 % of entry" """
        limits = (("loss", self.loss_over), ("profit", self.profit_over))
        return " or ".join(f"{name} over {value:f} % of {self.of}" for name, value in limits if value is not None)


ANY_PNL = PnlThreshold()
