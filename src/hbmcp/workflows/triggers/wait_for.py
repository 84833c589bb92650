"""Waiting until something holds."""

from hbmcp.figures import money
from hbmcp.installation.installation import Installation
from hbmcp.installation.positions.position import Basis, Side
from hbmcp.installation.triggers.asked_condition import AskedCondition, held_against_now
from hbmcp.installation.triggers.condition import Of, PriceKind
from hbmcp.installation.triggers.waiting import wait_until
from hbmcp.results.answer import Answer
from hbmcp.times import utc


async def wait_for(
    installation: Installation,
    *,
    watch: Of = "price",
    connector_name: str | None = None,
    trading_pair: str | None = None,
    account_name: str | None = None,
    above: str | None = None,
    below: str | None = None,
    price: PriceKind = "last",
    other_connector: str | None = None,
    side: Side | None = None,
    measure: Basis = "entry",
    holds_for: int = 0,
    timeout: int = 60,
) -> Answer:
    """Whether it holds, the value and its time. Raises BadArguments for what can't be meant, and CallError where not
    even the first value can be read."""
    asked = AskedCondition(
        watch,
        connector_name,
        trading_pair,
        account_name,
        above,
        below,
        price=price,
        other_connector=other_connector,
        side=side,
        measure=measure,
        holds_for=holds_for,
    )
    waited = await wait_until(installation, await held_against_now(installation, asked), timeout)
    last = waited.last
    words = last.condition.words
    said = f"{words[0].upper()}{words[1:]}." if last.judged.met else f"Not within {timeout} s: {words}."
    shown = {"result": said, "value": money(last.value), "time": utc(waited.time)}
    if last.condition.of == "time":
        del shown["value"]
    return Answer(shown, (f"The last reading failed: {waited.failed}" if waited.failed else "",))
