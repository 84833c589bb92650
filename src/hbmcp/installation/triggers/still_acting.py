"""What may still trade when all orders are cancelled, or all positions closed: executors, and triggers."""

from collections.abc import Collection

from hbmcp.errors import CallError
from hbmcp.installation.executors.run.on_position import said_of
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.running import running_soon
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.positions.position import Position
from hbmcp.installation.triggers.protected import live_triggers, of_position, same
from hbmcp.installation.triggers.trigger import Spec
from hbmcp.store import TO_REDUCE

_TRADING = ("place_order", "close_position", "close_positions")  # of what triggers call


async def still_acting(
    installation: Installation,
    account: str | None = None,
    connector: str | None = None,
    asked: str | None = None,
    *,
    closing: Collection[Position] = (),
) -> list[str]:
    """ "Still acting: 1 executor (list_executors), which may order anew until stop_executor ends it." Of an account, an
    exchange and a pair or a base, as far as these are given; without the triggers that protect what is `closing`, which
    end with it, and with the names of the executors that run there. The workflow uses search_executors. Raises nothing,
    and holds nothing back for long."""
    (executors, words), triggers = await all_of(
        executors_acting(installation, account, connector, asked),
        triggers_acting(installation, account, connector, asked, closing=closing),
    )
    return [*words, *triggers, *said_of(executors, [one.market for one in closing])]


async def executors_acting(
    installation: Installation, account: str | None, connector: str | None, asked: str | None
) -> tuple[list[Executor], list[str]]:
    """The executors that run there, and what is said of them. As `still_acting`."""
    found, unread = await running_soon(installation)
    there = [one for one in found if one.is_about(account, connector, asked)]
    which, them = ("1 executor", "it") if len(there) == 1 else (f"{len(there)} executors", "them")
    acting = f"Still acting: {which} (list_executors), which may order anew until stop_executor ends {them}."
    return there, [*([acting] if there else []), *([unread] if unread else [])]


async def triggers_acting(
    installation: Installation,
    account: str | None,
    connector: str | None,
    asked: str | None,
    *,
    closing: Collection[Position] = (),
) -> list[str]:
    """What is said of the triggers that wait there. As `still_acting`."""
    read = await answer_within(live_triggers(installation), TO_REDUCE)
    triggers, why = ((), read.happened) if isinstance(read, CallError) else read
    trading = [one.spec for one in triggers if _trades(one.spec, closing)]
    count = sum(one.acts_on(account, connector, asked) for one in trading)
    many, them = ("1 trigger places", "it") if count == 1 else (f"{count} triggers place", "them")
    acting = f"Still waiting: {many} orders (list_triggers); cancel_trigger ends {them}."
    return [*([acting] if count else []), *([f"Whether triggers still act isn't known: {why}"] if why else [])]


def _trades(spec: Spec, closing: Collection[Position]) -> bool:
    if spec.then is None or spec.then.tool not in _TRADING:
        return False
    return spec.protects is None or not any(same(spec.protects, of_position(one)) for one in closing)
