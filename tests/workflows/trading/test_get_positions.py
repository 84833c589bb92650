"""Open positions, against the records of the paper exchange's engine, and what is said of those nobody could read."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.errors import ReadTimedOut, Refused, StoreError
from hbmcp.installation.positions.open_positions import open_positions
from hbmcp.paper.api.faults import EXCHANGE_DOWN, Crash, Cut
from hbmcp.workflows.trading.get_positions import get_positions
from tests.installation.scripted_installation import Script
from tests.paper.assistant import assistant
from tests.paper.paper_api import HOUR, PaperApi
from tests.paper.perpetual_account import ACCOUNT, CONNECTOR, PAIR, POSITIONS, PRICES, held, open_position
from tests.paper.scripted_faults import down, failing
from tests.workflows.answers import notes, value

pytestmark = pytest.mark.anyio

CENT = Decimal("0.01")


def near(shown: Any, exact: Decimal, within: Decimal = CENT) -> bool:
    """As near as it is shown."""
    return abs(Decimal(shown) - exact) <= within


def row_of(rows: list[dict[str, Any]], pair: str, side: str, connector: str = CONNECTOR) -> dict[str, Any]:
    (found,) = [
        one for one in rows if (one["trading_pair"], one["side"], one["connector_name"]) == (pair, side, connector)
    ]
    return found


class TestFigures:
    async def test_each_figure_is_the_engine_s(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        api.paper.engine.set_leverage(ACCOUNT, CONNECTOR, PAIR, 7)
        open_position(api, "BUY", "0.5")
        open_position(api, "SELL", "20", "SOL-USDT")
        open_position(api, "SELL", "3", "ETH-USD", "hyperliquid_perpetual")
        api.clock.advance(5 * HOUR)
        async with assistant(api, monkeypatch) as call:
            rows = value(await call.good("get_positions"))["positions"]
        engine = [*held(api), *held(api, "hyperliquid_perpetual")]
        assert len(rows) == len(engine) == 3
        for one in engine:
            row = row_of(rows, one.pair, "LONG" if one.amount > 0 else "SHORT", one.exchange)
            fills = api.paper.engine.fills(exchanges=[one.exchange], pairs=[one.pair])
            paid = sum((fill.amount * fill.price for fill in fills), Decimal(0))
            worth = abs(one.amount) * one.mark
            profit = worth - paid if one.amount > 0 else paid - worth
            assert row["account_name"] == ACCOUNT
            assert Decimal(row["amount"]) == abs(one.amount)
            assert near(row["mark_price"], one.mark)
            assert near(row["notional"], worth)
            assert near(row["unrealized_pnl"], profit, Decimal("1e-9"))
            assert near(row["pnl_percent_of_entry"], profit / paid * 100, CENT / 2)
            assert near(row["pnl_percent_of_margin"], profit / one.margin * 100, CENT / 2)
            assert Decimal(row["leverage"]) == (7 if one.pair == PAIR else 1)
            assert near(row["margin"], one.margin)

    async def test_it_is_liquidated_before_its_margin_is_lost(
        self, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for pair, leverage in ((PAIR, 7), ("SOL-USDT", 10)):
            api.paper.engine.set_leverage(ACCOUNT, CONNECTOR, pair, leverage)
        open_position(api, "BUY", "0.5")
        open_position(api, "SELL", "20", "SOL-USDT")
        open_position(api, "BUY", "1", "ETH-USDT")
        async with assistant(api, monkeypatch) as call:
            text = await call.good("get_positions")
        long, short, never = (
            row_of(value(text)["positions"], *one)
            for one in ((PAIR, "LONG"), ("SOL-USDT", "SHORT"), ("ETH-USDT", "LONG"))
        )
        by_pair = {one.pair: one for one in held(api)}
        for row, earlier in ((long, 1), (short, -1)):
            one = by_pair[row["trading_pair"]]
            assert one.liquidation is not None
            before = (one.liquidation - Decimal(row["liquidation_if_isolated"])) * earlier / one.entry
            assert 0 < before < Decimal("0.02")  # its maintenance margin
        assert Decimal(never["liquidation_if_isolated"]) == 0
        assert "tells neither them nor the margin mode" in notes(text)

    async def test_with_cross_margin_all_that_the_account_has_there_is_lost(
        self, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of hyperliquid the balance has the P&L in it."""
        for connector, pair in ((CONNECTOR, PAIR), ("hyperliquid_perpetual", "ETH-USD")):
            api.paper.engine.set_leverage(ACCOUNT, connector, pair, 20)
        open_position(api, "BUY", "3")
        open_position(api, "SELL", "20", "SOL-USDT")
        open_position(api, "SELL", "20", "ETH-USD", "hyperliquid_perpetual")
        api.clock.advance(5 * HOUR)
        async with assistant(api, monkeypatch) as call:
            rows = value(await call.good("get_positions"))["positions"]
        for connector, quote in ((CONNECTOR, "USDT"), ("hyperliquid_perpetual", "USD")):
            equity = api.paper.engine.reported(ACCOUNT, connector)[quote].total
            if connector == CONNECTOR:
                equity += sum(one.unrealized for one in held(api))
            for one in held(api, connector):
                row = row_of(rows, one.pair, "LONG" if one.amount > 0 else "SHORT", connector)
                assert near(row["liquidation_if_cross"], max(one.mark - equity / one.amount, Decimal(0)))
        assert Decimal(row_of(rows, PAIR, "LONG")["liquidation_if_cross"]) > 0

    async def test_what_cross_margin_would_do_isnt_known_without_balances(
        self, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_position(api, "BUY", "0.5")
        async with assistant(api, monkeypatch, [failing("POST /portfolio/state")]) as call:
            text = await call.good("get_positions")
        assert "liquidation_if_cross" not in value(text)["positions"][0]
        assert "liquidation_if_cross isn't known: " in notes(text)

    async def test_totals_for_each_quote_currency_of_several(
        self, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_position(api, "BUY", "0.2")
        open_position(api, "SELL", "10", "SOL-USDT", "bybit_perpetual", "second_account")
        open_position(api, "BUY", "3", "ETH-USD", "hyperliquid_perpetual")
        api.clock.advance(3 * HOUR)
        async with assistant(api, monkeypatch) as call:
            answer = value(await call.good("get_positions"))
        total, single = answer["totals"]
        (usd,) = held(api, "hyperliquid_perpetual")
        assert single["quote"] == "USD"
        assert near(single["unrealized_pnl"], usd.unrealized)
        both = [*held(api), *held(api, "bybit_perpetual", "second_account")]
        profit = sum((one.unrealized for one in both), Decimal(0))
        cost = sum((one.margin for one in both), Decimal(0))  # at leverage 1
        assert total["quote"] == "USDT"
        assert near(total["unrealized_pnl"], profit)
        assert near(total["notional"], sum((abs(one.amount) * one.mark for one in both), Decimal(0)))
        assert near(total["pnl_percent_of_entry"], profit / cost * 100)

    async def test_one_position_needs_no_totals(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.2")
        async with assistant(api, monkeypatch) as call:
            assert "totals" not in await call.good("get_positions")

    async def test_hedge_mode_has_two_sides(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        assert api.paper.engine.set_position_mode(ACCOUNT, CONNECTOR, "HEDGE")
        open_position(api, "BUY", "0.02")
        open_position(api, "SELL", "0.03")
        async with assistant(api, monkeypatch) as call:
            text = await call.good("get_positions")
        rows = value(text)["positions"]
        assert (row_of(rows, PAIR, "LONG")["amount"], row_of(rows, PAIR, "SHORT")["amount"]) == ("0.02", "0.03")
        assert "BOTH" not in text

    async def test_filters(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        open_position(api, "BUY", "5", "SOL-USDT")
        open_position(api, "BUY", "5", "SOL-USDT", "bybit_perpetual", "second_account")
        async with assistant(api, monkeypatch) as call:
            by_pair = value(await call.good("get_positions", trading_pair="SOL-USDT"))["positions"]
            by_account = value(await call.good("get_positions", account_name="second_account"))["positions"]
        assert [one["connector_name"] for one in by_pair] == [CONNECTOR, "bybit_perpetual"]
        assert [one["trading_pair"] for one in by_account] == ["SOL-USDT"]


class TestNone:
    async def test_none_names_who_was_asked(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        async with assistant(api, monkeypatch) as call:
            text = await call.good("get_positions", account_name="second_account")
        assert text == "No open positions on bybit_perpetual (second_account)."

    async def test_none_of_a_pair(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch) as call:
            text = await call.good("get_positions", connector_name=CONNECTOR, trading_pair="ETH-USDT")
        assert text == f"No open positions of ETH-USDT on {CONNECTOR} ({ACCOUNT})."

    async def test_closed_ones_leave_no_doubt(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "SELL", "0.02")
        open_position(api, "BUY", "0.02", action="CLOSE")
        async with assistant(api, monkeypatch) as call:
            assert "not read" not in await call.good("get_positions")

    async def test_a_spot_exchange_is_refused(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("get_positions", connector_name="binance")
            assert call.asked == []
        assert text.startswith("binance is no perpetual exchange")

    async def test_an_unknown_account_is_refused(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        async with assistant(api, monkeypatch) as call:
            assert "no account nobody" in await call.bad("get_positions", account_name="nobody")


class TestUnread:
    async def test_an_exchange_whose_fills_say_otherwise(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        """It lists none while it is down: fills are the witness."""
        open_position(api, "SELL", "0.03")
        async with assistant(api, monkeypatch, {EXCHANGE_DOWN}) as call:
            text = await call.good("get_positions", account_name=ACCOUNT)
        first, _, rest = text.partition("\n\n")
        assert first == f"No open positions on bybit_perpetual ({ACCOUNT}), hyperliquid_perpetual ({ACCOUNT})."
        assert rest.startswith(f"Positions not read: {CONNECTOR} ({ACCOUNT}): it lists none, but the recorded fills")
        assert "SHORT 0.03 BTC-USDT open" in rest

    async def test_nothing_is_known_where_nobody_answered(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "SELL", "0.03")
        async with assistant(api, monkeypatch, {EXCHANGE_DOWN}) as call:
            text = await call.good("get_positions", connector_name=CONNECTOR)
            other = await call.good("get_positions", connector_name=CONNECTOR, trading_pair="ETH-USDT")
        assert text.startswith("Whether there are open positions isn't known.")
        assert other == f"No open positions of ETH-USDT on {CONNECTOR} ({ACCOUNT})."

    async def test_an_exchange_that_tells_no_price_either(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without any fill that would tell."""
        async with assistant(api, monkeypatch, {EXCHANGE_DOWN, down(PRICES)}) as call:
            text = await call.good("get_positions", account_name=ACCOUNT)
        assert text.count("Positions not read") == 1
        assert f"{CONNECTOR} ({ACCOUNT}): it lists none, and tells no price either." in text
        assert "HTTP 503: Service unavailable" in text
        assert "http" not in notes(text).replace("HTTP", "")

    async def test_a_pair_that_an_exchange_does_not_have_is_no_silence(
        self, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with assistant(api, monkeypatch) as call:  # quotes USD, so BTC-USDT is unknown there
            text = await call.good("get_positions", connector_name="hyperliquid_perpetual")
            assert PRICES in call.asked
        assert text == f"No open positions on hyperliquid_perpetual ({ACCOUNT})."

    async def test_one_exchange_that_fails_hides_no_other(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch, {down(POSITIONS, connector="bybit_perpetual")}) as call:
            text = await call.good("get_positions")
        assert [one["trading_pair"] for one in value(text)["positions"]] == [PAIR]
        assert "Positions not read: bybit_perpetual (master_account)" in text
        assert "Positions not read: bybit_perpetual (second_account)" in text

    @pytest.mark.parametrize("fault", [Cut, Crash])
    async def test_a_broken_connection(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch, fault: Any) -> None:
        async with assistant(api, monkeypatch, {fault(POSITIONS)}) as call:
            text = await call.good("get_positions", connector_name=CONNECTOR)
        assert text.startswith("Whether there are open positions isn't known.")
        assert f"Positions not read: {CONNECTOR} ({ACCOUNT}): " in text

    async def test_an_account_that_cannot_be_read(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch, {Crash("GET /accounts/{account_name}/credentials", times=1)}) as call:
            text = await call.good("get_positions")
        assert "Positions not read: " in text


NO_STORE = StoreError("it can't be opened")


def scripted(*rows: dict[str, Any], funding: Any = None) -> Script:
    """One account with one perpetual exchange that lists these rows."""
    shape = {"account_name": "a", "connector_name": "binance_perpetual", "trading_pair": PAIR, "side": "BOTH"}
    return Script(
        {
            "list_accounts": ["a"],
            "get_portfolio_state": {},
            "get_connected_exchanges": ["binance_perpetual", "binance"],
            "list_positions": {"data": [shape | row for row in rows]},
            "get_funding_info": funding,
        },
        NO_STORE,
    )


class TestShapesOfTheRealApi:
    async def test_the_sign_tells_the_side_and_the_profit_the_mark(self) -> None:
        script = scripted(
            {
                "amount": Decimal("0.05"),
                "entry_price": Decimal("103102.1"),
                "unrealized_pnl": Decimal("77.22"),
                "leverage": Decimal("10.0"),
            },
            {
                "amount": Decimal("-0.03"),
                "entry_price": Decimal("104644.4"),
                "unrealized_pnl": Decimal("-0.063"),
                "leverage": Decimal("10.0"),
                "side": "SHORT",
            },
        )
        long, short = (await open_positions(script.installation)).rows
        assert [long.side, long.amount, long.mark, long.leverage] == ["LONG", Decimal("0.05"), Decimal("104646.5"), 10]
        assert (short.side, short.amount, short.mark) == ("SHORT", Decimal("0.03"), Decimal("104646.5"))

    async def test_a_short_with_a_positive_amount(self) -> None:
        script = scripted({"amount": 2, "entry_price": 100, "unrealized_pnl": 10, "leverage": 1, "side": "SHORT"})
        (short,) = (await open_positions(script.installation)).rows
        assert [short.side, short.amount, short.mark] == ["SHORT", 2, 95]

    async def test_no_profit_is_worked_out_from_funding_info(self) -> None:
        row = {"amount": -2, "entry_price": 100, "unrealized_pnl": None, "leverage": None}
        script = scripted(row, funding={"mark_price": 90})
        answer = await get_positions(script.installation)
        (shown,) = answer.value["positions"]
        assert (shown["mark_price"], shown["unrealized_pnl"], shown["pnl_percent_of_entry"]) == (90, 20, 10)
        assert shown["pnl_percent_of_margin"] is None
        assert any("mark price of funding info" in note for note in answer.notes)

    async def test_neither_profit_nor_mark(self) -> None:
        row = {"amount": -2, "entry_price": 0, "unrealized_pnl": None, "leverage": 5}
        script = scripted(row, funding=ReadTimedOut("Too slow."))
        answer = await get_positions(script.installation)
        (shown,) = answer.value["positions"]
        assert (shown["side"], shown["amount"], shown["mark_price"], shown["notional"]) == ("SHORT", 2, None, None)
        assert any("neither P&L nor a mark price" in note for note in answer.notes)

    async def test_an_amount_of_nothing_is_no_position(self) -> None:
        script = scripted({"amount": 0, "entry_price": 0, "unrealized_pnl": 0, "leverage": 5})
        script = Script({**script.answers, "get_trades": {"data": []}, "get_prices": {"prices": {PAIR: 1}}})
        found = await open_positions(script.installation)
        assert (found.rows, found.unread) == ((), ())

    async def test_only_perpetual_exchanges_are_asked(self) -> None:
        script = scripted()
        script = Script({**script.answers, "get_connected_exchanges": ["binance"]}, NO_STORE)
        found = await open_positions(script.installation)
        assert (found.asked, "list_positions" in script.names) == ((), False)
        answer = await get_positions(script.installation)
        assert "no perpetual exchange is connected" in str(answer.value)
        with pytest.raises(Refused, match="no perpetual exchange"):
            await get_positions(script.installation, connector_name="binance")


async def test_what_protects_a_position_stands_beside_it(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "BUY", "0.05")
    async with assistant(api, monkeypatch) as call:
        (row,) = value(await call.good("get_positions"))["positions"]
        assert row["protected_by"] == "nothing"
        await call.good("protect_position", trading_pair=PAIR, stop="40000", target="200000")
        (row,) = value(await call.good("get_positions"))["positions"]
        assert row["protected_by"] == "stop 40000 (1), target 200000 (2)"


async def test_a_store_that_fails_costs_a_note_and_not_the_answer() -> None:
    answer = await get_positions(scripted({"amount": 1, "entry_price": 100, "unrealized_pnl": 1}).installation)
    assert isinstance(answer.value, dict)
    (row,) = answer.value["positions"]
    assert "protected_by" not in row
    assert "What protects positions couldn't be read: it can't be opened" in answer.notes
