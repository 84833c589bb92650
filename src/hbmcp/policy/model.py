"""What a person can set: who may act where, and how much."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from hbmcp.catalog import Effect

MOST = Decimal("1e30")  # what is beyond it is no amount of money

Amount = Annotated[Decimal, Field(gt=0, lt=MOST, allow_inf_nan=False)]  # in the policy's currency
Count = Annotated[int, Field(gt=0, lt=10**9, strict=True)]  # of TOML's own: true is no number
Globs = tuple[Annotated[str, Field(min_length=1)], ...]
Way = Literal["client", "telegram", "terminal"]  # to ask a person: each proves more than the one before
Percent = Annotated[Decimal, Field(gt=0, lt=MOST, allow_inf_nan=False)]  # 5 is 5 %


def _moment(told: Any) -> Any:
    """TOML's own times, or the same as text. A number would be seconds since 1970, which nobody means."""
    if isinstance(told, date | None):  # a datetime is one
        return told
    with suppress(ValueError):
        return datetime.fromisoformat(told if isinstance(told, str) else "")
    raise PydanticCustomError("moment", "must be a time, such as 2026-12-01T00:00:00Z")


Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Names(_Table):
    """Globs of names; letter case doesn't matter. Under `allow` a list that isn't there allows all, and an empty one
    nothing; `tools` and `toolsets` add up there, and leave reads alone. Controllers and scripts, which amounts can't
    bound, have to be named. `deny` wins."""

    accounts: Globs | None = None
    exchanges: Globs | None = None
    pairs: Globs | None = None
    tools: Globs | None = None
    toolsets: Globs | None = None
    executors: Globs | None = None
    controllers: Globs | None = None
    scripts: Globs | None = None


class Limits(_Table):
    """Each is absent, or holds. Values are in the policy's currency."""

    order: Amount | None = None  # one order, or all that an executor can come to
    order_percent: Percent | None = None  # the same, of the portfolio
    hour: Amount | None = None  # what is sent to open within an hour, cancelled or not
    day: Amount | None = None  # within a UTC day
    orders_a_minute: Count | None = None
    open_orders: Count | None = None
    position: Amount | None = None  # of one pair, on one account
    pair: Amount | None = None  # of one pair, on all accounts
    account: Amount | None = None  # all positions of an account
    leverage: Amount | None = None
    distance_percent: Percent | None = None  # of a limit price from the market
    day_loss: Amount | None = None  # realised and unrealised, of a UTC day; beyond it only reducing is allowed


BY_TIME = ("hour", "day", "orders_a_minute")  # which time uses up


def in_utc(moment: datetime) -> datetime:
    """Where it says no zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Budget(_Table):
    """So much may be opened at an account, in a time. Closing doesn't refill it."""

    account: str
    amount: Amount
    starts: Moment = None
    ends: Moment = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.starts is not None and self.ends is not None and in_utc(self.ends) <= in_utc(self.starts):
            raise PydanticCustomError("moment", "must end after it starts")
        return self


class Confirm(_Table):
    """Whether a person is asked before what it matches is sent: "always", "never", or where all that it matches of a
    plan is worth "over 500" in the policy's currency. All lists that are there must match; without `effects` it is
    about all that isn't refused by no limit (reduces, cancels, stops).

    `ask` is the way: the client, the Telegram chat of the settings, or `hbmcp approvals` at a terminal. Where that way
    can't be gone, it is refused, or left to the client's own approval. An answer holds for prices and amounts within
    the tolerance, and so long.
    """

    when: str = Field(pattern=r"^(always|never|over [0-9]{1,20}(\.[0-9]{1,20})?)$")
    effects: tuple[Effect, ...] | None = None
    tools: Globs | None = None
    accounts: Globs | None = None
    exchanges: Globs | None = None
    pairs: Globs | None = None
    ask: Way = "client"
    cant_ask: Literal["refuse", "rely"] = "refuse"
    tolerance_percent: Percent = Decimal(1)
    minutes: Annotated[int, Field(gt=0, le=1440)] | None = None  # 5 for a client, else 60

    @property
    def over(self) -> Decimal | None:
        """In the policy's currency; None for always and never."""
        return Decimal(self.when.removeprefix("over ")) if self.when.startswith("over ") else None

    @property
    def patience(self) -> int:
        """Minutes for an answer."""
        return self.minutes or (5 if self.ask == "client" else 60)


