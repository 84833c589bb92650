"""Waiting until something holds."""

from hbmcp.errors import BadArguments
from hbmcp.figures import money
from hbmcp.installation.installation import Installation
from hbmcp.installation.triggers.asked_condition import AskedCondition, held_against_now, meant
from hbmcp.installation.triggers.waiting import wait_until
from hbmcp.results.answer import Answer
from hbmcp.times import utc


async def wait_for(
    installation: Installation,
    *,
    watch: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    account_name: str | None = None,
    above: str | None = None,
    below: str | None = None,
    price: str | None = None,
    other_connector: str | None = None,
    holds_for: int | None = None,
    timeout: int = 60,
) -> Answer:
    """Whether it holds, the value and its time. Raises BadArguments for what can't be meant, and CallError where not
    even the first value can be read."""
    asked = AskedCondition.of(
        watch=watch,
        connector_name=connector_name,
        trading_pair=trading_pair,
        account_name=account_name,
        above=above,
        below=below,
        price=price,
        other_connector=other_connector,
        side=None,
        measure=None,
        holds_for=holds_for,
    )
    if len(asked.sides) > 1:
        raise BadArguments("Both above and below came.", "Nothing was waited for.", "create_trigger takes both.")
    first = await held_against_now(installation, await meant(installation, asked))
    waited = await wait_until(installation, first, timeout)
    last = waited.last
    words = last.condition.words
    said = f"{words[0].upper()}{words[1:]}." if last.judged.met else f"Not within {timeout} s: {words}."
    shown = {"result": said, "value": money(last.value), "time": utc(waited.time)}
    if last.condition.of == "time":
        del shown["value"]
    return Answer(shown, (f"The last reading failed: {waited.failed}" if waited.failed else "",))
