"""Fees on the paper exchange, against the engine's own fills."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.figures import money
from hbmcp.installation.fills.fees import fee_rows, fee_totals
from hbmcp.installation.fills.fills import Fill
from tests.paper.assistant import assistant
from tests.paper.paper_api import HOUR, PaperApi
from tests.paper.perpetual_account import ACCOUNT, CONNECTOR, open_position
from tests.workflows.answers import notes, value

pytestmark = pytest.mark.anyio

D = Decimal
ONE = Fill("x-1", "master_account", "binance", "BTC-USDT", "BUY", D("0.1"), D(50_000), D(5), "USDT", 0)


async def test_by_exchange_they_are_the_engine_s(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "BUY", "0.5")
    open_position(api, "SELL", "20", "SOL-USDT")
    open_position(api, "SELL", "10", "SOL-USDT", "bybit_perpetual", "second_account")
    api.paper.engine.place(ACCOUNT, "binance", "BTC-USDT", "BUY", D("0.1"))
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_fees")
        one = value(await call.good("get_fees", account_name=ACCOUNT, connector_name=CONNECTOR))["fees"]
    answer = value(text)
    fills = api.paper.engine.fills()
    assert {row["connector_name"] for row in answer["fees"]} == {"binance", CONNECTOR, "bybit_perpetual"}
    for row in answer["fees"]:
        there = [one for one in fills if one.exchange == row["connector_name"] and one.account == row["account_name"]]
        traded = sum((one.amount * one.price for one in there), D(0))
        fee = sum((one.fee for one in there), D(0))
        assert int(row["fills"]) == len(there)
        assert abs(D(row["value"]) - traded) < D("0.01")
        assert abs(D(row["fees"]) - fee) < D("0.01")
        assert abs(D(row["fee_percent"]) - 100 * fee / traded) < D("0.001")
    assert abs(D(answer["totals"]["USDT"]) - sum((one.fee for one in fills), D(0))) < D("0.01")
    assert [row for row in answer["fees"] if row["connector_name"] == CONNECTOR] == one
    assert "no bot's; the first is of " in notes(text)


async def test_of_a_period(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "BUY", "0.5")
    api.clock.advance(3 * HOUR)
    open_position(api, "BUY", "5", "SOL-USDT")
    async with assistant(api, monkeypatch) as call:
        late = value(await call.good("get_fees", start_time="1h"))["fees"]
        early = value(await call.good("get_fees", start_time="24h", end_time="1h"))["fees"]
        api.clock.advance(3 * HOUR)
        none = await call.good("get_fees", start_time="1h")
    old, new = reversed(api.paper.engine.fills())
    assert (late[0]["fees"], early[0]["fees"]) == (f"{money(new.fee):f}", f"{money(old.fee):f}")
    assert none.startswith("No fills from ")


async def test_no_fills_of_what_is_not_there(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        assert "There is no account nobody" in await call.bad("get_fees", account_name="nobody")


def test_a_fee_in_base_counts_at_its_price_and_one_in_a_third_token_at_none() -> None:
    in_base = evolve(ONE, fee=D("0.0001"), fee_currency="BTC")
    third = evolve(ONE, fee=D("0.01"), fee_currency="BNB")
    rows = fee_rows([ONE, in_base, third, evolve(ONE, fee=D(0), fee_currency=None)])
    percents = {row["fee_currency"]: row["fee_percent"] for row in rows}
    assert percents == {"USDT": D("0.1"), "BTC": D("0.1"), "BNB": None, None: D(0)}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["USDT", "BNB"]), st.integers(-9, 9)), min_size=1))
def test_rows_and_totals_add_up(paid: list[tuple[str, str, int]]) -> None:
    fills = [evolve(ONE, connector=place, fee_currency=token, fee=D(fee)) for place, token, fee in paid]
    rows, totals = fee_rows(fills), fee_totals(fills)
    assert sum(row["fills"] for row in rows) == len(fills)
    for token in ("USDT", "BNB"):
        whole = sum(fee for _, one, fee in paid if one == token)
        assert sum(row["fees"] for row in rows if row["fee_currency"] == token) == whole == totals.get(token, 0)


async def test_a_fee_taken_in_base_is_told_as_its_worth(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records have it in quote, the balance shows that it was taken out of what was bought."""
    open_position(api, "BUY", "0.5")
    async with assistant(api, monkeypatch) as call:
        for tool in ("get_fees", "get_order_history"):
            assert "worth in" not in await call.good(tool)
        api.paper.engine.place(ACCOUNT, "binance", "BTC-USDT", "BUY", D("0.1"))
        for tool in ("get_fees", "get_order_history"):
            assert "A spot purchase's fee is recorded as its worth in USDT: the exchange" in await call.good(tool)
        order_id = api.paper.engine.fills()[0].order_id
        assert "recorded as its worth in USDT" in await call.good("get_order", order_id=order_id)
        assert "recorded as its worth in fee_currency" in await call.good("get_trades")
