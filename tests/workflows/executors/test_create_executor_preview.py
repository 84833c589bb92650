"""What a preview says, by hand, and beside what the executor then does."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.installation.executors.config.fields import TYPES
from hbmcp.installation.executors.plan.unplanned import ON_A_CHAIN, WHY
from hbmcp.paper.api.faults import Crash
from hbmcp.paper.executors.runner import CLASSES
from hbmcp.paper.gateway import POOLS
from tests.paper.assistant import ALL
from tests.paper.scripted_faults import old_price
from tests.workflows.answers import head
from tests.workflows.executors.executor_account import DCA, GRID, PERPETUAL, POSITION, Desk, desk

pytestmark = pytest.mark.anyio


def ask(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"account_name": "master_account", "executor_type": kind, "config": config}


def look(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """The same as a preview."""
    return ask(kind, config) | {"preview": True}


async def test_a_grid_in_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.good("create_executor", **look("grid_executor", GRID))
        found = head(text)
        # 500 and 5 % at 60000 are 0.009 BTC, of which 3000 pays for five, 0.010 each: at 58000, 59000 … 62000.
        # The upper three are placed beside the bid of 59998.8.
        beside = Decimal("59992.8")
        total = Decimal("0.01") * (58000 + 59000 + 3 * beside)
        assert found["order_count"] == 5
        assert found["placed_at_once"] == 2
        assert (found["total_amount"], found["total_quote"]) == (Decimal("0.05"), round(total, 2))
        assert found["needs"] == pytest.approx(total / 10)
        assert (found["available"], found["token"]) == (50000, "USDT")
        assert found["limit_price"] == 57000
        assert found["worst_loss_quote"] == round(total - Decimal("0.05") * 57000, 2)
        assert text.splitlines()[1:8] == [
            "# orders: 5 rows, in every row: order_type=LIMIT amount=0.01",
            "level price quote take_profit_price level_price first_batch",
            "0 58000 580 58580",
            "1 59000 590 59590 - true",
            "2 59992.8 599.93 60600 60000 true",
            "3 59992.8 599.93 61610 61000",
            "4 59992.8 599.93 62620 62000",
        ]
        made = await at.create("grid_executor", **GRID)
        assert [(leg.level, leg.price) for leg in at.executors.get(made).legs] == [(2, beside), (1, 59000)]


async def test_a_dca_in_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.good("create_executor", **look("dca_executor", DCA))
        found = head(text)
        # 0.01 at 59000 and 0.02 at 58000: 58333.33 on average
        assert (found["total_amount"], found["total_quote"]) == (Decimal("0.03"), 1750)
        assert found["needs"] == 175
        assert found["stop_loss_price"] == Decimal("55416.667")
        assert found["take_profit_price"] == Decimal("59500")
        assert (found["worst_loss_quote"], found["worst_loss_percent_of_needs"]) == (Decimal("87.5"), 50)
        assert found["take_profit_gain_quote"] == 35
        assert "once all levels are filled. mode TAKER minds it from the first on; or protect_position" in text


async def test_an_entry_that_the_price_has_passed_is_reckoned_at_the_market(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        barriers = {"stop_loss": "0.03", "take_profit": "0.02"}
        config = {**POSITION, "entry_price": 66000, "triple_barrier_config": barriers}
        text = await at.call.good("create_executor", **look("position_executor", config))
        found = head(text)
        # bought at the ask; what the balance must cover is at the price that is sent, as Hummingbot checks it
        ask_price = Decimal("60002.3")
        assert (found["average_price"], found["needs"]) == (ask_price, 660)
        assert found["stop_loss_price"] == pytest.approx(ask_price * Decimal("0.97"))
        assert found["take_profit_price"] == pytest.approx(ask_price * Decimal("1.02"))
        assert "entry_price 66000 is above the price: it fills at once near 60002.3" in text
        assert "level order_type price limit_price amount quote" in text

        sell = {**config, "side": "SELL", "entry_price": 54000}
        text = await at.call.good("create_executor", **look("position_executor", sell))
        assert "entry_price 54000 is below the price: it fills at once near 59998.8" in text
        assert head(text)["average_price"] == Decimal("59998.8")

        levels = {**DCA, "prices": [66000, 59000], "amounts_quote": [660, 590]}
        text = await at.call.good("create_executor", **look("dca_executor", levels))
        assert head(text)["total_quote"] == round(Decimal("0.01") * (ask_price + 59000), 2)
        assert "The price has passed 1 of the 2 levels: they fill at once near 60002.3, and stop and target" in text

        rests = await at.call.good("create_executor", **look("position_executor", {**config, "entry_price": 59999}))
        assert "at once" not in rests.partition("# orders")[2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        # 500 and 5 % are 0.00875 BTC: 0.009, of which 5.6 are in 3000; five of 0.01 are the whole of it
        (
            {},
            ["5 levels, not 6: each needs min_order_amount_quote 500 and 5 % to spare, rounded up to 0.009 BTC (540 "],
        ),
        ({}, ["pays for 5 of those", "closed where they would be anyway: 1 % beyond level_price"]),
        # 100 and 5 % are 0.00175 BTC: 0.002, of which 26 are in 3130 and no 0.003 are left over
        (
            {"min_order_amount_quote": 5, "total_amount_quote": 3130},
            [
                "26 levels, not 626: each needs the exchange's minimum 100 and 5 % to spare, rounded up to 0.002 BTC",
                "rounded down to 0.002 BTC, a multiple of 0.001: at the current price 3120 of total_amount_quote 3130",
                "The nearest 20 of 26 orders are shown.",
            ],
        ),
        # 4000 above 58000 are 6.9 %: one spread of 5 %
        (
            {"min_spread_between_orders": "0.05"},
            ["1 level, not 6: the range holds no more 5 % (min_spread_between_orders) apart."],
        ),
        # a step of 1000 is 1.724 % of the start
        ({"coerce_tp_to_step": True}, ["coerce_tp_to_step: each level is closed 1.724 % beyond its own price"]),
        ({"activation_bounds": "0.01"}, ["2 more levels are placed once the price is within activation_bounds."]),
    ],
)
async def test_a_grid_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: list[str]
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.good("create_executor", **look("grid_executor", {**GRID, **changes}))
        for one in words:
            assert one in text


async def test_a_grid_that_is_as_it_was_asked_for_needs_no_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        plain = {**GRID, "side": "SELL", "start_price": 60100, "end_price": 62000, "limit_price": 63000}
        # the range is above the price, where nothing has been passed: for a sell that is its beginning
        refused = await at.call.bad("create_executor", **look("grid_executor", plain))
        assert "start_price: the price, 60000, is beyond it already" in refused
        assert "for sells all above the price use dca_executor or LIMIT orders (place_order)" in refused
        even = {**GRID, "total_amount_quote": 2400, "min_order_amount_quote": 570, "end_price": 60000}
        text = await at.call.good("create_executor", **look("grid_executor", even))
        assert head(text)["order_count"] == 4
        assert "levels, not" not in text
        assert "rounded" not in text


async def test_prices_may_be_offsets_of_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        offsets = {"start_price": "-3.33333%", "end_price": " +3 % ", "limit_price": "-5%"}
        text = await at.call.good("create_executor", **look("grid_executor", {**GRID, **offsets}))
        # 60000 * 0.9666667 is 58000.002: 58000.0 on the step of 0.1
        assert "From the current price, 60000: start_price -3.33333% = 58000, end_price +3% = 61800, limit_" in text
        assert "limit_price -5% = 57000." in text
        made = await at.create("grid_executor", **{**GRID, **offsets})
        raw = at.executors.get(made).raw
        assert [raw[name] for name in offsets] == ["58000", "61800", "57000"]

        text = await at.call.good("create_executor", **look("dca_executor", {**DCA, "prices": ["-1%", 58000]}))
        assert "From the current price, 60000: prices -1% = 59400." in text
        assert "58000 0.02 1160" in text

        away = ask("grid_executor", {**GRID, **offsets, "connector_name": "gate_io"})
        assert "not connected to gate_io" in await at.call.bad("create_executor", preview=True, **away)
        unsigned = ask("grid_executor", {**GRID, "limit_price": "5%"})
        assert 'or an offset from the current one, "-3%"' in await at.call.bad(
            "create_executor", preview=True, **unsigned
        )
        saved = await at.call.bad("set_executor_defaults", executor_type="grid_executor", config={"limit_price": "-5%"})
        assert "can't be a saved default" in saved


@pytest.mark.parametrize("preview", [True, False])
async def test_a_position_that_is_open_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preview: bool) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        at.api.paper.engine.set_leverage("master_account", "binance_perpetual", "BTC-USDT", 20)
        at.trade("SELL", "0.5")
        text = await at.call.good("create_executor", preview=preview, **ask("dca_executor", DCA))
        assert "You hold SHORT 0.5 BTC-USDT at leverage 20 in one-way mode: its buys reduce it first; " in text
        assert "leverage is the pair's, so 10 may come to hold for it too." in text
        elsewhere = ask("dca_executor", {**DCA, "trading_pair": "ETH-USDT", "prices": [1, 2]})
        other = await at.call.good("create_executor", preview=preview, **elsewhere)
        assert "You hold" not in other


async def test_a_position_that_cant_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, faults=[Crash("POST /trading/positions")]) as at:
        text = await at.call.good("create_executor", **ask("position_executor", POSITION))
        assert "Whether a position of BTC-USDT is open couldn't be read:" in text
        assert head(text)["status"] == "RUNNING"


async def test_a_position_is_named_where_its_mode_cant_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Crash("GET /trading/{account_name}/{connector_name}/position-mode")
    async with desk(tmp_path, monkeypatch, faults=[fault]) as at:
        at.trade("SELL", "0.5")
        text = await at.call.good("create_executor", **look("position_executor", POSITION))
        assert "You hold SHORT 0.5 BTC-USDT; what becomes of it isn't known:" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": 9}, "Not enough: 4002.07 USDT are missing"),
        ({"amount": "8.333"}, "Barely enough"),
        ({"triple_barrier_config": {}}, "Nothing limits its loss"),
        ({"leverage": 50}, "At 50x a move of 2 % uses up its own margin"),
    ],
)
async def test_what_the_figures_dont_say_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        asked = look("position_executor", {**POSITION, **changes})
        assert words in await at.call.good("create_executor", **asked, max_value=10**6)


async def test_what_isnt_enough_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        much = ask("position_executor", {**POSITION, "amount": 9}) | {"max_value": 10**6}
        assert "INSUFFICIENT_BALANCE" in await at.call.good("create_executor", preview=True, **much)
        assert "INSUFFICIENT_BALANCE" in await at.call.bad("create_executor", **much)


async def test_a_grid_whose_batches_are_unbounded_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.good("create_executor", **look("grid_executor", {**GRID, "max_orders_per_batch": None}))
        assert "set max_orders_per_batch, or Hummingbot places all levels at once" in text
        assert head(text)["placed_at_once"] == 5


async def test_spot_sells_need_the_coin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        config = {**DCA, "connector_name": "binance", "leverage": None, "side": "SELL", "prices": [61000, 62000]}
        text = await at.call.good("create_executor", **look("dca_executor", config))
        found = head(text)
        assert (found["token"], found["needs"], found["available"]) == ("BTC", found["total_amount"], 1)
        assert "Barely enough" not in text  # the fee is taken out of what they bring
        assert found["worst_loss_percent_of_needs"] == 5


async def test_a_spot_sale_of_all_there_is_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        sale = {**POSITION, "connector_name": "binance", "leverage": None, "side": "SELL"}
        all_of_it = look("position_executor", {**sale, "amount": 1}) | {"max_value": 10**6}
        assert "nough" not in await at.call.good("create_executor", **all_of_it)
        more = look("position_executor", {**sale, "amount": 2}) | {"max_value": 10**6}
        assert "Not enough: 1 BTC are missing" in await at.call.good("create_executor", **more)


async def test_a_twap_of_many_slices_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        config = {**PERPETUAL, "total_amount_quote": 12000, "total_duration": 3000, "order_interval": 60}
        text = await at.call.good("create_executor", **look("twap_executor", config))
        assert head(text)["order_count"] == 51
        assert "The first 20 of 51 orders are shown." in text
        assert "It keeps what it trades" in text


async def test_a_balance_that_cant_be_read_leaves_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, faults=[Crash("POST /portfolio/state")]) as at:
        text = await at.call.good("create_executor", **look("position_executor", POSITION))
        assert "The balance couldn't be read" in text
        assert head(text)["needs"] == pytest.approx(Decimal(600), abs=1)


async def test_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        await at.call.good("create_executor", **look("grid_executor", GRID))
        assert "POST /executors/" not in at.call.asked
        assert at.executors.shelf.all() == []


async def test_what_trades_on_a_chain_has_no_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        swap = {**PERPETUAL, "connector_name": "solana-mainnet-beta", "trading_pair": "SOL-USDC", "leverage": None}
        config = {**swap, "amount": 1, "execution_strategy": "MARKET"}
        told = await at.call.good("create_executor", **look("order_executor", config))
        assert f"What order_executor will trade can't be told beforehand: {ON_A_CHAIN}." in told


SPOT_GRID = {
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "start_price": 58000,
    "end_price": 62000,
    "total_amount_quote": 1000,
    "levels": 9,
}


async def test_a_plain_spot_grid_is_suggested_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is suggested is what create_executor takes, with the levels that were asked for."""
    async with desk(tmp_path, monkeypatch) as at:
        fields = await at.call.good("get_executor_fields", executor_type="grid_executor")
        assert (
            "levels, and on perpetuals leverage. It needs limit_price, take_profit and take_profit_order_type" in fields
        )
        refused = await at.call.bad("create_executor", **ask("grid_executor", SPOT_GRID))
        assert refused == await at.call.bad("create_executor", **look("grid_executor", SPOT_GRID))
        assert refused.splitlines()[1:4] == [
            "- limit_price: missing; e.g. 56000, half the grid's width beyond it",
            # 62000 / 58000 - 1 is 6.9 %, over the eight distances of nine levels
            "- triple_barrier_config.take_profit: missing; e.g. 0.0086, the distance of two levels",
            "- triple_barrier_config.take_profit_order_type: missing; e.g. LIMIT",
        ]
        also = await at.call.bad("create_executor", **ask("grid_executor", {**SPOT_GRID, "side": "UP"}))
        assert "limit_price: missing" in also
        assert "half the grid" not in also
        barriers = {"take_profit": "0.0086", "take_profit_order_type": "LIMIT"}
        whole = {**SPOT_GRID, "limit_price": 56000, "triple_barrier_config": barriers}
        text = await at.call.good("create_executor", **look("grid_executor", whole))
        assert (head(text)["order_count"], head(text)["limit_price"]) == (9, 56000)
        assert "levels 9: worked out to min_order_amount_quote 100.25" in text
        made = await at.create("grid_executor", **whole)
        assert (await at.head("get_executor", executor_id=made))["level_count"] == 9
        sell = await at.call.bad("create_executor", **look("grid_executor", {**SPOT_GRID, "side": "SELL"}))
        assert "limit_price: missing; e.g. 64000" in sell
        perpetual = {**SPOT_GRID, "connector_name": "binance_perpetual", "side": "BUY"}
        lacking = await at.call.bad("create_executor", **look("grid_executor", perpetual))
        assert lacking.splitlines()[1:3] == [
            "- limit_price: missing; e.g. 56000, half the grid's width beyond it",
            "- leverage: missing; e.g. 1, which borrows nothing",
        ]


