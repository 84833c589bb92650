"""Which tools a server offers."""

import re
from typing import Any

import pytest

from bench.lists import readme
from hbmcp.access.holder import Rights, allowed
from hbmcp.catalog import Catalog
from hbmcp.errors import SettingsError, UnknownTool
from hbmcp.policy.model import Policy, default
from tests.conftest import ROOT


def one(
    name: str, toolset: str, risk: str = "read", operation: str = "GET /", *aliases: str, default: bool = True
) -> dict[str, Any]:
    return {
        "definition": {"name": name, "description": "", "inputSchema": {"type": "object", "properties": {}}},
        "toolset": toolset,
        "operation": operation,
        "risk": risk,
        "aliases": list(aliases),
        "default": default,
        "timeout": 15,
        "times": [],
        "result": {},
    }


def toolset(default: bool) -> dict[str, Any]:
    return {"title": "", "description": "", "default": default}


CATALOG = Catalog(
    {
        "api": {"title": "Some API", "version": "1", "operations": 7, "contract": "0"},
        "toolsets": {"trading": toolset(True), "bots": toolset(False) | {"aliases": ["instances"]}},
        "removed": {
            "get_order_book": {"by": "get_open_orders"},
            "get_tides": {"by": "get_open_orders", "but": "the depth"},
            "get_moon_phase": {},
        },
        "absent": {"get_moon_phase": "this Hummingbot API has no GET /moon"},  # a workflow uses it if it is there
        "tools": [
            one("get_trading_rules", "trading"),
            one("place_order", "trading", "trade", "POST /trading/orders", "send_order"),
            one("get_order_history", "trading"),
            one("get_open_orders", "trading"),
            one("list_active_orders", "trading", default=False),
            one("stop_bot", "bots", "destructive"),
            one("list_bots", "bots", "read", "GET /", "get_bots"),
        ],
    }
)
TRADING = ["get_trading_rules", "place_order", "get_order_history", "get_open_orders"]


def names(**choice: Any) -> list[str]:
    return [tool.name for tool in CATALOG.choose(**choice).tools]


def test_the_default_toolsets_are_offered_when_nothing_is_chosen() -> None:
    assert names() == TRADING


def test_toolsets_tools_and_exclusions_compose() -> None:
    assert names(toolsets=["bots"]) == ["stop_bot", "list_bots"]
    assert names(toolsets=["all"]) == [*TRADING, "stop_bot", "list_bots"]
    assert names(toolsets=["trading"], tools=["list_active_orders"]) == [*TRADING, "list_active_orders"]
    assert names(tools=["all"]) == [*TRADING, "list_active_orders", "stop_bot", "list_bots"]
    assert names(tools=["stop_bot"]) == ["stop_bot"]
    assert names(tools=["send_order", "get_bots"]) == ["place_order", "list_bots"]
    assert names(toolsets=["bots"], tools=["place_order"], exclude=["stop_bot"]) == ["place_order", "list_bots"]
    assert names(exclude=["send_order"]) == ["get_trading_rules", "get_order_history", "get_open_orders"]


@pytest.mark.parametrize(
    "choice", [{"toolsets": ["all"]}, {"toolsets": ["all"], "tools": ["place_order", "stop_bot"]}, {}]
)
def test_read_only_wins_over_every_choice_and_alias(choice: dict[str, Any]) -> None:
    offer = CATALOG.choose(**choice, read_only=True)
    assert all(tool.risk == "read" for tool in offer.tools)
    for name in ("place_order", "send_order", "stop_bot"):
        assert offer.schema(name) is None
        with pytest.raises(UnknownTool, match="read-only"):
            offer.find(name)


def test_an_alias_is_callable_and_not_listed() -> None:
    offer = CATALOG.choose(["all"])
    assert offer.find("send_order") is offer.find("place_order")
    assert "send_order" not in [tool.name for tool in offer.tools]


