"""A policy as a person reads it."""

from collections.abc import Iterator
from itertools import chain

from hbmcp.policy.model import Confirm, Limits, Names, Policy, Written
from hbmcp.policy.names import listed
from hbmcp.text import named

# In the order of what matters most; the rest isn't in the currency.
AMOUNTS = ("order", "day", "day_loss", "hour", "position", "pair", "account")
NOTHING = "no limits"
SHOWN = 3  # of what is asked for

WITHOUT_ASKING = """\
Tools that take or show a secret are offered only where HBMCP_TOOLS names them, one by one; those that delete, overwrite
or run code only where they, or their toolset, are named. What only reduces, cancels or stops is never refused."""


def summary(policy: Written) -> str:
    """One line: the limits in the currency, and how much else holds."""
    return _summary(policy, told=0)


def in_force(policy: Policy) -> str:
    """The same in a sentence, with when a person is asked, and how."""
    confirms = list(chain.from_iterable(policy.confirm_lists))
    asking = [f"{_when(one, policy.currency)} ({_way(one)})" for one in confirms if one.when != "never"]
    more = f"; {len(asking) - SHOWN} more" if len(asking) > SHOWN else ""
    asked = f" A person is asked: {'; '.join(asking[:SHOWN])}{more}." if asking else ""
    return f"Policy: {_summary(policy, told=len(asking))}.{asked}"


def _summary(policy: Written, told: int) -> str:
    limits = [f"{name} {getattr(policy.limits, name):,f}" for name in AMOUNTS if getattr(policy.limits, name)]
    others = len(list(rules(policy))) - len(limits) - told
    said = f"{', '.join(limits)} {policy.currency}" if limits else NOTHING
    return f"{said}; {others} more {'rule' if others == 1 else 'rules'}" if others else said


def rules(policy: Written) -> Iterator[str]:
    """A line for each that holds, named as in a file."""
    whole = policy if isinstance(policy, Policy) else Policy.model_construct(**dict(policy))
    for names in whole.allows:
        yield from _globs("allow", names)
    yield from _globs("deny", policy.deny)
    for name in Limits.model_fields:
        value = getattr(policy.limits, name)
        if value is not None:
            yield f"limits.{name} = {value:,f} {policy.currency}" if name in AMOUNTS else f"limits.{name} = {value}"
    for name, budget in chain.from_iterable(budgets.items() for budgets in whole.budget_lists):
        when = "".join(
            f" {word} {time}" for word, time in (("from", budget.starts), ("until", budget.ends)) if time is not None
        )
        yield f"budgets.{named(name)} = {budget.amount:,f} {policy.currency} at {named(budget.account)}{when}"
    for number, one in enumerate(chain.from_iterable(whole.confirm_lists), 1):
        yield f"confirm.{number} = {_confirm(one, policy.currency)}"
    for name, profile in policy.profiles.items():
        whole = Policy.model_construct(**dict(profile), currency=policy.currency)
        yield from (f"profiles.{named(name)}.{rule}" for rule in rules(whole))


def _confirm(one: Confirm, currency: str) -> str:
    if one.when == "never":
        return _when(one, currency)
    else_ = "" if one.cant_ask == "refuse" else ", where that can't be on the client's own approval"
    return f"{_when(one, currency)}: {_way(one)}{else_}, within {one.patience} min and {one.tolerance_percent} %"


def _when(one: Confirm, currency: str) -> str:
    lists = {kind: getattr(one, kind) for kind in ("effects", "tools", "accounts", "exchanges", "pairs")}
    where = "".join(f" {kind} {listed(globs) or 'none'}" for kind, globs in lists.items() if globs is not None)
    return f"{one.when}{'' if one.over is None else f' {currency}'}{where}"


def _way(one: Confirm) -> str:
    return "in Telegram" if one.ask == "telegram" else f"by the {one.ask}"


def _globs(table: str, names: Names) -> Iterator[str]:
    for kind, globs in names:
        if globs is not None:
            yield f"{table}.{kind} = {listed(globs) or 'none'}"