@pytest.mark.parametrize("orders", range(2, 14))
async def test_a_twap_by_base_amount_is_for_no_more_at_the_price_of_now(
    orders: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        config = {**PERPETUAL, "total_amount_base": "0.5", "total_duration": 60 * (orders - 1), "order_interval": 60}
        found = head(await at.call.good("create_executor", **look("twap_executor", config)))
        assert Decimal("0.5") - orders * Decimal("0.001") < found["total_amount"] <= Decimal("0.5")


async def test_a_twap_by_base_amount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        config = {**PERPETUAL, "total_amount_base": "0.1", "total_duration": 240, "order_interval": 60}
        text = await at.call.good("create_executor", **look("twap_executor", config))
        assert (head(text)["order_count"], head(text)["total_amount"]) == (5, Decimal("0.1"))
        await at.create("twap_executor", **config)


def not_on_paper(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper exchange is asked as any other API."""
    monkeypatch.setattr(at.call.bridge, "identity", replace(at.call.bridge.identity, on_paper=False))


@pytest.mark.parametrize("kind", ["arbitrage_executor", "xemm_executor"])
async def test_what_cant_be_foretold_has_the_reason_instead(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        not_on_paper(at, monkeypatch)
        text = await at.call.good("create_executor", **look(kind, dict(TYPES[kind].example)))
        assert f"The config is good. What {kind} will trade can't be told beforehand: {WHY[kind]}." in text
        assert at.executors.shelf.all() == []


async def test_liquidity_without_a_pool_that_can_be_read_is_refused_by_the_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        not_on_paper(at, monkeypatch)
        config = dict(TYPES["lp_executor"].example)
        for preview in (True, False):
            text = await at.call.bad("create_executor", **ask("lp_executor", config), preview=preview)
            assert text.startswith("Its pool can't be read: Gateway, which the Hummingbot API needs for this, isn't")
            assert "Nothing was sent." in text
        await at.call.good("start_gateway")
        assert '"Pool not found"' in await at.call.bad("create_executor", **look("lp_executor", config))
        there = {**config, "pool_address": POOLS["meteora"]}
        text = await at.call.good("create_executor", **look("lp_executor", there))
        assert f"What lp_executor will trade can't be told beforehand: {WHY['lp_executor']}." in text
        text = await at.call.bad("create_executor", **ask("lp_executor", there))
        assert "the paper exchange doesn't run lp_executor" in text
        assert "Nothing was done." in text


@pytest.mark.parametrize("kind", WHY)
async def test_what_the_paper_exchange_does_not_run_is_refused_by_the_preview(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        for preview in (True, False):
            text = await at.call.bad("create_executor", **ask(kind, dict(TYPES[kind].example)), preview=preview)
            assert text.startswith(f"The paper exchange doesn't run {kind}. Nothing was sent.")


def test_what_the_paper_exchange_runs() -> None:
    assert {*CLASSES, *WHY} == set(TYPES)
    assert not set(CLASSES) & set(WHY)


def test_every_type_has_a_preview_or_a_reason() -> None:
    offered = ALL.find("create_executor").schema["properties"]["executor_type"]["enum"]
    assert set(offered) == set(TYPES)


async def test_a_price_that_the_book_denies_is_no_base_for_an_offset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch, faults=[old_price("70000")]) as at:
        for preview in (True, False):
            text = await at.call.bad(
                "create_executor", preview=preview, **ask("dca_executor", {**DCA, "prices": ["-1%", 58000]})
            )
            assert text.startswith(
                "An offset counts from the current price, which isn't known. The API's price of BTC-"
            )
            assert "Nothing was sent." in text
        told = await at.call.good("create_executor", **look("dca_executor", DCA))
        assert "The API's price of BTC-USDT on binance_perpetual is 70000, but its order book has bid " in told


async def test_a_grid_of_narrow_levels_is_suggested_a_profit_above_the_fees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one whose levels lose is told so before it is started."""
    async with desk(tmp_path, monkeypatch) as at:
        narrow = {**SPOT_GRID, "levels": 60}
        refused = await at.call.bad("create_executor", **look("grid_executor", narrow))
        assert "take_profit: missing; e.g. 0.003, above its orders' fees, 0.2 %" in refused
        for gain, loses in (("0.002", True), ("0.0021", False)):
            barriers = {"take_profit": gain, "take_profit_order_type": "LIMIT"}
            whole = {**narrow, "limit_price": 56000, "triple_barrier_config": barriers}
            text = await at.call.good("create_executor", **look("grid_executor", whole))
            said = (
                "take_profit 0.2 % is no more than the usual fees of opening and closing, 0.2 %: every level would lose"
            )
            assert (said in text) == loses
        position = {**POSITION, "triple_barrier_config": {"take_profit": "0.0005", "open_order_type": "MARKET"}}
        text = await at.call.good("create_executor", **look("position_executor", position))
        assert "0.05 % is no more than the usual fees of opening and closing, 0.1 %: it would lose" in text


async def test_levels_that_cant_be_had_hide_no_other_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        much = {**SPOT_GRID, "levels": 200, "min_spread_between_orders": "0.0001"}
        refused = await at.call.bad("create_executor", **look("grid_executor", much))
        said = "levels: expected at most 166, got 200: the exchange takes no order below 5 in quote"
        assert said in refused
        assert "limit_price: missing" in refused
        assert "take_profit: missing" in refused
        barriers = {"take_profit": "0.003", "take_profit_order_type": "LIMIT"}
        whole = {**much, "levels": 166, "limit_price": 56000, "triple_barrier_config": barriers}
        await at.call.good("create_executor", **look("grid_executor", whole))


async def test_of_levels_that_were_asked_for_nothing_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        barriers = {"take_profit": "0.005", "take_profit_order_type": "LIMIT"}
        whole = {**SPOT_GRID, "levels": 20, "limit_price": 56000, "triple_barrier_config": barriers}
        text = await at.call.good("create_executor", **look("grid_executor", whole))
        assert head(text)["order_count"] == 20
        assert "levels, not" not in text