def test_who_only_reads_has_no_person_change_something_either() -> None:
    catalog = Catalog.load()
    (handing,) = [tool for tool in catalog.tools.values() if tool.hands_over]
    assert handing.name == "connect_exchange"
    assert handing.reads
    with pytest.raises(UnknownTool, match="this server is read-only, and the tool has a person change something"):
        catalog.choose(read_only=True).find("connect_exchange")
    offer = catalog.choose()
    assert Rights.to((), read_only=False, profile=None).has(handing, catalog.toolset_names)
    assert not Rights.to((), read_only=True, profile=None).has(handing, catalog.toolset_names)
    left = allowed(Rights.to(("accounts",), read_only=True, profile=None), offer, Policy()).offer
    assert "get_accounts" in {tool.name for tool in left.tools}
    assert left.schema("connect_exchange") is None


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"toolsets": ["bot"]}, r"HBMCP_TOOLSETS .*bot \(did you mean bots\?\).*There are: trading, bots, all"),
        ({"tools": ["place_ordr"]}, r"HBMCP_TOOLS .*did you mean place_order"),
        ({"exclude": ["list_bot"]}, r"HBMCP_EXCLUDE_TOOLS .*did you mean list_bots"),
        ({"tools": ["stop_bot"], "read_only": True}, "No tool is left"),
    ],
)
def test_a_wrong_choice_is_refused(choice: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        CATALOG.choose(**choice)


def test_an_unknown_tool_is_told_the_nearest_names_or_that_a_person_switched_it_off() -> None:
    offer = CATALOG.choose(exclude=["get_open_orders"])
    with pytest.raises(UnknownTool, match=r"Nothing was done. Did you mean get_order_history\?"):
        offer.find("get_orders_history")
    for name, why in (
        ("stop_bot", "it belongs to the toolset bots"),
        ("list_active_orders", "another tool does the same and more"),
        ("get_open_orders", "it was excluded"),
    ):
        with pytest.raises(UnknownTool, match=f"{why}.* Nothing was done. Only a person can") as refused:
            offer.find(name)
        assert not any(recipe in str(refused.value) for recipe in ("--", "HBMCP_"))
    with pytest.raises(UnknownTool, match="tools/list"):
        offer.find("zzzzz")


def test_a_toolset_keeps_its_old_names() -> None:
    assert names(toolsets=["instances"]) == names(toolsets=["bots"])
    assert CATALOG.choose(["instances"]).asked == CATALOG.choose(["bots"]).asked
    rights = Rights.to(["instances"], read_only=True, profile=None)
    left = allowed(rights, CATALOG.choose(["all"]), default(on_paper=True))
    assert [tool.name for tool in left.offer.tools] == ["list_bots"]


def test_a_tool_that_was_removed_says_what_took_its_place() -> None:
    offer = CATALOG.choose()
    with pytest.raises(
        UnknownTool, match=r"^get_order_book was removed since, and get_open_orders took its place\. No"
    ):
        offer.find("get_order_book")
    with pytest.raises(
        UnknownTool, match=r"get_open_orders took its place, but for the depth\. Nothing was done\. Call"
    ):
        offer.find("get_tides")
    with pytest.raises(UnknownTool, match=r"^get_moon_phase was removed since\. Nothing was done\. tools/list"):
        offer.find("get_moon_phase")
    with pytest.raises(SettingsError, match="removed since: get_order_book, and get_open_orders took its place"):
        names(tools=["get_order_book"])
    with pytest.raises(SettingsError, match="removed since: get_moon_phase"):
        names(tools=["get_moon_phase"])


def test_lookups_are_offered_reads_about_the_same_thing() -> None:
    offer = CATALOG.choose()
    assert offer.lookups(offer.find("place_order")) == ["get_order_history", "get_open_orders"]
    offer = CATALOG.choose(tools=["place_order"])
    assert offer.lookups(offer.find("place_order")) == []


def test_the_generated_tools_are_all_there() -> None:
    catalog = Catalog.load()
    assert {"get_accounts", "place_order", "submit_order"} <= catalog.tools.keys()
    assert {tool.risk for tool in catalog.tools.values()} == {"read", "write", "trade", "destructive", "secret"}
    defaults = {name for name, toolset in catalog.toolsets.items() if toolset.default}
    assert defaults == {"accounts", "portfolio", "trading", "market_data", "triggers"}


def test_a_tool_says_of_itself_what_its_risk_is() -> None:
    """And no more than differs from the protocol's defaults."""
    for tool in Catalog.load().tools.values():
        hints = {name: one for name, one in tool.definition["annotations"].items() if name != "title"}
        assert hints == {"read": {"readOnlyHint": True}, "write": {"destructiveHint": False}}.get(tool.risk, {})


def test_readme_counts_the_tools_that_there_are() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme(page, Catalog.load()) == page
    wrong = re.sub(r"There\s+are\s+\d+", "There are 7", page)
    for row in ("| tools listed | ", "| tokens of the list | "):
        wrong = wrong.replace(row, f"{row}7")
    assert readme(wrong, Catalog.load()).split() == page.split()
