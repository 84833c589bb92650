"""Asking a person before a plan is sent: when a policy wants it, what is asked, and whether an answer is for this plan.

The answer comes later, and the plan is made anew then: all in it must be as it was asked for, but for prices and
amounts, which may move within a tolerance that the question states.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Any, Literal, Protocol, Self

from attrs import asdict, define, field, frozen, has

from hbmcp.catalog import ADDING, REDUCING, Effect
from hbmcp.errors import AnswerVoid, CantAsk, Declined, NotConfirmed, Unanswered
from hbmcp.figures import cents, number, plain
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.policy.limits import Ask as Worth
from hbmcp.policy.limits import sells
from hbmcp.policy.model import Confirm, Policy
from hbmcp.policy.names import matches
from hbmcp.policy.rules import WHERE, is_about
from hbmcp.store import OnceOnly
from hbmcp.text import NAMED, cut, named, one_line, quoted
from hbmcp.times import duration, machine
from hummingbot_api import exact_json

# A client's word; a passphrase at a terminal; a key pressed at the terminal that called; "relied" on the client's own
# approval: nobody was asked.
Way = Literal["client", "terminal", "keyboard", "relied"]
Reply = Literal["yes", "no", "dismissed", "none", "gone", "unreadable", "void"]

MINUTE = 60_000  # milliseconds
LONGEST = 500  # characters of a request's words
BY_THEMSELVES = ("person", "trigger")  # kinds that were asked: at a terminal, or when it was armed

_MOVES = re.compile(r"amount|price|quote|value|market|total|size")  # names of what moves with the market

_NOT_SENT = "Nothing was sent."
_NO_YES: Mapping[Reply, tuple[type[NotConfirmed], str]] = {
    "no": (Declined, "The person who was asked said no."),
    "dismissed": (Declined, "The person who was asked dismissed the question."),
    "none": (Unanswered, "Nobody answered the question in time."),
    "gone": (Unanswered, "The question couldn't be put: the client failed at it, or has gone."),
    "unreadable": (Unanswered, "The client's answer to the question is neither a yes nor a no."),
    "void": (AnswerVoid, "This answer was changed, or is to a question of another call, client or installation."),
}


@frozen
class Demand:
    """What a policy wants for a plan, the strictest of the rules that ask. `tolerance` in percent, `patience` in
    minutes; `relies` on the client's own approval where nobody can be asked."""

    way: Literal["client", "terminal"]
    relies: bool
    tolerance: Decimal
    patience: int


def may_ask(policy: Policy, call: Call, requests: Sequence[PlannedRequest]) -> bool:
    """Whether that depends on what the requests are worth, or is so in any case."""
    return call.caller.kind not in BY_THEMSELVES and any(
        rule.when != "never"
        for rules in policy.confirm_lists
        for one in requests
        if (rule := _deciding(rules, call, one)) is not None
    )


def demanded(
    policy: Policy, call: Call, requests: Sequence[PlannedRequest], values: Sequence[Decimal | None]
) -> Demand | None:
    """Whether a person is to be asked, and how. `values` are those of the requests in the policy's currency."""
    found: list[Confirm] = []
    for rules in policy.confirm_lists:
        deciding = [_deciding(rules, call, one) for one in requests]
        for rule in rules:
            those = [place for place, decides in enumerate(deciding) if decides is rule]
            if those and _asks(rule, [requests[place] for place in those], [values[place] for place in those]):
                found.append(rule)
    if not found:
        return None
    return Demand(
        "terminal" if any(one.ask == "terminal" for one in found) else "client",
        all(one.cant_ask == "rely" for one in found),
        min(one.tolerance_percent for one in found),
        min(one.patience for one in found),
    )


def _asks(rule: Confirm, requests: Sequence[PlannedRequest], values: Sequence[Decimal | None]) -> bool:
    """What is worth nobody knows how much is asked for where it may be worth something."""
    if rule.over is None:
        return rule.when == "always"
    needed = (*ADDING, "runs_code", *(rule.effects or ()))
    unknown = any(value is None and one.effect in needed for one, value in zip(requests, values, strict=True))
    return unknown or sum((one for one in values if one is not None), Decimal(0)) > rule.over


def _deciding(rules: Iterable[Confirm], call: Call, planned: PlannedRequest) -> Confirm | None:
    return next((rule for rule in rules if _matches(rule, call, planned)), None)