def _alone(told: Any) -> Any:
    """`confirm = "over 500"` is a list of that alone."""
    return ({"when": told},) if isinstance(told, str) else told


Confirms = Annotated[tuple[Confirm, ...], BeforeValidator(_alone)]


class Rules(_Table):
    """What may be done, how much, and when a person is asked first: of `confirm` the strictest that asks decides. What
    one that says never matches, those below it don't ask for."""

    confirm: Confirms = ()
    allow: Names = Names()
    deny: Names = Names()
    limits: Limits = Limits()
    budgets: dict[str, Budget] = {}


class Written(Rules):
    """What one file says. A profile is more of it, for those whose access token names it."""

    currency: str = Field(default="USDT", pattern=r"^[A-Z0-9]{2,10}$")
    profiles: dict[str, Rules] = {}


class Policy(Written):
    """The whole that holds. `also` are the files that tightened it: what they allow, their budgets and when they ask
    hold beside its own, their limits and what they deny are among its own. One of them may be the `profile` of an
    access token: what of that is used up by time is `theirs`, and counts what its `holder` did alone."""

    profile: str | None = None
    also: tuple[Rules, ...] = ()
    theirs: Rules | None = None
    holder: str = ""

    def held_by(self, holder: str) -> "Policy":
        """The same for the holder of this key."""
        return self.model_copy(update={"holder": holder})

    @property
    def allows(self) -> tuple[Names, ...]:
        """Each of them must allow what is sent."""
        return (self.allow, *(one.allow for one in self.also))

    @property
    def budget_lists(self) -> tuple[dict[str, Budget], ...]:
        """Each of them must have room: where one ends, the account's next one in the same list can follow, and none of
        another."""
        return tuple(one.budgets for one in (self, *self.also) if one.budgets)

    @property
    def confirm_lists(self) -> tuple[tuple[Confirm, ...], ...]:
        """A person is asked where any of them says so."""
        return tuple(one.confirm for one in (self, *self.also) if one.confirm)

    @property
    def needs_value(self) -> bool:
        """Whether a limit holds against what a request is worth."""
        of, theirs = self.limits, self.theirs
        each = (of.order, of.order_percent, of.position, of.pair, of.account, of.leverage)
        sums = (of.hour, of.day) if theirs is None else (of.hour, of.day, theirs.limits.hour, theirs.limits.day)
        budgets = self.budget_lists or (theirs is not None and theirs.budgets)
        return bool(budgets) or any(one is not None for one in (*each, *sums))


def default(on_paper: bool) -> Policy:
    """What holds without a file."""
    order, day = (1_000_000, 10_000_000) if on_paper else (10_000, 50_000)
    return Policy(limits=Limits(order=Decimal(order), day=Decimal(day)))


def tightened(policy: Policy, by: Rules) -> Policy:
    """Both at once, in the currency of the first: the smaller of each limit, what both allow, what neither denies, the
    budgets of both; asked is where either asks. Nothing is allowed that the first didn't allow."""
    limits: dict[str, Any] = {}
    for name in Limits.model_fields:
        values = [value for one in (policy, by) if (value := getattr(one.limits, name)) is not None]
        limits[name] = min(values, default=None)
    denied: dict[str, Any] = {}
    for name in Names.model_fields:
        lists = [globs for one in (policy, by) if (globs := getattr(one.deny, name)) is not None]
        denied[name] = tuple(dict.fromkeys(chain.from_iterable(lists))) if lists else None
    return policy.model_copy(
        update={
            "limits": Limits.model_construct(**limits),
            "deny": Names.model_construct(**denied),
            "also": (*policy.also, by),
        }
    )


def bound(policy: Policy, profile: str) -> Policy | None:
    """What holds for who is bound to a profile of it; None where it has none of that name."""
    rules = policy.profiles.get(profile)
    if rules is None:
        return None
    used_up = {name: getattr(rules.limits, name) for name in BY_TIME}
    theirs = Rules(limits=Limits.model_construct(**used_up), budgets=rules.budgets)
    rest = {"limits": rules.limits.model_copy(update=dict.fromkeys(BY_TIME)), "budgets": {}}
    tight = tightened(policy, rules.model_copy(update=rest))
    return tight.model_copy(update={"profile": profile, "theirs": theirs})
