"""An order before it is sent: checked against the exchange's rules and the balance, its price and amount worked out."""

from decimal import Decimal

from attrs import evolve, frozen

from hbmcp.errors import (
    BadArguments,
    CallError,
    NotConfigured,
    Refused,
    UnknownOperation,
    Unreachable,
    WrongCredentials,
)
from hbmcp.figures import money, plain, ratio, times
from hbmcp.installation.balances import Balance, balances, portfolio_value, units_of
from hbmcp.installation.connections import Connections, connections, is_perpetual
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.markets.order_book import DEEPEST, Book, Walk, book
from hbmcp.installation.markets.price_doubt import price_doubt
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.markets.taker_fees import TakerFee, assumed_fee, taker_fees
from hbmcp.installation.markets.trading_pairs import pair_on
from hbmcp.installation.markets.trading_rules import Rule, UnknownPair, rule
from hbmcp.installation.orders import balance_check, pricing
from hbmcp.installation.orders.against import Against, against
from hbmcp.installation.orders.closing_orders import NOT_REDUCE_ONLY, uncovered_at_market, uncovered_of
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.size_check import Size, order_size, refuse_large_order, usdt_rate
from hbmcp.installation.orders.sizing import AskedSize, Offered, amount_of
from hbmcp.installation.planned_request import Uncovered
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position, closed_by, opposite
from hbmcp.installation.reduce_only import close_is_reduce_only
from hbmcp.pairs import base_of, quote_of
from hbmcp.store import SentOrder
from hbmcp.text import named
from hbmcp.times import now

MOST_OF_IT = Decimal("0.98")  # of what was worked out: less is left by rounding, and that isn't worth a word
PATIENCE = 10.0  # seconds that a check may take; without its answer it is left to the exchange

# What an order wouldn't get past either.
_HOPELESS = (NotConfigured, UnknownOperation, Unreachable, WrongCredentials)


@frozen
class OrderRequest:
    """An order as it is asked for. `trading_pair` may be a base alone; `price` is a number in quote or an offset from
    the current one; `position_action`, for perpetual exchanges, OPEN or CLOSE."""

    account_name: str
    connector_name: str
    trading_pair: str
    side: str
    size: AskedSize
    order_type: str
    price: str | None
    position_action: str | None


@frozen
class PreparedOrder:
    """The order as it can be sent, and sentences about what was worked out, rounded, or couldn't be checked. `size` is
    None where no price is known; `market` is what it costs now, the worse of the current price and the book's,
    `entry` its own price, or without one about that at which it fills, which `fills_at` tells by the book where that
    holds all of it. `fee` is what it pays where it takes.
    `closes_of` is how much of a position it can close, where one was read: it `reduces` where it is no more; of that so
    much is `uncovered`, where what rests isn't surely reduce-only. It `takes`
    so much of a balance, as far as that is known. `unfit` is why it can't be sent: the balance doesn't hold it,
    or it looks like a slip. `meets` is the position on its other side, `adds_to` that on its own, `crossing` that it
    fills at once, though it has a price. `coins` are the base units that the account has, None where that isn't
    known."""

    order: SentOrder
    size: Size | None
    market: Decimal | None
    entry: Decimal | None
    fills_at: Decimal | None
    fee: TakerFee
    rule: Rule
    closes_of: Decimal | None
    takes: balance_check.Taken | None
    notes: tuple[str, ...]
    unfit: Refused | None = None
    uncovered: Uncovered | None = None
    meets: Against | None = None
    crossing: str = ""
    coins: Decimal | None = None
    adds_to: Position | None = None

    @property
    def foretold(self) -> tuple[str, ...]:
        """The notes of a preview."""
        return (self.crossing, *self.notes) if self.crossing else self.notes

    @property
    def expected(self) -> dict[str, Decimal | bool]:
        """At about which price what has none of its own fills, and its fee in quote, a taker's, as a preview shows
        them."""
        if self.fills_at is None:
            return {}
        price = {"expected_price": money(self.fills_at)} if self.order.price is None else {}
        fee = {"fee_percent": self.fee.percent, "fee": money(times(self.order.amount, self.fills_at, self.fee.rate))}
        return {**price, **fee, **({"fee_assumed": True} if self.fee.assumed else {})}

    @property
    def closes_on(self) -> list[tuple[str, str, str]]:
        """The market of the position that it may close."""
        return [] if self.meets is None or self.meets.hedged is True else [self.meets.position.market]

    @property
    def reduces(self) -> bool:
        return self.closes_of is not None and self.order.amount <= self.closes_of


@frozen
class _Known:
    """What could be read; an empty Rule, None and [] stand for what couldn't, which `unread` names. The
    book of a MARKET order is whole."""

    rule: Rule
    current: Decimal | None
    book: Book | None
    balances: list[Balance]
    held: list[Position] | None
    unread: tuple[str, ...]


