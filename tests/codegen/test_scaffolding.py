"""What a new operation's table is called, and the toolset that it is put into."""

import tomllib

import pytest
from attrs import evolve

from codegen import curation
from codegen.contract import load, parse
from codegen.generate import OVERRIDES, PINNED
from codegen.scaffolding import Piece, pieces

CONTRACT = parse(load(PINNED))
CURATED = curation.read(OVERRIDES).as_in(CONTRACT.operations)
ANY = CONTRACT.operations["GET /accounts/"]


def made(method: str, path: str, operation_id: str | None = None) -> Piece:
    """What is written for one operation more."""
    new = evolve(ANY, method=method, path=path, operation_id=operation_id)
    contract = evolve(CONTRACT, operations=CONTRACT.operations | {new.key: new})
    (piece,) = pieces(CURATED, CONTRACT, contract, {})
    return piece


@pytest.mark.parametrize(
    ("method", "path", "operation_id", "name"),
    [
        ("POST", "/executors/{executor_id}/pause", "pause_executor", "pause_executor"),
        ("POST", "/executors/{executor_id}/pause", "pauseExecutor", "pause_executor"),
        ("POST", "/executors/{executor_id}/pause", None, "create_executors_pause"),
        ("POST", "/executors/{executor_id}/pause", "pause", "create_executors_pause"),
        ("POST", "/executors/{executor_id}/pause", "x_" * 20 + "y", "create_executors_pause"),
        (
            "POST",
            "/bot-orchestration/{bot_name}/restart",
            "restart_bot_bot_orchestration__bot_name__restart_post",
            "restart_bot",
        ),
        ("GET", "/docker/old-containers", "old_containers_docker_old_containers_get", "get_old_containers"),
        ("GET", "/docker/old-containers", "list_old_docker_old_containers_get", "list_old"),
        ("GET", "/trading/open", "get_open_orders", "get_trading_open"),  # that name is a workflow's
    ],
)
def test_it_is_called_what_its_function_is_called(method: str, path: str, operation_id: str | None, name: str) -> None:
    assert made(method, path, operation_id).title == f"[tools.{name}]"


@pytest.mark.parametrize(
    ("path", "toolset"),
    [
        ("/market-data/open-interest", "system"),  # market_data is on by default
        ("/bot-orchestration/{bot_name}/restart", "bots"),
        ("/accounts/{account_name}/fees", "accounts"),  # gateway has /accounts/gateway
        ("/accounts/gateway/fees", "gateway"),
        ("/moon", None),
    ],
)
def test_it_is_put_beside_the_nearest_and_where_it_is_not_offered_by_default(path: str, toolset: str | None) -> None:
    piece = made("GET", path, "get_it")
    assert piece.file == (toolset and f"{toolset}.toml")
    (table,) = tomllib.loads(piece.text)["tools"].values()
    aside = {key: table[key] for key in ("default", "because") if key in table}
    assert aside == ({"default": False, "because": ""} if toolset == "accounts" else {})


def test_what_is_gone_has_what_was_better_in_its_place() -> None:
    for name, by in (("get_average_fill_price", "estimate_trade"), ("get_pull_status", None)):
        key = CURATED.by_name[name].operation
        contract = evolve(CONTRACT, operations={one: it for one, it in CONTRACT.operations.items() if one != key})
        (piece,) = pieces(CURATED, CONTRACT, contract, {key: None})
        told = tomllib.loads(piece.text)["removed"][name]
        assert told == {"operation": key} | ({"by": by} if by else {})
