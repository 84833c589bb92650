"""What a person can set: who may act where, and how much."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Amount = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]  # in the policy's currency
Count = Annotated[int, Field(gt=0)]
Percent = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]  # 5 is 5 %


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Names(_Table):
    """Globs of names. Under `allow` a list that isn't there allows all; scripts and controllers, which amounts can't
    bound, have to be named there. `deny` wins."""

    accounts: tuple[str, ...] | None = None
    exchanges: tuple[str, ...] | None = None
    pairs: tuple[str, ...] | None = None
    tools: tuple[str, ...] | None = None
    toolsets: tuple[str, ...] | None = None
    executors: tuple[str, ...] | None = None
    controllers: tuple[str, ...] | None = None
    scripts: tuple[str, ...] | None = None


class Limits(_Table):
    """Each is absent, or holds. Values are in the policy's currency."""

    order: Amount | None = None  # one order, or all that an executor can come to
    order_percent: Percent | None = None  # the same, of the portfolio
    hour: Amount | None = None  # what is opened within an hour
    day: Amount | None = None  # within a UTC day
    orders_a_minute: Count | None = None
    open_orders: Count | None = None
    position: Amount | None = None  # of one pair, on one account
    pair: Amount | None = None  # of one pair, on all accounts
    account: Amount | None = None  # all positions of an account
    leverage: Amount | None = None
    distance_percent: Percent | None = None  # of a limit price from the market
    day_loss: Amount | None = None  # realised and unrealised, of a UTC day; beyond it only reducing is allowed


class Budget(_Table):
    """So much may be opened at an account, in a time. Closing doesn't refill it."""

    account: str
    amount: Amount
    starts: datetime | None = None
    ends: datetime | None = None


class Policy(_Table):
    """The whole."""

    currency: str = Field(default="USDT", pattern=r"^[A-Z0-9]{2,10}$")
    allow: Names = Names()
    deny: Names = Names()
    limits: Limits = Limits()
    budgets: dict[str, Budget] = {}
