"""A sentence that sends a model to a tool says so where that isn't offered."""

import pytest

from hbmcp.catalog import Catalog
from hbmcp.policy.model import Policy
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio
CATALOG = Catalog.load()


async def test_advice_to_call_what_is_off_says_that_it_is(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    every = CATALOG.choose(tools=["all"])
    async with assistant(api, monkeypatch, offer=every) as call:
        assert (await call.good("get_status")).endswith("\nNot offered here: start_gateway.")
        assert "Not offered" not in await call.bad("cancel_order", order_id="none")
    async with assistant(api, monkeypatch, offer=CATALOG.choose(tools=["all", "start_gateway"])) as call:
        said = await call.good("get_status")
        assert "start_gateway starts a stand-in" in said
        assert "Not offered" not in said
    async with assistant(api, monkeypatch, offer=CATALOG.choose(tools=["cancel_order"])) as call:
        assert (await call.bad("cancel_order", order_id="none")).endswith("Not offered here: get_order_history.")
        assert "Not offered" not in await call.bad("place_order")


async def test_a_tool_that_the_policy_denies_is_none_to_be_sent_to(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Policy.model_validate({"deny": {"tools": ["get_order_history"]}})
    async with assistant(api, monkeypatch, policy=told) as call:
        assert (await call.bad("cancel_order", order_id="none")).endswith("Not offered here: get_order_history.")
