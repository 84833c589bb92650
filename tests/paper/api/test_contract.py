"""Requests read by the contract, in the API's own words where they don't fit."""

from typing import Any

import pytest

from hbmcp.paper.api.contract import Given, Invalid, pinned
from tests.paper.paper_api import SPOT, here

JSON = "application/json"


def read(method: str, path: str, query: str = "", body: bytes = b"", content_type: str | None = JSON) -> Given:
    operation, values, _ = pinned().find(method, here(method, path))
    assert operation is not None
    pairs = [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)]
    return operation.read(values, pairs, body, content_type)


def problems(*request: Any) -> list[dict[str, Any]]:
    with pytest.raises(Invalid) as invalid:
        read(*request)
    return invalid.value.problems


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/", "GET /"),
        ("GET", "/executors/summary", "GET /executors/summary"),
        ("GET", "/executors/abc", "GET /executors/{executor_id}"),
        ("POST", "/executors/search", "POST /executors/search"),
        ("GET", "/executors/search", "GET /executors/{executor_id}"),  # as the API's own router has it
        ("GET", "/archived-bots/bots/archived/x/data/x.sqlite/status", "GET /archived-bots/{db_path}/status"),
        ("DELETE", "/archived-bots/bots/archived/x.sqlite", "DELETE /archived-bots/{db_path}"),
        ("POST", "/trading/a/b/orders/c/cancel", None),
        ("GET", "/controllers/configs/a b", "GET /controllers/configs/{config_name}"),
        ("GET", "/controllers/generic/x", "GET /controllers/{controller_type}/{controller_name}"),
    ],
)
def test_finds_the_operation_that_is_meant(method: str, path: str, key: str | None) -> None:
    operation, _, _ = pinned().find(method, path)
    if key is not None and key not in pinned().operations:
        pytest.skip(f"the contract has no {key}")
    key = key or "POST /trading/{account_name}/{connector_name}/orders/{client_order_id}/cancel"
    assert operation is not None
    assert operation.key == key


def test_knows_which_methods_a_path_has() -> None:
    assert pinned().find("PUT", "/accounts/") == (None, {}, ["GET"])
    assert pinned().find("PUT", "/executors/search") == (None, {}, ["POST", "GET"])
    assert pinned().find("GET", "/accounts") == (None, {}, [])


def test_every_operation_finds_itself_and_can_be_read() -> None:
    for key, operation in pinned().operations.items():
        path = operation.path.replace("{db_path}", "bots/a.sqlite").replace("{controller_type}", "generic")
        path = path.replace("{bot_run_id}", "1")
        for parameter in operation.parameters:
            path = path.replace("{" + parameter["name"] + "}", "x")
        assert pinned().find(operation.method, path)[0] == operation
        values = dict.fromkeys((one["name"] for one in operation.parameters if one["in"] == "path"), "1")
        try:
            operation.read(values, [], b"{}", JSON)
            found = set()
        except Invalid as invalid:
            found = {problem["type"] for problem in invalid.problems}
        # What isn't there is missing, and "1" isn't a type of controllers: nothing else can be wrong with it.
        assert found <= {"missing", "enum"}, key


