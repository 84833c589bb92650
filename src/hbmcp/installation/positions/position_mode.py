"""The position mode of an account at an exchange: one-way or hedge, read and switched."""

import asyncio
from typing import Literal

from hbmcp.errors import ApiFailed, CallError, OutcomeUnknown
from hbmcp.installation.answer_fields import text, under
from hbmcp.installation.installation import Installation
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import trading

Mode = Literal["ONEWAY", "HEDGE"]

LOOKS = 12
PAUSE = 0.25  # seconds between two looks: the change is made in the background


async def read_position_mode(installation: Installation, account_name: str, connector_name: str) -> str:
    """ONEWAY or HEDGE. Uses get_position_mode. Raises CallError."""
    return await installation.read(
        under("position_mode", text),
        trading.get_position_mode,
        account_name=account_name,
        connector_name=connector_name,
    )


async def is_hedge_mode(installation: Installation, account_name: str, connector_name: str) -> bool:
    """Whether a LONG and a SHORT of one pair can be held at once. Uses get_position_mode. Raises CallError."""
    return await read_position_mode(installation, account_name, connector_name) == "HEDGE"


def planned_switch(account_name: str, connector_name: str, mode: Mode) -> PlannedRequest:
    """The request that asks for a mode."""
    return PlannedRequest.of(
        "configures",
        f"{mode} mode on {named(connector_name)}, account {named(account_name)}",
        Stake(account=account_name, exchange=connector_name),
        trading.submit_position_mode,
        account_name=account_name,
        connector_name=connector_name,
        position_mode=mode,
    )


async def switch_position_mode(
    installation: Installation, planned: PlannedRequest, account_name: str, connector_name: str, mode: Mode
) -> bool:
    """Ask for a mode once, and look whether the exchange has it: the API says success also where nothing changes.

    Uses submit_position_mode and get_position_mode. Raises OutcomeUnknown where the mode can't be read back, and the
    CallError that came instead of an answer where the mode stays what it was.
    """
    unanswered: CallError | None = None
    try:
        await installation.send(planned)
    except (OutcomeUnknown, ApiFailed) as error:
        unanswered = error  # the mode itself tells
    try:
        for _ in range(LOOKS):
            if await read_position_mode(installation, account_name, connector_name) == mode:
                return True
            await asyncio.sleep(PAUSE)
    except CallError as error:
        raise OutcomeUnknown(
            f"{mode} mode was asked for on {named(connector_name)} ({named(account_name)}), but what came of it can't "
            "be read.",
            "It may be in either mode.",
            f"get_position_mode tells. {error.happened}",
        ) from None
    if unanswered is not None:
        raise unanswered
    return False
