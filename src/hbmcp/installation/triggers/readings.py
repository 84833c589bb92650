"""The values that conditions are about, as they are now; what several need is asked once."""

from collections.abc import Callable, Collection, Hashable, Mapping
from decimal import Decimal
from typing import Any

from hbmcp.errors import ApiFailed, CallError, Refused
from hbmcp.figures import percent
from hbmcp.installation.answer_fields import Fields, number
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation, answer_within, together
from hbmcp.installation.markets.order_book import Book, book
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.portfolio.valuation import value_portfolio
from hbmcp.installation.positions.open_positions import positions_or_doubt
from hbmcp.installation.positions.position import PLACES, Position
from hbmcp.installation.triggers.condition import Condition
from hbmcp.text import named
from hbmcp.times import now
from hbmcp_tools import market_data

USES = frozenset(
    {
        "get_prices",
        "get_orderbook",
        "get_funding_info",
        "list_accounts",
        "get_connected_exchanges",
        "list_positions",
        "get_portfolio_state",
        "get_portfolio_distribution",
        "get_rates",
        "get_trades",
    }
)

EVERY = 2.0  # seconds between two readings of what is waited for
PATIENCE = 10.0  # seconds for an answer: one exchange that hangs doesn't blind the others

Value = Decimal | CallError


async def readings(installation: Installation, conditions: Collection[Condition]) -> Mapping[Condition, Value]:
    """Each condition's value, or why there is none. The caller uses USES. Raises nothing."""
    return await _read(installation, {one: _needs(one) for one in conditions})


async def witnesses(installation: Installation, conditions: Collection[Condition]) -> Mapping[Condition, Value | None]:
    """The same values from elsewhere: a price from the book, a book from the last price. None where the API knows it
    from one place only."""
    asked = {one: _witness(one) for one in conditions}
    found = await _read(installation, {one: need for one, need in asked.items() if need is not None})
    return {one: found.get(one) for one in conditions}


async def marks(installation: Installation, conditions: Collection[Condition]) -> Mapping[Condition, Value]:
    """Their mark prices, a third witness: of prices on perpetual exchanges that aren't the mark themselves."""
    asked = {
        one: _price("mark", one.connector_name or "", one.trading_pair or "") for one in conditions if _marked(one)
    }
    return await _read(installation, asked)


def _marked(one: Condition) -> bool:
    return one.of == "price" and one.price != "mark" and is_perpetual(one.connector_name or "")


class _Need:
    """What a value is made of: keys of what is asked, and how."""

    def __init__(self, work_out: Callable[..., Decimal], *asked: Hashable) -> None:
        self.work_out = work_out
        self.asked = asked


def _needs(one: Condition) -> _Need:
    connector, pair, other = one.connector_name or "", one.trading_pair or "", one.other or ""
    match one.of:
        case "price":
            return _price(one.price, connector, pair)
        case "spread":
            return _Need(_over, ("last", connector, pair), ("last", other, pair))
        case "funding_rate":
            return _Need(lambda info: _told(info, "funding_rate") * 100, ("funding", connector, pair))
        case "pnl":
            return _Need(lambda listed: _pnl(one, listed), ("positions", one.account_name or "", connector))
        case "portfolio":
            return _Need(lambda value: value, ("portfolio",))
        case "time":
            return _Need(lambda: Decimal(now()))


def _witness(one: Condition) -> _Need | None:
    connector, pair, other = one.connector_name or "", one.trading_pair or "", one.other or ""
    match one.of:
        case "price":
            return _price("mid" if one.price == "last" else "last", connector, pair)
        case "spread":
            return _Need(lambda a, b: _over(_mid(a), _mid(b)), ("book", connector, pair), ("book", other, pair))
        case "pnl":
            asked = ("positions", one.account_name or "", connector), ("book", connector, pair)
            return _Need(lambda listed, best: _pnl(one, listed, _mid(best)), *asked)
        case "funding_rate" | "portfolio" | "time":
            return None


