"""What a person is asked: a plan in words."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Self

from attrs import field, frozen

from hbmcp.catalog import ADDING, Effect
from hbmcp.figures import cents, plain
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.demand import Demand
from hbmcp.policy.confirmation.quoted import Quoted
from hbmcp.policy.limits import Ask, sells
from hbmcp.text import named, one_line, quoted
from hbmcp.times import duration, machine

MINUTE = 60_000  # milliseconds
LONGEST = 500  # characters of a request's words


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
        worths: Sequence[Sequence[Ask]],
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


def value_of(parts: Iterable[Ask]) -> Decimal | None:
    """All that a request comes to; None where that isn't known."""
    values = [one.value for one in parts]
    return None if None in values else sum((one for one in values if one is not None), Decimal(0))


def _worth(parts: Sequence[Ask], currency: str) -> str:
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
