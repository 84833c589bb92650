"""The balances of one account on one exchange, among all that the API tells."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import frozen

from hbmcp.installation.answer_fields import Fields, array, number, optional, record, text
from hbmcp.installation.installation import Installation
from hbmcp_tools import portfolio
from hummingbot_api.request import Json

Coins = tuple[str, str, str]  # account, exchange and token

ZERO = Decimal(0)
NEARLY = Decimal("0.99")  # of coins that were bought: a fee may have taken the rest


@frozen
class Balance:
    """`units` of a token, what orders and margin hold among them; `available` is None where that isn't told. `price`
    and `value` are in USDT, None or 0 where the API has no price."""

    token: str
    units: Decimal
    available: Decimal | None
    price: Decimal | None = None
    value: Decimal | None = None

    @classmethod
    def from_row(cls, row: Json) -> "Balance":
        """A token of POST /portfolio/state."""
        fields = Fields(row)
        available = fields.needed("available_units", optional(number))
        token, units = fields.needed("token", text), fields.needed("units", number)
        return cls(token, units, available, fields.known("price", number), fields.known("value", number))


async def balances(installation: Installation, account_name: str, connector_name: str) -> list[Balance]:
    """None where the API has no figures of that exchange. The workflow uses get_portfolio_state. Raises CallError."""
    return (await balances_at(installation, account_name, [connector_name]))[connector_name]


async def balances_at(
    installation: Installation, account_name: str, connectors: Iterable[str]
) -> dict[str, list[Balance]]:
    """Connector -> balances, of several exchanges of an account; as `balances`, with one request."""

    def reading(state: Json) -> dict[str, list[Balance]]:
        exchanges = Fields(state).given(account_name, Fields)
        rows = array(Balance.from_row)
        return {one: (exchanges.given(one, rows) if exchanges else None) or [] for one in connectors}

    return await installation.read(reading, portfolio.get_portfolio_state, account_name=account_name)


def units_of(rows: Iterable[Balance], token: str) -> Decimal | None:
    """Of a token, with what orders and margin hold; None where there are no figures at all."""
    known = list(rows)
    return sum((one.units for one in known if one.token == token), ZERO) if known else None


async def portfolio_value(installation: Installation) -> Decimal:
    """All balances of all accounts, in USDT. As `balances`."""

    def reading(state: Json) -> Decimal:
        rows = [
            row
            for exchanges in record(state).values()
            for listed in record(exchanges).values()
            for row in array(Balance.from_row)(listed)
        ]
        return sum((row.value or ZERO for row in rows), ZERO)

    return await installation.read(reading, portfolio.get_portfolio_state)


def available(rows: Iterable[Balance]) -> Mapping[str, Decimal]:
    """Token -> units that neither orders nor positions hold; a token that isn't there has none."""
    found: dict[str, Decimal] = {}
    for one in rows:
        found[one.token] = found.get(one.token, ZERO) + (one.available or ZERO)
    return found
