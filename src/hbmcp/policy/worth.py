"""What limits hold a request against: what it is about, and what that is worth."""

from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen

from hbmcp.catalog import ADDING, REDUCING
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.planned_request import PlannedRequest, Stake


@frozen
class Worth:
    """A request that limits hold against, or the `part` of it that is one of the stakes of what code is to trade.
    `value` is at the worse of the market and its own price, in the policy's currency; None where no limit needs it.
    `market` is in quote."""

    planned: PlannedRequest
    value: Decimal | None = None
    market: Decimal | None = None
    part: Stake | None = None

    @property
    def stake(self) -> Stake:
        """What it is about."""
        return self.part or self.planned.stake

    @property
    def adds(self) -> bool:
        """Whether limits of value and number are about it; else only those of leverage and of the day's loss."""
        return self.planned.effect in ADDING or self.part is not None

    @property
    def opens(self) -> bool:
        """Whether more is at risk after it: selling on a spot exchange, nothing more is."""
        return self.adds and not sells(self.planned)

    @property
    def place(self) -> tuple[str, str]:
        """Account and exchange."""
        return self.stake.account or "", self.stake.exchange or ""

    @property
    def opened(self) -> Decimal:
        """What counts of it within an hour, a day and a budget."""
        return (self.value or Decimal(0)) if self.opens else Decimal(0)


def sells(planned: PlannedRequest) -> bool:
    """Whether it sells what a spot exchange holds: it can be too large, and opens nothing."""
    stake = planned.stake
    return planned.effect == "opens" and stake.side == "SELL" and not is_perpetual(stake.exchange or "_perpetual")


def adds_risk(planned: PlannedRequest) -> bool:
    """Whether it isn't sent where it can't be counted."""
    return planned.effect not in REDUCING and not sells(planned)


def asked_of(requests: Iterable[PlannedRequest]) -> list[Worth]:
    """The requests that a limit may hold against, not yet valued; of what code is to trade each part."""
    asks: list[Worth] = []
    for one in requests:
        if one.trades:
            asks += [Worth(one, part=stake) for stake in one.trades]
        elif one.effect in (*ADDING, "runs_code") or (one.effect not in REDUCING and one.stake.leverage is not None):
            asks.append(Worth(one))
    return asks
