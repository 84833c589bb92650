"""What a person is asked: a plan in words."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Self

from attrs import field, frozen

from hbmcp.catalog import ADDING, Effect
from hbmcp.figures import cents, plain
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import Later, PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.demand import Demand
from hbmcp.policy.confirmation.quoted import Quoted
from hbmcp.policy.worth import Worth, sells
from hbmcp.text import named, one_line, quoted
from hbmcp.times import MINUTE, duration, machine

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
        worths: Sequence[Sequence[Worth]],
        demand: Demand,
        currency: str,
        where: str,
        verdict: str,
    ) -> Self:
        """A plan in words: `where` is the installation in words, `verdict` what the policy says of it. No answer holds
        longer than the access token of who called."""
        requests = (*plan.requests, *plan.later)
        now = machine()
        patience = demand.patience * MINUTE
        if call.caller.until is not None:
            patience = max(min(patience, call.caller.until - now), 0)
        within = duration(patience) if patience >= MINUTE else f"{patience / 1000:.0f} s"
        values = in_all(requests, worths)
        client = f", called by {named(call.caller.client)}" if call.caller.client else ""
        token = f", with the access token {named(call.caller.token)}" if call.caller.token else ""
        lines = [f"{call.caller.name} on {where}{client}{token}:"]
        lines += [
            f"{_when(one)}{quoted(one.words, LONGEST)}: {_exposure(one)}{_worth(one, value, currency)}"
            for one, value in zip(requests, values, strict=True)
        ]
        if len(requests) > 1:
            known = [value for value in values if value is not None]
            worth = f", worth {cents(sum(known, Decimal(0))):,f} {currency}"
            lines.append(f"{len(requests)} in all{'' if any(map(_unknown, requests, values)) else worth}.")
        if verdict:
            lines.append(one_line(verdict))
        lines.append(
            f"Without a yes within {within} nothing is sent, nor when a price or an amount "
            f"has moved by more than {plain(demand.tolerance):f} % by then."
        )
        return cls("\n".join(lines), Quoted.of(call, requests, worths), demand, now + patience)


def in_all(requests: Iterable[PlannedRequest], worths: Iterable[Sequence[Worth]]) -> list[Decimal | None]:
    """What each comes to at most, however often it is sent; None where that isn't known."""
    return [one.in_all(_value_of(parts)) for one, parts in zip(requests, worths, strict=True)]


def _value_of(parts: Iterable[Worth]) -> Decimal | None:
    """All that a request comes to; None where that isn't known."""
    values = [one.value for one in parts]
    return None if None in values else sum((one for one in values if one is not None), Decimal(0))


def _when(planned: PlannedRequest) -> str:
    if not isinstance(planned, Later):
        return ""
    return "later: " if planned.count == 1 else f"later, up to {planned.count} times: "


def _worth(planned: PlannedRequest, value: Decimal | None, currency: str) -> str:
    if value is not None:
        often = " in all" if isinstance(planned, Later) and planned.count > 1 else ""
        return f", worth {cents(value):,f} {currency}{often}"
    return ", worth nobody knows how much" if _unknown(planned, value) else ""


def _unknown(planned: PlannedRequest, value: Decimal | None) -> bool:
    return value is None and planned.effect in (*ADDING, "runs_code")


def _exposure(planned: PlannedRequest) -> str:
    return "sells what is held" if sells(planned) else _EXPOSURE[planned.effect]


_EXPOSURE: Mapping[Effect, str] = {
    "opens": "opens, or adds to what is open",
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
