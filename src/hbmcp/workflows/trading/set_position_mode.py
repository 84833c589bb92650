"""Switch between one-way and hedge mode, and look whether it happened."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Literal

from hbmcp.errors import ApiFailed, CallError, Failed, OutcomeUnknown
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.orders.api_orders import Records, recorded
from hbmcp.installation.orders.order import RESTING, Order
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position_mode import position_mode as read_mode
from hbmcp.results.answer import Answer
from hbmcp_tools import trading

LOOKS = 12
PAUSE = 0.25  # seconds between two looks: the change is made in the background
NAMED = 5  # orders


async def set_position_mode(
    installation: Installation,
    *,
    account_name: str,
    connector_name: str,
    position_mode: Literal["ONEWAY", "HEDGE"],
) -> Answer:
    """A sentence: what the mode is now. The API says success also where the exchange changes nothing.

    Raises Failed where the mode stays what it was, OutcomeUnknown where it can't be read back.
    """

    async def mode() -> str:
        return await read_mode(installation, account_name, connector_name)

    where = f"{connector_name} ({account_name})"
    before = await mode()
    if before == position_mode:
        return Answer(f"{where} is in {position_mode} mode already: nothing was sent.")
    lost: CallError | None = None
    try:
        await installation.ask(
            trading.submit_position_mode,
            account_name=account_name,
            connector_name=connector_name,
            position_mode=position_mode,
        )
    except (OutcomeUnknown, ApiFailed) as error:
        lost = error  # the mode itself tells
    try:
        for _ in range(LOOKS):
            if await mode() == position_mode:
                return Answer(f"{where} is in {position_mode} mode now, it was {before}.")
            await asyncio.sleep(PAUSE)
    except CallError as error:
        raise OutcomeUnknown(
            f"{position_mode} mode was asked for on {where}, but what came of it can't be read.",
            "It may be in either mode.",
            f"get_position_mode tells. {error.happened}",
        ) from None
    if lost is not None:
        raise lost
    raise Failed(
        f"{where} stays in {before} mode, although the API said success.",
        "Nothing was changed.",
        await _cause(installation, account_name, connector_name),
    )


async def _cause(installation: Installation, account_name: str, connector_name: str) -> str:
    """What keeps the mode, and what to do about it; what can't be read isn't named."""
    where: Any = {"account_name": account_name, "connector_name": connector_name}
    questions: list[Awaitable[Any]] = [
        listed_positions(installation, **where),
        *(recorded(installation, **where, status=status) for status in RESTING),
    ]
    held, *records = await together(questions)
    first = []
    if isinstance(held, list) and held:
        first.append(f"close its positions ({', '.join(f'{one.side} {one.amount:f} {one.pair}' for one in held)})")
    if orders := [order for one in records if isinstance(one, Records) for order in one.rows]:
        first.append(f"cancel its open orders ({_named(orders)})")
    if first:
        return f"First {' and '.join(first)}."
    return (
        "An open order or position keeps it, or no pair is tracked: get_open_orders shows orders, add_trading_pair "
        "tracks a pair."
    )


def _named(orders: Sequence[Order]) -> str:
    """ "BUY 0.01 BTC-USDT x-1, and 3 more" """
    named = ", ".join(f"{one.side} {one.amount or 0:f} {one.pair} {one.order_id}" for one in orders[:NAMED])
    return f"{named}, and {len(orders) - NAMED} more" if len(orders) > NAMED else named
