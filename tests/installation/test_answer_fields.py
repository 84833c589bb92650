"""What is needed of an answer must be there; the rest may be anything; and an error says where it isn't."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.errors import UnreadableAnswer
from hbmcp.installation.answer_fields import Fields, Reading, array, data, moment, number, optional, text, under
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.fills.chronology import OrderTimes
from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.markets.order_book import Book
from hbmcp.installation.orders.order import Order
from hbmcp.installation.performance.snapshot_series import read_state
from hbmcp.installation.position_history.funding_payments import FundingPayment
from hbmcp.installation.positions.position import Position
from hbmcp_tools import trading
from hummingbot_api.errors import UnexpectedShape
from tests.installation.scripted_installation import Script

ROWS: list[Reading[Any]] = [
    *(Order.from_row, Fill.from_row, Position.from_row, Executor.from_row),
    *(OrderTimes.from_row, FundingPayment.from_row, Book.from_answer, read_state),
]
NAMES = """account_name amount asks average_fill_price bids close_timestamp config connector_name created_at custom_info
entry_price executor_id fee_paid filled_amount funding_payment funding_rate id leverage order_id order_ids price side
status timestamp trade_type trading_pair type units unrealized_pnl updated_at held_position_orders""".split()  # noqa: SIM905
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(
    ["BTC-USDT", "BUY", "2026-11-22T08:43:47Z", "1e999999", Decimal("0.1"), Decimal("1e400"), "-Infinity"]
)  # fmt: skip
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner), max_leaves=40
)
likely = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, scalars | anything))


@given(st.sampled_from(ROWS), anything | likely)
def test_whatever_is_answered_it_is_read_or_said_to_be_unlike(reading: Reading[Any], answer: Any) -> None:
    with suppress(UnexpectedShape):
        reading(answer)


@pytest.mark.parametrize(
    ("reading", "answer", "said"),
    [
        (data(under("price", number)), {"data": [{"price": 1}, {"price": "x"}]}, "data[1].price: expected a number"),
        (data(under("price", number)), {"rows": []}, "data: expected a value, got nothing"),
        (data(under("price", number)), [], "the answer: expected an object, got an array"),
        (array(under("id", text)), [{"id": None}], "[0].id: expected a string, got null"),
        (under("at", moment), {"at": "yesterday"}, "at: expected an ISO time, got a string"),
        (under("of", optional(number)), {}, "of: expected a value, got nothing"),
        (number, Decimal("1e999"), "the answer: expected a number"),
    ],
)
def test_the_place_is_named_and_no_value(reading: Reading[Any], answer: Any, said: str) -> None:
    with pytest.raises(UnexpectedShape) as raised:
        reading(answer)
    assert str(raised.value).startswith(said)


def test_what_can_be_done_without() -> None:
    fields = Fields({"a": None, "b": "x", "c": "1.50"})
    assert [fields.known(name, number) for name in "abcd"] == [None, None, Decimal("1.50"), None]
    assert [fields.given(name, text) for name in "abd"] == [None, "x", None]
    with pytest.raises(UnexpectedShape, match="b: expected a number"):
        fields.given("b", number)


@pytest.mark.anyio
async def test_the_caller_is_told_which_answer_and_where() -> None:
    script = Script({"get_trades": {"data": [{"order_id": 7}]}})
    with pytest.raises(UnreadableAnswer, match=r"answer to get_trades isn't .*: data\[0\].order_id: expected a string"):
        await script.installation.read(data(Fill.from_row), trading.get_trades)


def test_a_position_is_read_without_what_closing_does_not_need() -> None:
    row = {"account_name": "a", "connector_name": "b", "trading_pair": "BTC-USDT", "side": "BOTH", "amount": "-0.5"}
    position = Position.from_row({**row, "entryPrice": "1", "unrealized_pnl": "?", "leverage": []})
    assert (position.side, position.amount, position.entry, position.mark) == ("SHORT", Decimal("0.5"), None, None)
