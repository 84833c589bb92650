"""What an order that takes from the book costs on an exchange. The API has no operation for it."""

from collections.abc import Collection
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import plain, ratio, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.fills.fills import Fill, fills
from hbmcp.installation.installation import Installation
from hbmcp.pairs import base_of, quote_of

RECENT = 50  # fills of an exchange that tell its fee

# Base tier, as published by the exchanges in 2026, as a share of the value; the others are near to these.
_TAKER = {
    "binance_perpetual": "0.0005",
    "bybit_perpetual": "0.00055",
    "hyperliquid": "0.0007",
    "hyperliquid_perpetual": "0.00045",
    "okx_perpetual": "0.0005",
    "gate_io_perpetual": "0.0005",
    "dydx_v4_perpetual": "0.0005",
}
_MAKER = {
    "hyperliquid": "0.0004",
    "hyperliquid_perpetual": "0.00015",
    "dydx_v4_perpetual": "0.0001",
}
_PERPETUAL_MAKER = Decimal("0.0002")
_SPOT, _PERPETUAL = Decimal("0.001"), Decimal("0.0006")


@frozen
class TakerFee:
    """A share of the traded value. `assumed`: it is the exchange's usual one, no fill of one's own tells it."""

    rate: Decimal
    assumed: bool

    @property
    def percent(self) -> Decimal:
        """In percent, with at most four places."""
        return plain((self.rate * 100).quantize(Decimal("0.0001")))


async def taker_fees(
    installation: Installation, connectors: Collection[str], account_name: str | None = None
) -> dict[str, TakerFee]:
    """The taker fee of each exchange: of one account, or whatever any account paid. The workflow uses get_trades.
    Raises nothing.

    It is the highest rate among the last 50 fills there: some of them may be a maker's, which is lower.
    """
    only = next(iter(connectors)) if len(connectors) == 1 else None
    try:
        recent = (await fills(installation, account_name=account_name, connector_name=only)).rows
    except CallError:
        recent = ()
    return {connector: fee_paid(recent, connector) or assumed_fee(connector) for connector in connectors}


def fee_paid(recent: Collection[Fill], connector: str) -> TakerFee | None:
    """What the fills tell, oldest first; None where they tell nothing."""
    rates = [rate for fill in recent if fill.connector == connector and (rate := _rate(fill))]
    return TakerFee(max(rates[-RECENT:]), assumed=False) if rates else None


def assumed_fee(connector: str) -> TakerFee:
    """What the exchange takes from who trades little."""
    usual = _PERPETUAL if is_perpetual(connector) else _SPOT
    return TakerFee(Decimal(_TAKER.get(connector, usual)), assumed=True)


def usual_maker_fee(connector: str) -> Decimal:
    """A share of the value: what the exchange takes of an order that rests from who trades little."""
    return Decimal(_MAKER.get(connector, _PERPETUAL_MAKER if is_perpetual(connector) else _SPOT))


def _rate(fill: Fill) -> Decimal | None:
    """None where the fee isn't known, was paid in a third token, or was a rebate."""
    base, quote = base_of(fill.pair), quote_of(fill.pair)
    value = {base: fill.amount, quote: times(fill.amount, fill.price)}.get(fill.fee_currency or "")
    return ratio(fill.fee, value) if value and fill.fee > 0 else None
