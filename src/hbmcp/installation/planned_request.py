"""A request that isn't sent yet: what it would do, in words and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Literal, ParamSpec, Self, cast

from attrs import evolve, field, fields, frozen

from hbmcp.catalog import Effect, Tool
from hbmcp.errors import NOTHING_SENT, BadArguments
from hbmcp.figures import number, ratio, times
from hbmcp.redaction import redacted
from hbmcp.results.cells import compact
from hbmcp.results.secrets_in_text import scrubbed
from hbmcp.text import NAMED, cut, one_line
from hummingbot_api.request import Request

P = ParamSpec("P")

FIGURES = ("amount", "price", "leverage")  # of a Stake, where a curation says which argument holds it


@contextmanager
def sendable() -> Iterator[None]:
    """What makes a request. Raises BadArguments for what can't be sent."""
    try:
        yield
    except ValueError as error:
        raise BadArguments(
            f"These arguments can't be sent: {one_line(str(error))}.", NOTHING_SENT, "Correct them and call it again."
        ) from None


@frozen
class Stake:
    """What a request is about, as far as it is known.

    `amount` in base units. `price` is the order's own limit, of a range of prices one end, `until` being the other;
    `value` what the whole is worth at the worse of that and
    the market, `market` the price that this was held against; all in quote. `type` of an executor, or the name of a
    controller or script. `orders` is how many of it may rest at once.
    """

    account: str | None = None
    exchange: str | None = None
    pair: str | None = None
    side: str | None = None
    amount: Decimal | None = None
    price: Decimal | None = None
    until: Decimal | None = None
    value: Decimal | None = None
    market: Decimal | None = None
    leverage: Decimal | None = None
    type: str | None = None
    orders: int = 1


@frozen
class Uncovered:
    """How much of a position no order would close that rests; of these `seen`. `at` is when the first of it was about
    to be read, in epoch ms."""

    amount: Decimal
    at: int
    seen: frozenset[str]


@frozen
class PlannedRequest:
    """One request of a plan, to a tool's operation; `words` say what it does: "BUY 0.1 BTC-USDT at 45000".

    `trades` is what the code or executor that it starts is told to trade with an account's keys: a stake for each
    market of each configuration; empty where nobody can tell, None for an executor on one market, and for whatever
    starts nothing on an account. `called` is the tool whose call it is of, where another is called. `uncovered` is of
    an order that reduces no more than that, and might open where others close the position. `closes` is of what is to
    CLOSE a position: as that stands now, or of what may rest, and fill when it is another. `replaces` is the id of an
    order that is gone before this one is sent in its place.
    """

    tool: str
    request: Request[Any]
    effect: Effect
    words: str
    stake: Stake = field(factory=Stake)
    trades: tuple[Stake, ...] | None = None
    called: str = field(default="", eq=False)
    uncovered: Uncovered | None = field(default=None, eq=False)
    closes: Literal["now", "once it fills"] | None = field(default=None, eq=False)
    replaces: str | None = field(default=None, eq=False)

    @classmethod
    def of(
        cls,
        effect: Effect,
        words: str,
        stake: Stake,
        build: Callable[P, Request[Any]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Self:
        """A generated tool's request, `of("stops", …, Stake(), executors.submit_executor_stop, executor_id="x")`.

        Raises BadArguments for what can't be sent.
        """
        with sendable():
            return cls(build.__name__, build(*args, **kwargs), effect, words, stake)

    @classmethod
    def plain(cls, tool: Tool, request: Request[Any], given: Mapping[str, Any]) -> Self:
        """That of a tool over one operation, as its curation says what it does and where that stands in what was
        given. Its words hold no secret: nothing of what a tool for secrets takes, and the rest is masked."""
        told: dict[str, Any] = {key: _at(given, place) for key, place in tool.effect.items() if key != "is"}
        for key in told:
            told[key] = number(told[key]) if key in FIGURES else told[key] if isinstance(told[key], str) else None
        effect = cast(Effect, tool.effect["is"])
        shown = given if effect != "secret" else {}
        # Masked before it is cut: a secret's beginning is none that masking knows.
        masked = {name: scrubbed(redacted(compact(value))) for name, value in shown.items()}
        arguments = [f"{name}={one_line(cut(value, NAMED))}" for name, value in masked.items()]
        trades = () if effect == "runs_code" and "account" in tool.effect else None
        return cls(tool.name, request, effect, " ".join((tool.name, *arguments)), Stake(**told), trades)

    @classmethod
    def kept(cls, tool: str, what: str, words: str) -> Self:
        """A change of `what` hbmcp keeps in its own store, which no API is asked for."""
        return cls(tool, Request("PUT", f"hbmcp's own {what}", parse=lambda answer: answer), "configures", words)

    @property
    def is_kept(self) -> bool:
        """Whether it changes what hbmcp keeps, of which only the words tell."""
        return not self.request.path.startswith("/")

    @property
    def by(self) -> tuple[str, ...]:
        """The tools that send it, beside the one that is called now."""
        return (self.called,) if self.called else ()

    def in_all(self, value: Decimal | None) -> Decimal | None:
        """What it comes to at most, where it is worth that now; None where nobody knows."""
        return value

    @property
    def unsent(self) -> str:
        """That it wasn't sent, and what it would do."""
        return f"Nothing was sent yet. Without preview: {self.words}."

    @property
    def as_reduction(self) -> Self:
        """The same, of who sells only what it protects."""
        return evolve(self, effect="reduces")

    def covers(self, other: PlannedRequest) -> bool:
        """Whether who granted this one has granted the other: the same, or the same order by a smaller amount."""
        if other == self or (self.effect == "reduces" and other.as_reduction == self):
            return True
        granted, asked = self.stake.amount, other.stake.amount
        if self.effect != other.effect or self.effect not in ("opens", "reduces") or granted is None or asked is None:
            return False
        return asked <= granted and _but_amount(other.request) == _but_amount(self.request)


@frozen
class Later(PlannedRequest):
    """One that a trigger sends with the tool `then` when it fires: up to `count` times, for at most `total` in quote.
    `unpriced` where it is of an amount in base, and at what price then nobody knows."""

    then: str = ""
    count: int = 1
    total: Decimal | None = None
    unpriced: bool = False

    @classmethod
    def fired(cls, planned: PlannedRequest, then: str) -> Self:
        """The same, sent by that tool."""
        return cls(**{one.name: getattr(planned, one.name) for one in fields(PlannedRequest)}, then=then)

    @property
    def by(self) -> tuple[str, ...]:
        return (self.then,)

    def in_all(self, value: Decimal | None) -> Decimal | None:
        if value is None:
            return None
        whole = None if self.unpriced else times(value, Decimal(self.count))
        if self.total is None or not self.stake.value:
            return whole
        most = ratio(times(value, self.total), self.stake.value)
        return most if whole is None else min(whole, most)


def _at(given: Mapping[str, Any], place: str) -> Any:
    value: Any = given
    for name in place.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _but_amount(request: Request[Any]) -> tuple[Any, ...]:
    body = {name: value for name, value in request.json.items() if name != "amount"} if request.json else None
    return request.method, request.path, request.query, body
