"""What is open already, or may come to be, where a limit holds against that: positions, what spot exchanges hold,
orders that rest, and what executors may order yet.

What can't be read, or is an empty list that something speaks against, is doubt and not zero: then nothing is opened.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from attrs import evolve

from hbmcp.errors import CallError, NotCounted
from hbmcp.figures import times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.running import orders_yet, running, yet_to_order
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.markets.trading_pairs import is_stable, only_sounds_stable
from hbmcp.installation.orders.open_orders import RestingOrders, resting_orders
from hbmcp.installation.orders.order import Order
from hbmcp.installation.portfolio.holdings import CURRENCY
from hbmcp.installation.portfolio.unrealized_pnl import sum_unrealized_pnl
from hbmcp.installation.portfolio.valuation import Valuation, value_portfolio
from hbmcp.installation.reduce_only import only_reduces
from hbmcp.pairs import base_of, quote_of
from hbmcp.policy.model import Limits
from hbmcp.policy.seen import Held, Seen
from hbmcp.policy.valuation import Prices, amount
from hbmcp.policy.worth import Worth
from hbmcp.text import named
from hbmcp.times import now

READS = (
    "list_accounts",
    "get_connected_exchanges",
    "get_portfolio_state",
    "get_portfolio_distribution",
    "get_prices",
    "get_orderbook",
    "get_rates",
    "list_positions",
    "get_trades",
    "get_funding_info",
    "list_active_orders",
    "search_orders",
    "search_executors",
)

PATIENCE = 10.0  # seconds for all of it


async def look(
    installation: Installation, prices_now: Prices, limits: Limits, asks: Sequence[Worth], currency: str
) -> Seen:
    """What the limits need of what is there; nothing is read that none needs. Raises NotCounted for doubt. Uses READS.
    An order that one of these replaces is left out: it is gone before that is sent.

    `loss` is left to who knows how the day began.
    """
    at = now()
    positions = any(one is not None for one in (limits.position, limits.pair, limits.account, limits.leverage))
    whole = any(one is not None for one in (limits.pair, limits.order_percent, limits.day_loss))
    orders = positions or limits.open_orders is not None
    if not (positions or whole or orders):
        return Seen(at)
    accounts = {ask.stake.account for ask in asks}
    account = None if whole or len(accounts) != 1 else next(iter(accounts))
    # Before the rest: what one of them orders meanwhile is counted twice for once, and not passed over.
    runs = await answer_within(running(installation), PATIENCE) if orders else []
    valuation, resting = await all_of(
        answer_within(_portfolio(installation, account, wanted=positions or whole), PATIENCE),
        answer_within(_resting(installation, wanted=orders), PATIENCE),
    )
    for read in (runs, valuation, resting):
        if isinstance(read, CallError):
            raise _doubtful(read.happened)
    assert not isinstance(runs, CallError)
    assert not isinstance(valuation, CallError)
    assert not isinstance(resting, CallError)
    held: list[Held] = []
    number = None
    if resting is not None:
        _believe(resting.doubts)
        replaced = {(*ask.place, ask.planned.replaces) for ask in asks if ask.planned.replaces}
        staying = [one for one in resting.rows if (one.account, one.connector, one.order_id) not in replaced]
        number = len(staying) + orders_yet(runs, staying)
        if positions:
            held += await _of_orders(prices_now, staying, currency)
            held += await _of_executors(prices_now, runs, staying, currency)
    unfilled = frozenset(one.order_id for one in resting.rows if one.order_id and not one.filled) if resting else ()
    by_executors = frozenset(one.id for one in runs)
    if valuation is None:
        return Seen(at, tuple(held), number, unfilled=frozenset(unfilled), running=by_executors)
    valuation = await _at_their_price(prices_now, valuation)
    _believe(_doubts(valuation))
    rate = await prices_now.rate(None, CURRENCY, currency)
    if rate is None:
        raise _doubtful(f"{currency} has no price in {CURRENCY}.")
    held += _of_tokens(valuation, rate, currency)
    held += await _of_positions(prices_now, valuation, currency)
    places = valuation.places
    at_place = {
        place: times(
            sum((one.value or Decimal(0) for one in valuation.rows if one.place == place), Decimal(0))
            + valuation.unrealized.on_top([place]),
            rate,
        )
        for place in places
    }
    equity = times(valuation.value + valuation.unrealized.on_top(places), rate)
    return Seen(at, tuple(held), number, equity, at_place, unfilled=frozenset(unfilled), running=by_executors)


async def _portfolio(installation: Installation, account: str | None, *, wanted: bool) -> Valuation | None:
    return await value_portfolio(installation, account) if wanted else None


async def _resting(installation: Installation, *, wanted: bool) -> RestingOrders | None:
    return await resting_orders(installation) if wanted else None


async def _at_their_price(prices_now: Prices, found: Valuation) -> Valuation:
    """With what the API counts as dollars for its name alone at the rate oracle's price: a token without one counts
    nothing, and the P&L of a position that is paid in it isn't known."""
    rows = []
    for one in found.rows:
        if only_sounds_stable(one.token):
            price = await prices_now.rate(None, one.token, CURRENCY)
            rows.append(evolve(one, price=price, value=None if price is None else times(one.units, price)))
        else:
            rows.append(one)
    positions, pnl = found.positions.rows, found.unrealized
    if any(only_sounds_stable(one.quote) for one in positions):
        quotes = list(dict.fromkeys(one.quote for one in positions))
        rates = [await prices_now.rate(None, quote, CURRENCY) for quote in quotes]
        known = {quote: rate for quote, rate in zip(quotes, rates, strict=True) if rate is not None}
        pnl = sum_unrealized_pnl(positions, known)
    return evolve(found, balances=evolve(found.balances, rows=tuple(rows)), unrealized=pnl)


