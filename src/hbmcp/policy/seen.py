"""What is open, or may come to be, as far as it was read."""

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from hbmcp.installation.connections import is_perpetual
from hbmcp.pairs import base_of
from hbmcp.policy.worth import Worth


@frozen
class Held:
    """What is open already, or may come to be: a position, what a spot exchange holds of a token, an order that rests.
    `value` in the policy's currency; of a token `pair` is None."""

    account: str
    exchange: str
    base: str
    pair: str | None
    value: Decimal
    leverage: Decimal | None = None

    def is_of(self, ask: Worth) -> bool:
        """Whether it is of the same pair, on whatever account; a token is of every pair that it is bought with."""
        pair, exchange = ask.stake.pair or "", ask.stake.exchange or ""
        return self.pair == pair or (self.pair is None and not is_perpetual(exchange) and self.base == base_of(pair))


@frozen
class Seen:
    """What was read `at` that time: what is `held`, how many orders rest, or are an executor's to place yet, the
    equity of all, the same by account and exchange, and the day's loss; None where no limit needs it. `unfilled` are
    the ids of orders that rest whole, and `running` those of executors, of which it is held what they may order yet."""

    at: int
    held: tuple[Held, ...] = ()
    resting: int | None = None
    equity: Decimal | None = None
    equity_at: Mapping[tuple[str, str], Decimal] = {}
    loss: Decimal | None = None
    unfilled: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
