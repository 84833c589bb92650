"""A client with strict function calling sends every argument: what it has nothing to say for is empty."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import environment
from tests.stdio_server import StdioServer

ORDER = {"account_name": "master_account", "connector_name": "binance", "trading_pair": "BTC-USDT"}


def strict(definition: dict[str, Any], empty: str | None, **meant: Any) -> dict[str, Any]:
    """All arguments of a tool: those that are meant, defaults, and nothing for the rest."""
    properties = definition["inputSchema"]["properties"]
    return {name: one.get("default", empty) for name, one in properties.items()} | meant


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StdioServer]:
    folder = tmp_path_factory.mktemp("paper")
    env = environment(XDG_DATA_HOME=str(folder), LOCALAPPDATA=str(folder), HOME=str(folder))
    with StdioServer("--paper-db", ":memory:", env=env, cwd=folder) as started:
        yield started


@pytest.mark.parametrize("empty", ["", None])
def test_a_market_order_has_an_empty_price(empty: str | None, server: StdioServer) -> None:
    tools = server.tools()
    order = strict(
        tools["place_order"],
        empty,
        **ORDER,
        side="BUY",
        amount=0.01 if empty is None else 0.02,  # else the second would be the first said twice
        order_type="MARKET",
        position_action="OPEN",
    )
    placed, failed = server.call("place_order", **order)
    assert not failed, placed
    assert "filled" in placed
    orders, failed = server.call("get_order_history", **strict(tools["get_order_history"], empty))
    assert not failed, orders
    assert "BTC-USDT" in orders
    for name in ("account_name", "loss_over"):
        refused, failed = server.call("close_positions", **{name: empty}, preview=False)
        assert failed
        assert f"- {name}: is empty: leave it out, or say which\nNothing was sent." in refused
