"""A controller's fields in words, from the ways in which the API writes Python's types."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.installation.controllers.field_types import default_value, type_in_words

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
    assert type_in_words(written) == words


@pytest.mark.parametrize(
    ("written", "value", "told"),
    [
        ("<class 'str'>", "PydanticUndefined", "needed"),
        ("<class 'decimal.Decimal'>", "0.05", Decimal("0.05")),
        ("typing.Optional[decimal.Decimal]", "0.03", Decimal("0.03")),
        ("typing.List[float]", "0.01,0.02", [Decimal("0.01"), Decimal("0.02")]),
        ("typing.List[float]", "", []),
        ("typing.List[float]", "a,b", "a,b"),
        (ORDER_TYPE, "OrderType.LIMIT", 2),
        ("typing.Optional[hummingbot.core.data_type.common.OrderType]", "OrderType.MARKET", 1),
        ("<enum 'PositionMode'>", "PositionMode.HEDGE", "HEDGE"),
        ("<class 'str'>", "100", "100"),
        ("<class 'str'>", "BTC.USDT", "BTC.USDT"),
        ("<class 'bool'>", False, False),
        ("typing.Optional[int]", None, None),
    ],
)
def test_defaults_are_told_as_they_may_be_given(written: str, value: Any, told: Any) -> None:
    assert default_value(written, value) == told
