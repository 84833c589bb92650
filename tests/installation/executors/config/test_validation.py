"""A configuration that can't be meant is refused with its field, what is expected and an example; a good one isn't."""

import re
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from hbmcp.errors import BadArguments
from hbmcp.figures import number
from hbmcp.installation.executors.config.config import as_saved, as_shown, by_dotted_name
from hbmcp.installation.executors.config.fields import OWN, TYPES
from hbmcp.installation.executors.config.validation import check, check_part
from hbmcp.paper.executors import config as paper

POSITION = {**TYPES["position_executor"].example}
GRID = {**TYPES["grid_executor"].example}
DCA = {**TYPES["dca_executor"].example}
TWAP = {**TYPES["twap_executor"].example}
ORDER = {**TYPES["order_executor"].example}
XEMM = {**TYPES["xemm_executor"].example}
LP = {**TYPES["lp_executor"].example}
BARRIERS = "triple_barrier_config"


@pytest.mark.parametrize("kind", TYPES)
def test_the_example_of_each_type_is_one_that_the_api_takes(kind: str) -> None:
    example = TYPES[kind].example
    config = check("create_executor", kind, example)
    parsed = paper.parse(config.sent, 0)
    assert parsed.type == kind
    assert paper.parse(check("create_executor", kind, as_shown(config.values)).sent, 0) == parsed
    assert as_saved(config.values) == example


@pytest.mark.parametrize("kind", TYPES)
def test_the_fields_and_their_defaults_are_those_of_the_api(kind: str) -> None:
    expected = dict(_leaves(paper.TYPES[kind], ""))
    ours = {name: field for name, field in TYPES[kind].leaves() if name not in OWN}
    set_by_hummingbot = {"id", "type", "timestamp"}
    assert ours.keys() == expected.keys() - set_by_hummingbot
    for name, field in ours.items():
        default = expected[name]
        if not field.needed:  # what has to be said, whatever the API would take
            same = (number(default) == number(field.default)) if field.kind == "number" else default == field.default
            assert same, name
        assert field.default is None or not field.names or field.default in field.names