async def prepare_order(
    installation: Installation,
    request: OrderRequest,
    max_value: Decimal | None = None,
    instead_of: Order | None = None,
) -> PreparedOrder:
    """What an open order holds, `instead_of` which this one comes, counts as available.

    Raises BadArguments or Refused for what the exchange wouldn't take whatever it held, and where the position that
    it is to close shrinks meanwhile: nothing was sent. What can't be read refuses nothing but a market order of
    unknown size. The workflow uses list_accounts, get_connected_exchanges, get_trading_rules, get_prices,
    get_orderbook, get_portfolio_state, list_positions, get_position_mode and, for a size in money, get_trades; for one
    that closes and may rest, list_active_orders and search_orders."""
    wanted = pricing.parse_price(request.order_type, request.price)
    connector, side = request.connector_name, request.side
    pair = await pair_on(installation, connector, request.trading_pair)
    request = evolve(request, trading_pair=pair)
    perpetual, closing = is_perpetual(connector), request.position_action == "CLOSE"
    if closing and not perpetual:
        raise BadArguments(
            f"There are no positions to CLOSE on {named(connector)}, a spot exchange.",
            "Nothing was sent.",
            "To sell what is held, leave position_action out.",
        )
    market = request.order_type == "MARKET"
    began = now()
    known, (taker, portfolio) = await all_of(
        _known(installation, request.account_name, connector, pair, DEEPEST if market else 1),
        _to_size(installation, request),
    )
    bid, ask = (None, None) if known.book is None else (known.book.bid, known.book.ask)
    best = ask if side == "BUY" else bid
    doubt = price_doubt(pair, connector, known.current, bid, ask)
    costs = [one for one in (known.current, best) if one is not None]
    notes = [*known.unread, doubt]
    limit, crossing = None, ""
    if wanted is not None:
        limit, note = pricing.price_to_send(wanted, side, known.rule, known.current)
        pricing.refuse_false_offset(wanted, limit, side, doubt, best)
        if request.order_type == "LIMIT":
            pricing.refuse_fat_finger(limit, side, known.current, best)
        notes.append(note)
        crossing = pricing.crossing_note(request.order_type, limit, side, best)
    rate = usdt_rate(known.balances, quote_of(pair))
    offered = Offered(
        pair,
        side,
        perpetual,
        closing,
        limit,
        known.current,
        known.book,
        known.balances,
        known.held,
        taker.rate,
        None if portfolio is None or rate is None else ratio(portfolio, rate),
    )
    wanted_amount, how = amount_of(request.size, offered)
    try:
        size, note = known.rule.sized(wanted_amount, pair, limit or max(costs, default=None))
    except Refused as error:
        raise Refused(f"{how} {error.happened}".lstrip(), error.undone, error.advice) from None
    notes += [how, note if not how or size < times(wanted_amount, MOST_OF_IT) else ""]
    taken = known.book.walk("BUY" if side == "BUY" else "SELL", size) if market and known.book else None
    thin = _beyond_book(taken, pair)
    action = (request.position_action or "OPEN") if perpetual else None
    order = SentOrder(request.account_name, connector, pair, side, request.order_type, size, limit, action, now())
    dearest = [*costs, *_price_taken(taken)]
    where = (request.account_name, connector, pair)
    meets = await against(installation, where, side, size, known.held or (), closing=closing)
    worth = order_size(order, dearest, known.balances, known.held if perpetual else None, meets)
    closes_of = meets.position.amount if meets is not None and closing else None
    uncovered = uncovered_at_market(connector, side, closes_of, began) if market and closes_of is not None else None
    sure = market or not closing or await close_is_reduce_only(installation, request.account_name, connector)
    if not sure:
        notes.append(NOT_REDUCE_ONLY.format(exchange=named(connector), opened=opposite(closed_by(side))))
        if closes_of is not None:
            uncovered, note = await uncovered_of(
                installation, order, closes_of, began, instead_of.order_id if instead_of else None
            )
            closes_of = None if uncovered is None else uncovered.amount
            notes.append(note)
    reduces = closes_of is not None and size <= closes_of
    there = known.balances if instead_of is None else balance_check.freed(known.balances, instead_of)
    taking = balance_check.Taking(
        perpetual=perpetual,
        reducing=closing,
        trading_pair=pair,
        side=side,
        amount=size,
        price=limit,
        current=min(costs) if doubt and known.current is not None else known.current,
        positions=known.held,
    )
    turned = "" if meets is None else meets.note
    short, unfit = "", None
    try:
        short = balance_check.check_balance(there, taking)
        if max_value is not None or not request.size.bounded:
            refuse_large_order(order, worth, max_value, reduces=reduces, sized=how)
    except Refused as error:
        unfit = Refused(" ".join(filter(None, (error.happened, thin, turned))), error.undone, error.advice)
    return PreparedOrder(
        order,
        worth,
        max(dearest, default=None),
        offered.entry,
        taken.average if taken is not None and taken.complete else offered.entry,
        taker,
        known.rule,
        closes_of,
        balance_check.least_taken(there, taking),
        tuple(filter(None, (*notes, short, thin, turned))),
        unfit,
        uncovered,
        meets,
        crossing,
        units_of(known.balances, base_of(pair)),
        next((one for one in known.held or () if (one.pair, one.side) == (pair, opposite(closed_by(side)))), None),
    )


