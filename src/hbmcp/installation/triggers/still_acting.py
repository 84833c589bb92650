"""What may still trade when all orders are cancelled, or all positions closed: executors, and triggers."""

from collections.abc import Collection

from hbmcp.errors import CallError
from hbmcp.installation.executors.run.running import running
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
    end with it. The workflow uses search_executors. Raises nothing, and holds nothing back for long."""
    (executors, unread), read = await all_of(
        _executors(installation, account, connector, asked),
        answer_within(live_triggers(installation), TO_REDUCE),
    )
    triggers, why = ((), read.happened) if isinstance(read, CallError) else read
    if why:
        unread.append(f"Whether triggers still act isn't known: {why}")
    trading = [one.spec for one in triggers if _trades(one.spec, closing)]
    count = sum(one.acts_on(account, connector, asked) for one in trading)
    many = f"{count} triggers that place" if count > 1 else "1 trigger that places"
    return [*_said(executors, f"{many} orders (list_triggers)" if count else ""), *unread]


async def executors_acting(
    installation: Installation, account: str | None, connector: str | None, asked: str | None
) -> list[str]:
    """The same of executors alone."""
    executors, unread = await _executors(installation, account, connector, asked)
    return [*_said(executors), *unread]


async def _executors(
    installation: Installation, account: str | None, connector: str | None, asked: str | None
) -> tuple[str, list[str]]:
    """How many, and why that isn't known."""
    found = await answer_within(running(installation), TO_REDUCE)
    if isinstance(found, CallError):
        return "", [f"Whether executors still act couldn't be read: {found.happened}"]
    count = sum(one.is_about(account, connector, asked) for one in found)
    return f"{count} executor{'s' if count > 1 else ''} (list_executors)" if count else "", []


def _said(*acting: str) -> list[str]:
    counted = ", ".join(filter(None, acting))
    return [f"Still acting: {counted}."] if counted else []


def _trades(spec: Spec, closing: Collection[Position]) -> bool:
    if spec.then is None or spec.then.tool not in _TRADING:
        return False
    return spec.protects is None or not any(same(spec.protects, of_position(one)) for one in closing)