def _price(kind: str, connector: str, pair: str) -> _Need:
    match kind:
        case "last":
            return _Need(lambda price: price, ("last", connector, pair))
        case "mark":
            return _Need(lambda info: _told(info, "mark_price"), ("funding", connector, pair))
        case _:
            sides: dict[str, Callable[[Book], Decimal]] = {"bid": _bid, "ask": _offer, "mid": _mid}
            return _Need(sides[kind], ("book", connector, pair))


async def _read(installation: Installation, needs: Mapping[Condition, _Need]) -> dict[Condition, Value]:
    asked = list(dict.fromkeys(key for need in needs.values() for key in need.asked))
    found: dict[Hashable, Any] = {}
    pairs: dict[str, list[str]] = {}
    rest: list[Hashable] = []
    for key in asked:
        match key:
            case ("last", str(connector), str(pair)):
                pairs.setdefault(connector, []).append(pair)
            case _:
                rest.append(key)

    async def last(connector: str, wanted: list[str]) -> None:
        told = await answer_within(prices(installation, connector, wanted), PATIENCE)
        for pair in wanted:
            found["last", connector, pair] = told if isinstance(told, CallError) else told[pair]

    async def other(key: Hashable) -> None:
        found[key] = await answer_within(_ask(installation, key), PATIENCE)

    await together([*(last(*one) for one in pairs.items()), *map(other, rest)])
    return {one: _worked_out(need, found) for one, need in needs.items()}


async def _ask(installation: Installation, key: Hashable) -> Any:
    match key:
        case ("book", str(connector), str(pair)):
            return await book(installation, connector, pair, depth=1)
        case ("funding", str(connector), str(pair)):
            return await installation.read(
                Fields, market_data.get_funding_info, connector_name=connector, trading_pair=pair
            )
        case ("positions", str(account), str(connector)):
            listed, doubt = await positions_or_doubt(installation, account, connector)
            if doubt is not None:
                raise ApiFailed(f"The positions of {named(account)} on {named(connector)} can't be believed: {doubt}")
            return listed
        case _:
            worth = await value_portfolio(installation)
            if "equity_incomplete" in worth.totals or worth.connected.unread:
                raise ApiFailed("Not all of the portfolio could be read.")
            return worth.totals.get("equity", worth.value)


def _worked_out(need: _Need, found: Mapping[Hashable, Any]) -> Value:
    parts = [found[key] for key in need.asked]
    failed = next((part for part in parts if isinstance(part, CallError)), None)
    if failed is not None:
        return failed
    try:
        return need.work_out(*parts)
    except CallError as error:
        return error


def _over(price: Decimal, other: Decimal) -> Decimal:
    """In percent by how much one price is above another."""
    if not other:
        raise ApiFailed("One of the prices is 0.")
    return percent(price - other, other, PLACES) or Decimal(0)


def _told(info: Fields, name: str) -> Decimal:
    value = info.known(name, number)
    if value is None:
        raise ApiFailed(f"The API tells no {name}.")
    return value


def _bid(best: Book) -> Decimal:
    return _side(best.bid)


def _offer(best: Book) -> Decimal:
    return _side(best.ask)


def _mid(best: Book) -> Decimal:
    return _side(best.mid)


def _side(price: Decimal | None) -> Decimal:
    if price is None:
        raise ApiFailed("A side of the order book is empty.")
    return price


def _pnl(one: Condition, listed: Collection[Position], mark: Decimal | None = None) -> Decimal:
    position = next((row for row in listed if row.pair == one.trading_pair and one.side in (None, row.side)), None)
    if position is None:
        raise Refused(f"No position {named(one.trading_pair or '')} is open on {named(one.connector_name or '')}.")
    if mark is not None and position.entry is not None:
        position = position.at(mark)
    value = position.percent_of(one.measure)
    if value is None:
        raise ApiFailed(f"The exchange tells too little of {position} for its P&L in percent of {one.measure}.")
    return value
