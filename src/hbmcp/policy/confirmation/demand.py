"""Whether a policy wants a person asked before requests are sent, and how."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import reduce
from itertools import takewhile
from typing import Self, get_args

from attrs import frozen

from hbmcp.catalog import ADDING, REDUCING
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.policy.model import Confirm, Policy, Way
from hbmcp.policy.names import matches
from hbmcp.policy.rules import WHERE, is_about

WAYS: Sequence[Way] = get_args(Way)
BY_THEMSELVES = ("person", "trigger")  # kinds that nobody need ask: who typed it, and what was asked when it was armed


@frozen
class Demand:
    """What a policy wants for a plan, the strictest of the rules that ask. `tolerance` in percent, `patience` in
    minutes; `relies` on the client's own approval where nobody can be asked. `over` is the worth from which on it is
    asked for that way, 0 for any, `least` any way."""

    way: Way
    relies: bool
    tolerance: Decimal
    patience: int
    over: Decimal = Decimal(0)
    least: Decimal = Decimal(0)

    @classmethod
    def of(cls, asking: Sequence[Confirm]) -> Self:
        """What these of one list come to: the way that proves most, for as long as those wait that ask that way."""
        way = max((one.ask for one in asking), key=WAYS.index)
        return cls(
            way,
            all(one.cant_ask == "rely" for one in asking),
            min(one.tolerance_percent for one in asking),
            min(one.patience for one in asking if one.ask == way),
            min(one.over or Decimal(0) for one in asking if one.ask == way),
            min(one.over or Decimal(0) for one in asking),
        )

    def and_(self, other: Self) -> Self:
        """Both at once."""
        way = max(self.way, other.way, key=WAYS.index)
        return type(self)(
            way,
            self.relies and other.relies,
            min(self.tolerance, other.tolerance),
            min(self.patience, other.patience),
            min(one.over for one in (self, other) if one.way == way),
            min(self.least, other.least),
        )


def may_ask(policy: Policy, call: Call, requests: Sequence[PlannedRequest], *, can_answer: bool) -> bool:
    """Whether that depends on what the requests are worth, or is so in any case. Who calls by themselves is asked only
    where the call comes with a way to them, and they `can_answer`: a person who sends it through a halt."""
    return (can_answer or call.caller.kind not in BY_THEMSELVES) and any(
        _counting(rules, call, one) for rules in policy.confirm_lists for one in requests
    )


def demanded(
    policy: Policy, call: Call, requests: Sequence[PlannedRequest], values: Sequence[Decimal | None]
) -> Demand | None:
    """Whether a person is to be asked, and how. `values` are those of the requests in the policy's currency."""
    found: list[Demand] = []
    for rules in policy.confirm_lists:
        counting = [_counting(rules, call, one) for one in requests]
        asking: list[Confirm] = []
        for rule in rules:
            those = [place for place, counted in enumerate(counting) if rule in counted]
            if those and _asks(rule, [requests[place] for place in those], [values[place] for place in those]):
                asking.append(rule)
        if asking:
            found.append(Demand.of(asking))
    return reduce(Demand.and_, found) if found else None


def _asks(rule: Confirm, requests: Sequence[PlannedRequest], values: Sequence[Decimal | None]) -> bool:
    """What is worth nobody knows how much is asked for where it may be worth something."""
    if rule.over is None:
        return rule.when == "always"
    needed = (*ADDING, "runs_code", *(rule.effects or ()))
    unknown = any(value is None and one.effect in needed for one, value in zip(requests, values, strict=True))
    return unknown or sum((one for one in values if one is not None), Decimal(0)) > rule.over


def _counting(rules: Iterable[Confirm], call: Call, planned: PlannedRequest) -> list[Confirm]:
    """Those that may ask for a request: all that match it above the first that says never."""
    matching = (rule for rule in rules if _matches(rule, call, planned))
    return list(takewhile(lambda rule: rule.when != "never", matching))


def _matches(rule: Confirm, call: Call, planned: PlannedRequest) -> bool:
    if planned.effect in REDUCING if rule.effects is None else planned.effect not in rule.effects:
        return False
    by = (call.caller.name, planned.tool, *planned.by)
    if rule.tools is not None and not any(matches(name, rule.tools) for name in by):
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