async def _to_size(installation: Installation, request: OrderRequest) -> tuple[TakerFee, Decimal | None]:
    """The fee, no lower than the exchange's usual one, which is assumed for an amount in base units; and what the
    portfolio is worth in USDT, None where that isn't needed or can't be read."""
    connector = request.connector_name
    usual = assumed_fee(connector)
    if request.size.amount is not None:
        return usual, None
    fees, worth = await all_of(
        answer_within(taker_fees(installation, [connector], request.account_name), PATIENCE),
        answer_within(_portfolio(installation, request.size), PATIENCE),
    )
    own = usual if isinstance(fees, CallError) else fees[connector]
    return max(own, usual, key=lambda one: one.rate), None if isinstance(worth, CallError) else worth


async def _portfolio(installation: Installation, size: AskedSize) -> Decimal | None:
    return await portfolio_value(installation) if size.of_portfolio else None


def _beyond_book(taken: Walk | None, pair: str) -> str:
    """That the book holds less than a market order would take; "" where it doesn't, or isn't known."""
    if taken is None or taken.complete:
        return ""
    base = base_of(pair)
    return f"The book, as the API sees it, holds only {plain(taken.filled):f} {named(base)} on this side."


def _price_taken(taken: Walk | None) -> list[Decimal]:
    """What a unit costs a market order that takes the book level by level: on average, and where the book ends before
    it, at least its last price. What is sold costs no more than at the top."""
    price = None if taken is None else taken.average if taken.complete else taken.worst
    return [] if price is None else [price]


async def _known(installation: Installation, account: str, connector: str, pair: str, depth: int) -> _Known:
    """Raises Refused for an account, exchange or pair that isn't there, and what is hopeless."""
    unread = []
    (connected, state, held), rules, (current, top) = await all_of(
        _of_account(installation, account, connector),
        answer_within(rule(installation, connector, pair), PATIENCE),
        _quoted(installation, connector, pair, depth),
    )
    if isinstance(connected, CallError):
        unread.append(f"Account and exchange couldn't be checked: {connected.happened}")
    elif connected.unread:
        unread.append(f"Whether {named(account)} is connected to {named(connector)} couldn't be checked.")
    if isinstance(rules, UnknownPair):
        raise rules
    if isinstance(rules, CallError):
        unread.append(f"The pair's trading rules couldn't be checked: {rules.happened}")
    if isinstance(current, CallError):
        unread.append(f"The current price couldn't be read: {current.happened}")
    if isinstance(top, CallError):
        unread.append(f"The order book, to hold the price against, couldn't be read: {top.happened}")
    if isinstance(state, CallError):
        unread.append(f"The balance couldn't be checked: {state.happened}")
    if isinstance(held, CallError):
        unread.append(f"Open positions couldn't be read: {held.happened}")
    return _Known(
        Rule() if isinstance(rules, CallError) else rules,
        None if isinstance(current, CallError) else current,
        None if isinstance(top, CallError) else top,
        [] if isinstance(state, CallError) else state,
        None if isinstance(held, CallError) else held,
        tuple(unread),
    )


async def _of_account(
    installation: Installation, account: str, connector: str
) -> tuple[Connections | CallError, list[Balance] | CallError, list[Position] | CallError]:
    """Its connections, balances and positions. Raises Refused for an account or exchange that isn't there."""
    # First, because the API keeps an account that it is asked about and doesn't know as an empty entry.
    connected = await answer_within(connections(installation, account, connector), PATIENCE)
    if isinstance(connected, (Refused, *_HOPELESS)):
        raise connected
    state, held = await all_of(
        answer_within(balances(installation, account, connector), PATIENCE),
        answer_within(_held(installation, account, connector), PATIENCE),
    )
    return connected, state, held


async def _quoted(
    installation: Installation, connector: str, pair: str, depth: int
) -> tuple[Decimal | CallError, Book | CallError]:
    """Price and book of one moment."""
    quoted, top = await all_of(
        answer_within(prices(installation, connector, [pair]), PATIENCE),
        answer_within(book(installation, connector, pair, depth=depth), PATIENCE),
    )
    return quoted if isinstance(quoted, CallError) else quoted[pair], top


async def _held(installation: Installation, account: str, connector: str) -> list[Position]:
    return await listed_positions(installation, account, connector) if is_perpetual(connector) else []
