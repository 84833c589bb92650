"""The balances of one account on one exchange, among all that the API tells."""

from decimal import Decimal

from attrs import frozen

from hbmcp.installation.answer_fields import Fields, array, number, optional, text
from hbmcp.installation.installation import Installation
from hbmcp_tools import portfolio
from hummingbot_api.request import Json


@frozen
class Balance:
    """`units` of a token, what orders and margin hold among them; `available` is None where that isn't told."""

    token: str
    units: Decimal
    available: Decimal | None

    @classmethod
    def from_row(cls, row: Json) -> "Balance":
        """A token of POST /portfolio/state."""
        fields = Fields(row)
        available = fields.needed("available_units", optional(number))
        return cls(fields.needed("token", text), fields.needed("units", number), available)


async def balances(installation: Installation, account_name: str, connector_name: str) -> list[Balance]:
    """None where the API has no figures of that exchange. The workflow uses get_portfolio_state. Raises CallError."""

    def reading(state: Json) -> list[Balance]:
        exchanges = Fields(state).given(account_name, Fields)
        return (exchanges.given(connector_name, array(Balance.from_row)) if exchanges else None) or []

    return await installation.read(reading, portfolio.get_portfolio_state, account_name=account_name)