def _matches(rule: Confirm, call: Call, planned: PlannedRequest) -> bool:
    if planned.effect in REDUCING if rule.effects is None else planned.effect not in rule.effects:
        return False
    if rule.tools is not None and not any(matches(name, rule.tools) for name in (call.caller.name, planned.tool)):
        return False
    about = is_about(call, planned)
    for kind in WHERE:
        globs = getattr(rule, kind)
        if globs is None:
            continue
        # What isn't known may be one of these: that is asked for, and not let pass.
        said = [matches(name, globs) for name in about[kind]]
        if not (bool(said) and all(said) if rule.when == "never" else any(said) or not said):
            return False
    return True


@frozen
class Quoted:
    """A plan as it was asked for: its figures that move with the market, by where they stand, and the `mark` of all
    else that is in it."""

    mark: str
    figures: Mapping[str, Decimal]

    @classmethod
    def of(cls, call: Call, requests: Sequence[PlannedRequest], worths: Sequence[Sequence[Worth]]) -> Self:
        """`worths` are the parts of each request with their values."""
        figures: dict[str, Decimal] = {}

        def put(name: str, value: Decimal) -> None:
            figures[name] = value

        rest = [
            call.caller.name,
            exact_json.dumps(_plain(call.arguments)).decode(),
            [
                [
                    *(one.tool, one.effect, one.request.method, one.request.path, repr(one.request.query)),
                    _without_figures(f"{place}.sent", _body(one), put),
                    _without_figures(f"{place}", asdict(one.stake), put),
                    [_without_figures(f"{place}.{part}", _valued(worth), put) for part, worth in enumerate(parts)],
                ]
                for place, (one, parts) in enumerate(zip(requests, worths, strict=True))
            ],
        ]
        return cls(hashlib.sha256(json.dumps(rest, default=str).encode("utf-8", "surrogatepass")).hexdigest(), figures)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What `text` wrote."""
        said = json.loads(text)
        return cls(said["mark"], {name: Decimal(value) for name, value in said["figures"].items()})

    @property
    def text(self) -> str:
        """JSON of it."""
        return json.dumps({"mark": self.mark, "figures": {name: str(value) for name, value in self.figures.items()}})

    def change(self, now: "Quoted", tolerance: Decimal) -> str:
        """What is otherwise now, by more than so many percent; "" where nothing is."""
        if self.mark != now.mark or self.figures.keys() != now.figures.keys():
            return "What it would do isn't what was asked for"
        for name, before in self.figures.items():
            after = now.figures[name]
            if abs(after - before) * 100 > abs(before) * tolerance:
                what = name.rpartition(".")[2]
                what = "price" if what == "market" else what
                return f"The {what} was {plain(before):f} when it was asked for, and is {plain(after):f}"
        return ""


def _body(planned: PlannedRequest) -> Any:
    request = planned.request
    return {name: getattr(request, name, None) for name in ("json", "form", "content", "files")}


def _valued(worth: Worth) -> dict[str, Any]:
    return {**(asdict(worth.part) if worth.part else {}), "value": worth.value, "market": worth.market}


def _without_figures(name: str, value: Any, put: Callable[[str, Decimal], None]) -> Any:
    """The value with a mark in place of each figure that moves, which is put aside."""
    if has(type(value)):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {key: _without_figures(f"{name}.{key}", one, put) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_figures(f"{name}.{place}", one, put) for place, one in enumerate(value)]
    last = next((part for part in reversed(name.split(".")) if not part.isdecimal()), "")
    found = number(value) if _MOVES.search(last) and not last.endswith("id") else None
    if found is None:
        return str(value)
    put(name, found)
    return "#"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | Decimal) else str(value)


@frozen
class Question:
    """What is asked, once: `words` for a person, and what the answer is held to, until that time in epoch ms."""

    words: str
    quoted: Quoted
    demand: Demand
    until: int
    id: str = field(factory=lambda: token_hex(8))

    @classmethod
    def of(
        cls,
        call: Call,
        plan: Plan,
        worths: Sequence[Sequence[Worth]],
        demand: Demand,
        currency: str,
        where: str,
        verdict: str,
    ) -> Self:
        """A plan in words: `where` is the installation in words, `verdict` what the policy says of it."""
        requests = (*plan.requests, *plan.later)
        client = f", called by {named(call.caller.client)}" if call.caller.client else ""
        lines = [f"{call.caller.name} on {where}{client}:"]
        lines += [
            f"{'later: ' if place >= len(plan.requests) else ''}{quoted(one.words, LONGEST)}: {_exposure(one)}"
            f"{_worth(parts, currency)}"
            for place, (one, parts) in enumerate(zip(requests, worths, strict=True))
        ]
        if len(requests) > 1:
            total = [value for parts in worths if (value := value_of(parts)) is not None]
            lines.append(f"{len(requests)} in all, worth {cents(sum(total, Decimal(0))):,f} {currency}.")
        if verdict:
            lines.append(one_line(verdict))
        lines.append(
            f"Without a yes within {duration(demand.patience * MINUTE)} nothing is sent, nor when a price or an amount "
            f"has moved by more than {plain(demand.tolerance):f} % by then."
        )
        return cls("\n".join(lines), Quoted.of(call, requests, worths), demand, machine() + demand.patience * MINUTE)


def value_of(parts: Iterable[Worth]) -> Decimal | None:
    """All that a request comes to; None where that isn't known."""
    values = [one.value for one in parts]
    return None if None in values else sum((one for one in values if one is not None), Decimal(0))


