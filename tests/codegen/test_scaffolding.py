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
        ("POST", "/executors/{executor_id}/juggle", "juggle_executor", "juggle_executor"),
        ("POST", "/executors/{executor_id}/juggle", "juggleExecutor", "juggle_executor"),
        ("POST", "/executors/{executor_id}/juggle", None, "create_executors_juggle"),
        ("POST", "/executors/{executor_id}/juggle", "juggle", "create_executors_juggle"),
        ("POST", "/executors/{executor_id}/juggle", "x_" * 20 + "y", "create_executors_juggle"),
        (
            "POST",
            "/bot-orchestration/{bot_name}/juggle",
            "juggle_bot_bot_orchestration__bot_name__juggle_post",
            "juggle_bot",
        ),
        ("GET", "/docker/odd-moons", "odd_moons_docker_odd_moons_get", "get_odd_moons"),
        ("GET", "/docker/odd-moons", "list_odd_docker_odd_moons_get", "list_odd"),
        ("GET", "/trading/moon", "get_open_orders", "get_trading_moon"),  # that name is a workflow's
    ],
)
def test_it_is_called_what_its_function_is_called(method: str, path: str, operation_id: str | None, name: str) -> None:
    assert made(method, path, operation_id).title == f"[tools.{name}]"


@pytest.mark.parametrize(
    ("path", "toolset"),
    [
        ("/market-data/moon", "system"),  # market_data is on by default
        ("/bot-orchestration/{bot_name}/moon", "bots"),
        ("/accounts/{account_name}/moon", "accounts"),  # gateway has /accounts/gateway
        ("/accounts/gateway/moon", "gateway"),
        ("/moon", None),
    ],
)
def test_it_is_put_beside_the_nearest_and_where_it_is_not_offered_by_default(path: str, toolset: str | None) -> None:
    piece = made("GET", path, "get_moon")
    assert piece.file == (toolset and f"{toolset}.toml")
    (table,) = tomllib.loads(piece.text)["tools"].values()
    aside = {key: table[key] for key in ("default", "because") if key in table}
    assert aside == ({"default": False, "because": ""} if toolset == "accounts" else {})
    passed = "# here, for market_data is on by default" in piece.text
    assert passed == (path == "/market-data/moon")


@pytest.mark.parametrize(("verb", "asked"), [("search", False), ("summarize", False), ("juggle", True)])
def test_what_reads_has_no_effect_whatever_its_method(verb: str, asked: bool) -> None:
    assert ("effect =" in made("POST", "/trading/moon", f"{verb}_moons").text) == asked


def test_what_is_gone_is_excluded_no_more() -> None:
    excluded = next(iter(CURATED.excluded))
    left = {key: one for key, one in CONTRACT.operations.items() if key != excluded}
    (piece,) = pieces(CURATED, CONTRACT, evolve(CONTRACT, operations=left), {excluded: None})
    assert piece.title == f'"{excluded}" is gone: its line is taken away'


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("get_rate_sources", "# get_rate_oracle leaves out available_sources: does anything show that now?"),
        ("list_exited_containers", '# found by ["stopped", "crashed"]: what `by` does of that belongs into its find'),
    ],
)
def test_what_stood_on_what_is_gone_is_named(name: str, told: str) -> None:
    if name not in CURATED.by_name:
        pytest.skip("the contract has it no more")
    tool = CURATED.by_name[name]
    left = {key: one for key, one in CONTRACT.operations.items() if key != tool.operation}
    (piece,) = pieces(CURATED, CONTRACT, evolve(CONTRACT, operations=left), {tool.operation: None})
    assert piece.text.splitlines()[-1] == told


def test_what_is_gone_has_what_was_better_in_its_place() -> None:
    better = next(name for name, tool in CURATED.by_name.items() if tool.instead)
    for name in (better, "get_candles"):
        tool = CURATED.by_name[name]
        left = {key: one for key, one in CONTRACT.operations.items() if key != tool.operation}
        (piece,) = pieces(CURATED, CONTRACT, evolve(CONTRACT, operations=left), {tool.operation: None})
        told = {"operation": tool.operation} | ({"by": tool.instead} if tool.instead else {})
        assert tomllib.loads(piece.text)["removed"][name] == told


def test_a_time_is_asked_for_its_unit() -> None:
    contract = evolve(
        CONTRACT, operations={key: one for key, one in CONTRACT.operations.items() if "/trades" not in key}
    )
    taken = evolve(CONTRACT.operations["POST /trading/trades"], path="/bot-orchestration/moons")
    new = evolve(contract, operations=contract.operations | {taken.key: taken})
    texts = [one.text for one in pieces(CURATED, contract, new, {}) if one.operation == taken.key]
    assert 'start_time = { time = "" }  # s, ms or iso: as the API takes it' in texts[0].splitlines()
