"""Arguments: what is accepted, what comes out, what is said when something is wrong."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.arguments import Checker, secrets
from hbmcp.catalog import Catalog, Tool
from hbmcp.errors import BadArguments

STRING = {"type": "string"}
NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}
BOOLEAN = {"type": "boolean"}
OBJECT = {"type": "object"}
STRINGS = {"type": "array", "items": STRING}
NUMBERS = {"type": "array", "items": NUMBER}
SIDE = {"type": "string", "enum": ["BUY", "SELL"]}


def tool(
    properties: dict[str, Any],
    required: tuple[str, ...] = (),
    risk: str = "read",
    times: tuple[str, ...] = (),
    acts_on_many: bool = False,
) -> Tool:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    definition = {"name": "a_tool", "inputSchema": schema}
    return Tool("a_tool", definition, "tools", risk, (), True, times, "GET /", acts_on_many=acts_on_many)


def taken(value: Any, schema: dict[str, Any]) -> Any:
    """What becomes of one required argument."""
    return Checker(tool({"it": schema}, ("it",))).check({"it": value})["it"]


def refused(arguments: dict[str, Any], properties: dict[str, Any], required: tuple[str, ...] = ()) -> str:
    with pytest.raises(BadArguments) as caught:
        Checker(tool(properties, required)).check(arguments)
    assert caught.value.undone == "Nothing was sent."
    return str(caught.value)


def test_what_is_not_listed_is_checked() -> None:
    place_order = Catalog.load().tools["place_order"]
    assert "minimum" not in place_order.definition["inputSchema"]["properties"]["amount"]
    with pytest.raises(BadArguments, match="amount: expected more than 0, got -1"):
        Checker(place_order).check(
            {
                "connector_name": "kraken",
                "trading_pair": "BTC-USDT",
                "side": "BUY",
                "amount": -1,
                "order_type": "MARKET",
            }
        )


@pytest.mark.parametrize(
    ("value", "schema", "meant"),
    [
        ("0.10", NUMBER, Decimal("0.10")),
        (" 45000 ", NUMBER, Decimal(45000)),
        ("1e-8", NUMBER, Decimal("1e-8")),
        (0.1, NUMBER, Decimal("0.1")),
        (5, NUMBER, Decimal(5)),
        (Decimal("0.123456789012345678"), NUMBER, Decimal("0.123456789012345678")),
        (5.0, INTEGER, 5),
        ("100", INTEGER, 100),
        ("5.0", INTEGER, 5),
        (Decimal("5.0"), INTEGER, 5),
        ("true", BOOLEAN, True),
        ("False", BOOLEAN, False),
        (1795337040, STRING, "1795337040"),
        (1795337040.5, STRING, "1795337040.5"),
        (1e21, STRING, "1000000000000000000000"),
        ("buy", SIDE, "BUY"),
        (" Sell", SIDE, "SELL"),
        ("binance", STRINGS, ["binance"]),
        ('["binance", "okx"]', STRINGS, ["binance", "okx"]),
        ("0.1", NUMBERS, [Decimal("0.1")]),
        (["1", 2], NUMBERS, [Decimal(1), Decimal(2)]),
        ('{"a": 0.1}', OBJECT, {"a": Decimal("0.1")}),
        ({"a": [0.1, "x", None]}, OBJECT, {"a": [Decimal("0.1"), "x", None]}),
        ({"a": 1795337040.360361}, OBJECT, {"a": Decimal("1795337040.360361")}),
        ({"side": "buy"}, {"type": "object", "properties": {"side": SIDE}}, {"side": "BUY"}),
        ({"a": "1"}, {"type": "object", "additionalProperties": NUMBER}, {"a": Decimal(1)}),
        ("0.1", {"anyOf": [NUMBER, OBJECT]}, Decimal("0.1")),
        ("text", {"anyOf": [STRING, OBJECT]}, "text"),
        ({"a": 1}, {"anyOf": [STRING, OBJECT]}, {"a": 1}),
        ("0.1", {"type": ["number", "string"]}, "0.1"),
        (0.5, {"type": ["number", "string"]}, Decimal("0.5")),
    ],
)
def test_what_can_only_mean_one_thing_is_accepted(value: Any, schema: dict[str, Any], meant: Any) -> None:
    result = taken(value, schema)
    assert result == meant
    assert type(result) is type(meant)
    assert str(result) == str(meant)


@pytest.mark.parametrize(
    ("value", "schema", "told"),
    [
        ("lots", NUMBER, 'expected a number, e.g. 0.1, got "lots"'),
        ("1,000", NUMBER, "expected a number"),
        ("", NUMBER, "expected a number"),
        (True, NUMBER, "expected a number"),
        (True, INTEGER, "expected a whole number"),
        (True, STRING, "expected a string"),
        (None, NUMBER, "expected a number"),
        (float("nan"), NUMBER, "NaN and Infinity"),
        (float("inf"), NUMBER, "NaN and Infinity"),
        ({"deep": [float("nan")]}, OBJECT, "NaN and Infinity"),
        (Decimal("NaN"), NUMBER, "NaN and Infinity"),
        (0.1 + 0.2, NUMBER, 'send it as a string: "0.30000000000000004"'),
        ("1e999", NUMBER, "too large or too small"),
        (1e300, NUMBER, "too large or too small"),
        (5.5, INTEGER, "expected a whole number, e.g. 10, got 5.5"),
        (1e22, INTEGER, "too many digits"),
        ("yes", BOOLEAN, "expected true or false"),
        ("HOLD", SIDE, 'expected one of BUY, SELL, got "HOLD"'),
        ("binance, okx", STRINGS, 'send a list: ["binance", "okx"]'),
        ('["binance"', STRINGS, "isn't valid JSON"),
        ('{"a": ', OBJECT, "isn't valid JSON"),
        ("text", OBJECT, "expected an object"),
        (["a", {}], STRINGS, "it[1]: expected a string"),
        ({"side": "HOLD"}, {"type": "object", "properties": {"side": SIDE}}, "it.side: expected one of BUY, SELL"),
        ({}, {"type": "object", "properties": {"side": SIDE}, "required": ["side"]}, "it.side: missing; expected one"),
        (0, {"type": "integer", "minimum": 1}, "expected at least 1, got 0"),
        (1001, {"type": "integer", "maximum": 1000}, "expected at most 1000, got 1001"),
        (0, {"type": "number", "minimum": 1e-18}, "expected more than 0, got 0"),
        (-1, {"type": "number", "minimum": 1e-18}, "expected more than 0, got -1"),
        ("0.15", {"type": "number", "multipleOf": 0.1}, "expected a multiple of 0.1"),
        (["a"], {"type": "array", "items": STRING, "minItems": 2}, "expected a list of at least 2"),
        ("a", {"type": "string", "minLength": 2}, "expected at least 2 characters"),
        (
            "kraken",
            {"type": "string", "pattern": "_perpetual"},
            'expected text that matches "_perpetual", got "kraken"',
        ),
        ([], STRINGS, "is empty; expected a list, each a string"),
        ("", STRING, "is empty; expected a string"),
        ("", {"type": "string", "description": "With .yml"}, "is empty; expected a string (With .yml)"),
        (True, {"anyOf": [NUMBER, STRING]}, "expected a number, e.g. 0.1 or a string"),
    ],
)
def test_everything_else_is_refused_with_what_was_expected(value: Any, schema: dict[str, Any], told: str) -> None:
    assert told in refused({"it": value}, {"it": schema}, ("it",))


def test_exact_multiples_are_multiples() -> None:
    assert taken("0.3", {"type": "number", "multipleOf": 0.1}) == Decimal("0.3")


def test_all_problems_are_told_at_once() -> None:
    told = refused(
        {"trade_typ": "BUY", "amount": "lots"},
        {"trade_type": SIDE, "amount": NUMBER, "trading_pair": STRING, "price": NUMBER},
        ("trade_type", "amount", "trading_pair"),
    )
    assert "- trade_typ: no such argument; did you mean trade_type?" in told
    assert "- amount: expected a number" in told
    assert '- trading_pair: missing; expected a string, e.g. "BTC-USDT"' in told
    assert "- trade_type: missing; expected one of BUY, SELL" in told
    assert "price" not in told


def test_an_unknown_argument_of_a_tool_without_any() -> None:
    assert "it takes no arguments" in refused({"account": "x"}, {})


def test_null_for_an_optional_argument_is_absent() -> None:
    nullable = {"anyOf": [STRING, {"type": "null"}]}
    check = Checker(tool({"a": NUMBER, "b": nullable, "c": STRINGS})).check
    assert check({"a": None, "b": None, "c": None}) == {"b": None}


def test_long_and_secret_values_are_not_echoed() -> None:
    assert "x" * 100 not in refused({"it": "x" * 1000}, {"it": NUMBER})
    with pytest.raises(BadArguments) as caught:
        Checker(tool({"it": NUMBER}, risk="secret")).check({"it": "my key"})
    assert "my key" not in str(caught.value)
    assert "hunter2" not in refused({"api_key": "hunter2"}, {"api_key": NUMBER})


def test_a_flood_of_problems_is_cut() -> None:
    told = refused({f"{number}{'x' * 1000}": 1 for number in range(1000)}, {"it": NUMBER})
    assert "and 980 more problems" in told
    assert len(told) < 5000


def test_secrets_are_found_by_risk_and_by_name() -> None:
    credentials = {"account_name": "main", "credentials": {"binance_api_key": "k1", "mode": "m"}, "chain": "solana"}
    assert secrets(tool({}, risk="secret"), credentials) == {"k1", "m"}
    assert secrets(tool({}, risk="secret"), {"chain": "solana", "private_key": "p"}) == {"p"}
    settings = {"credentials": {"hyperliquid_mode": "arb_wallet", "hyperliquid_use_vault": "true", "api_key": "plain"}}
    assert secrets(tool({}, risk="secret"), settings) == {"plain"}
    assert secrets(tool({}), {"executor_config": {"api_secret": "s", "token": "SOL"}}) == {"s"}


decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)


@given(decimals)
def test_a_number_as_a_string_keeps_every_digit(number: Decimal) -> None:
    text = str(number)
    assert str(taken(text, NUMBER)) == str(Decimal(text))


@given(st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1), st.integers(min_value=0, max_value=12))
def test_a_json_number_of_up_to_15_digits_is_what_was_written(digits: int, places: int) -> None:
    written = format(Decimal(digits).scaleb(-places), "f")
    sent = json.loads(written)
    assert taken(sent, NUMBER) == Decimal(written)


@given(st.floats(min_value=0, max_value=9))
def test_a_json_number_is_exact_or_refused_never_silently_another(number: float) -> None:
    written = Decimal(repr(number))
    if len(written.normalize().as_tuple().digits) > 15:
        assert "as a string" in refused({"it": number}, {"it": NUMBER})
    elif number and abs(written.adjusted()) > 80:
        assert "too large or too small" in refused({"it": number}, {"it": NUMBER})
    else:
        assert taken(number, NUMBER) == written


@given(st.integers(min_value=-(2**53), max_value=2**53))
def test_a_whole_number_in_any_spelling(number: int) -> None:
    assert {taken(number, INTEGER), taken(float(number), INTEGER), taken(str(number), INTEGER)} == {number}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
schemas = st.sampled_from([STRING, NUMBER, INTEGER, BOOLEAN, OBJECT, STRINGS, NUMBERS, SIDE, {}])


@given(json_values, schemas)
def test_whatever_is_sent_is_taken_as_the_schema_says_or_refused(value: Any, schema: dict[str, Any]) -> None:
    try:
        result = taken(value, schema)
    except BadArguments:
        return
    assert not floats(result)
    # What comes out goes through a second time unchanged.
    assert taken(result, schema) == result


def floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(floats(one) for one in value.values())
    if isinstance(value, list):
        return any(floats(one) for one in value)
    return isinstance(value, float)


@pytest.mark.parametrize("risk", ["read", "trade"])
@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_optional_argument_is_absent_whatever_its_type(empty: str | None, risk: str) -> None:
    """With strict function calling a client must send every argument: a MARKET order's price, for one."""
    properties = {"text": STRING, "number": NUMBER, "whole": INTEGER, "flag": BOOLEAN, "side": SIDE, "list": STRINGS}
    properties |= {"object": OBJECT, "several": {"anyOf": [NUMBER, STRINGS]}}
    nested = {"type": "object", "properties": {"text": STRING, "number": NUMBER}}
    sent: dict[str, Any] = dict.fromkeys(properties, empty)
    check = Checker(tool({**properties, "nested": nested}, risk=risk)).check
    assert check({**sent, "nested": {"text": empty, "number": empty}}) == {"nested": {}}