def _worth(parts: Sequence[Worth], currency: str) -> str:
    value = value_of(parts)
    if value is not None:
        return f", worth {cents(value):,f} {currency}"
    return ", worth nobody knows how much" if parts and parts[0].planned.effect in (*ADDING, "runs_code") else ""


def _exposure(planned: PlannedRequest) -> str:
    return "sells what is held" if sells(planned) else _EXPOSURE[planned.effect]


_EXPOSURE: Mapping[Effect, str] = {
    "opens": "adds to what is open",
    "reduces": "reduces a position",
    "cancels": "cancels what protects nothing",
    "moves": "swaps or moves tokens",
    "stops": "stops what runs",
    "unprotects": "takes protection away, or adds leverage",
    "configures": "changes settings",
    "reprices": "changes what limits are worth",
    "runs_code": "runs code",
    "secret": "takes or shows a credential",
}


@define
class Answered:
    """An answer to a question: a `reply`, which way it came, by whom. One that could come again is held to be used
    `once`: the store keeps which answers were, or it carries out an approval that stands there."""

    question: Question
    reply: Reply
    way: Way
    by: str
    once: OnceOnly | None = None

    @property
    def line(self) -> dict[str, str]:
        """For the audit."""
        return {"question": self.question.id, "way": self.way, "by": cut(one_line(self.by), NAMED)}

    def check(self, now: Quoted, demand: Demand | None) -> None:
        """Raises NotConfirmed unless it is a yes that holds for this plan, as a policy wants it asked for now."""
        self.check_yes()
        if self.way == "relied":
            return
        if demand is not None and demand.way == "terminal" and self.way != "terminal":
            raise AnswerVoid("The policy wants this asked in another way now.", _NOT_SENT, _AGAIN)
        tolerance = min(self.question.demand.tolerance, *(() if demand is None else (demand.tolerance,)))
        if change := self.question.quoted.change(now, tolerance):
            raise AnswerVoid(f"{change}: the answer doesn't hold for that.", _NOT_SENT, _AGAIN)

    def check_yes(self) -> None:
        """Raises NotConfirmed unless it is a yes in time."""
        if self.reply != "yes":
            error, happened = _NO_YES[self.reply]
            raise error(happened, _NOT_SENT, "Tell the user; don't call it again unless they ask for it.")
        if machine() > self.question.until:
            raise Unanswered("The answer came too late: the question's time was over.", _NOT_SENT, _AGAIN)


_AGAIN = "Look how things are; if it is still wanted, call it again, and the person is asked anew."


class Ask(Protocol):
    """The way to the person behind a call."""

    @property
    def answered(self) -> Answered | None:
        """An answer that came with the call, to a question of before."""

    @property
    def cant(self) -> str:
        """Why nobody can be asked this way; "" where somebody can."""

    async def __call__(self, question: Question) -> Answered:
        """Ask, and wait for the answer; nothing is held meanwhile. Raises AskedFirst where it comes with another
        call."""


class AskedFirst(Exception):
    """The call ends here, and comes again with the answer to its question."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.id)
        self.question = question


def cant_ask(why: str) -> CantAsk:
    """Where nobody can be asked, and the policy doesn't rely on the client then."""
    return CantAsk(
        f"The policy wants a person asked before this is sent, and nobody can be: {why}.",
        _NOT_SENT,
        "Tell the user. A person can do it at a terminal with `hbmcp call`, or change the policy.",
    )
