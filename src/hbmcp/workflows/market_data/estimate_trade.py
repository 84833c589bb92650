"""What a market order would cost, and whether book, balance and policy allow it."""

from collections.abc import Sequence
from decimal import Decimal

from hbmcp.errors import BadArguments, CallError
from hbmcp.figures import times
from hbmcp.installation.balances import Balance, available, balances
from hbmcp.installation.connections import accounts_connected_to, is_perpetual
from hbmcp.installation.installation import Installation, all_of, answer_within, together
from hbmcp.installation.markets.order_book import Book, Side, book
from hbmcp.installation.markets.price_doubt import price_doubt
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.markets.taker_fees import taker_fees
from hbmcp.installation.markets.trade_cost import Estimate, estimate
from hbmcp.installation.markets.trade_cost_view import FEE_ASSUMED, balance_check, cost, limits
from hbmcp.installation.markets.trading_pairs import Market, pair_on
from hbmcp.installation.markets.trading_rules import Rule, rule_if_readable
from hbmcp.installation.orders.against import PATIENCE, Against, against
from hbmcp.installation.orders.sending import order_request
from hbmcp.installation.orders.size_check import large_share, order_size
from hbmcp.installation.orders.sizing import AskedSize, Offered, amount_of, before_fee
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position
from hbmcp.results.answer import Answer, without_nulls
from hbmcp.store import SentOrder
from hbmcp.text import named
from hbmcp.times import now


async def estimate_trade(
    installation: Installation,
    *,
    connector_name: str,
    trading_pair: str,
    side: Side,
    amount: Decimal | None = None,
    quote_amount: Decimal | None = None,
    account_name: str | None = None,
) -> Answer:
    """`average_price` and `worst_price` are those of a walk through the book, `slippage_percent` how much worse than
    mid the average is; `value`, `fee` and `total` (paid with the fee, or got after it) are in the pair's quote
    currency. `book_holds_it` and, on spot, `balance_holds_it` say whether they do. Notes have what it would do to a
    position on its other side, what the policy would say of it as an order of each account that it may be for, and
    whether place_order would ask for max_value.

    Raises BadArguments unless either amount or quote_amount is given, Refused for an account, exchange or pair that
    isn't there, and CallError where the book can't be read.
    """
    if (amount is None) == (quote_amount is None):
        raise BadArguments("Give either amount (base units) or quote_amount.", "Nothing was sent.")
    asked = AskedSize(amount, quote_amount)
    trading_pair = await pair_on(installation, connector_name, trading_pair)
    connected = await accounts_connected_to(installation, connector_name, account_name)
    account = connected[0] if len(connected) == 1 else None
    market = Market(connector_name, trading_pair)
    rule = await rule_if_readable(installation, *market)  # first, since it says best that there is no such pair
    (levels, current), fees, there, positions = await all_of(
        _levels(installation, market),
        taker_fees(installation, [connector_name], account),
        together(balances(installation, one, connector_name) for one in connected if one == account),
        _positions(installation, account, connector_name),
    )
    fee = fees[connector_name]
    order = _estimate(asked, market, levels, current, rule or Rule(), side, fee.rate)
    doubt = "" if current is None else price_doubt(trading_pair, connector_name, current, levels.bid, levels.ask)
    unread, meets = "", None
    if isinstance(positions, CallError):
        unread = f"Open positions couldn't be read: {positions.happened}"
    elif account is not None:
        meets = await against(installation, (account, *market), side, order.amount, positions)
    opens = order.amount if meets is None else order.amount - meets.closes
    free = [one if isinstance(one, CallError) else available(one) for one in there]
    held, balance_note = balance_check(market, order, connected, free, opens)
    value = {"account_name": account, **cost(market, order, fee), **held}
    policy_note = await _verdict(installation, market, order, connected)
    asks = ""
    if amount is not None and held.get("balance_holds_it") is not False:
        asks = _asks(market, order, (current, levels.bid, levels.ask), there, positions, meets)
    assumed = FEE_ASSUMED if fee.assumed else ""
    turned = "" if meets is None else meets.note
    notes = (doubt, *limits(market, order, rule, amount), assumed, balance_note, unread, turned, policy_note, asks)
    return Answer(without_nulls(value), notes)


def _estimate(
    asked: AskedSize, market: Market, levels: Book, current: Decimal | None, rule: Rule, side: Side, fee: Decimal
) -> Estimate:
    """Of as many base units as place_order would order."""
    if asked.quote_amount is not None:
        whole = levels.walk_quote(side, before_fee(asked.quote_amount, side, fee))
        if not whole.complete:
            return estimate(levels, rule, side, whole.filled, fee, enough=False)
    perpetual = is_perpetual(market.connector)
    offered = Offered(market.pair, side, perpetual, False, None, current, levels, (), None, fee, None)
    amount, _ = amount_of(asked, offered)
    return estimate(levels, rule, side, amount, fee)


async def _verdict(installation: Installation, market: Market, order: Estimate, accounts: Sequence[str]) -> str:
    """What the policy would say of it; "" where that isn't known. As an order that opens."""
    price = order.walk.average if order.in_book else order.walk.worst
    if price is None or not order.amount:
        return ""
    action = "OPEN" if is_perpetual(market.connector) else None
    value = times(order.amount, price)
    verdicts: dict[str, list[str]] = {}
    for account in accounts:
        sent = SentOrder(account, *market, order.side, "MARKET", order.amount, None, action, now())
        request = order_request(sent, reduces=False, value=value, market=price)
        verdicts.setdefault(await installation.verdict("place_order", request), []).append(account)
    if len(verdicts) == 1:
        return next(iter(verdicts))
    return " ".join(f"{', '.join(map(named, those))}: {said}" for said, those in verdicts.items() if said)


def _asks(
    market: Market,
    order: Estimate,
    quoted: Sequence[Decimal | None],
    there: Sequence[list[Balance] | CallError],
    positions: list[Position] | CallError,
    meets: Against | None,
) -> str:
    """That place_order would want max_value said; "" where it wouldn't, or that isn't known."""
    held = positions if is_perpetual(market.connector) and not isinstance(positions, CallError) else None
    sent = SentOrder("", *market, order.side, "MARKET", order.amount, None, None, now())
    for known in there:
        if not isinstance(known, CallError):
            size = order_size(sent, (*quoted, order.walk.average), known, held, meets)
            share = "" if size is None else large_share(market.connector, market.quote, size)
            return f"place_order will ask for max_value: this is {share}." if share else ""
    return ""


async def _positions(installation: Installation, account: str | None, connector: str) -> list[Position] | CallError:
    """Those that it could be against."""
    if account is None or not is_perpetual(connector):
        return []
    return await answer_within(listed_positions(installation, account, connector), PATIENCE)


async def _levels(installation: Installation, market: Market) -> tuple[Book, Decimal | None]:
    """The book, and the API's price; None where it has none."""
    levels, quoted = await all_of(book(installation, *market), prices(installation, market.connector, [market.pair]))
    price = quoted[market.pair]
    return levels, price if isinstance(price, Decimal) else None