def _doubts(found: Valuation) -> Iterable[str]:
    """Why the figures can't be believed."""
    yield from (str(one) for one in found.positions.unread)
    yield from (f"the P&L of {one} isn't known." for one in found.unrealized.uncounted)
    yield from (one.silence.happened for one in found.checks if one.silence is not None)
    if found.is_empty:
        yield "the portfolio is empty, or couldn't be read."


def _believe(doubts: Iterable[str]) -> None:
    for doubt in doubts:
        raise _doubtful(doubt)


def _doubtful(why: str) -> NotCounted:
    return NotCounted(
        f"The policy limits what may be open, and what is can't be read for certain: {why}",
        "Nothing was sent.",
        "Look with get_positions and get_portfolio_balances. What reduces, cancels or stops is never limited.",
    )


def _of_tokens(found: Valuation, rate: Decimal, currency: str) -> list[Held]:
    """What spot exchanges hold but cash. One that the API has no price of counts nothing."""
    return [
        Held(one.account, one.connector, one.token, None, times(one.value, rate))
        for one in found.rows
        if one.value is not None and not (is_perpetual(one.connector) or is_stable(one.token) or one.token == currency)
    ]


async def _of_positions(prices_now: Prices, found: Valuation, currency: str) -> list[Held]:
    held = []
    for one in found.positions.rows:
        worth, rate = amount(one.notional or one.cost), await prices_now.rate(one.connector, one.quote, currency)
        if worth is None or rate is None:
            raise _doubtful(f"what {one} is worth isn't known.")
        held.append(Held(one.account, one.connector, one.base, one.pair, times(worth, rate), one.leverage))
    return held


async def _of_orders(prices_now: Prices, orders: Iterable[Order], currency: str) -> list[Held]:
    """What the orders that rest would open: those that surely close a position, or sell what is held,
    open nothing."""
    held = []
    for one in orders:
        if only_reduces(one.connector, one.side, one.action):
            continue
        if one.pair is None or one.amount is None:
            raise _doubtful(f"what the order {named(one.order_id)} is for isn't known.")
        price = amount(one.price or await prices_now.market(one.connector, one.pair))
        rate = await prices_now.rate(one.connector, quote_of(one.pair), currency)
        if price is None or rate is None:
            raise _doubtful(f"what the order {named(one.order_id)} is worth isn't known.")
        left = max(one.amount - one.filled, Decimal(0))
        held.append(Held(one.account, one.connector, base_of(one.pair), one.pair, times(left, price, rate)))
    return held


async def _of_executors(
    prices_now: Prices, runs: Iterable[Executor], resting: Iterable[Order], currency: str
) -> list[Held]:
    held = []
    for one in await yet_to_order(runs, resting, prices_now.market):
        rate = await prices_now.rate(one.connector, quote_of(one.pair), currency) if one.value else Decimal(0)
        if one.value is None or rate is None:
            raise _doubtful(f"what the executor {named(one.executor.id)} may order yet isn't known.")
        if one.value and not one.executor.account:
            raise _doubtful(f"the account of the executor {named(one.executor.id)} isn't known.")
        if one.value:
            held.append(Held(one.executor.account, one.connector, base_of(one.pair), one.pair, times(one.value, rate)))
    return held
