"""Set a pair's leverage, and look whether the exchange has it."""

import asyncio

from hbmcp.errors import ApiFailed, CallError, Failed, OutcomeUnknown
from hbmcp.installation.installation import Installation
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position
from hbmcp.results.answer import Answer
from hbmcp_tools import trading

LOOKS = 4
PAUSE = 0.5  # seconds between two looks

Seen = list[Position] | CallError


async def set_leverage(
    installation: Installation, *, account_name: str, connector_name: str, trading_pair: str, leverage: int
) -> Answer:
    """A sentence: what the leverage is now. The API says success also where the exchange refuses, and nothing but an
    open position shows what the exchange has.

    Raises Failed where an open position keeps another, OutcomeUnknown where no answer came and no position shows it.
    """

    async def look() -> Seen:
        """The pair's open positions of which the leverage is told."""
        try:
            listed = await listed_positions(installation, account_name, connector_name)
        except CallError as error:
            return error
        return [one for one in listed if one.pair == trading_pair and one.leverage is not None]

    where = f"{trading_pair} on {connector_name} ({account_name})"
    before = await look()
    lost: CallError | None = None
    try:
        await installation.ask(
            trading.submit_leverage,
            account_name=account_name,
            connector_name=connector_name,
            trading_pair=trading_pair,
            leverage=leverage,
        )
    except (OutcomeUnknown, ApiFailed) as error:
        lost = error  # an open position tells
    after = await look()
    for _ in range(LOOKS - 1):
        if not _other(after, leverage):
            break
        await asyncio.sleep(PAUSE)
        after = await look()
    if isinstance(after, list) and after and not _other(after, leverage):
        return Answer(f"{where} has leverage {leverage} now, as its open position shows.{_change(before, leverage)}")
    other = _other(after, leverage)
    if lost is not None and other:
        raise type(lost)(f"{lost.happened} Its open position shows leverage {other}.", lost.undone, lost.advice)
    if lost is not None:
        raise lost
    if other:
        raise Failed(
            f"The API said that leverage {leverage} is set for {where}, but its open position shows {other}.",
            "So the exchange hasn't changed it.",
            "It may not allow that much, or so little margin; get_positions shows the position.",
        )
    why = f"positions can't be read: {after.happened}" if isinstance(after, CallError) else "no open position shows it."
    said = f"The API says that leverage {leverage} is set for {where}"
    return Answer(f"{said}. It says so also where the exchange refuses, and {why}")


def _other(seen: Seen, leverage: int) -> str:
    """What other leverage positions show; "" where none does."""
    if isinstance(seen, CallError):
        return ""
    return ", ".join(f"{one.leverage:f}" for one in seen if one.leverage != leverage)


def _change(before: Seen, leverage: int) -> str:
    """What it was, and what a higher one does to the position."""
    other = _other(before, leverage)
    if not other or isinstance(before, CallError):
        return ""
    raised = any((one.leverage or 0) < leverage for one in before)
    return f" It was {other}.{' Liquidation comes closer.' if raised else ''}"
