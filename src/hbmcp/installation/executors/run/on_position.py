"""The executors that run where a position is to be closed: they don't see that it is gone, and go on ordering."""

from collections.abc import Collection, Iterable

from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.running import running_soon
from hbmcp.installation.installation import Installation
from hbmcp.text import named

SHOWN = 3  # of those on one pair

Market = tuple[str, str, str]  # account, exchange and pair


async def executors_on(installation: Installation, markets: Collection[Market]) -> list[str]:
    """As `said_of`, of those that run now; nothing is asked where there are no markets. The workflow uses
    search_executors. Raises nothing, and holds nothing back for long."""
    if not markets:
        return []
    found, unread = await running_soon(installation)
    return [*said_of(found, markets), *filter(None, [unread])]


def said_of(found: Iterable[Executor], markets: Iterable[Market]) -> list[str]:
    """A sentence for each market on which some of these run."""
    there = {one: [each for each in found if each.is_about(*one)] for one in dict.fromkeys(markets)}
    return [_sentence(market, those) for market, those in there.items() if those]


def _sentence(market: Market, those: list[Executor]) -> str:
    account, connector, pair = market
    which = [f"{named(one.kind)} {named(one.id)}" for one in those[:SHOWN]]
    if len(those) > SHOWN:
        which.append(f"{len(those) - SHOWN} more")
    runs, its, them = ("runs", "its", "it") if len(those) == 1 else ("run", "their", "them")
    return (
        f"{', '.join(which)} {runs} on {named(pair)}, {named(connector)} ({named(account)}), too, and won't see the "
        f"position closed: {its} orders then fail or open anew. stop_executor ends {them} first."
    )
