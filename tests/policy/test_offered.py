"""Which tools a policy leaves in the list."""

import json
from importlib.resources import files
from typing import Any

import pytest

from hbmcp.catalog import ONLY_A_PERSON, REDUCING, Catalog
from hbmcp.errors import SettingsError, UnknownTool
from hbmcp.policy.model import Confirm, Names, Policy, default, tightened
from hbmcp.policy.names import in_todays_names
from hbmcp.policy.offered import narrowed, offered
from hbmcp.settings import Settings
from tests.conftest import ROOT

CATALOG = Catalog.load()
SECRET = {"add_credential", "add_wallet", "list_gateway_api_keys", "set_gateway_api_keys"}


def names(policy: Policy | None = None, **choice: Any) -> set[str]:
    return {tool.name for tool in narrowed(CATALOG.choose(**choice), policy or Policy()).tools}


def why(name: str, policy: Policy, **choice: Any) -> str:
    with pytest.raises(UnknownTool) as error:
        narrowed(CATALOG.choose(**choice), policy).find(name)
    return str(error.value)


def test_what_takes_or_shows_a_secret_has_to_be_named_singly() -> None:
    assert {tool.name for tool in CATALOG.tools.values() if tool.risk == "secret"} == SECRET
    everything = Policy(allow=Names(tools=("*",)))
    for choice in ({}, {"tools": ["all"]}, {"toolsets": ["all"]}, {"toolsets": ["accounts", "gateway"]}):
        assert not names(everything, **choice) & SECRET
    assert names(tools=["all", "add_credential"]) & SECRET == {"add_credential"}
    assert names(tools=["add_wallet"]) == {"add_wallet"}
    assert not names(Policy(deny=Names(tools=("add_wallet",))), tools=["add_wallet"])
    assert "it takes or shows a secret" in why("add_credential", Policy())


def test_what_deletes_or_runs_code_has_to_be_asked_for() -> None:
    guarded = names(tools=list(CATALOG.tools)) - names(tools=["all"]) - SECRET
    assert {"delete_account", "delete_script", "deploy_bot", "start_bot", "save_script_code"} <= guarded
    assert {"update_bot_config", "stop_gateway", "clear_held_position"} - CATALOG.removed.keys() <= guarded
    for name in guarded:
        tool = CATALOG.tools[name]
        assert name in names(tools=[name])
        assert name in names(toolsets=[tool.toolset], tools=[] if tool.default else [name])
        assert name in names(Policy(allow=Names(tools=(name,))), tools=["all"])
        assert name in names(Policy(allow=Names(toolsets=(tool.toolset,))), tools=["all"])
        assert "--tool" not in why(name, Policy(), tools=["all"])
    assert "it runs code that no limit can bound" in why("deploy_bot", default(on_paper=True), tools=["all"])
    assert "it deletes or overwrites" in why("delete_account", default(on_paper=False))
    assert "deploy_bot" in names(Policy(allow=Names(controllers=("pmm_*",))), tools=["all"])


def test_who_asks_in_vain_is_told_who_can_have_it_offered() -> None:
    """Its name was just said: "asked for by name" would send a model round in circles."""
    for name in ("start_gateway", "deploy_bot", "add_credential", "delete_account"):
        said = why(name, Policy(), tools=["all"])
        assert said.endswith(
            "Nothing was done. Only a person can have it offered: hbmcp's README says how, under Choosing tools."
        )
        assert "name" not in said


def test_what_stops_reduces_or_cancels_is_not_held_back() -> None:
    for tool in CATALOG.tools.values():
        if tool.effect.get("is") in REDUCING:
            assert tool.name in names(tools=["all"])
    assert {"close_position", "close_positions", "cancel_order"} <= names()


def test_the_lists_of_a_policy_narrow_what_is_offered() -> None:
    denied = Policy(deny=Names(tools=("close_*",), toolsets=("market_data",)))
    assert not {"close_position", "get_ticker"} & names(denied)
    assert why("close_position", denied).endswith("Nothing was done. A person set this in the policy.")
    allowed = Policy(allow=Names(tools=("place_order",), toolsets=("accounts",)))
    left = names(allowed)
    assert {"place_order", "get_positions", "add_account"} <= left  # reads are left alone
    assert "cancel_order" not in left
    assert "the policy doesn't allow it" in why("cancel_order", allowed)
    both = tightened(Policy(allow=Names(toolsets=("trading",))), allowed)
    assert {"place_order"} == {name for name in names(both) if not CATALOG.tools[name].reads}
    assert not {name for name in names(Policy(allow=Names(tools=()))) if not CATALOG.tools[name].reads}


def test_an_old_name_of_a_tool_is_denied_like_the_new_one() -> None:
    manifest = json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes())
    for entry in manifest["tools"]:
        entry["aliases"] = ["send_order"] if entry["definition"]["name"] == "place_order" else []
    offer = narrowed(Catalog(manifest).choose(), Policy(deny=Names(tools=("send_order",))))
    assert "place_order" not in [tool.name for tool in offer.tools]


def test_old_names_count_in_every_list_of_a_policy() -> None:
    """What was denied, allowed or asked for by them stays so."""
    manifest = json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes())
    for entry in manifest["tools"]:
        entry["aliases"] = ["send_order"] if entry["definition"]["name"] == "place_order" else []
    manifest["toolsets"]["trading"]["aliases"] = ["orders"]
    catalog = Catalog(manifest)
    assert not {
        tool.name for tool in narrowed(catalog.choose(["trading"]), Policy(deny=Names(toolsets=("ord*",)))).tools
    }
    confirm = (Confirm(when="always", tools=("send_order",)), Confirm(when="never"))
    written = Policy(allow=Names(tools=("send_order",), toolsets=("orders",)), confirm=confirm)
    now = in_todays_names(tightened(written, Policy(deny=Names(tools=("send_order",)))), catalog)
    assert (now.allow.tools, now.allow.toolsets) == (("send_order", "place_order"), ("orders", "trading"))
    assert [one.tools for one in now.confirm] == [("send_order", "place_order"), None]
    assert now.deny.tools == ("send_order", "place_order")
    assert in_todays_names(written, CATALOG) == written


def test_a_policy_that_leaves_nothing_is_told() -> None:
    with pytest.raises(SettingsError, match="leaves no tool"):
        offered(CATALOG, Settings.model_construct(), Policy(deny=Names(tools=("*",))))


def test_the_list_of_a_new_user_has_not_grown() -> None:
    before = {tool.name for tool in CATALOG.choose().tools}
    assert before - names() == {"delete_account", "delete_credential"}


def test_the_readme_says_it_where_they_are_sent() -> None:
    assert f"## {ONLY_A_PERSON.rpartition(' under ')[2].rstrip('.')}\n" in (ROOT / "README.md").read_text()
