"""What a sale of coins on spot means for who counts on them: triggers that protect them, executors that trade them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError, StoreError
from hbmcp.figures import plain
from hbmcp.installation.balances import NEARLY, Balance, Coins, units_of
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.plan.needs import needs
from hbmcp.installation.executors.plan.preparation import Prepared
from hbmcp.installation.executors.run.coins import Remaining, counting_on
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.markets.trading_rules import Rule
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.preparation import PreparedOrder
from hbmcp.installation.triggers.coins import (
    left_of_each,
    of_coins,
    protected_amount,
    protecting_coins,
)
from hbmcp.installation.triggers.kept import cancel
from hbmcp.installation.triggers.protected import live_triggers, protection_words
from hbmcp.installation.triggers.trigger import Trigger, written_spec
from hbmcp.pairs import base_of
from hbmcp.store import TO_REDUCE
from hbmcp.text import named
from hbmcp.times import now


@frozen
class Sale:
    """Of `units` of the coins that were there, with what orders hold of them, `sold` are sold or are to be; `price` is
    about what one costs, `rule` the pair's."""

    coins: Coins
    units: Decimal
    sold: Decimal
    price: Decimal
    rule: Rule

    def too_few(self, units: Decimal) -> bool:
        """Whether no order can sell so many of them."""
        return self.rule.too_few(units, self.price)


def sales_of(prepared: Iterable[PreparedOrder], orders: Iterable[Order | None] = ()) -> list[Sale]:
    """Those among orders that are prepared, one for the same coins: of what each is to sell; of what it has sold, where
    it is told what became of it."""
    found: dict[Coins, Sale] = {}
    ends = list(orders)
    for place, one in enumerate(prepared):
        order, end = one.order, ends[place] if ends else None
        if order.side != "SELL" or is_perpetual(order.connector) or one.coins is None or one.market is None:
            continue
        coins = (order.account, order.connector, base_of(order.pair))
        sold = order.amount if not ends else end.filled if end is not None else Decimal(0)
        sold += found[coins].sold if coins in found else Decimal(0)
        found[coins] = Sale(coins, one.coins, sold, one.market, one.rule)
    return list(found.values())


@frozen
class Counting:
    """In sentences: which triggers a sale would end, or leave fewer coins, and which executors it would leave too
    few."""

    triggers: tuple[str, ...] = ()
    executors: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        return *self.triggers, *self.executors


def sale_by_executor(account: str, prepared: Prepared, rows: Sequence[Balance]) -> list[Sale]:
    """What one that sells on spot may sell."""
    config, forecast = prepared.config, prepared.forecast
    if forecast is None or prepared.price is None or config.perpetual or forecast.plan.side != "SELL":
        return []
    needed = needs(config, forecast.plan)
    units = units_of(rows, needed.token)
    if units is None:
        return []
    coins = (account, forecast.connector, needed.token)
    return [Sale(coins, units, needed.units, prepared.price, forecast.rule)]


async def counting_on_sold(installation: Installation, sales: Sequence[Sale]) -> Counting:
    """Before it is sent. Nothing is asked where there are no sales. The workflow uses search_executors. Raises nothing,
    and holds nothing back for long."""
    if not sales:
        return Counting()
    triggers, executors = await all_of(
        _live(installation),
        counting_on(installation, [Remaining(one.coins, one.units - one.sold, one.price) for one in sales]),
    )
    said = [
        f"These coins are protected by {words}: as they are sold that {becomes}."
        for sale, protecting, left in _each(sales, triggers)
        for words, becomes in _words(sale, protecting, left)
    ]
    return Counting(tuple(said), tuple(executors))


async def after_sale(installation: Installation, sales: Sequence[Sale]) -> list[str]:
    """What became of those triggers once they have sold: they end, or are for what is left, here, so that they sell
    none of the next coins. Where the store doesn't answer soon the watcher sees it. Raises nothing."""
    said: list[str] = []
    for sale, protecting, left in _each(sales, await _live(installation) if sales else ()):
        written = await answer_within(_write(installation, protecting, left), TO_REDUCE)
        soon = "" if written is True else " once the watch sees it"
        said += [
            f"These coins were protected by {words}: that {becomes}{soon}."
            for words, becomes in _words(sale, protecting, left)
        ]
    return said


async def _live(installation: Installation) -> Sequence[Trigger]:
    read = await answer_within(live_triggers(installation), TO_REDUCE)
    return () if isinstance(read, CallError) else read[0]


def _each(
    sales: Iterable[Sale], triggers: Sequence[Trigger]
) -> Iterable[tuple[Sale, list[Trigger], dict[int, Decimal]]]:
    """The triggers that protect the coins of each, and what is left of those; none where fewer were there than they
    protect: the figures may be older than a purchase."""
    for sale in sales:
        protecting = protecting_coins(triggers, sale.coins)
        if not sale.sold or sale.units < protected_amount(protecting) * NEARLY:
            continue
        left = left_of_each(protecting, sale.units - sale.sold, sale.too_few)
        if left:
            yield sale, protecting, left


def _words(sale: Sale, protecting: Sequence[Trigger], left: dict[int, Decimal]) -> Iterable[tuple[str, str]]:
    """ "stop 180 (1), target 210 (2)" with "ends", or "is for the 0.5 SOL left" """
    for amount in dict.fromkeys(left.values()):
        becomes = f"is for the {plain(amount):f} {named(sale.coins[2])} left" if amount else "ends"
        yield protection_words(one for one in protecting if left.get(one.key) == amount), becomes


async def _write(installation: Installation, protecting: Iterable[Trigger], left: dict[int, Decimal]) -> bool:
    """Whether the store took it."""
    try:
        for one in protecting:
            match left.get(one.key):
                case None:
                    continue
                case amount if amount:
                    spec, why = written_spec(of_coins(one.spec, amount)), "some of its coins were sold"
                    await installation.store.rewrite_trigger(one.key, spec, why, time=now())
                case _:
                    await cancel(installation, one.key, "the coins that it protects were sold")
    except StoreError:
        return False
    return True
