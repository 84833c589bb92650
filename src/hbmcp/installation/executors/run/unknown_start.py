"""An executor that was to be started and of which no answer came: whether it runs, as far as that can be seen.

It is told by its id, which wasn't there before: the API's clock and ours may differ by any time.
"""

from collections.abc import Collection

from hbmcp.errors import CallError, OutcomeUnknown
from hbmcp.installation.answer_fields import data
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.run.polling import pause
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.fills.fills import EARLY
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.text import named
from hbmcp_tools import executors

BEFORE = 2.0  # seconds that starting waits for what was there before
PATIENCE = 5.0  # seconds for a look
LOOKS = 12  # a quarter of a second apart
NEWEST = 1000  # of its account and type

KnownIds = Collection[str] | None


def describe_start(kind: str, side: str | None, pair: str | None, exchange: str | None, account: str) -> str:
    """ "start grid_executor: both sides BTC-USDT on binance, account master_account" """
    return f"start {kind}: {side or 'both sides'} {named(pair)} on {named(exchange)}, account {named(account)}"


async def known_executor_ids(installation: Installation, account_name: str, config: Config) -> KnownIds:
    """The ids of its account's executors of its type before it is started; None where they can't be read in time. The
    workflow uses search_executors."""
    found = await _listed(installation, account_name, config, BEFORE)
    return None if isinstance(found, CallError) else {one.id for one in found}


async def unknown_start(
    installation: Installation, account_name: str, config: Config, error: CallError, known: KnownIds
) -> OutcomeUnknown:
    """The error to raise for it, once it was looked for among those that weren't known before. The workflow uses
    search_executors."""
    happened = f"Outcome unknown: {error.happened.removeprefix('Outcome unknown: ')}"
    again = (
        f"Don't create it again before list_executors (account_name {named(account_name)}, executor_type "
        f"{config.kind}) shows "
        "whether it runs."
    )
    for left in reversed(range(LOOKS)):
        found = await _listed(installation, account_name, config, PATIENCE)
        new = [] if isinstance(found, CallError) else [one for one in found if _may_be(one, config, known)]
        if new or not left:
            break
        await pause()
    if isinstance(found, CallError):
        unproven = error.undone or "It may run."
        return OutcomeUnknown(happened, f"{unproven} The executors couldn't be read: {found.happened}", again)
    if not new:
        return OutcomeUnknown(happened, "list_executors doesn't show it so far, which is no proof: it may come.", again)
    those = ", ".join(f"{named(one.id)} ({named(one.status)})" for one in new)
    told = "of its type and market there is, new since" if known is not None else "of its type and market there run"
    return OutcomeUnknown(
        happened,
        f"It may run nevertheless: {told}: {those}.",
        "Don't create it again: look with get_executor whether one of these is it.",
    )


async def executor_behind(
    installation: Installation, account_name: str, words: str, time: int, others: Collection[str | None]
) -> str | None:
    """The id of an executor that was to be started at that time in epoch ms, with words that begin as `describe_start`
    says: that of the one just like it which is of no `others`; None where there is none such, or more than one.

    Uses search_executors. Raises CallError.
    """
    rows = await installation.read(
        data(Executor.from_row), executors.search_executors, account_name=account_name, limit=NEWEST
    )
    found = [
        one.id
        for one in rows
        if one.id not in others
        and one.created is not None
        and abs(one.created - time) <= EARLY
        and words.startswith(describe_start(one.kind, one.side, one.pair, one.connector, account_name))
    ]
    return found[0] if len(found) == 1 and len(rows) < NEWEST else None


def _may_be(one: Executor, config: Config, known: KnownIds) -> bool:
    connector, pair = config.markets[0]
    new = one.id not in known if known is not None else not one.ended
    return new and one.pair in ("", pair) and one.connector in ("", connector)


async def _listed(
    installation: Installation, account_name: str, config: Config, patience: float
) -> list[Executor] | CallError:
    question = installation.read(
        data(Executor.from_row),
        executors.search_executors,
        account_name=account_name,
        executor_type=config.kind,  # type: ignore[arg-type]
        limit=NEWEST,
    )
    return await answer_within(question, patience)
