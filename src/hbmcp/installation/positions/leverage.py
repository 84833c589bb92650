"""Changing a pair's leverage, and what its open position shows of the change."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import ApiFailed, CallError, OutcomeUnknown
from hbmcp.installation.installation import Installation
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position
from hbmcp.installation.positions.view import leverage_effect
from hbmcp.text import named, quoted
from hbmcp_tools import trading

LOOKS = 4
PAUSE = 0.5  # seconds between two looks

Shown = list[Position] | CallError  # the pair's open positions that tell their leverage, or why they can't be read


@frozen
class LeverageChange:
    """A leverage that was asked for, and what open positions showed before and after. `unanswered` is what came instead
    of the API's answer."""

    leverage: int
    before: Shown
    after: Shown
    unanswered: CallError | None

    @property
    def confirmed(self) -> bool:
        """Whether an open position shows it."""
        return isinstance(self.after, list) and bool(self.after) and not self.other

    @property
    def other(self) -> str:
        """What other leverage positions show now; "" where none does."""
        return _other(self.after, self.leverage)

    @property
    def remark(self) -> str:
        """What it was, and what the other one does to the position; "" where it was the same, or isn't known."""
        other = _other(self.before, self.leverage)
        if not other or isinstance(self.before, CallError):
            return ""
        raised = any((one.leverage or 0) < self.leverage for one in self.before)
        effect = leverage_effect(self.before, self.leverage)
        return " ".join(("", f"It was {other}.", *["Liquidation comes closer."] * raised, *filter(None, [effect])))


@frozen
class LeveragePlan:
    """A leverage to be asked for, and what open positions show before."""

    account: str
    connector: str
    pair: str
    leverage: int
    before: Shown

    @property
    def request(self) -> PlannedRequest:
        """What sets it. Nobody knows that it isn't raised, but where an open position shows as much."""
        lowers = (
            isinstance(self.before, list)
            and bool(self.before)
            and all((one.leverage or 0) >= self.leverage for one in self.before)
        )
        return PlannedRequest.of(
            "configures" if lowers else "unprotects",
            f"leverage {self.leverage} for {named(self.pair)} on {named(self.connector)}, account "
            f"{named(self.account)}",
            Stake(account=self.account, exchange=self.connector, pair=self.pair, leverage=Decimal(self.leverage)),
            trading.submit_leverage,
            account_name=self.account,
            connector_name=self.connector,
            trading_pair=self.pair,
            leverage=self.leverage,
        )

    @property
    def shown(self) -> str:
        """What open positions show of it now."""
        if isinstance(self.before, CallError):
            return f"Positions can't be read: {self.before.happened}"
        told = ", ".join(f"{one.leverage:f}" for one in self.before)
        if not told:
            return "No open position shows what it is."
        return f"Its open position shows {told}. {leverage_effect(self.before, self.leverage)}".rstrip()


async def plan_leverage(
    installation: Installation, account_name: str, connector_name: str, trading_pair: str, leverage: int
) -> LeveragePlan:
    """Uses list_positions. Raises nothing."""
    before = await _shown(installation, account_name, connector_name, trading_pair)
    return LeveragePlan(account_name, connector_name, trading_pair, leverage, before)


async def change_leverage(installation: Installation, plan: LeveragePlan) -> LeverageChange:
    """Ask for it once, and look what came of it. The API says success also where the exchange refuses, and nothing but
    an open position shows what the exchange has. Uses submit_leverage and list_positions. Raises a CallError for what
    the API refused."""
    where = (installation, plan.account, plan.connector, plan.pair)
    leverage = plan.leverage
    unanswered: CallError | None = None
    try:
        answer: Any = await installation.send(plan.request)
        if not isinstance(answer, Mapping) or answer.get("status") != "success":
            raise OutcomeUnknown(
                f"Asked to set leverage {leverage} for {named(plan.pair)}, the API didn't say that it did. "
                f"It answered {quoted(str(answer))}.",
                "It may be set.",
                "Only an open position shows it: get_positions.",
            )
    except (OutcomeUnknown, ApiFailed) as error:
        unanswered = error  # an open position tells
    after = await _shown(*where)
    for _ in range(LOOKS - 1):
        if not _other(after, leverage):
            break
        await asyncio.sleep(PAUSE)
        after = await _shown(*where)
    return LeverageChange(leverage, plan.before, after, unanswered)


async def _shown(installation: Installation, account_name: str, connector_name: str, trading_pair: str) -> Shown:
    try:
        listed = await listed_positions(installation, account_name, connector_name)
    except CallError as error:
        return error
    return [one for one in listed if one.pair == trading_pair and one.leverage is not None]


def _other(shown: Shown, leverage: int) -> str:
    if isinstance(shown, CallError):
        return ""
    return ", ".join(f"{one.leverage:f}" for one in shown if one.leverage != leverage)