def test_an_empty_optional_list_stays() -> None:
    assert Checker(tool({"names": STRINGS})).check({"names": []}) == {"names": []}


def test_null_and_blank_are_passed_on_where_they_mean_something() -> None:
    blank = {"type": "string", "maxLength": 0}
    null = {"type": "null"}
    properties = {
        "note": {"anyOf": [STRING, null]},
        "sort": {"anyOf": [SIDE, blank]},
        "price": {"anyOf": [NUMBER, null]},
    }
    check = Checker(tool(properties, ("sort", "price"))).check
    assert check({"note": None, "sort": "", "price": None}) == {"note": None, "sort": "", "price": None}
    assert check({"note": "", "sort": "buy", "price": "0.10"}) == {"sort": "BUY", "price": Decimal("0.10")}
    assert "price: missing" in refused({"sort": ""}, properties, ("sort", "price"))


def test_a_field_that_an_object_does_not_have_is_refused() -> None:
    """The request would go without it."""
    leg = {"type": "object", "properties": {"price": NUMBER, "size": NUMBER}, "required": ["price"]}
    side = {"type": "object", "properties": {"side": SIDE}, "required": ["side"]}
    told = refused({"legs": [{"price": 1, "sise": 2}]}, {"legs": {"type": "array", "items": leg}})
    assert "legs[0].sise: no such field; did you mean size?" in told
    either = {"anyOf": [leg, side]}
    assert taken({"side": "buy"}, either) == {"side": "BUY"}
    assert 'expected an object with price, size, e.g. {"price": 0.1} or an object with side' in refused(
        {"it": {"price": 1, "side": "BUY"}}, {"it": either}
    )
    opened = {**leg, "additionalProperties": {}}
    assert "it.b: no such field; there are a" in refused(
        {"it": {"b": 1}}, {"it": {"type": "object", "properties": {"a": NUMBER}, "additionalProperties": False}}
    )
    assert taken({"price": 1, "note": "x"}, opened) == {"price": Decimal(1), "note": "x"}
    assert taken({"note": {"x": 0.1}}, {"type": "object", "additionalProperties": {}}) == {
        "note": {"x": Decimal("0.1")}
    }


