"""Every tool that isn't a read, against everything that can stop it: nothing leaves that shouldn't, and everything
else does, so that a guard which lets nothing be tried can't pass."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from hbmcp.catalog import REDUCING, Offer, Tool
from hbmcp.policy.model import Limits, Names, Policy
from tests.conftest import EVERY
from tests.policy.every_tool import ACTING, ALL, BEYOND_LIMIT, CATALOG, READS, World, effect_of, sends
from tests.sampling import sampled

pytestmark = pytest.mark.anyio

OPEN = Policy()  # no limit
UNASKED = CATALOG.choose(tools=["all"])
VALUED = ("opens", "moves")
# At what the configurations come to; refused where that isn't known.
BOTS = ("deploy_bot", "deploy_script_bot", "submit_bot", "submit_script_bot", "update_bot_config")


def _nothing(_: Path) -> None:
    pass


def _halted(data: Path) -> None:
    (data / "halt").write_text("")


def _halted_whole(data: Path) -> None:
    (data / "halt").write_text('{"since": 1, "everything": true, "by": "me"}')


def _no_audit(data: Path) -> None:
    (data / "paper-audit.jsonl").mkdir()


def _no_store(data: Path) -> None:
    (data / "state.sqlite").mkdir()


def _all(_: Tool, __: str) -> bool:
    return True


def _adds(tool: Tool, _: str) -> bool:
    return effect_of(tool) not in REDUCING


def _to_be_asked_for(tool: Tool, _: str) -> bool:
    overwrites = tool.risk == "destructive" and tool.effect.get("is") not in REDUCING
    return overwrites or effect_of(tool) in ("runs_code", "secret")


def _about(*names: str) -> Callable[[Tool, str], bool]:
    """Whether it adds risk at something of these, or at nobody knows what."""

    def stops(tool: Tool, given: str) -> bool:
        unknown = effect_of(tool) in VALUED
        return _adds(tool, given) and (unknown or any(f'"{name}"' in given for name in names))

    return stops


@frozen
class Guard:
    """A policy, an offer, what happened to the machine, or an argument; and which calls it `stops`, by their tool and
    what they are about, in JSON."""

    name: str
    policy: Policy = OPEN
    stops: Callable[[Tool, str], bool] = _all
    befalls: Callable[[Path], None] = _nothing
    arguments: dict[str, Any] = field(factory=dict)
    offer: Offer = ALL


GUARDS = (
    Guard("preview", arguments={"preview": True}),
    Guard("read-only", offer=CATALOG.choose(tools=EVERY, read_only=True)),
    Guard("a tool that is denied", Policy(deny=Names(tools=("*",)))),
    Guard("a toolset that is denied", Policy(deny=Names(toolsets=("*",)))),
    Guard("a tool that isn't allowed", Policy(allow=Names(tools=("none",)))),
    Guard("an account that is denied", Policy(deny=Names(accounts=("*",))), _about("account_name")),
    Guard("an exchange that is denied", Policy(deny=Names(exchanges=("*",))), _about("connector_name", "connector")),
    Guard("a pair that is denied", Policy(deny=Names(pairs=("*",))), _about("trading_pair")),
    Guard("a halt", stops=_adds, befalls=_halted),
    Guard("a whole halt", befalls=_halted_whole),
    Guard("an audit that can't be written", stops=_adds, befalls=_no_audit),
    Guard("a store that can't be opened", stops=_adds, befalls=_no_store),
    Guard(
        "a limit per order",
        Policy(limits=Limits.model_validate({"order": BEYOND_LIMIT})),
        lambda tool, _: effect_of(tool) in VALUED or tool.name in BOTS,
    ),
    Guard("what nobody asked for by name", stops=_to_be_asked_for, offer=UNASKED),
)


async def test_what_nothing_stops_is_sent(there: World) -> None:
    async with there.bridge(OPEN) as bridge:
        assert await there.tried(bridge, ACTING, sends) == {}


@pytest.mark.parametrize("guard", sampled(GUARDS, 4), ids=lambda guard: guard.name)
async def test_what_a_guard_stops_isnt_sent(guard: Guard, there: World) -> None:
    guard.befalls(there.data)

    def expected(tool: Tool) -> set[str]:
        return set() if guard.stops(tool, json.dumps([there.arguments(tool), READS.get(tool.name)])) else sends(tool)

    async with there.bridge(guard.policy, guard.offer) as bridge:
        assert await there.tried(bridge, ACTING, expected, **guard.arguments) == {}


async def test_what_is_said_twice_is_sent_once(there: World) -> None:
    """Of what would do as much again; and `again` says that this is meant."""
    repeats = [tool for tool in ACTING if effect_of(tool) in VALUED]
    async with there.bridge(OPEN) as bridge:
        assert await there.tried(bridge, repeats, sends) == {}
        assert await there.tried(bridge, repeats, lambda _: set()) == {}
        assert await there.tried(bridge, repeats, sends, again=True) == {}