def _leaves(model: type[BaseModel], prefix: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, field in model.model_fields.items():
        inner = next((one for one in _models(field.annotation)), None)
        if inner:
            found += _leaves(inner, f"{prefix}{name}.")
        else:
            default = None if field.is_required() else field.default
            found.append((prefix + name, getattr(default, "name", default)))
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    options = getattr(annotation, "__args__", [annotation])
    return [one for one in options if isinstance(one, type) and issubclass(one, BaseModel)]


def with_barrier(base: dict[str, Any], **barriers: Any) -> dict[str, Any]:
    return {**base, BARRIERS: {**base[BARRIERS], **barriers}}


@pytest.mark.parametrize(
    ("kind", "config", "words"),
    [
        # unknown
        ("position", {**POSITION, "stop_loss": 0.03}, ["stop_loss: no such field", f"mean {BARRIERS}.stop_loss?"]),
        ("position", {**POSITION, "amout": 1}, ["amout: no such field; did you mean amount?"]),
        ("position", {**POSITION, "zzz": 1}, ["zzz: no such field; there are connector_name, trading_pair"]),
        ("position", {**POSITION, "id": "mine"}, ["id: leave it out"]),
        ("grid", with_barrier(GRID, take_profits=1), [f"{BARRIERS}.take_profits: no", "take_profit?"]),
        ("grid", {**GRID, "type": "dca_executor"}, ["type: expected grid_executor"]),
        # missing
        ("position", {**POSITION, "side": None}, ["side: missing; expected one of BUY, SELL"]),
        ("position", {**POSITION, "amount": None}, ["amount: missing", "a number above 0 (base units), e.g. 0.01"]),
        ("position", {**POSITION, "leverage": None}, ["leverage: missing", "a whole number at least 1", "e.g. 5"]),
        ("grid", {**GRID, "leverage": None}, ["leverage: missing"]),
        ("grid", {**GRID, BARRIERS: None}, [f"{BARRIERS}: missing; expected an object, e.g. {{take_profit: 0.005"]),
        ("grid", {**GRID, BARRIERS: {"take_profit": 0.01}}, [f"{BARRIERS}.take_profit_order_type: missing"]),
        (
            "position",
            with_barrier(POSITION, trailing_stop={"activation_price": 0.02}),
            [f"{BARRIERS}.trailing_stop.trailing_delta: missing", "e.g. 0.005"],
        ),
        ("order", {**ORDER, "price": None}, ["price: missing; a LIMIT needs it"]),
        ("twap", {**TWAP, "mode": "MAKER"}, ["limit_order_buffer: missing", "0.001"]),
        ("order", {**ORDER, "execution_strategy": "LIMIT_CHASER", "price": None}, ["chaser_config: missing"]),
        # wrong type
        ("position", {**POSITION, "side": "LONG"}, ['side: expected one of BUY, SELL, got "LONG"']),
        ("position", {**POSITION, "side": 3}, ["side: expected one of BUY, SELL, got 3"]),
        ("position", {**POSITION, "side": True}, ["side: expected one of BUY, SELL, got true"]),
        ("position", {**POSITION, "amount": "much"}, ["amount: expected a number above 0", 'got "much"']),
        ("position", {**POSITION, "amount": "NaN"}, ["amount: expected a number"]),
        ("position", {**POSITION, "leverage": "2.5"}, ["leverage: expected a whole number", "got 2.5"]),
        ("position", {**POSITION, BARRIERS: 0.03}, [f"{BARRIERS}: expected an object, e.g. {{stop_loss: 0.03}}"]),
        ("grid", {**GRID, "keep_position": "yes"}, ["keep_position: expected true or false, e.g. true"]),
        ("dca", {**DCA, "prices": 60000}, ["prices: expected a list of numbers, each above 0", "got 60000"]),
        ("dca", {**DCA, "prices": []}, ["prices: expected a list", "got []"]),
        # out of range
        (
            "position",
            with_barrier(POSITION, stop_loss=3),
            ["stop_loss: expected a number above 0 and below 1", "3 % is 0.03"],
        ),
        ("position", with_barrier(POSITION, stop_loss="3%"), ['got "3%"; 3 % is 0.03']),
        ("position", with_barrier(POSITION, take_profit=2), ["at most 1 (0.01=1%), e.g. 0.02, got 2; 2 % is 0.02"]),
        (
            "position",
            with_barrier(POSITION, time_limit=0),
            ["time_limit: expected a whole number at least 1 (seconds)"],
        ),
        ("position", with_barrier(POSITION, stop_loss_order_type="LIMIT"), ["one of MARKET"]),
        ("grid", with_barrier(GRID, take_profit_order_type="MARKET"), ["one of LIMIT, LIMIT_MAKER"]),
        ("position", {**POSITION, "amount": -1}, ["got -1"]),
        ("position", {**POSITION, "amount": "1e40"}, ["amount: expected"]),
        ("position", {**POSITION, "leverage": 0}, ["leverage: expected"]),
        ("position", {**POSITION, "connector_name": "binance"}, ["leverage: binance is a spot exchange: expected 1"]),
        # what doesn't go together
        ("grid", {**GRID, "start_price": 70000}, ["start_price: expected less than end_price (62000)", "70000"]),
        ("grid", {**GRID, "limit_price": 59000}, ["limit_price: expected less than start_price (58000) to BUY"]),
        ("grid", {**GRID, "side": "SELL"}, ["limit_price: expected more than end_price (62000) to SELL"]),
        ("grid", {**GRID, "total_amount_quote": 10}, ["total_amount_quote: expected at least min_order"]),
        ("dca", {**DCA, "amounts_quote": [1]}, ["amounts_quote: expected one for each of the 2 prices, got 1"]),
        ("dca", {**DCA, "mode": "TAKER", "activation_bounds": [0.01]}, ["activation_bounds: expected two"]),
        ("twap", {**TWAP, "order_interval": 7200}, ["total_duration: expected at least order_interval"]),
        ("twap", {**TWAP, "order_interval": 1}, ["order_interval: expected so long"]),
        ("order", {**ORDER, "execution_strategy": "MARKET"}, ["price: a MARKET has none"]),
        (
            "order",
            {**ORDER, "connector_name": "binance", "leverage": None, "position_action": "CLOSE"},
            ["position_action: expected OPEN"],
        ),
        (
            "position",
            with_barrier(POSITION, trailing_stop={"activation_price": 0.01, "trailing_delta": 0.02}),
            ["trailing_delta: expected no more than activation_price (0.01)"],
        ),
        ("position", {**POSITION, "activation_bounds": [0.01]}, ["entry_price: missing"]),
        ("xemm", {**XEMM, "target_profitability": 0.1}, ["target_profitability: expected between"]),
        ("arbitrage", {**XEMM}, ["maker_side: no such field"]),
        ("lp", {**LP, "upper_price": 1}, ["lower_price: expected less than upper_price (1)"]),
        ("lp", {**LP, "lower_limit_price": 150}, ["lower_limit_price: expected no more than lower_price"]),
    ],
)
def test_what_cant_be_meant_is_refused(kind: str, config: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(BadArguments) as refused:
        check("create_executor", f"{kind}_executor", config)
    text = str(refused.value)
    for word in words:
        assert word in text
    assert "Nothing was sent." in text
    assert "get_executor_fields" in text


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(BadArguments) as refused:
        check("create_executor", "position_executor", {"side": "LONG", "amount": -1, "sidee": 1})
    assert [line.split(":")[0] for line in str(refused.value).splitlines() if line.startswith("- ")] == [
        "- side",
        "- amount",
        "- sidee",
        "- connector_name",
        "- trading_pair",
    ]


@pytest.mark.parametrize("side", ["BUY", "buy", 1, "1"])
def test_enums_are_taken_by_name_and_by_number(side: Any) -> None:
    barriers = {"open_order_type": 3, "take_profit_order_type": "limit"}
    config = check("create_executor", "position_executor", {**POSITION, "side": side, BARRIERS: barriers})
    assert (config.sent["side"], config.get("side")) == (1, "BUY")
    assert config.sent[BARRIERS] == {"open_order_type": 3, "take_profit_order_type": 2}


def test_spot_needs_no_leverage_and_may_say_one() -> None:
    spot = {**POSITION, "connector_name": "binance", "leverage": 1}
    assert check("create_executor", "position_executor", spot).sent["leverage"] == 1
    assert "leverage" not in check("create_executor", "position_executor", {**spot, "leverage": None}).sent


def test_numbers_keep_all_their_digits() -> None:
    exact = "0.12345678901234567890123"
    assert check("create_executor", "position_executor", {**POSITION, "amount": exact}).sent["amount"] == exact


def test_saved_defaults_fill_in_and_what_is_given_wins() -> None:
    saved = {"leverage": 3, "amount": "9", BARRIERS: {"stop_loss": "0.1", "take_profit": "0.2"}}
    given = {**POSITION, "leverage": None, BARRIERS: {"take_profit": "0.05"}}
    config = check("create_executor", "position_executor", given, saved)
    assert dict(config.applied) == {"leverage": 3, f"{BARRIERS}.stop_loss": Decimal("0.1")}
    assert config.sent["leverage"] == 3
    assert config.sent["amount"] == "0.01"
    assert config.sent[BARRIERS] == {"stop_loss": "0.1", "take_profit": "0.05"}


def test_a_saved_default_that_no_longer_fits_is_named_as_one() -> None:
    with pytest.raises(BadArguments, match=r"gone: no such field.*a saved default: set_executor_defaults"):
        check("create_executor", "position_executor", POSITION, {"gone": 1})


def test_a_part_is_checked_field_by_field() -> None:
    part = check_part("set_executor_defaults", "grid_executor", {"leverage": "4", BARRIERS: {"stop_loss": 0.2}})
    assert dict(by_dotted_name(part)) == {"leverage": 4, f"{BARRIERS}.stop_loss": Decimal("0.2")}
    with pytest.raises(BadArguments, match="stop_loss: expected"):
        check_part("set_executor_defaults", "grid_executor", {BARRIERS: {"stop_loss": 20}})


def test_an_offset_without_its_sign_is_told_to_have_one() -> None:
    with pytest.raises(BadArguments, match=re.escape('got "5%"; an offset has its sign, "+5%" or "-5%"')):
        check("create_executor", "grid_executor", {**GRID, "end_price": "5%"})


def test_all_that_is_missing_is_told_at_once() -> None:
    given = {name: value for name, value in GRID.items() if name not in ("limit_price", BARRIERS)}
    with pytest.raises(BadArguments) as refused:
        check("create_executor", "grid_executor", {**given, "end_price": "5%"})
    lacking = ("- limit_price: missing", f"- {BARRIERS}: missing", "{take_profit: ", "take_profit_order_type: ")
    assert [words for words in lacking if words not in str(refused.value)] == []


def test_exchanges_and_pairs_are_spelt_as_hummingbot_does() -> None:
    config = check(
        "create_executor", "grid_executor", GRID | {"connector_name": "Binance_Perpetual", "trading_pair": "eth-usdt"}
    )
    assert config.markets == [("binance_perpetual", "ETH-USDT")]
    markets = {
        "buying_market": {"connector_name": "KuCoin", "trading_pair": "btc-usdt"},
        "selling_market": {"connector_name": " binance", "trading_pair": "BTC-USDT"},
    }
    config = check("create_executor", "xemm_executor", XEMM | markets)
    assert config.markets == [("kucoin", "BTC-USDT"), ("binance", "BTC-USDT")]
    markets["buying_market"]["trading_pair"] = "BTC"
    with pytest.raises(BadArguments, match=r"buying_market\.trading_pair: BTC is no pair"):
        check("create_executor", "xemm_executor", XEMM | markets)
