"""What an exchange does to open positions without being asked, and what it allows of leverage and position mode."""

from decimal import Decimal

from hbmcp.paper.errors import ExchangeRefused
from hbmcp.paper.exchange import order_rules, orders
from hbmcp.paper.exchange.matching import cancel_reducers
from hbmcp.paper.exchange.orders import Ticket, Trade
from hbmcp.paper.exchange.positions import Holding, Key, liquidation_price, takeover, with_margin
from hbmcp.paper.exchange.records import PositionMode
from hbmcp.paper.exchange.transaction import Transaction
from hbmcp.paper.market.listings import Exchange
from hbmcp.paper.money import ZERO, share


def pay_funding(transaction: Transaction, exchange: str) -> None:
    """Amount times mark times the rate of the interval that ends now: longs pay and shorts receive, the other way if
    the rate is negative; rounded down for who receives and up for who pays. What the balance can't pay comes out of the
    position's margin; more than that nobody pays."""
    for key, holding in transaction.positions.items():
        if key[1] != exchange:
            continue
        account, _, name, _ = key
        rate = transaction.feed.funding_rate(exchange, name, transaction.at - 1)
        mark = transaction.feed.mark(exchange, name, transaction.at)
        payment = share(-holding.amount * mark * rate, 1, 1, up=False)
        wallet = (account, exchange, transaction.exchanges[exchange].pairs[name].quote)
        available = transaction.ledger.available(wallet)
        payment = max(payment, -(available + holding.margin))
        from_margin = max(ZERO, -payment - available)
        transaction.ledger.change(wallet, total=payment, locked=-from_margin)
        if from_margin:
            transaction.positions[key] = Holding(holding.amount, holding.cost, holding.margin - from_margin)
        transaction.db.execute(
            "INSERT INTO funding (account, exchange, pair, side, amount, mark, rate, payment, currency, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*key, *map(str, (holding.amount, mark, rate, payment)), wallet[2], transaction.at),
        )


def liquidate(transaction: Transaction, key: Key, price: Decimal) -> None:
    """Closes the position if the price is where the rule in positions.py says, by a market order of its own."""
    holding = transaction.positions[key]
    if not holding.amount:
        return
    account, name, pair_name, _ = key
    exchange = transaction.exchanges[name]
    level = liquidation_level(exchange, key, holding)
    if level is None or not beyond(holding, price, level):
        return
    pair = exchange.pairs[pair_name]
    paid, realized, fee = takeover(holding, level, pair.tick)
    amount = abs(holding.amount)
    ticket = Ticket(
        account=account,
        exchange=name,
        pair=pair_name,
        side="SELL" if holding.amount > 0 else "BUY",
        type="MARKET",
        amount=amount,
        price=None,
        action="CLOSE",
        fee_currency=pair.quote,
        created=transaction.at,
        updated=transaction.at,
        status="FILLED",
        filled=amount,
        value=amount * paid,
        fee=fee,
        error=order_rules.LIQUIDATED,
    )
    transaction.ledger.change((account, name, pair.quote), total=realized - fee, locked=-holding.margin)
    transaction.positions[key] = Holding()
    orders.insert(transaction.db, ticket)
    trade = Trade(amount, paid, fee, fee, pair.quote, maker=False, realized=realized, liquidation=True)
    orders.insert_trades(transaction.db, ticket, [trade], transaction.at)
    cancel_reducers(transaction, ticket)


def liquidation_level(exchange: Exchange, key: Key, holding: Holding) -> Decimal | None:
    return liquidation_price(holding, exchange.pairs[key[2]], exchange.max_leverage)


def beyond(holding: Holding, price: Decimal, level: Decimal) -> bool:
    return price <= level if holding.amount > 0 else price >= level


def set_leverage(transaction: Transaction, account: str, exchange: Exchange, pair: str, leverage: int) -> None:
    """Gives what is open its margin anew. Raises ExchangeRefused; the caller's transaction undoes what was done."""
    transaction.db.execute(
        "INSERT OR REPLACE INTO leverages VALUES (?, ?, ?, ?)", (account, exchange.name, pair, leverage)
    )
    wallet = (account, exchange.name, exchange.pairs[pair].quote)
    price = transaction.feed.price(exchange.name, pair, transaction.at)
    tickets = [
        one
        for one in transaction.resting
        if (one.account, one.exchange, one.pair) == (account, exchange.name, pair) and one.rests
    ]
    changes: list[tuple[Key, Holding]] = []
    freed = ZERO
    for key, holding in transaction.positions.items():
        if key[:3] == (account, exchange.name, pair):
            new = with_margin(holding, leverage)
            level = liquidation_level(exchange, key, new)
            if level is not None and beyond(new, price, level):
                text = "Leverage is smaller than permitted: insufficient margin balance."
                raise ExchangeRefused(order_rules.refusal(exchange, -2028, text, "leverage"))
            changes.append((key, new))
            freed += holding.margin - new.margin
    for ticket in tickets:
        freed += ticket.locked - transaction.lock_of(ticket)
    if transaction.ledger.available(wallet) + freed < 0:
        raise ExchangeRefused(order_rules.refusal(exchange, -2019, "Margin is insufficient.", "leverage"))
    transaction.ledger.change(wallet, locked=-freed)
    for key, new in changes:
        transaction.positions[key] = new
    for ticket in tickets:
        ticket.locked = transaction.lock_of(ticket)
        orders.update(transaction.db, ticket)


def set_position_mode(transaction: Transaction, account: str, exchange: str, mode: PositionMode) -> bool:
    if transaction.hedged(account, exchange) == (mode == "HEDGE"):
        return True
    if any(key[:2] == (account, exchange) for key, _ in transaction.positions.items()):
        return False
    if any(one.rests and (one.account, one.exchange) == (account, exchange) for one in transaction.resting):
        return False
    transaction.db.execute("INSERT OR REPLACE INTO position_modes VALUES (?, ?, ?)", (account, exchange, mode))
    return True
