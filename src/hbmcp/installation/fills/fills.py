"""Executed trades, the best witness of what became of an order."""

from decimal import Decimal

from attrs import frozen

from hbmcp.installation.answer_fields import Fields, data, moment, number, optional, text
from hbmcp.installation.installation import Installation
from hbmcp_tools import trading
from hummingbot_api.request import Json

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
    def from_row(cls, row: Json) -> "Fill":
        """A row of POST /trading/trades."""
        fields = Fields(row)
        return cls(
            order_id=fields.needed("order_id", text),
            account=fields.needed("account_name", text),
            connector=fields.needed("connector_name", text),
            pair=fields.needed("trading_pair", text),
            side=fields.needed("trade_type", text),
            amount=fields.needed("amount", number),
            price=fields.needed("price", number),
            fee=fields.needed("fee_paid", optional(number)) or Decimal(0),
            fee_currency=fields.known("fee_currency", text),
            time=fields.needed("timestamp", moment),
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
    found = await installation.read(
        data(Fill.from_row),
        trading.get_trades,
        account_name=account_name,
        connector_name=connector_name,
        trading_pair=trading_pair,
        start_time=None if start is None else str(start - EARLY),
        end_time=None if end is None else str(end),
        limit=PAGE,
    )
    found.reverse()  # the newest come first, also of those at one moment
    return Fills(tuple(sorted(found, key=lambda fill: fill.time)), len(found) < PAGE)
