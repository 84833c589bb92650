"""What a preview says, by hand, and beside what the executor then does."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.paper.faults import Crash
from tests.workflows.executors.desk import GRID, PERPETUAL, POSITION, desk, head

pytestmark = pytest.mark.anyio

DCA = {
    **PERPETUAL,
    "prices": [59000, 58000],
    "amounts_quote": [590, 1160],
    "stop_loss": "0.05",
    "take_profit": "0.02",
}


def ask(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"account_name": "master_account", "executor_type": kind, "config": config}


async def test_a_grid_in_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.good("preview_executor", **ask("grid_executor", GRID))
        found = head(text)
        # 500 and 5 % at 60000 are 0.009 BTC, of which 3000 pays for five, 0.010 each: at 58000, 59000 … 62000.
        # The upper three are placed beside the bid of 59998.6.
        beside = Decimal("59992.6")
        total = Decimal("0.01") * (58000 + 59000 + 3 * beside)
        assert found["order_count"] == 5
        assert found["placed_at_once"] == 2
        assert (found["total_amount"], found["total_quote"]) == (Decimal("0.05"), round(total, 4))
        assert found["needs"] == pytest.approx(total / 10)
        assert (found["available"], found["token"]) == (50000, "USDT")
        assert found["limit_price"] == 57000
        assert found["worst_loss_quote"] == pytest.approx(total - Decimal("0.05") * 57000)
        assert text.splitlines()[1:8] == [
            "# orders: 5 rows, in every row: order_type=LIMIT amount=.01",
            "level price quote take_profit_price",
            "2 59992.6 599.926 60600",
            "1 59000 590 59590",
            "3 59992.6 599.926 61610",
            "0 58000 580 58580",
            "4 59992.6 599.926 62620",
        ]
        made = await at.create("grid_executor", **GRID)
        assert [(leg.level, leg.price) for leg in at.executors.get(made).legs] == [(2, beside), (1, 59000)]


async def test_a_dca_in_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.good("preview_executor", **ask("dca_executor", DCA))
        found = head(text)
        # 0.01 at 59000 and 0.02 at 58000: 58333.33 on average
        assert (found["total_amount"], found["total_quote"]) == (Decimal("0.03"), 1750)
        assert found["needs"] == 175
        assert found["stop_loss_price"] == Decimal("55416.667")
        assert found["take_profit_price"] == Decimal("59500")
        assert (found["worst_loss_quote"], found["worst_loss_percent_of_needs"]) == (Decimal("87.5"), 50)
        assert found["take_profit_gain_quote"] == 35
        assert "once all levels are filled" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": 9}, "Not enough: 4001.44 USDT are missing"),
        ({"amount": "8.333"}, "Barely enough"),
        ({"triple_barrier_config": {}}, "Nothing limits its loss"),
        ({"leverage": 50}, "At 50x a move of 2 % uses up its own margin"),
        ({"amount": "0.001"}, "create_executor refuses it: amount: the order is too small"),
    ],
)
async def test_what_the_figures_dont_say_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        assert words in await at.call.good("preview_executor", **ask("position_executor", {**POSITION, **changes}))


async def test_what_isnt_enough_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        much = ask("position_executor", {**POSITION, "amount": 9})
        assert "INSUFFICIENT_BALANCE" in await at.call.good("preview_executor", **much)
        assert "INSUFFICIENT_BALANCE" in await at.call.bad("create_executor", **much)


async def test_a_grid_whose_batches_are_unbounded_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.good("preview_executor", **ask("grid_executor", {**GRID, "max_orders_per_batch": None}))
        assert "set max_orders_per_batch, or Hummingbot places all levels at once" in text
        assert head(text)["placed_at_once"] == 5


async def test_spot_sells_need_the_coin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        config = {**DCA, "connector_name": "binance", "leverage": None, "side": "SELL", "prices": [61000, 62000]}
        found = head(await at.call.good("preview_executor", **ask("dca_executor", config)))
        assert (found["token"], found["needs"], found["available"]) == ("BTC", found["total_amount"], 1)


async def test_a_twap_of_many_slices_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        config = {**PERPETUAL, "total_amount_quote": 12000, "total_duration": 3000, "order_interval": 60}
        text = await at.call.good("preview_executor", **ask("twap_executor", config))
        assert head(text)["order_count"] == 51
        assert "The first 20 of 51 orders are shown." in text
        assert "It keeps what it trades" in text


async def test_a_balance_that_cant_be_read_leaves_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, faults=[Crash("POST /portfolio/state")]) as at:
        text = await at.call.good("preview_executor", **ask("position_executor", POSITION))
        assert "The balance couldn't be read" in text
        assert head(text)["needs"] == pytest.approx(Decimal(600), abs=1)


async def test_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        await at.call.good("preview_executor", **ask("grid_executor", GRID))
        assert "POST /executors/" not in at.call.asked
        assert at.executors.shelf.all() == []


async def test_what_trades_on_a_chain_has_no_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        swap = {**PERPETUAL, "connector_name": "solana-mainnet-beta", "trading_pair": "SOL-USDC", "leverage": None}
        config = {**swap, "amount": 1, "execution_strategy": "MARKET"}
        assert "no preview" in await at.call.good("preview_executor", **ask("order_executor", config))
