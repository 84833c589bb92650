"""Everything the paper exchange refuses before an order exists, in one hierarchy; the routes turn each into a status.

    PaperError
      StoreUnusable       the file can't be used: damaged, of a newer version, locked for too long, of another market
      UnknownAccount      no account of this name
      AccountExists       there is one already
      BadName             not a name for an account
      MasterAccount       the first account can't be deleted
      UnknownExchange     no such exchange
      NotConnected        the account has no credentials for this exchange
      NotPerpetual        asked of a spot exchange what only a perpetual one has
      UnknownPair         the exchange doesn't trade this pair
      UnknownOrder        no such order, or it doesn't rest any more
      BadValue            a value that can't be meant: not positive, no such side, type, action, mode or leverage
      PriceRequired       a limit order without a price
      BelowMinimum        less than the pair's smallest size ("size") or notional ("notional")
      ExchangeRefused     what the exchange itself says no to outside an order (leverage); str() is its recorded style

What the exchange refuses of an order (balance, would take, reduce-only, margin) isn't raised: it is the `error` of a
stored order with status FAILED.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal


class PaperError(Exception):
    """The paper exchange says no; str() is a sentence in its own words."""


class StoreUnusable(PaperError):
    """The file of the paper exchange can't be used; nothing in it was changed."""

    def __init__(self, place: str, reason: str, advice: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"The paper exchange can't use {place}: {reason}. Nothing was changed. {advice}")


class UnknownAccount(PaperError):
    def __init__(self, account: str) -> None:
        self.account = account
        super().__init__(f"Account '{account}' not found")


class AccountExists(PaperError):
    def __init__(self, account: str) -> None:
        self.account = account
        super().__init__("Account already exists.")


class BadName(PaperError):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"Invalid account name: '{name}'. Only letters, numbers, underscores and hyphens are allowed.")


class MasterAccount(PaperError):
    def __init__(self) -> None:
        super().__init__("Cannot delete master account.")


class UnknownExchange(PaperError):
    def __init__(self, exchange: str) -> None:
        self.exchange = exchange
        super().__init__(f"Connector {exchange} not found")


class NotConnected(PaperError):
    def __init__(self, account: str, exchange: str) -> None:
        self.account = account
        self.exchange = exchange
        super().__init__(f"Account '{account}' has no credentials for {exchange}")


class NotPerpetual(PaperError):
    def __init__(self, exchange: str) -> None:
        self.exchange = exchange
        super().__init__(f"Connector '{exchange}' is not a perpetual connector")


class UnknownPair(PaperError):
    def __init__(self, exchange: str, pair: str, known: Iterable[str]) -> None:
        self.exchange = exchange
        self.pair = pair
        self.known = list(known)
        super().__init__(f"Trading pair '{pair}' not supported on {exchange}. Available pairs: {self.known}")


class UnknownOrder(PaperError):
    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"Order '{order_id}' not found in active orders")


class BadValue(PaperError):
    """`field` is the name of place()'s or set_…()'s parameter."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        self.field = field
        self.value = value
        self.expected = expected
        super().__init__(f"Invalid {field} '{value}'. Must be {expected}")


class PriceRequired(PaperError):
    def __init__(self) -> None:
        super().__init__("Price is required for LIMIT and LIMIT_MAKER orders")


class BelowMinimum(PaperError):
    """`value` is the order's amount on the lot, or its notional value; `least` what the pair asks for."""

    def __init__(self, kind: Literal["size", "notional"], pair: str, value: Decimal, least: Decimal) -> None:
        self.kind = kind
        self.pair = pair
        self.value = value
        self.least = least
        super().__init__(
            f"Order amount {value:f} is below minimum order size {least:f} for {pair}"
            if kind == "size"
            else f"Order notional value {value:f} is below minimum notional size {least:f} for {pair}. "
            "Increase the amount or price to meet the minimum requirement."
        )


class ExchangeRefused(PaperError):
    """`text` is the whole reason in the style of the API: "Error executing request POST …"."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)
