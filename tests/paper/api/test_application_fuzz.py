"""Requests that fit the contract or nearly do: none makes the paper exchange crash where the real API doesn't."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hbmcp.paper.api.contract import Operation, pinned
from tests.paper.paper_api import EXCHANGE_OPERATIONS, NOW, PaperApi

# How the real API refuses with status 500 what it should refuse with 4xx; each was seen there.
CRASHES = [
    "Internal Server Error",  # an amount not above 0, an odd interval of the history, fields of an unknown connector
    "Unexpected error placing trade: .*(Invalid network format|required positional arguments).*",
    "Error cancelling order: .*(Invalid network format|required positional arguments).*",
    "Failed to (set leverage|set position mode|get position mode): .*",
    "Connector .* not found",
    "'.*'|\".*\"",  # an unknown pair
    "Error (initializing order book|getting diagnostics|restarting order book tracker): Connector .* not found",
    "Failed to initialize order book for .*",
    "Internal error fetching candles: No active exception to reraise",
    "Internal error fetching historical candles: ('timestamp'|No active exception to reraise)",
]

OURS = [pinned().operations[key] for key in EXCHANGE_OPERATIONS]

JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers(), max_size=2)
)
SECONDS = NOW // 1000
KNOWN: dict[str, list[Any]] = {
    "account_name": ["master_account", "second_account"],
    "connector_name": ["binance", "kucoin", "binance_perpetual", "hyperliquid_perpetual"],
    "trading_pair": ["BTC-USDT", "DOGE-USDT", "BTC-USD"],
    "interval": ["1m", "1h", "1d", "1w", "7m"],
    "start_time": [SECONDS - 86_400, NOW - 86_400_000, 0, -1, 10**30, -(10**30)],
    "end_time": [SECONDS, NOW, 0, -1, 10**30, -(10**30)],
    "max_records": [0, -5, 1, 500],
    "cursor": ["2026-11-22T08:00:00+00:00", "2026-11-22", "paper0000000001", "0001-01-01", "9999-12-31T23:59:59-23:59"],
    "status": ["OPEN", "FAILED", "open"],
    "position_mode": ["HEDGE", "ONEWAY"],
    "amount": ["0.01", 1, "1e3", "1e-30", "1e400", 10**40],
    "price": ["70000", 1, "1e-30", "1e400", 0, -1],
    "volume": [0, -1, 0.5, 1e300, 5e-324],
    "quote_volume": [0, -1, 1000, 1e300],
}


def value(name: str, schema: dict[str, Any], wild: bool) -> st.SearchStrategy[Any]:
    """What could stand there; in a wild request, anything."""
    if "$ref" in schema:
        return body(pinned().document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], wild)
    known = KNOWN.get(name.removesuffix("s"), KNOWN.get(name, []))
    options = [one.get("type") for one in schema.get("anyOf", [schema])]
    fitting: list[st.SearchStrategy[Any]] = [st.sampled_from(known)] if known else []
    if "enum" in schema:
        fitting.append(st.sampled_from(schema["enum"]))
    elif "array" in options:
        fitting = [st.lists(st.one_of(*fitting, st.text(max_size=5)), max_size=3)]
    elif "integer" in options:
        fitting.append(st.integers(1, 200))
    elif "number" in options:
        fitting.append(st.floats(0.0001, 1e5))
    elif "boolean" in options:
        fitting.append(st.booleans())
    elif "anyOf" in schema and "object" not in options:
        fitting += [body(one, wild) if "$ref" in one else st.none() for one in schema["anyOf"] if "$ref" in one]
    return st.one_of(*fitting, *[JUNK] * (wild or not fitting))


def body(schema: dict[str, Any], wild: bool) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        schema = pinned().document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    fields = {name: value(name, field, wild) for name, field in schema.get("properties", {}).items()}
    required = {name: field for name, field in fields.items() if name in schema.get("required", ())}
    if not fields:
        return st.dictionaries(st.sampled_from(["binance_api_key", "binance_api_secret", "x"]), JUNK, max_size=3)
    return st.fixed_dictionaries(
        required, optional={name: field for name, field in fields.items() if name not in required}
    )


@st.composite
def requests(draw: st.DrawFn) -> tuple[Operation, str, dict[str, Any], Any]:
    operation = draw(st.sampled_from(OURS))
    path, query, wild = operation.path, {}, draw(st.booleans())
    for parameter in operation.parameters:
        text = str(draw(value(parameter["name"], {"type": "string"}, wild)))
        if parameter["in"] == "query":
            query[parameter["name"]] = text
        else:
            path = path.replace("{" + parameter["name"] + "}", quote(text, safe="") or "x")
    return operation, path, query, draw(body(operation.body, wild)) if operation.body else None


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperApi]:
    with PaperApi(tmp_path_factory.mktemp("files")) as api:
        yield api


def finite(content: Any) -> bool:
    if isinstance(content, float):
        return content == content and abs(content) != float("inf")
    if isinstance(content, dict):
        return all(map(finite, content.values()))
    return all(map(finite, content)) if isinstance(content, list) else True


@pytest.mark.slow
@settings(
    max_examples=200,
    phases=[Phase.reuse, Phase.generate],  # making them smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=requests())
def test_no_request_makes_it_crash(
    paper: PaperApi, caplog: pytest.LogCaptureFixture, asked: tuple[Operation, str, dict[str, Any], Any]
) -> None:
    operation, path, query, content = asked
    paper.clock.advance(1000)
    if not finite(content):  # httpx doesn't send it
        return
    caplog.clear()
    answer = paper.request(operation.method, path, content, params=query)
    assert not caplog.records, caplog.text  # of a defect
    if answer.status_code == 500:
        detail = answer.json()["detail"] if answer.text != CRASHES[0] else answer.text
        assert any(re.fullmatch(known, detail, re.DOTALL) for known in CRASHES), detail
    elif answer.status_code < 300:
        assert answer.status_code == operation.status
    else:
        assert answer.status_code in (400, 404, 422)
