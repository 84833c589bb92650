"""What a plain grid has where a configuration says nothing: a limit price half its width off, a profit of one level,
no borrowed money."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from attrs import frozen

from hbmcp.figures import number, plain, ratio, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.grid_sizing import sizing
from hbmcp.installation.markets.trading_rules import Rule, on_step

BARRIERS = "triple_barrier_config"
HALF = Decimal("0.5")
ABOVE_FEES = 3  # fees that a round trip must earn, where it pays two
DIGITS = Decimal("0.0001")
# A take profit that is provisional, until the number of levels is known.
OF_BARRIERS: Mapping[str, Any] = {"take_profit": Decimal("0.01"), "take_profit_order_type": "LIMIT"}


@frozen
class Suggestion:
    """`config` as it was given, with what it lacks; `fields` are the names of that."""

    config: Mapping[str, Any]
    fields: tuple[str, ...] = ()

    def problems(self, config: Config, mid: Decimal, rule: Rule, fee: Decimal) -> dict[str, str]:
        """Dotted name -> that it is missing, and what it could be: a price on its step; as take profit the distance of
        two levels, or what is above the fees of both orders of a level, `fee` a share for each. `config` is what was
        suggested, checked."""
        values = config.values
        distance = _distance(values["start_price"], values["end_price"], sizing(config, mid, rule).count)
        least = plain((fee * ABOVE_FEES).quantize(DIGITS, ROUND_CEILING))
        why = "the distance of two levels" if distance >= least else f"above its orders' fees, {_percent(2 * fee)} %"
        limit = plain(on_step(values["limit_price"], rule.price_step))
        said = {
            "limit_price": f"{limit:f}, half the grid's width beyond it",
            "leverage": "1, which borrows nothing",
            "take_profit": f"{max(distance, least):f}, {why}",
            "take_profit_order_type": "LIMIT",
        }
        return {
            f"{BARRIERS}.{name}" if name in OF_BARRIERS else name: f"missing; e.g. {said[name]}" for name in self.fields
        }


def suggestion(given: Mapping[str, Any], saved: Mapping[str, Any]) -> Suggestion:
    """For a grid whose ends are known; or else nothing."""
    known = {**saved, **given}
    start, end = number(known.get("start_price")), number(known.get("end_price"))
    barriers = {**_object(saved), **_object(given)}
    if start is None or end is None or not 0 < start < end:
        return Suggestion(given)
    width = end - start
    limit = end + width * HALF if str(known.get("side")).upper() in ("SELL", "2") else start - min(width, start) * HALF
    of_barriers = {name: value for name, value in OF_BARRIERS.items() if barriers.get(name) is None}
    plainly: dict[str, Any] = {"limit_price": limit}
    if is_perpetual(str(known.get("connector_name"))):
        plainly["leverage"] = 1
    lacks = {name: value for name, value in plainly.items() if known.get(name) is None}
    config = {**given, **lacks}
    if of_barriers:
        config[BARRIERS] = {**_object(given), **of_barriers}
    return Suggestion(config, (*lacks, *of_barriers))


def _object(values: Mapping[str, Any]) -> Mapping[str, Any]:
    found = values.get(BARRIERS)
    return found if isinstance(found, Mapping) else {}


def _distance(start: Decimal, end: Decimal, count: int) -> Decimal:
    """Of two levels, a share, in whole hundredths of a percent."""
    share = ratio(end - start, times(start, Decimal(max(count - 1, 1))))
    return plain(min(max(share.quantize(DIGITS), DIGITS), Decimal(1)))


def _percent(share: Decimal) -> str:
    return f"{plain(100 * share):f}"
