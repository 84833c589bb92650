"""Executed trades, the best witness of what became of an order."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import UnreadableAnswer
from hbmcp.figures import number
from hbmcp.installation.installation import Installation
from hbmcp_tools import trading

# The API loads twice as many rows as it is asked for, and its pages repeat themselves: one large page is right.
PAGE = 1000
EARLY = 5 * 60_000  # milliseconds by which the API's time of a fill can be too early


@frozen
class Fill:
    """One trade. Amounts are in base units, price in quote, fee in `fee_currency`, time in epoch milliseconds."""

    order_id: str
    account: str
    connector: str
    pair: str
    side: str
    amount: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str | None
    time: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Fill":
        """A row of POST /trading/trades."""
        return cls(
            order_id=row["order_id"],
            account=row["account_name"],
            connector=row["connector_name"],
            pair=row["trading_pair"],
            side=row["trade_type"],
            amount=number(row["amount"]) or Decimal(0),
            price=number(row["price"]) or Decimal(0),
            fee=number(row["fee_paid"]) or Decimal(0),
            fee_currency=row["fee_currency"],
            time=milliseconds(row["timestamp"]),
        )


@frozen
class Fills:
    """Fills, oldest first. `complete` is whether the API can't have held more back."""

    rows: tuple[Fill, ...]
    complete: bool


async def fills(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    start: int | None = None,
    end: int | None = None,
) -> Fills:
    """The fills of a period (epoch milliseconds), those first that can be five minutes early in it. The workflow uses
    get_trades. Raises CallError."""
    answer = await installation.ask(
        trading.get_trades,
        account_name=account_name,
        connector_name=connector_name,
        trading_pair=trading_pair,
        start_time=None if start is None else str(start - EARLY),
        end_time=None if end is None else str(end),
        limit=PAGE,
    )
    try:
        rows = sorted(map(Fill.from_row, reversed(answer["data"])), key=lambda fill: fill.time)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableAnswer(f"The API's fills aren't what its contract promises ({error!r}).") from None
    return Fills(tuple(rows), len(rows) < PAGE)


def milliseconds(iso: str) -> int:
    """Epoch milliseconds of the API's ISO time, UTC where it has no zone."""
    moment = datetime.fromisoformat(iso)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
