"""An installation as it would be with a market at another price, to plan what is to be sent when it gets there."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from hbmcp.figures import number, plain, ratio, times
from hbmcp.installation.installation import Installation
from hbmcp.installation.triggers.condition import Condition
from hummingbot_api.request import Request

_BOOK_SIDES = ("bids", "asks")


def market_at(when: Condition, level: Decimal, price: Decimal) -> Callable[[Installation], Installation]:
    """Prices and books of a price condition's market as they would be with its price at `level` instead of `price`;
    of other conditions the installation as it is."""
    if when.of != "price" or price <= 0:
        return lambda same: same
    factor = ratio(level, price)

    def changed(tool: str, request: Request[Any], answer: Any) -> Any:
        body = request.json if isinstance(request.json, Mapping) else {}
        if body.get("connector_name") != when.connector_name or not isinstance(answer, Mapping):
            return answer
        if tool == "get_prices" and isinstance(answer.get("prices"), Mapping):
            quoted = answer["prices"]
            return {**answer, "prices": {pair: _at(quoted[pair], pair, when, factor) for pair in quoted}}
        if tool == "get_orderbook" and body.get("trading_pair") == when.trading_pair:
            return {**answer, **{side: _scaled(answer.get(side), factor) for side in _BOOK_SIDES}}
        return answer

    return lambda installation: installation.answering(changed)


def _at(price: Any, pair: str, when: Condition, factor: Decimal) -> Any:
    found = number(price)
    return price if found is None or pair != when.trading_pair else plain(times(found, factor))


def _scaled(levels: Any, factor: Decimal) -> Any:
    if not isinstance(levels, list):
        return levels
    return [
        {**one, "price": times(found, factor)}
        if isinstance(one, Mapping) and (found := number(one.get("price"))) is not None
        else one
        for one in levels
    ]
