"""What a level of a grid sells once its purchase is filled: on spot the fee may have been taken out of that."""

from decimal import Decimal

from attrs import frozen

from hbmcp.figures import times
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.grid_sizing import Sizing
from hbmcp.installation.markets.trading_rules import Rule, on_step


@frozen
class Sale:
    """`amount` base units, at the lowest price at which a level is closed."""

    amount: Decimal
    price: Decimal

    @property
    def quote(self) -> Decimal:
        return times(self.amount, self.price)

    def holds(self, rule: Rule) -> bool:
        """Whether the exchange takes it."""
        return self.amount > 0 and self.amount >= rule.min_amount and self.quote >= rule.min_notional


def least_sale(config: Config, size: Sizing, rule: Rule, fee: Decimal) -> Sale:
    """The smallest by which a level is closed, `fee` a share. What a grid on spot has bought is less the fee, rounded
    down once more; one that sells first, or a contract, is closed with as much as it was opened."""
    gain: Decimal = config.get("triple_barrier_config.take_profit")
    lowest: Decimal = config.get("start_price")
    if config.get("side") != "BUY":
        return Sale(size.amount, lowest * (1 - gain))
    amount = size.amount if config.perpetual else on_step(times(size.amount, 1 - fee), rule.amount_step)
    return Sale(amount, on_step(lowest * (1 + gain), rule.price_step))
