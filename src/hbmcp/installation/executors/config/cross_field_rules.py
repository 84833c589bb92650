"""What the fields of an executor's configuration demand of each other."""

from collections.abc import Callable, Iterator
from typing import Any

from hbmcp.installation.connections import is_perpetual
from hbmcp.text import named

Get = Callable[[str], Any]  # a dotted name -> its value or default
Conflicts = Iterator[tuple[str, str]]  # (dotted name, what is expected)

MOST_SLICES = 1000
_BARRIERS = "triple_barrier_config"


def conflicts(kind: str, get: Get) -> Conflicts:
    """Each field, every one of them good by itself, that doesn't go with the others."""
    yield from _BY_KIND.get(kind, _nothing)(get)
    if kind in _LEVERED and not is_perpetual(get("connector_name")) and get("leverage") not in (None, 1):
        yield "leverage", f"{named(get('connector_name'))} is a spot exchange: expected 1, or leave it out"


def _nothing(_: Get) -> Conflicts:
    yield from ()


def _trailing(get: Get, place: str) -> Conflicts:
    activation, delta = get(f"{place}.activation_price"), get(f"{place}.trailing_delta")
    if activation is not None and delta is not None and delta > activation:
        yield (
            f"{place}.trailing_delta",
            f"expected no more than activation_price ({activation})",
        )


def _position(get: Get) -> Conflicts:
    yield from _trailing(get, f"{_BARRIERS}.trailing_stop")
    if get("activation_bounds") and get("entry_price") is None:
        yield "entry_price", "missing; activation_bounds are around it, e.g. 60000"


def _grid(get: Get) -> Conflicts:
    yield from _trailing(get, f"{_BARRIERS}.trailing_stop")
    start, end, limit = get("start_price"), get("end_price"), get("limit_price")
    if start >= end:
        yield "start_price", f"expected less than end_price ({end}), also to SELL, got {start}"
    elif get("side") == "BUY" and limit >= start:
        yield "limit_price", f"expected less than start_price ({start}) to BUY, got {limit}"
    elif get("side") == "SELL" and limit <= end:
        yield "limit_price", f"expected more than end_price ({end}) to SELL, got {limit}"
    if get("total_amount_quote") < get("min_order_amount_quote"):
        yield "total_amount_quote", f"expected at least min_order_amount_quote ({get('min_order_amount_quote')})"


def _dca(get: Get) -> Conflicts:
    yield from _trailing(get, "trailing_stop")
    prices, amounts, bounds = get("prices"), get("amounts_quote"), get("activation_bounds")
    if len(prices) != len(amounts):
        yield "amounts_quote", f"expected one for each of the {len(prices)} prices, got {len(amounts)}"
    if bounds and get("mode") == "TAKER" and len(bounds) != 2:
        yield "activation_bounds", "expected two for the mode TAKER, below and above a level, e.g. [0.0001, 0.005]"


def _twap(get: Get) -> Conflicts:
    if get("total_amount_quote") is None and get("total_amount_base") is None:
        yield "total_amount_quote", "missing; expected it (value in quote units) or total_amount_base, e.g. 6000"
    duration, interval = get("total_duration"), get("order_interval")
    if duration < interval:
        yield "total_duration", f"expected at least order_interval ({interval}), got {duration}"
    elif duration // interval + 1 > MOST_SLICES:
        yield "order_interval", f"expected so long that there are at most {MOST_SLICES} orders, got {interval}"
    if get("mode") == "MAKER" and get("limit_order_buffer") is None:
        yield "limit_order_buffer", "missing; the mode MAKER needs it, e.g. 0.001 (0.1 %)"


def _order(get: Get) -> Conflicts:
    strategy, price = get("execution_strategy"), get("price")
    if strategy in ("LIMIT", "LIMIT_MAKER") and price is None:
        yield "price", f"missing; a {strategy} needs it, e.g. 60000"
    if strategy in ("MARKET", "LIMIT_CHASER") and price is not None:
        yield "price", f"a {strategy} has none: leave it out, or choose LIMIT as execution_strategy"
    if strategy == "LIMIT_CHASER" and get("chaser_config.distance") is None:
        yield "chaser_config", 'missing; e.g. {"distance": 0.001, "refresh_threshold": 0.002}'
    if get("position_action") == "CLOSE" and not is_perpetual(get("connector_name")):
        yield "position_action", "expected OPEN on a spot exchange; SELL what is to be closed"


def _arbitrage(get: Get) -> Conflicts:
    if get("buying_market.connector_name") == get("selling_market.connector_name"):
        yield "selling_market.connector_name", "expected another exchange than that of buying_market"


def _xemm(get: Get) -> Conflicts:
    yield from _arbitrage(get)
    low, target, high = (get(f"{which}_profitability") for which in ("min", "target", "max"))
    if not low < target < high:
        yield "target_profitability", f"expected between min_ ({low}) and max_profitability ({high}), got {target}"


def _lp(get: Get) -> Conflicts:
    lower, upper, below, above = (
        get(name) for name in ("lower_price", "upper_price", "lower_limit_price", "upper_limit_price")
    )
    if lower >= upper:
        yield "lower_price", f"expected less than upper_price ({upper}), got {lower}"
    if below is not None and below > lower:
        yield "lower_limit_price", f"expected no more than lower_price ({lower}), got {below}"
    if above is not None and above < upper:
        yield "upper_limit_price", f"expected no less than upper_price ({upper}), got {above}"
    if not get("base_amount") and not get("quote_amount"):
        yield "base_amount", "expected more than 0 of it or of quote_amount"


_LEVERED = ("position_executor", "grid_executor", "dca_executor", "twap_executor", "order_executor")
_BY_KIND: dict[str, Callable[[Get], Conflicts]] = {
    "position_executor": _position,
    "grid_executor": _grid,
    "dca_executor": _dca,
    "twap_executor": _twap,
    "order_executor": _order,
    "arbitrage_executor": _arbitrage,
    "xemm_executor": _xemm,
    "lp_executor": _lp,
}
