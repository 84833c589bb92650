"""The values that conditions are about, as they are now; what several need is asked once."""

from collections.abc import Callable, Collection, Hashable, Mapping
from decimal import Decimal
from typing import Any, Generic, TypeVar

from hbmcp.errors import ApiFailed, CallError, Refused
from hbmcp.figures import percent
from hbmcp.installation.answer_fields import Fields, number
from hbmcp.installation.installation import Installation, answer_within, together
from hbmcp.installation.markets.order_book import Book, book
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.portfolio.valuation import Valuation, value_portfolio
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

T = TypeVar("T")


async def readings(installation: Installation, conditions: Collection[Condition]) -> Mapping[Condition, Value]:
    """Each condition's value, or why there is none. The caller uses USES. Raises nothing."""
    return await worked_out(installation, {one: _needs(one) for one in conditions})


class Need(Generic[T]):
    """What something is made of: keys of what is asked, and how."""

    def __init__(self, work_out: Callable[..., T], *asked: Hashable) -> None:
        self.work_out = work_out
        self.asked = asked

    def of(self, found: Mapping[Hashable, Any]) -> T | CallError:
        """Worked out of what was found, or why it can't be."""
        parts = [found[key] for key in self.asked]
        failed = next((part for part in parts if isinstance(part, CallError)), None)
        if failed is not None:
            return failed
        try:
            return self.work_out(*parts)
        except CallError as error:
            return error


def _needs(one: Condition) -> Need[Decimal]:
    connector, pair = one.connector_name or "", one.trading_pair or ""
    match one.of:
        case "price":
            return price_need(one.price, connector, pair)
        case "spread":
            return Need(over, ("last", connector, pair), ("last", one.other or "", pair))
        case "funding_rate":
            return Need(rate_of, ("funding", connector, pair))
        case "pnl":
            return Need(lambda listed: pnl_of(one, listed), ("positions", one.account_name or "", connector))
        case "portfolio":
            return Need(equity_of, ("portfolio",))
        case "time":
            return Need(lambda: Decimal(now()))


def price_need(kind: str, connector: str, pair: str) -> Need[Decimal]:
    """A price of that kind, or the middle of the book ("mid")."""
    match kind:
        case "last":
            return Need(lambda price: price, ("last", connector, pair))
        case "mark":
            return Need(mark_of, ("funding", connector, pair))
        case _:
            sides: dict[str, Callable[[Book], Decimal]] = {"bid": _bid, "ask": _offer, "mid": mid_of}
            return Need(sides[kind], ("book", connector, pair))


async def worked_out(installation: Installation, needs: Mapping[Condition, Need[T]]) -> dict[Condition, T | CallError]:
    """What each needs, worked out, or why it can't be; what several need is asked once. Raises nothing."""
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
    return {one: need.of(found) for one, need in needs.items()}


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
            return await whole_portfolio(installation)


async def whole_portfolio(installation: Installation) -> Valuation:
    """Raises ApiFailed where a part of it can't be read, or may be an old one: an exchange that doesn't answer is given
    with its old balances, or is missing."""
    worth = await value_portfolio(installation)
    why = [f"{named(account)}: {error.happened}" for account, error in worth.connected.unread.items()]
    why += [str(one) for one in worth.positions.unread]
    why += [f"{named(one.connector)} doesn't answer: {one.silence.happened}" for one in worth.checks if one.silence]
    there = set(worth.balances.places)
    why += [f"{place_words(one)} has no balances yet" for one in worth.connected.pairs if one not in there]
    why += [f"{one} has no P&L in money" for one in worth.unrealized.uncounted]
    if why:
        raise ApiFailed(f"Not all of the portfolio could be read. {'; '.join(why)}")
    return worth


def place_words(place: tuple[str, str]) -> str:
    """ "binance of master_account" """
    account, connector = place
    return f"{named(connector)} of {named(account)}"


def equity_of(worth: Valuation) -> Decimal:
    """With the P&L of what is open."""
    equity: Decimal = worth.totals.get("equity", worth.value)
    return equity


def over(price: Decimal, other: Decimal) -> Decimal:
    """In percent by how much one price is above another."""
    if not other:
        raise ApiFailed("One of the prices is 0.")
    return percent(price - other, other, PLACES) or Decimal(0)


def rate_of(info: Fields) -> Decimal:
    """The funding rate of funding info, in percent."""
    return _told(info, "funding_rate") * 100


def mark_of(info: Fields) -> Decimal:
    """The mark price of funding info."""
    return _told(info, "mark_price")


def _told(info: Fields, name: str) -> Decimal:
    value = info.known(name, number)
    if value is None:
        raise ApiFailed(f"The API tells no {name}.")
    return value


def _bid(best: Book) -> Decimal:
    return _side(best.bid)


def _offer(best: Book) -> Decimal:
    return _side(best.ask)


def mid_of(best: Book) -> Decimal:
    """The middle of a book. Raises ApiFailed where a side of it is empty."""
    return _side(best.mid)


def _side(price: Decimal | None) -> Decimal:
    if price is None:
        raise ApiFailed("A side of the order book is empty.")
    return price


def position_of(one: Condition, listed: Collection[Position]) -> Position:
    """The one that a condition is about. Raises Refused where it isn't open."""
    position = next((row for row in listed if row.pair == one.trading_pair and one.side in (None, row.side)), None)
    if position is None:
        raise Refused(f"No position {named(one.trading_pair or '')} is open on {named(one.connector_name or '')}.")
    return position


def pnl_of(one: Condition, listed: Collection[Position], price: Decimal | None = None) -> Decimal:
    """A position's P&L in percent, as the exchange tells it, or as it is at a price."""
    position = position_of(one, listed)
    if price is not None and position.entry is not None:
        position = position.at(price)
    value = position.percent_of(one.measure)
    if value is None:
        raise ApiFailed(f"The exchange tells too little of {position} for its P&L in percent of {one.measure}.")
    return value
