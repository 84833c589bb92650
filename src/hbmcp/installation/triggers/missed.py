"""What triggers were met by while nobody watched: candles tell that of a price that reached a fixed level."""

from collections.abc import Sequence
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.figures import money
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.markets.candles import LENGTHS, Candle, candles, interval_for
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.installation.triggers.watching import unwatched
from hbmcp.store import Watch
from hbmcp.text import first
from hbmcp.times import MINUTE, utc

MARKETS = 10  # at most, that are looked at
SHOWN = 10  # triggers that are named


async def missed(installation: Installation, watch: Watch | None, triggers: Sequence[Trigger]) -> str:
    """The last time in which nobody watched, and which of these were met then, those that are older; "" where there is
    none. The caller uses get_historical_candles. Raises nothing."""
    told = unwatched(watch, min((one.row.created for one in triggers), default=0))
    if not told or watch is None or watch.unwatched_from is None or watch.unwatched_to is None:
        return ""
    start, end = watch.unwatched_from, watch.unwatched_to
    older = [one for one in triggers if one.row.created < end]
    if not older or end - start < MINUTE:
        return f"{told}: what was met only then was missed"
    markets = list(dict.fromkeys(market for one in older if (market := _market(one))))[:MARKETS]
    interval = interval_for(end - start)
    answers = await together(candles(installation, one, interval, start, end) for one in markets)
    known = {one: found for one, found in zip(markets, answers, strict=True) if not isinstance(found, CallError)}
    met, untold = [], []
    for one in older:
        found = known.get(market) if (market := _market(one)) else None
        if found is None:
            untold.append(str(one.key))
        elif (candle := _reached(one, found, start, end - LENGTHS[interval])) is not None:
            extreme = candle.high if one.spec.when.goes == "above" else candle.low
            met.append(f"{one.key} ({money(extreme):f} in the {interval} from {utc(candle.begins)})")
    said = [f"met then was {first(met, SHOWN)}" if met else "no fixed price was met then" if known else ""]
    said.append(f"whether {first(untold, SHOWN)} was isn't known" if untold else "")
    return f"{told}: {'; '.join(filter(None, said))}"


def _market(one: Trigger) -> Market | None:
    """Whose candles tell of it; None where none do."""
    when = one.spec.when
    if when.of != "price" or when.level is None or when.connector_name is None or when.trading_pair is None:
        return None
    return Market(when.connector_name, when.trading_pair)


def _reached(one: Trigger, found: Sequence[Candle], start: int, last: int) -> Candle | None:
    """The first candle, of those that lie wholly in the time and are none of before it was made, that did."""
    level = one.spec.when.level or Decimal(0)
    since = max(start, one.row.created)
    for candle in found:
        if since <= candle.begins <= last:
            beyond = candle.high >= level if one.spec.when.goes == "above" else candle.low <= level
            if beyond:
                return candle
    return None
