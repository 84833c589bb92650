"""A controller's fields in words, from the ways in which the API writes Python's types."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.installation.controllers.field_types import default, in_words
from hbmcp.workflows.controllers.get_controller_template import get_controller_template
from tests.installation.scripted_installation import Script
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi

ORDER_TYPE = "<enum 'OrderType'>"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("<class 'decimal.Decimal'>", "number"),
        ("<class 'float'>", "number"),
        ("<class 'int'>", "integer"),
        ("<class 'str'>", "text"),
        ("<class 'bool'>", "true/false"),
        ("typing.Optional[decimal.Decimal]", "number or null"),
        ("decimal.Decimal | None", "number or null"),
        ("typing.Union[NoneType, int, float, decimal.Decimal]", "integer or number or null"),
        ("typing.List[float]", "list of numbers"),
        ("typing.Optional[typing.List[decimal.Decimal]]", "list of numbers or null"),
        ("list[decimal.Decimal] | None", "list of numbers or null"),
        ("typing.Dict[str, typing.List[int]]", "object of list of integers"),
        ("typing.Literal['up', 'down']", "up, down"),
        (
            "typing.List[hummingbot.strategy_v2.models.position_config.InitialPositionConfig]",
            "list of InitialPositionConfig",
        ),
        (ORDER_TYPE, "1 MARKET, 2 LIMIT, 3 LIMIT_MAKER"),
        ("<enum 'TradeType'>", "1 BUY, 2 SELL"),
        ("<enum 'PositionMode'>", "HEDGE, ONEWAY"),
        ("<enum 'Shape'>", "Shape"),
        (
            "typing.Optional[hummingbot.strategy_v2.executors.position_executor.data_types.TrailingStop]",
            "object: activation_price, trailing_delta or null",
        ),
    ],
)
def test_types_are_told_in_words(written: str, words: str) -> None:
    assert in_words(written) == words


@pytest.mark.parametrize(
    ("written", "value", "told"),
    [
        ("<class 'str'>", "PydanticUndefined", "needed"),
        ("<class 'decimal.Decimal'>", "0.05", Decimal("0.05")),
        ("typing.Optional[decimal.Decimal]", "0.03", Decimal("0.03")),
        ("typing.List[float]", "0.01,0.02", [Decimal("0.01"), Decimal("0.02")]),
        ("typing.List[float]", "", []),
        ("typing.List[float]", "a,b", "a,b"),
        (ORDER_TYPE, "OrderType.LIMIT", "LIMIT"),
        ("<class 'str'>", "100", "100"),
        ("<class 'str'>", "BTC.USDT", "BTC.USDT"),
        ("<class 'bool'>", False, False),
        ("typing.Optional[int]", None, None),
    ],
)
def test_defaults_are_told_as_they_may_be_given(written: str, value: Any, told: Any) -> None:
    assert default(written, value) == told


@pytest.mark.anyio
async def test_a_field_is_a_row_and_what_saving_sets_is_none() -> None:
    fields = {
        "id": {"default": "PydanticUndefined", "type": "<class 'str'>", "required": False},
        "leverage": {"default": 20, "type": "<class 'int'>", "required": False},
        "pool": {"default": "PydanticUndefined", "type": "<class 'str'>", "required": False},
    }
    script = Script({"read_controller_template": fields})
    answer = await get_controller_template(
        script.installation, controller_type="generic", controller_name="grid_strike"
    )
    assert answer.value == [
        {"field": "leverage", "type": "integer", "default": 20},
        {"field": "pool", "type": "text", "default": "needed"},
    ]


@pytest.mark.anyio
async def test_no_field_of_the_controllers_there_is_told_in_python(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {"market_making": "pmm_simple", "directional_trading": "bollinger_v1", "generic": "grid_strike"}
    async with assistant(api, monkeypatch) as call:
        for kind, name in there.items():
            text = await call.good("get_controller_template", controller_type=kind, controller_name=name)
            assert "leverage integer" in text
            for word in ("class", "typing", "Undefined", "Decimal", " | "):
                assert word not in text
        unknown = await call.bad("get_controller_template", controller_type="generic", controller_name="nope")
        assert "not found" in unknown
