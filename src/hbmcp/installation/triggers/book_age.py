"""How long ago an order book changed last: a feed that stopped gives the same price for ever, as if it were of now."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from hbmcp.errors import ApiFailed, CallError, UnknownOperation
from hbmcp.installation.answer_fields import Fields, mapping, number, record
from hbmcp.installation.installation import Installation, answer_within, together
from hbmcp.text import named
from hbmcp_tools import system
from hummingbot_api.request import Json

USES = frozenset({"get_orderbook_diagnostics"})

PATIENCE = 10.0  # seconds for an answer

Market = tuple[str, str]  # exchange and pair


async def book_ages(installation: Installation, markets: Collection[Market]) -> Mapping[Market, Decimal | CallError]:
    """Seconds since each book changed, or why nobody knows; nothing of what an older API doesn't tell. The caller uses
    USES. Raises nothing."""
    exchanges = list(dict.fromkeys(exchange for exchange, _ in markets))
    asked = await together(answer_within(_ages(installation, exchange), PATIENCE) for exchange in exchanges)
    told = dict(zip(exchanges, asked, strict=True))
    found: dict[Market, Decimal | CallError] = {}
    for exchange, pair in markets:
        answer = told[exchange]
        if isinstance(answer, UnknownOperation):
            continue
        if isinstance(answer, CallError):
            found[exchange, pair] = answer
            continue
        nobody = ApiFailed(f"The API doesn't tell when the book of {named(pair)} on {named(exchange)} changed last.")
        found[exchange, pair] = answer.get(pair, nobody)
    return found


async def _ages(installation: Installation, exchange: str) -> Mapping[str, Decimal]:
    return await installation.read(_read, system.get_orderbook_diagnostics, connector_name=exchange)


def _read(answer: Json) -> dict[str, Decimal]:
    """By the API's own clock, which isn't ours. What was never changed is as old as its first snapshot."""
    metrics = Fields(answer).given("metrics", Fields)
    if metrics is None:
        return {}
    started, up = metrics.known("tracker_start_time", number), metrics.known("uptime_seconds", number)
    if started is None or up is None:
        return {}
    ages = {}
    for pair, row in (metrics.given("per_pair_metrics", mapping(record)) or {}).items():
        fields = Fields(row)
        changes = ("tracking_start_time", "last_diff_timestamp", "last_snapshot_timestamp")
        times = [time for name in changes if (time := fields.known(name, number))]
        if times:
            ages[pair] = max(started + up - max(times), Decimal(0))
    return ages
