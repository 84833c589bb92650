"""What may still trade when all orders are cancelled, or all positions closed: executors, and triggers."""

from collections.abc import Collection, Iterable

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
    """ "Still acting: 1 executor (list_executors), 2 triggers that place orders (list_triggers)." Of an account, an
    exchange and a pair or a base, as far as these are given; without the triggers that protect what is `closing`, which
    end with it, and with the names of the executors that run there. The workflow uses search_executors. Raises nothing,
    and holds nothing back for long."""
    (executors, unread), read = await all_of(
        running_soon(installation),
        answer_within(live_triggers(installation), TO_REDUCE),
    )
    triggers, why = ((), read.happened) if isinstance(read, CallError) else read
    trading = [one.spec for one in triggers if _trades(one.spec, closing)]
    count = sum(one.acts_on(account, connector, asked) for one in trading)
    many = f"{count} triggers that place" if count > 1 else "1 trigger that places"
    return [
        *_said(_counted(executors, account, connector, asked), f"{many} orders (list_triggers)" if count else ""),
        *said_of(executors, [one.market for one in closing]),
        *([unread] if unread else []),
        *([f"Whether triggers still act isn't known: {why}"] if why else []),
    ]


async def executors_acting(
    installation: Installation, account: str | None, connector: str | None, asked: str | None
) -> list[str]:
    """The same of executors alone."""
    executors, unread = await running_soon(installation)
    return [*_said(_counted(executors, account, connector, asked)), *([unread] if unread else [])]


def _counted(executors: Iterable[Executor], account: str | None, connector: str | None, asked: str | None) -> str:
    count = sum(one.is_about(account, connector, asked) for one in executors)
    return f"{count} executor{'s' if count > 1 else ''} (list_executors)" if count else ""


def _said(*acting: str) -> list[str]:
    counted = ", ".join(filter(None, acting))
    return [f"Still acting: {counted}."] if counted else []


def _trades(spec: Spec, closing: Collection[Position]) -> bool:
    if spec.then is None or spec.then.tool not in _TRADING:
        return False
    return spec.protects is None or not any(same(spec.protects, of_position(one)) for one in closing)
