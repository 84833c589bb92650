"""Closing several positions: which, what a dry run shows, and that one that fails stops no other."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.paper.api.faults import EXCHANGE_DOWN, Bug, Crash
from hbmcp.paper.api.routes.base import Call, Handler, Json
from tests.paper.assistant import assistant
from tests.paper.paper_api import HOUR, PaperApi
from tests.paper.perpetual_account import ACCOUNT, CONNECTOR, ORDERS, PAIR, POSITIONS, held, open_position, sizes
from tests.paper.scripted_faults import changed, down
from tests.workflows.answers import value

pytestmark = pytest.mark.anyio

PERPETUALS = [(ACCOUNT, CONNECTOR), (ACCOUNT, "bybit_perpetual"), ("second_account", "bybit_perpetual")]


def several(api: PaperApi) -> None:
    """Some lose and some gain, at leverage 1 and 10."""
    api.paper.engine.set_leverage(ACCOUNT, CONNECTOR, "ETH-USDT", 10)
    open_position(api, "BUY", "0.1")
    open_position(api, "SELL", "2", "ETH-USDT")
    open_position(api, "BUY", "30", "SOL-USDT")
    open_position(api, "SELL", "40", "SOL-USDT", "bybit_perpetual")
    open_position(api, "BUY", "2000", "XRP-USDT", "bybit_perpetual", "second_account")
    api.clock.advance(30 * HOUR)


def by_hand(api: PaperApi, of: str = "entry") -> dict[tuple[str, str], Decimal]:
    """(account, pair) with exchange -> its P&L in percent, from the fills and the mark price."""
    found = {}
    for account, connector in PERPETUALS:
        for one in held(api, connector, account):
            fills = api.paper.engine.fills(accounts=[account], exchanges=[connector], pairs=[one.pair])
            paid = sum((fill.amount * fill.price for fill in fills), Decimal(0))
            worth = abs(one.amount) * one.mark
            profit = worth - paid if one.amount > 0 else paid - worth
            whole = paid / (one.leverage if of == "margin" else 1)
            found[f"{account} {connector}", one.pair] = profit / whole * 100
    return found


def shown(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(f"{one['account_name']} {one['connector_name']}", one["trading_pair"]) for one in rows}


def everything(api: PaperApi) -> dict[tuple[str, str], Any]:
    return {(account, connector): sizes(api, connector, account) for account, connector in PERPETUALS}


class TestDryRun:
    @pytest.mark.parametrize("of", ["entry", "margin"])
    async def test_it_shows_what_would_be_sent(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch, of: str) -> None:
        several(api)
        before, expected = everything(api), by_hand(api, of)
        limit = -sorted(expected.values())[1] - Decimal("0.01")  # the two worst
        assert limit > 0
        other = "margin" if of == "entry" else "entry"
        also = by_hand(api, other)
        async with assistant(api, monkeypatch) as call:
            text = await call.good("close_positions", loss_over=float(limit), of=of)
            assert ORDERS not in call.asked
        answer = value(text)
        assert answer["result"].startswith(
            "Preview, nothing was sent. preview=false needs below_1_percent=true too, and then would send 2 MARKET "
            "orders that only reduce;"
        )
        assert shown(answer["would_close"]) == {key for key, percent in expected.items() if percent < -limit}
        assert shown(answer["kept"]) == {key for key, percent in expected.items() if percent >= -limit}
        for row in (*answer["would_close"], *answer["kept"]):
            ((key),) = shown([row])
            assert abs(Decimal(row[f"pnl_percent_of_{of}"]) - expected[key]) <= Decimal("0.00005")
            assert abs(Decimal(row[f"pnl_percent_of_{other}"]) - also[key]) <= Decimal("0.00005")
            assert row["leverage"] == ("10" if key[1] == "ETH-USDT" else "1")
        beyond = {key for key, percent in also.items() if percent < -limit}
        chosen = shown(answer["would_close"])
        assert f"In percent of {other} instead, " in text
        assert (f"{len(beyond - chosen)} more would match" in text) == bool(beyond - chosen)
        assert (f"{len(chosen - beyond)} of these wouldn't" in text) == bool(chosen - beyond)
        for row in answer["would_close"]:
            assert (row["side"], row["order"]) in {("LONG", "SELL"), ("SHORT", "BUY")}
        assert everything(api) == before

    async def test_it_is_one_unless_said_otherwise(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        before = everything(api)
        async with assistant(api, monkeypatch) as call:
            answer = value(await call.good("close_positions"))
        assert len(answer["would_close"]) == 5
        assert everything(api) == before

    async def test_one_order_is_one_and_may_be_another_later(
        self, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_position(api, "BUY", "0.1")
        async with assistant(api, monkeypatch) as call:
            answer = value(await call.good("close_positions", account_name=ACCOUNT))
            lacking = await call.good("close_positions")
            none = value(await call.good("close_positions", loss_over=90))
        assert answer["result"] == (
            "Preview, nothing was sent. preview=false would send 1 MARKET order that only reduces; it chooses anew, by "
            "the figures of then."
        )
        assert value(lacking)["result"] == (
            "Preview, nothing was sent. preview=false needs a filter, or all=true, too, and then would send 1 "
            "MARKET order that only reduces; it chooses anew, by the figures of then."
        )
        assert "refused" not in lacking
        assert none["result"] == "This position has no loss over 90 % of entry. Nothing was sent."

    async def test_what_no_order_can_close_is_said(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.002")
        api.paper.engine.set_leverage(ACCOUNT, CONNECTOR, PAIR, 2)

        def wrap(handler: Handler) -> Handler:
            def handle(call: Call) -> Json:
                answer = handler(call)
                for one in answer["data"]:
                    one["amount"] = Decimal("0.0014")
                return answer

            return handle

        async with assistant(api, monkeypatch, {Bug("an odd size", {POSITIONS: wrap})}) as call:
            text = await call.good("close_positions", connector_name=CONNECTOR)
        (row,) = value(text)["would_close"]
        assert (row["amount"], row["left"]) == ("0.001", "0.0004")
        assert "worth less than the smallest order, 100 USDT" in text


class TestClosing:
    async def test_all_that_lose_more(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        expected = by_hand(api)
        losers = {key for key, percent in expected.items() if percent < Decimal("-0.5")}
        assert 0 < len(losers) < 5
        async with assistant(api, monkeypatch) as call:
            answer = value(await call.good("close_positions", loss_over=0.5, preview=False, below_1_percent=True))
            assert call.asked.count(ORDERS) == len(losers)
        assert answer["closed"] == len(losers)
        assert shown(answer["positions"]) == losers
        assert set(by_hand(api)) == set(expected) - losers
        realized = Decimal(0)
        for row in answer["positions"]:
            fills = api.paper.engine.fills(order_ids=[row["order_id"]])
            assert {one.action for one in fills} == {"CLOSE"}
            assert Decimal(row["closed"]) == sum(one.amount for one in fills)
            assert abs(Decimal(row["realized_pnl"]) - sum(one.realized for one in fills)) < Decimal("0.01")
            realized += sum((one.realized for one in fills), Decimal(0))
        assert abs(Decimal(answer["realized_pnl_USDT"]) - realized) < Decimal("0.01")
        paid = sum((Decimal(row["fee"]) for row in answer["positions"]), Decimal(0))
        assert paid > 0
        assert abs(Decimal(answer["fee_USDT"]) - paid) < Decimal("0.01")
        assert abs(Decimal(answer["net_pnl_USDT"]) - (realized - paid)) < Decimal("0.02")
        for row in answer["positions"]:
            net = Decimal(row["realized_pnl"]) - Decimal(row["fee"])
            assert abs(Decimal(row["net_pnl"]) - net) < Decimal("0.01")

    async def test_profits_and_losses_together(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        beyond = {key for key, percent in by_hand(api).items() if percent < -2 or percent > 1}
        assert beyond
        async with assistant(api, monkeypatch) as call:
            answer = value(await call.good("close_positions", loss_over=2, profit_over=1))
        assert shown(answer["would_close"]) == beyond

    async def test_filters_add_up(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        async with assistant(api, monkeypatch) as call:
            text = await call.good("close_positions", trading_pair="SOL-USDT", side="SHORT", preview=False)
        assert shown(value(text)["positions"]) == {(f"{ACCOUNT} bybit_perpetual", "SOL-USDT")}
        assert sum(len(one) for one in everything(api).values()) == 4

    async def test_all_of_an_account(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        async with assistant(api, monkeypatch) as call:
            answer = value(await call.good("close_positions", account_name=ACCOUNT, preview=False))
        assert answer["closed"] == 4
        assert everything(api) == {
            (ACCOUNT, CONNECTOR): {},
            (ACCOUNT, "bybit_perpetual"): {},
            ("second_account", "bybit_perpetual"): {("XRP-USDT", "BOTH"): 2000},
        }

    async def test_hedge_mode(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        api.paper.engine.set_position_mode(ACCOUNT, CONNECTOR, "HEDGE")
        open_position(api, "BUY", "0.02")
        open_position(api, "SELL", "0.03")
        async with assistant(api, monkeypatch) as call:
            answer = value(await call.good("close_positions", trading_pair=PAIR, preview=False))
        assert answer["closed"] == 2
        assert sizes(api) == {}


class TestNotClosed:
    async def test_no_filter_is_for_previews_only(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_positions", preview=False)
            assert ORDERS not in call.asked
        assert text.startswith(
            "No filter is given: this would close every position of every account. Nothing was sent."
        )
        assert "all=true" in text

    async def test_all_closes_every_position(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        async with assistant(api, monkeypatch) as call:
            assert "needs" not in value(await call.good("close_positions", all=True))["result"]
            answer = value(await call.good("close_positions", all=True, preview=False))
        assert answer["closed"] == 5
        assert sizes(api) == {}

    async def test_none_is_beyond(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        async with assistant(api, monkeypatch) as call:
            answer = value(await call.good("close_positions", loss_over=90, preview=False))
            assert ORDERS not in call.asked
        assert answer["result"] == "None of these 5 positions has a loss over 90 % of entry. Nothing was sent."
        assert len(answer["kept"]) == 5

    async def test_none_is_open(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        async with assistant(api, monkeypatch) as call:
            assert await call.good("close_positions", loss_over=5) == "No open position matches. Nothing was sent."

    async def test_a_percent_is_not_negative(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_positions", loss_over=-5, preview=False)
            assert call.asked == []
        assert "loss_over" in text

    async def test_unread_exchanges_are_named(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        async with assistant(api, monkeypatch, {down(POSITIONS, connector="bybit_perpetual")}) as call:
            text = await call.good("close_positions", side="LONG", preview=False)
        assert value(text)["closed"] == 2
        assert "Positions not read: bybit_perpetual (master_account)" in text
        assert "Positions not read: bybit_perpetual (second_account)" in text

    async def test_silence_is_not_none(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        several(api)
        async with assistant(api, monkeypatch, {EXCHANGE_DOWN}) as call:
            text = await call.good("close_positions", loss_over=5, preview=False)
        assert text.startswith("No open position matches. Nothing was sent.")
        assert f"Positions not read: {CONNECTOR} ({ACCOUNT}): it lists none, but the recorded fills leave" in text

    async def test_one_that_fails_stops_no_other(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is gone when its order arrives."""
        several(api)

        def wrap(handler: Handler) -> Handler:
            def handle(call: Call) -> Json:
                if call.body["trading_pair"] == PAIR:
                    call.engine.place(ACCOUNT, CONNECTOR, PAIR, "SELL", Decimal("0.1"), action="CLOSE")
                return handler(call)

            return handle

        async with assistant(api, monkeypatch, {Bug("gone", {ORDERS: wrap})}) as call:
            answer = value(await call.good("close_positions", connector_name=CONNECTOR, preview=False))
            assert call.asked.count(ORDERS) == 3
        assert (answer["closed"], answer["not_closed"]) == (2, 1)
        (failed,) = [one for one in answer["positions"] if one["status"] == "NOT_CLOSED"]
        assert failed["trading_pair"] == PAIR
        assert "ReduceOnly Order is rejected" in failed["error"]
        assert sizes(api) == {}

    async def test_an_unknown_outcome_is_told_and_not_repeated(
        self, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        several(api)
        async with assistant(api, monkeypatch, {Crash(ORDERS, times=1)}) as call:
            answer = value(await call.good("close_positions", connector_name=CONNECTOR, preview=False))
            assert call.asked.count(ORDERS) == 3
        assert (answer["closed"], answer["unknown"]) == (2, 1)
        (lost,) = [one for one in answer["positions"] if one["status"] == "UNKNOWN"]
        assert "Outcome unknown" in lost["error"]
        assert sizes(api) == {}  # it was carried out


async def test_a_threshold_is_repeated_and_one_below_a_percent_confirmed(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.05 is 0.05 % here, and 5 % in an executor."""
    several(api)
    before = everything(api)
    async with assistant(api, monkeypatch) as call:
        dry = await call.good("close_positions", loss_over=0.05)
        assert "Chosen is what has a loss over 0.05 % of entry." in value(dry)["result"]
        assert "loss over 0.05 % of entry is less than 1 %: is it meant?" in dry
        asked = await call.bad("close_positions", loss_over=0.05, profit_over=3, of="margin", preview=False)
        assert asked.startswith(
            "Chosen is what has a loss over 0.05 % of margin or profit over 3 % of margin. That may"
        )
        assert "Nothing was sent." in asked
        assert ORDERS not in call.asked
        assert everything(api) == before
        meant = await call.good("close_positions", loss_over=0.05, below_1_percent=True)
        assert "preview=false would send" in meant
        assert "below_1_percent" not in meant
        assert "is it meant?" not in meant
        done = await call.good("close_positions", loss_over=0.05, preview=False, below_1_percent=True)
        assert "Chosen is what has a loss over 0.05 % of entry." in done
        assert everything(api) != before
        assert "confirm" not in await call.good("close_positions", loss_over=0)


async def test_what_isnt_beyond_the_threshold_any_more_stays(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was chosen by what it lost some seconds ago."""
    open_position(api, "BUY", "0.1")

    def recovering(rows: list[Any], asked: int) -> list[Any]:
        return [{**row, "unrealized_pnl": Decimal(-500 if asked == 1 else 500)} for row in rows]

    async with assistant(api, monkeypatch, [changed(POSITIONS, recovering)]) as call:
        outcome = await call(
            "close_positions", loss_over=1, account_name=ACCOUNT, connector_name=CONNECTOR, preview=False
        )
        assert "has no loss over 1 % of entry any more" in outcome.text
        assert ORDERS not in call.asked
    assert list(sizes(api).values()) == [Decimal("0.1")]


async def test_what_is_listed_twice_is_closed_once(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "BUY", "0.1")
    async with assistant(api, monkeypatch, [changed(POSITIONS, lambda rows, _: [*rows, *rows])]) as call:
        await call.good("close_positions", connector_name=CONNECTOR, preview=False)
        assert call.asked.count(ORDERS) == 1
