"""The policies that README and docs show a person are ones, and do what is said of them."""

import re
import tomllib
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from hbmcp.caller import Caller
from hbmcp.catalog import EFFECTS
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.demand import demanded
from hbmcp.policy.misnamed import misnamed
from hbmcp.policy.model import Confirm, Policy, Written, bound
from tests.conftest import ROOT
from tests.policy.planning import request

# What these show is tried in tests/test_settings_installations.py and tests/plugins/test_loading.py.
OTHERS = {"installations.md", "plugins.md"}
PAGES = [ROOT / "README.md", *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in OTHERS)]
PAGE = (ROOT / "docs/confirmation.md").read_text(encoding="utf-8")
EXAMPLES = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]
CALL = Call(Caller("place_order", "trading", frozenset(), "client", "tests"), {})


def way(policy: Policy | None, effect: Any, value: int, account: str = "second_account") -> str | None:
    """How a person is asked for an order of this value; None where nobody is."""
    assert policy is not None
    order = request(effect, account=account)
    order = evolve(order, request=evolve(order.request, json={}))
    demand = demanded(policy, CALL, [order], [Decimal(value)])
    return None if demand is None else demand.way


@pytest.mark.parametrize("block", EXAMPLES)
def test_each_is_a_policy(block: str) -> None:
    assert list(misnamed(Written.model_validate(tomllib.loads(block, parse_float=Decimal)))) == []


def test_each_line_of_the_table_can_be_written() -> None:
    rows = re.findall(r"^\| [a-z].*\| (.*) \|$", PAGE.split("## Effects")[0], re.MULTILINE)
    assert len(rows) == 10
    for row in rows:
        if found := re.findall(r"`((?:when|effects|ask) = [^`]*)`", row):
            Confirm.model_validate({"when": "always", **tomllib.loads("\n".join(found))})
        elif short := re.findall(r"`(confirm = [^`]*)`", row):
            Policy.model_validate(tomllib.loads(short[0]))


def test_over_500_any_close_and_one_account_at_a_terminal() -> None:
    three, two = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    policy = Policy.model_validate(tomllib.loads(three, parse_float=Decimal))
    assert way(policy, "opens", 600) == "client"
    assert way(policy, "opens", 400) is None
    assert way(policy, "reduces", 1) == "client"
    assert way(policy, "cancels", 1) is None
    assert way(policy, "opens", 1, "master_account") == "terminal"
    assert way(policy, "reduces", 1, "master_account") == "client"
    policy = Policy.model_validate(tomllib.loads(two, parse_float=Decimal))
    assert way(policy, "opens", 400) is None
    assert way(bound(policy, "small"), "opens", 1) == "client"


def test_all_effects_are_listed() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE.split("## Effects")[1], re.MULTILINE)) == set(EFFECTS)
