"""What an exchange takes as an order of a pair: smallest sizes, and the steps of amounts and prices."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from attrs import frozen

from hbmcp.did_you_mean import nearest
from hbmcp.errors import CallError, Failed, Refused
from hbmcp.figures import money, plain, times
from hbmcp.installation.answer_fields import Fields, number, record
from hbmcp.installation.installation import Installation
from hbmcp.text import named
from hbmcp_tools import trading

NO_STEP = Decimal("1e-30")  # what is smaller means "any", as 1e-56 does
_DOWN, _UP = Context(prec=80, rounding=ROUND_FLOOR), Context(prec=80, rounding=ROUND_CEILING)


class UnknownPair(Refused):
    """The exchange has no such pair."""


@frozen
class Rule:
    """Amounts in base units, price and notional (amount times price) in quote. A step or minimum of 0 is none."""

    min_amount: Decimal = Decimal(0)
    amount_step: Decimal = Decimal(0)
    min_notional: Decimal = Decimal(0)
    price_step: Decimal = Decimal(0)

    def amount(self, wanted: Decimal) -> Decimal:
        """The largest amount that the exchange takes and that isn't more than wanted; 0 if that is less than a step."""
        return on_step(wanted, self.amount_step)

    def price(self, wanted: Decimal, side: str) -> Decimal:
        """The nearest price that the exchange takes and that isn't worse than wanted for who buys or sells."""
        return on_step(wanted, self.price_step, up=side == "SELL")

    def too_few(self, units: Decimal, price: Decimal | None = None) -> bool:
        """Whether no order can sell so many, at `price` or at any."""
        size = self.amount(units)
        return not size or size < self.min_amount or (price is not None and times(size, price) < self.min_notional)

    def sized(self, wanted: Decimal, trading_pair: str, price: Decimal | None) -> tuple[Decimal, str]:
        """The amount to order, never more than is wanted, and "" or that it was rounded down.

        Raises Refused where it is below the pair's smallest size, or at `price` below its smallest value.
        """
        size = plain(self.amount(wanted))
        base, _, quote = trading_pair.partition("-")
        if not size or size < self.min_amount:
            least = max(self.min_amount, self.amount_step)
            raise Refused(
                f"{plain(wanted):f} {named(base)} is less than the smallest order of {named(trading_pair)}, "
                f"{plain(least):f} {named(base)}.",
                "Nothing was sent.",
                "Order more.",
            )
        if price is not None and (value := times(size, price)) < self.min_notional:
            raise Refused(
                f"{size:f} {named(base)} at {money(price):f} is worth {money(value):f} {named(quote)}, less than the "
                f"smallest order of {named(trading_pair)}, {plain(self.min_notional):f} {named(quote)}.",
                "Nothing was sent.",
                "Order more.",
            )
        if size == wanted:
            return size, ""
        return (
            size,
            f"The amount {plain(wanted):f} was rounded down to {size:f}, a multiple of {plain(self.amount_step):f}.",
        )


async def rule(installation: Installation, connector_name: str, trading_pair: str) -> Rule:
    """The rules of a pair. The workflow uses get_trading_rules. Raises UnknownPair, a Refused, or
    another CallError where they can't be read."""
    try:
        return await installation.read(
            lambda answer: _rule(Fields(answer).given(trading_pair, Fields)),
            trading.get_trading_rules,
            connector_name=connector_name,
            trading_pairs=[trading_pair],
        )
    except Failed:
        raise UnknownPair(
            f"{named(connector_name)} has no pair {named(trading_pair)}.",
            "Nothing was sent.",
            await _suggestion(installation, connector_name, trading_pair),
        ) from None


def _rule(found: Fields | None) -> Rule:
    if found is None:
        return Rule()
    return Rule(
        _least(found, "min_order_size"),
        _least(found, "min_base_amount_increment"),
        _least(found, "min_notional_size", "min_order_value"),
        _least(found, "min_price_increment"),
    )


async def rule_if_readable(installation: Installation, connector_name: str, trading_pair: str) -> Rule | None:
    """As `rule`, but None where it can't be read. Raises UnknownPair or another Refused."""
    try:
        return await rule(installation, connector_name, trading_pair)
    except Refused:
        raise
    except CallError:
        return None


def on_step(value: Decimal, step: Decimal, *, up: bool = False) -> Decimal:
    """The nearest multiple of `step` that isn't above, or with `up` not below, the value."""
    if not step:
        return value
    context = _UP if up else _DOWN
    steps = context.to_integral_value(context.divide(value, step))
    return context.multiply(steps, step)


def _least(found: Fields, *names: str) -> Decimal:
    """The largest of these limits, 0 where there is none."""
    limits = [found.known(name, number) or Decimal(0) for name in names]
    return max(limit if limit > NO_STEP else Decimal(0) for limit in limits)


async def _suggestion(installation: Installation, connector_name: str, trading_pair: str) -> str:
    try:
        pairs = list(await installation.read(record, trading.get_trading_rules, connector_name=connector_name))
    except CallError:
        pairs = []
    near = nearest(trading_pair, pairs, most=4, likeness=0.5)
    return (
        f"Did you mean {' or '.join(map(named, near))}?"
        if near
        else "get_trading_rules lists its pairs, such as BTC-USDT."
    )
