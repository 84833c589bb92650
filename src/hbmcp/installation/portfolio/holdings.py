"""What is held where, as the API has it after asking every exchange."""

from decimal import Decimal

from attrs import frozen

from hbmcp.figures import times
from hbmcp.installation.answer_fields import Fields, array, mapping, number, optional, record, text, under
from hbmcp.installation.installation import Installation
from hbmcp_tools import portfolio
from hummingbot_api.request import Json

Place = tuple[str, str]  # account, connector

CURRENCY = "USDT"  # the API values every token in it, whatever the rate oracle's own quote token is


def is_dollar(token: str) -> bool:
    """Whether the API counts a token as exactly 1 USDT, without a look at its price."""
    return "USD" in token


@frozen
class Holding:
    """One token at one exchange. `units` include what orders and margin hold; price and value are in USDT, None where
    the API has no price."""

    account: str
    connector: str
    token: str
    units: Decimal
    available: Decimal | None
    price: Decimal | None
    value: Decimal | None

    @classmethod
    def from_row(cls, place: Place, row: Json) -> "Holding":
        """A token of POST /portfolio/state. The API means "unknown" by a price of 0."""
        fields = Fields(row)
        units = fields.needed("units", optional(number)) or Decimal(0)
        price, value = fields.known("price", number), fields.known("value", number)
        if price is None or price <= 0:
            price = value = None
        elif value is None:
            value = times(units, price)
        available = fields.known("available_units", number)
        return cls(*place, fields.needed("token", text), units, available, price, value)

    @property
    def place(self) -> Place:
        """Account and connector."""
        return self.account, self.connector

    @property
    def held(self) -> Decimal | None:
        """Units that orders or margin hold."""
        return None if self.available is None else self.units - self.available


@frozen
class Holdings:
    """`places` are those that the API has figures for; a place without any row is one of them too."""

    rows: tuple[Holding, ...]
    places: tuple[Place, ...]


async def holdings(installation: Installation, account_name: str | None = None) -> Holdings:
    """Every token of all accounts or one. The workflow uses get_portfolio_state. Raises CallError.

    Where an exchange doesn't answer, the API gives its old figures and doesn't say so.
    """
    return await installation.read(_read, portfolio.get_portfolio_state, account_name=account_name)


async def last_holdings(installation: Installation, account_name: str | None = None) -> list[Holding]:
    """What was held when the API last asked the exchanges, without prices; it asks none for that. The workflow uses
    get_portfolio_distribution. Raises CallError."""
    tokens = await installation.read(
        under("distribution", array(_of_token)), portfolio.get_portfolio_distribution, account_name=account_name
    )
    return [one for held in tokens for one in held]


def _of_token(row: Json) -> list[Holding]:
    token = Fields(row).needed("token", text)
    accounts = Fields(row).needed("accounts", mapping(under("connectors", mapping(Fields))))
    return [
        Holding(account, connector, token, at.needed("units", number), None, None, at.needed("value", number))
        for account, connectors in accounts.items()
        for connector, at in connectors.items()
    ]


def _read(state: Json) -> Holdings:
    exchanges = mapping(mapping(optional(array(record))))(state)
    places = {(account, connector): rows for account, found in exchanges.items() for connector, rows in found.items()}
    rows = [Holding.from_row(place, row) for place, listed in places.items() for row in listed or ()]
    return Holdings(tuple(row for row in rows if row.units), tuple(places))