def test_fills_in_defaults_and_converts_as_leniently_as_the_api() -> None:
    body = read("POST", "/trading/orders", "", b'{"account_name":"a","connector_name":"b","trading_pair":"X-Y",'
                b'"trade_type":"BUY","amount":0.1}').body  # fmt: skip
    assert (str(body["amount"]), body["order_type"], body["price"], body["position_action"]) == (
        "0.1",
        "LIMIT",
        None,
        "OPEN",
    )
    assert read("POST", "/trading/orders/search", "", b'{"limit":"7","start_time":null}').body["limit"] == 7
    assert read("GET", "/connectors/x/trading-rules", "trading_pairs=A-B&trading_pairs=C-D").query == {
        "trading_pairs": ["A-B", "C-D"]
    }
    assert read("GET", "/connectors/x/trading-rules").query == {"trading_pairs": None}
    assert read("GET", "/bot-orchestration/bot-runs/12").path == {"bot_run_id": 12}


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (
            ("POST", "/accounts/add-account"),
            {"type": "missing", "loc": ["query", "account_name"], "msg": "Field required", "input": None},
        ),
        (
            ("POST", "/trading/orders/search"),
            {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None},
        ),
        (
            ("POST", "/trading/orders/active", "", b'{"limit":100000}'),
            {
                "type": "less_than_equal",
                "loc": ["body", "limit"],
                "msg": "Input should be less than or equal to 1000",
                "input": 100000,
                "ctx": {"le": 1000},
            },
        ),
        (
            ("GET", "/controllers/nope/x"),
            {
                "type": "enum",
                "loc": ["path", "controller_type"],
                "msg": "Input should be 'directional_trading', 'market_making' or 'generic'",
                "input": "nope",
                "ctx": {"expected": "'directional_trading', 'market_making' or 'generic'"},
            },
        ),
        (
            ("POST", "/portfolio/state", "", b'{"refresh":"perhaps"}'),
            {
                "type": "bool_parsing",
                "loc": ["body", "refresh"],
                "msg": "Input should be a valid boolean, unable to interpret input",
                "input": "perhaps",
            },
        ),
        (
            ("GET", "/bot-orchestration/bot-runs/abc"),
            {
                "type": "int_parsing",
                "loc": ["path", "bot_run_id"],
                "msg": "Input should be a valid integer, unable to parse string as an integer",
                "input": "abc",
            },
        ),
        (
            ("POST", "/rate-oracle/rates", "", b'{"trading_pairs":"BTC-USDT"}'),
            {
                "type": "list_type",
                "loc": ["body", "trading_pairs"],
                "msg": "Input should be a valid list",
                "input": "BTC-USDT",
            },
        ),
        (
            ("POST", "/accounts/add-credential/a/b", "", b"[1]"),
            {"type": "dict_type", "loc": ["body"], "msg": "Input should be a valid dictionary", "input": [1]},
        ),
        (
            ("POST", "/portfolio/state", "", b"[1]"),
            {
                "type": "model_attributes_type",
                "loc": ["body"],
                "msg": "Input should be a valid dictionary or object to extract fields from",
                "input": [1],
            },
        ),
        (
            ("POST", "/portfolio/state", "", b'{"refresh": tru}'),
            {
                "type": "json_invalid",
                "loc": ["body", 12],
                "msg": "JSON decode error",
                "input": {},
                "ctx": {"error": "Expecting value"},
            },
        ),
        (
            ("POST", "/portfolio/state", "", b"{}", "text/plain"),
            {
                "type": "model_attributes_type",
                "loc": ["body"],
                "msg": "Input should be a valid dictionary or object to extract fields from",
                "input": "{}",
            },
        ),
    ],
)
def test_says_what_does_not_fit(request_: tuple[Any, ...], problem: dict[str, Any]) -> None:
    assert problems(*request_) == [problem]


def test_says_everything_that_is_wrong_at_once() -> None:
    found = problems("POST", "/trading/orders", "", b'{"amount":"lots","trade_type":"HOLD","price":true}')
    assert [(one["type"], one["loc"][1]) for one in found] == [
        ("missing", "account_name"),
        ("missing", "connector_name"),
        ("missing", "trading_pair"),
        ("literal_error", "trade_type"),
        ("decimal_parsing", "amount"),
        ("decimal_type", "price"),
    ]


@pytest.mark.parametrize(("amount", "crashes"), [("-1", True), ("0", True), ('"-1"', True), ('"lots"', False)])
def test_knows_which_mistake_the_real_api_fails_at(amount: str, crashes: bool) -> None:
    names = ",".join(f'"{name}":"{value}"' for name, value in SPOT.items() if name != "amount")
    with pytest.raises(Invalid) as invalid:
        read("POST", "/trading/orders", "", f'{{{names},"amount":{amount}}}'.encode())
    assert invalid.value.unanswerable is crashes
