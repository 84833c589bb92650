"""Every tool that isn't a read, against everything that can stop it: nothing leaves that shouldn't.

The API is tests/replay: it takes every request and writes down which came. What the tools over one operation send when
nothing stops them is held to first, so that a guard that lets nothing be tried can't pass.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from mcp.types import Tool as Definition

from hbmcp import settings
from hbmcp.bridge import Bridge
from hbmcp.catalog import REDUCING, Catalog
from hbmcp.policy.model import Limits, Names, Policy
from hbmcp.settings import Settings
from tests.conftest import EVERY
from tests.replay.server import Replay
from tests.test_every_tool import arguments_for

pytestmark = pytest.mark.anyio

CATALOG = Catalog.load()
ACTING = [tool for tool in CATALOG.tools.values() if not tool.reads]
READS = {tool.operation for tool in CATALOG.tools.values() if tool.reads and tool.operation}
OPEN = Policy()  # no limit
EFFECTS = {tool.operation: tool.effect["is"] for tool in ACTING if tool.operation}


def _nothing(_: Path, __: pytest.MonkeyPatch) -> None:
    pass


def _halted(data: Path, _: pytest.MonkeyPatch) -> None:
    (data / "hbmcp").mkdir(parents=True, exist_ok=True)
    (data / "hbmcp" / "halt").write_text("")


def _no_audit(data: Path, _: pytest.MonkeyPatch) -> None:
    (data / "hbmcp" / "audit.jsonl").mkdir(parents=True)


def _no_store(data: Path, patch: pytest.MonkeyPatch) -> None:
    (data / "broken").mkdir(parents=True)
    patch.setenv("HBMCP_STATE_URL", f"sqlite:///{data / 'broken'}/none/state.sqlite")
    (data / "broken").chmod(0o500)
    (data / "broken" / "none").symlink_to("/proc/none")


@frozen
class Guard:
    """What stops a call: a policy, what happened to the machine, an argument, or a setting; and what passes it."""

    name: str
    policy: Policy = OPEN
    befalls: Callable[[Path, pytest.MonkeyPatch], None] = _nothing
    arguments: dict[str, Any] = {}
    read_only: bool = False
    passes: tuple[str, ...] = ()  # effects


GUARDS = (
    Guard("preview", arguments={"preview": True}),
    Guard("read-only", read_only=True),
    Guard("a tool that the policy denies", Policy(deny=Names(tools=("*",)))),
    Guard("a toolset that the policy denies", Policy(deny=Names(toolsets=("*",)))),
    Guard("a halt", befalls=_halted, passes=REDUCING),
    Guard("an audit that can't be written", befalls=_no_audit, passes=REDUCING),
    Guard(
        "a limit",
        Policy(limits=Limits(order=1)),
        passes=tuple(e for e in EFFECTS.values() if e not in ("opens", "moves")),
    ),
)


@pytest.fixture
def told(replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    username, password = replay.auth
    return settings.load({"api_url": replay.url, "api_username": username, "api_password": password})


async def sent(told: Settings, replay: Replay, name: str, policy: Policy, **more: Any) -> set[str]:
    """The operations that a call of a tool reached that aren't reads."""
    replay.requests.clear()
    tool = CATALOG.tools[name]
    definition = Definition.model_validate(tool.definition)
    given = {**arguments_for(definition, every=False), **({"preview": False} if tool.previews else {}), **more}
    bridge = Bridge(CATALOG.choose(tools=EVERY, read_only=told.read_only), told, policy=policy)
    try:
        await bridge.call(name, given)
    finally:
        await bridge.aclose()
    return {one.operation for one in replay.requests if one.operation and one.operation not in READS}


@pytest.mark.parametrize("name", [tool.name for tool in ACTING if tool.operation])
async def test_what_nothing_stops_is_sent(told: Settings, replay: Replay, name: str) -> None:
    assert await sent(told, replay, name, OPEN) == {CATALOG.tools[name].operation}


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
async def test_what_a_guard_stops_isnt_sent(
    guard: Guard, told: Settings, replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard.befalls(tmp_path / "data", monkeypatch)
    told = told.model_copy(update={"read_only": guard.read_only})
    passed = set()
    for tool in ACTING:
        for operation in await sent(told, replay, tool.name, guard.policy, **guard.arguments):
            assert EFFECTS[operation] in guard.passes, f"{tool.name} sent {operation}"
            passed.add(EFFECTS[operation])
    assert passed >= {"cancels", "stops"} & set(guard.passes), "what reduces is never stopped"
