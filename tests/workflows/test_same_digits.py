"""The same figure has the same digits whichever tool shows it: an assistant compares answers by their text."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import HOUR, PaperApi
from tests.workflows.answers import head, value

pytestmark = pytest.mark.anyio

WHERE = {"account_name": "master_account", "connector_name": "binance_perpetual"}
BUYS = {**WHERE, "trading_pair": "BTC-USDT", "side": "BUY", "amount": "0.0117"}


def _rows(text: str, table: str, column: str) -> dict[str, str]:
    return {row["trading_pair"]: str(row[column]) for row in value(text)[table]}


async def _traded(call: Assistant, api: PaperApi) -> None:
    await call.good("place_order", **BUYS, order_type="MARKET")
    await call.good("place_order", **WHERE, trading_pair="ETH-USDT", side="SELL", amount="1.337", order_type="MARKET")
    api.clock.advance(9 * HOUR)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PaperApi]:
    with PaperApi(tmp_path) as paper:
        yield paper


async def test_what_is_open_is_worth_the_same_everywhere(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        await _traded(call, api)
        positions = await call.good("get_positions")
        funding = await call.good("get_funding_rates")
        close = await call.good("close_positions", account_name="master_account")
        balances = await call.good("get_portfolio_balances")
        account = await call.good("get_account_balance", account_name="master_account")
    assert _rows(positions, "positions", "notional") == _rows(funding, "positions", "notional")
    assert _rows(positions, "positions", "unrealized_pnl") == _rows(close, "would_close", "unrealized_pnl")
    (totals,) = value(positions)["totals"]
    assert (
        str(totals["unrealized_pnl"]) == str(head(balances)["unrealized_pnl"]) == str(head(account)["unrealized_pnl"])
    )


async def test_what_an_order_is_worth_is_the_same_in_each_preview(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = {**{name: BUYS[name] for name in ("connector_name", "trading_pair", "side", "amount")}, "leverage": 1}
    executor |= {"triple_barrier_config": {"stop_loss": "0.03", "open_order_type": "MARKET"}}
    async with assistant(api, monkeypatch) as call:
        order = head(await call.good("place_order", **BUYS, order_type="MARKET", preview=True))
        estimate = head(await call.good("estimate_trade", **BUYS))
        planned = await call.good(
            "create_executor",
            account_name="master_account",
            executor_type="position_executor",
            config=executor,
            preview=True,
        )
        max_value = order["notional"]
        await call.good("place_order", **BUYS, order_type="MARKET", preview=True, max_value=max_value)
    worth = str(order["notional"])
    assert [str(estimate["value"]), str(head(planned)["total_quote"])] == [worth, worth]
    assert str(order["fee"]) == str(estimate["fee"])
