"""An order before it is sent: checked against the exchange's rules and the balance, its price and amount worked out."""

from decimal import Decimal

from attrs import frozen

from hbmcp.errors import (
    BadArguments,
    CallError,
    NotConfigured,
    Refused,
    UnknownOperation,
    Unreachable,
    WrongCredentials,
)
from hbmcp.installation.balances import Balance, balances
from hbmcp.installation.connections import Connections, connections, is_perpetual
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.markets.trading_rules import Rule, UnknownPair, rule
from hbmcp.installation.orders import balance_check, pricing
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position
from hbmcp.store import SentOrder
from hbmcp.times import now

PATIENCE = 10.0  # seconds that a check may take; without its answer it is left to the exchange

# What an order wouldn't get past either.
_HOPELESS = (NotConfigured, UnknownOperation, Unreachable, WrongCredentials)


@frozen
class OrderRequest:
    """An order as it is asked for. `amount` in base units; `price` a number in quote or an offset from the current one;
    `position_action`, for perpetual exchanges, OPEN or CLOSE."""

    account_name: str
    connector_name: str
    trading_pair: str
    side: str
    amount: Decimal
    order_type: str
    price: str | None
    position_action: str | None


@frozen
class PreparedOrder:
    """The order as it can be sent, and sentences about what was worked out, rounded, or couldn't be checked."""

    order: SentOrder
    notes: tuple[str, ...]


@frozen
class _Known:
    """What could be read; an empty Rule, None and [] stand for what couldn't, which `unread` names."""

    rule: Rule
    current: Decimal | None
    balances: list[Balance]
    held: list[Position]
    unread: tuple[str, ...]


async def prepare_order(installation: Installation, request: OrderRequest) -> PreparedOrder:
    """Raises BadArguments or Refused for what the exchange wouldn't take: nothing was sent. What can't be read refuses
    nothing. The workflow uses list_accounts, get_connected_exchanges, get_trading_rules, get_prices,
    get_portfolio_state and list_positions."""
    wanted = pricing.parse_price(request.order_type, request.price)
    connector, pair, side = request.connector_name, request.trading_pair, request.side
    perpetual, closing = is_perpetual(connector), request.position_action == "CLOSE"
    if closing and not perpetual:
        raise BadArguments(
            f"There are no positions to CLOSE on {connector}, a spot exchange.",
            "Nothing was sent.",
            "To sell what is held, leave position_action out.",
        )
    known = await _known(installation, request.account_name, connector, pair)
    notes = list(known.unread)
    limit = None
    if wanted is not None:
        limit, note = pricing.price_to_send(wanted, side, known.rule, known.current)
        if request.order_type == "LIMIT":
            pricing.refuse_fat_finger(limit, side, known.current)
        notes.append(note)
    size, note = known.rule.sized(request.amount, pair, limit or known.current)
    notes.append(note)
    short = balance_check.check_balance(
        known.balances,
        perpetual=perpetual,
        reducing=closing,
        trading_pair=pair,
        side=side,
        amount=size,
        price=limit,
        current=known.current,
    )
    action = (request.position_action or "OPEN") if perpetual else None
    order = SentOrder(request.account_name, connector, pair, side, request.order_type, size, limit, action, now())
    turned = "" if closing else _turns(known.held, pair, side)
    return PreparedOrder(order, tuple(filter(None, (*notes, short, turned))))


def _turns(held: list[Position], pair: str, side: str) -> str:
    """That the order works against a position before it opens one; "" where it doesn't."""
    against = "SHORT" if side == "BUY" else "LONG"
    for one in held:
        if (one.pair, one.side) == (pair, against):
            return f"Open was {one}: in one-way mode this order closes of it first, and only the rest opens."
    return ""


async def _known(installation: Installation, account: str, connector: str, pair: str) -> _Known:
    """Raises Refused for an account, exchange or pair that isn't there, and what is hopeless."""
    unread = []
    (connected, state, held), rules, quoted = await all_of(
        _of_account(installation, account, connector),
        answer_within(rule(installation, connector, pair), PATIENCE),
        answer_within(prices(installation, connector, [pair]), PATIENCE),
    )
    if isinstance(connected, CallError):
        unread.append(f"Account and exchange couldn't be checked: {connected.happened}")
    elif connected.unread:
        unread.append(f"Whether {account} is connected to {connector} couldn't be checked.")
    if isinstance(rules, UnknownPair):
        raise rules
    if isinstance(rules, CallError):
        unread.append(f"The pair's trading rules couldn't be checked: {rules.happened}")
    current = quoted if isinstance(quoted, CallError) else quoted[pair]
    if isinstance(current, CallError):
        unread.append(f"The current price couldn't be read: {current.happened}")
    if isinstance(state, CallError):
        unread.append(f"The balance couldn't be checked: {state.happened}")
    if isinstance(held, CallError):
        unread.append(f"Open positions couldn't be read: {held.happened}")
    return _Known(
        Rule() if isinstance(rules, CallError) else rules,
        None if isinstance(current, CallError) else current,
        [] if isinstance(state, CallError) else state,
        [] if isinstance(held, CallError) else held,
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


async def _held(installation: Installation, account: str, connector: str) -> list[Position]:
    return await listed_positions(installation, account, connector) if is_perpetual(connector) else []