PERIOD = {"start_time": STRING, "end_time": STRING, "limit": NUMBER}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            {"start_time": "last week", "limit": "x"},
            ['- start_time: "last week" is not a time. Give', "- limit: expected"],
        ),
        ({"start_time": "12h", "end_time": "24h"}, ["- start_time: isn't before end_time"]),
        ({"start_time": "2026-01-01", "end_time": "2026-01-01T00:00Z"}, ["- start_time: isn't before end_time"]),
        ({"start_time": ["2026-01-01"]}, ["- start_time: expected a string"]),
    ],
)
def test_times_are_told_by_name_with_all_other_problems(arguments: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(BadArguments) as caught:
        Checker(tool(PERIOD, times=("start_time", "end_time"))).check(arguments)
    for text in told:
        assert text in str(caught.value)


def test_a_period_is_passed_on_as_it_was_written() -> None:
    checker = Checker(tool(PERIOD, times=("start_time", "end_time")))
    assert checker.check({"start_time": "24h", "end_time": "now"}) == {"start_time": "24h", "end_time": "now"}
    assert checker.check({"end_time": "yesterday"}) == {"end_time": "yesterday"}


@pytest.mark.parametrize("empty", ["", " ", None, []])
@pytest.mark.parametrize("name", ["connector_name", "names", "loss_over"])
def test_an_empty_filter_of_what_acts_on_many_is_refused(name: str, empty: Any) -> None:
    """It would widen what is done: to all pairs instead of one."""
    properties = {
        "connector_name": STRING,
        "names": STRINGS,
        "loss_over": NUMBER,
        "dry_run": {**BOOLEAN, "default": True},
    }
    checker = Checker(tool(properties, risk="trade", acts_on_many=True))
    with pytest.raises(BadArguments, match=f"{name}: is empty: leave it out, or say which"):
        checker.check({name: empty})
    assert checker.check({"dry_run": "", "loss_over": 5}) == {"loss_over": Decimal(5)}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("BTC-USDT", "BTC-USDT"),
        (" btc-usdt ", "BTC-USDT"),
        ("0x0-weth", "0X0-WETH"),
        ("kPEPE-USD", "kPEPE-USD"),
        ("Btc-usdt", "Btc-usdt"),
        ("0xdac17f958d2ee523a2206206994597c13d831ec7-weth", "0xdac17f958d2ee523a2206206994597c13d831ec7-weth"),
        ("weth-0xdac17f958d2ee523a2206206994597c13d831ec7", "weth-0xdac17f958d2ee523a2206206994597c13d831ec7"),
        ("oywgkj4qd3b7ymh1r8hlwvn2o3rzpump-sol", "oywgkj4qd3b7ymh1r8hlwvn2o3rzpump-sol"),
        ("ibc/27394fb092d2eccd-osmo", "ibc/27394fb092d2eccd-osmo"),
    ],
)
def test_a_pair_without_capitals_is_put_into_capitals(sent: str, meant: str) -> None:
    properties = {"trading_pair": STRING, "trading_pairs": STRINGS}
    sent_pairs = {"trading_pair": sent, "trading_pairs": [sent, "eth"]}
    assert Checker(tool(properties)).check(sent_pairs) == {"trading_pair": meant, "trading_pairs": [meant, "ETH"]}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("1M", "1M"), ("1m", "1m"), (" 1m", "1m"), ("1H", "1h"), ("3m", "3m"), ("3M", None), ("1Month", None)],
)
def test_letter_case_is_free_only_where_it_tells_nothing(sent: str, meant: str | None) -> None:
    """A month isn't a minute."""
    properties = {"interval": {"type": "string", "enum": ["1m", "3m", "1h", "1M"]}}
    if meant is None:
        assert "expected one of 1m, 3m, 1h, 1M" in refused({"interval": sent}, properties)
    else:
        assert Checker(tool(properties)).check({"interval": sent}) == {"interval": meant}


@pytest.mark.parametrize("name", ["get_candles", "get_historical_candles"])
def test_every_interval_of_the_api_is_taken_as_it_is_written(name: str) -> None:
    candles = Catalog.load().tools[name]
    for interval in ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]:
        sent = {"connector_name": "binance", "trading_pair": "BTC-USDT", "interval": interval, "start_time": "24h"}
        taken = {key: value for key, value in sent.items() if key in candles.schema["properties"]}
        assert Checker(candles).check(taken)["interval"] == interval


@pytest.mark.parametrize("sent", ["ETH", "BTC/USDT", "-USDT", "BTC-", "BTC- "])
def test_what_is_no_pair_is_refused(sent: str) -> None:
    assert "is no pair; expected BASE-QUOTE, e.g. BTC-USDT" in refused({"trading_pair": sent}, {"trading_pair": STRING})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused(number: float) -> None:
    where = {"account_name": "a", "connector_name": "binance", "trading_pair": "BTC-USDT", "side": "BUY"}
    with pytest.raises(BadArguments, match="amount"):
        Checker(Catalog.load().tools["place_order"]).check({**where, "order_type": "MARKET", "amount": number})
