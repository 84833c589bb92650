"""Closed positions on a paper exchange, held to the engine's own ledger: realized P&L, fees, funding, wallet."""

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hbmcp.paper.api.faults import BUGS, EARLY_TIMES, EXCHANGE_DOWN, LOST_FILLS, NO_FUNDING, Crash, Fault
from hbmcp.paper.exchange.records import Action, Order, Side
from hbmcp.store import SentOrder
from hbmcp.times import utc
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import HOUR, PaperApi

pytestmark = pytest.mark.anyio

D = Decimal
ME, PERP, PAIR = "master_account", "binance_perpetual", "BTC-USDT"
MINUTE = 60_000
DOWN = "doesn't answer"


def trade(
    api: PaperApi,
    side: Side,
    amount: str,
    action: Action = "OPEN",
    pair: str = PAIR,
    connector: str = PERP,
    wait: int = MINUTE,
) -> Order:
    """A market order, and then so many milliseconds."""
    order = api.paper.engine.place(ME, connector, pair, side, D(amount), action=action)
    assert order.status == "FILLED", order.error
    api.clock.advance(wait)
    return order


def wallet(api: PaperApi, connector: str = PERP) -> Decimal:
    return api.paper.engine.balances(ME, connector)["USDT"].total


def rows(text: str, table: str = "positions") -> list[dict[str, str]]:
    """A table, as results/__init__.py says that one is to be read."""
    if f"# {table}" not in text:
        return []
    title, header, *lines = text.split("\n\n")[0].split(f"# {table}: ")[1].split("\n# ")[0].split("\n")
    constants = dict(one.split("=") for one in title.partition("in every row: ")[2].split())
    columns = [name.partition("(")[0] for name in header.split()]
    return [constants | dict(zip(columns, line.split(" "), strict=False)) for line in lines]


def total(text: str, name: str) -> Decimal:
    return D(text.split(f'"{name}":')[1].split(",")[0].split("}")[0])


def shown(exact: Decimal | int) -> Any:
    """What a computed figure is shown as: eight digits of it."""
    return pytest.approx(D(exact), rel=D("5e-8"))


async def test_a_position_is_told_once_it_is_closed(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    before = wallet(api)
    async with assistant(api, monkeypatch) as call:
        assert await call.good("get_position_history") == "No fills on perpetual exchanges are recorded."
        trade(api, "BUY", "0.05")
        trade(api, "BUY", "0.03")
        trade(api, "SELL", "0.06", "CLOSE")
        open_still = await call.good("get_position_history")
        check_part(api, open_still, D("0.02"))
        trade(api, "BUY", "0.01")
        check_part(api, await call.good("get_position_history"), D("0.03"))
        trade(api, "SELL", "0.03", "CLOSE")
        text = await call.good("get_position_history")
    fills = api.paper.engine.fills()
    (row,) = rows(text)
    assert (row["side"], D(row["size"]), D(row["total_closed"])) == ("LONG", D("0.08"), D("0.09"))
    assert row["opened_at"].endswith("08:43:23")
    assert D(row["realized_pnl"]) == shown(sum(one.realized for one in fills))
    assert D(row["fees"]) == shown(sum(one.fee for one in fills))
    assert D(row["net_pnl"]) == total(text, "net_pnl") == shown(wallet(api) - before)
    assert "doubt" not in text
    assert "may be wrong" not in text


def check_part(api: PaperApi, text: str, left: Decimal) -> None:
    """A LONG of which 0.06 is closed and this is left, by the engine's own ledger."""
    assert text.startswith('{"result":"No perpetual position was closed whole in this period."}')
    fills = api.paper.engine.fills()
    out = [one for one in fills if one.action == "CLOSE"]
    (row,) = rows(text, "partly_closed_still_open")
    assert (row["side"], D(row["closed"]), D(row["still_open"])) == ("LONG", D("0.06"), left)
    assert row["last_reduced_at"].endswith("08:45:23")
    assert D(row["exit_price"]) == shown(sum(one.amount * one.price for one in out) / D("0.06"))
    assert D(row["realized_pnl"]) == shown(sum(one.realized for one in fills))
    assert D(row["entry_price"]) == shown(D(row["exit_price"]) - D(row["realized_pnl"]) / D("0.06"))
    opened = [
        one for one in fills[fills.index(out[-1]) + 1 :] if one.action == "OPEN"
    ]  # 0.08, of which 0.06 are closed
    fees = sum((one.fee for one in out), D(0)) + sum((one.fee for one in opened), D(0)) * 6 / 8
    assert D(row["fees"]) == shown(fees)
    assert D(row["net_pnl"]) == shown(sum(one.realized for one in fills) - fees)
    assert "Figures of still open ones are those of the closed part." in text


async def test_the_window_and_since_when_there_are_fills(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    began = utc(api.clock.now())
    trade(api, "BUY", "0.01")
    trade(api, "SELL", "0.01")
    async with assistant(api, monkeypatch) as call:
        default = await call.good("get_position_history")
        before = await call.good("get_position_history", start_time="20d", end_time="10d")
    month, *window = (utc(api.clock.now() - days * 24 * HOUR) for days in (30, 20, 10))
    assert f"Window: {month} until now; fills are recorded since {began}." in default
    assert f"Window: {' until '.join(window)}; fills are recorded since {began}." in before


async def test_several_that_are_partly_closed_have_their_totals(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    before = wallet(api)
    trade(api, "BUY", "0.05")
    trade(api, "SELL", "0.05", "CLOSE", wait=HOUR)
    closed = wallet(api)
    theirs = []
    for pair in ("ETH-USDT", "SOL-USDT"):
        trade(api, "SELL", "5", pair=pair)
        trade(api, "BUY", "2", "CLOSE", pair=pair)
        out, opened = (
            [one for one in api.paper.engine.fills(pairs=[pair]) if one.action == action]
            for action in ("CLOSE", "OPEN")
        )
        fees = sum((one.fee for one in opened), D(0))
        theirs.append(sum(one.realized - one.fee for one in out) - fees * 2 / 5)
    trade(api, "BUY", "0.01")
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_position_history")
        late = await call.good("get_position_history", start_time="5s")
        early = await call.good("get_position_history", end_time="30m")
    value = json.loads(text.split("\n")[0], parse_float=D)
    assert value["totals"]["USDT"]["net_pnl"] == shown(closed - before)
    assert value["totals_still_open"]["USDT"]["still_open"] == 2
    assert value["totals_still_open"]["USDT"]["net_pnl"] == shown(sum(theirs))
    assert [one["trading_pair"] for one in rows(text, "partly_closed_still_open")] == ["SOL-USDT", "ETH-USDT"]
    assert "totals don't include them." in text
    assert rows(late, "partly_closed_still_open") == rows(early, "partly_closed_still_open") == []
    assert len(rows(early)) == 1


async def test_what_is_partly_closed_says_that_funding_is_not_recorded(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    trade(api, "BUY", "0.05", wait=9 * HOUR)
    trade(api, "SELL", "0.02", "CLOSE")
    async with assistant(api, monkeypatch, [NO_FUNDING]) as call:
        text = await call.good("get_position_history")
    assert text.endswith("Funding isn't recorded, and not in net_pnl.")


async def test_a_flip_ends_one_position_and_begins_another(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    before = wallet(api)
    trade(api, "BUY", "0.02")
    flip = trade(api, "SELL", "0.05")
    trade(api, "BUY", "0.03", "CLOSE")
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_position_history")
    short, long = rows(text)
    assert [(one["side"], D(one["size"])) for one in (long, short)] == [("LONG", D("0.02")), ("SHORT", D("0.03"))]
    assert long["closed_at"][-8:] == short["opened_at"][-8:] == "08:44:23"
    engine = api.paper.engine
    assert D(long["realized_pnl"]) == shown(sum(one.realized for one in engine.fills(order_ids=[flip.id])))
    assert total(text, "fees") == shown(sum(one.fee for one in engine.fills()))
    assert total(text, "net_pnl") == shown(wallet(api) - before)


async def test_in_hedge_mode_long_and_short_live_beside_each_other(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = wallet(api)
    assert api.paper.engine.set_position_mode(ME, PERP, "HEDGE")
    steps: list[tuple[Side, str, Action]] = [
        ("BUY", "0.02", "OPEN"),
        ("SELL", "0.03", "OPEN"),
        ("SELL", "0.02", "CLOSE"),
        ("SELL", "0.01", "OPEN"),
        ("BUY", "0.04", "CLOSE"),
    ]
    orders = [trade(api, *step) for step in steps]
    async with assistant(api, monkeypatch) as call:
        guessed = await call.good("get_position_history")
        assert "was traded in hedge mode, and 5 fills don't tell" in guessed
        await remember(call, orders)
        text = await call.good("get_position_history")
    short, long = rows(text)
    assert [(one["side"], D(one["size"])) for one in (long, short)] == [("LONG", D("0.02")), ("SHORT", D("0.04"))]
    of = {order.id: sum(one.realized for one in api.paper.engine.fills(order_ids=[order.id])) for order in orders}
    assert D(long["realized_pnl"]) == shown(of[orders[2].id])
    assert D(short["realized_pnl"]) == shown(of[orders[4].id])
    assert total(text, "net_pnl") == shown(wallet(api) - before)
    assert "hedge mode" not in text


async def remember(call: Assistant, orders: Collection[Order]) -> None:
    """As if hbmcp had sent them."""
    store = call.bridge.store
    for one in orders:
        sent = SentOrder(
            one.account, one.exchange, one.pair, one.side, one.type, one.amount, None, one.action, one.created, one.id
        )
        await store.name_order(await store.remember_order(sent), one.id)


async def test_a_mode_of_earlier_is_told_by_what_orders_did(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened and closed in hedge mode, and one-way since."""
    engine = api.paper.engine
    assert engine.set_position_mode(ME, PERP, "HEDGE")
    steps: list[tuple[Side, Action]] = [("BUY", "OPEN"), ("SELL", "OPEN"), ("SELL", "CLOSE"), ("BUY", "CLOSE")]
    orders = [trade(api, side, "0.02", action) for side, action in steps]
    assert engine.set_position_mode(ME, PERP, "ONEWAY")
    async with assistant(api, monkeypatch) as call:
        await remember(call, orders)
        text = await call.good("get_position_history")
    assert [one["side"] for one in rows(text)] == ["SHORT", "LONG"]
    assert total(text, "realized_pnl") == shown(sum(one.realized for one in engine.fills()))


Step = tuple[Side, str, Action]
FLIPS: list[Step] = [("BUY", "0.5", "OPEN"), ("SELL", "1", "OPEN"), ("BUY", "1", "OPEN"), ("SELL", "0.5", "OPEN")]
BESIDE: list[Step] = [
    ("BUY", "1.2", "OPEN"),
    ("SELL", "0.6", "OPEN"),
    ("SELL", "1.2", "CLOSE"),
    ("BUY", "0.6", "CLOSE"),
]
SILENT = "read as traded in another position mode than today's, because the exchange lists no positions now"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["silent", "answering"])
async def test_flips_in_one_way_mode_are_told_in_hedge_mode(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, *, elsewhere: bool
) -> None:
    engine, perp, pair = api.paper.engine, "hyperliquid_perpetual", "ETH-USD"
    orders = [trade(api, *step, pair=pair, connector=perp) for step in FLIPS]
    assert not engine.positions(ME, perp)
    done = engine.fills()
    async with assistant(api, monkeypatch) as call:
        await remember(call, orders)
        before = await call.good("get_position_history")
        assert SILENT not in before
        assert engine.set_position_mode(ME, perp, "HEDGE")
        if elsewhere:
            trade(api, "BUY", "0.01", pair="BTC-USD", connector=perp)
        text = await call.good("get_position_history", trading_pair=pair)
    assert text.split("\n\n")[0] == before.split("\n\n")[0]
    assert [(one["side"], D(one.get("size", "0.5"))) for one in rows(text)] == [
        (side, D("0.5")) for side in ("LONG", "SHORT", "LONG")
    ]
    assert total(text, "realized_pnl") == shown(sum(one.realized for one in done))
    assert total(text, "fees") == shown(sum(one.fee for one in done))
    assert "still_open" not in text
    assert "missing" not in text
    assert (SILENT in text) != elsewhere


async def test_hedge_trades_are_told_in_one_way_mode(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also beside flips before and after them, and what is open now."""
    engine = api.paper.engine
    engine.set_leverage(ME, PERP, PAIR, 50)
    orders: list[Order] = []
    expected: list[str] = []

    def go(steps: list[Step], sides: list[str]) -> None:
        orders.extend(trade(api, *step) for step in steps)
        expected.extend(sides)

    before = wallet(api)
    async with assistant(api, monkeypatch) as call:

        async def check() -> str:
            await remember(call, orders)
            orders.clear()
            text = await call.good("get_position_history")
            assert [one["side"] for one in rows(text)] == expected[::-1]
            assert total(text, "realized_pnl") == shown(sum(one.realized for one in engine.fills()))
            assert "that no recorded fill had opened" not in text
            assert "still_open" not in text
            assert "missing" not in text
            return text

        assert engine.set_position_mode(ME, PERP, "HEDGE")
        go(BESIDE, ["LONG", "SHORT"])
        assert engine.set_position_mode(ME, PERP, "ONEWAY")
        assert [D(one["size"]) for one in rows(await check())] == [D("0.6"), D("1.2")]
        go(FLIPS, ["LONG", "SHORT", "LONG"])
        await check()
        assert engine.set_position_mode(ME, PERP, "HEDGE")
        go(BESIDE, ["LONG", "SHORT"])
        text = await check()
        assert total(text, "net_pnl") == shown(wallet(api) - before)
        go(BESIDE[:2], [])
        await check()
        assert {one.side for one in engine.positions(ME, PERP)} == {"LONG", "SHORT"}


async def test_what_the_exchange_doesnt_list_isnt_told_as_open(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last closing fill isn't recorded, of trades in both modes."""
    engine = api.paper.engine
    engine.set_leverage(ME, PERP, PAIR, 50)
    orders = [trade(api, *step) for step in FLIPS]
    assert engine.set_position_mode(ME, PERP, "HEDGE")
    orders += [trade(api, *step) for step in BESIDE]
    orders += [trade(api, *step) for step in [*BESIDE[:2], ("SELL", "0.4", "CLOSE"), ("BUY", "0.6", "CLOSE")]]
    trade(api, "BUY", "1", pair="ETH-USDT")
    lost = trade(api, "SELL", "0.8", "CLOSE")
    lose(api, lost)
    async with assistant(api, monkeypatch) as call:
        await remember(call, orders)
        text = await call.good("get_position_history")
    assert [one["side"] for one in rows(text)] == ["SHORT", "SHORT", "LONG", "LONG", "SHORT", "LONG"]
    assert "still_open" not in text
    assert "open by its fills LONG 0.8, by the exchange none. Fills are missing" in text


def lose(api: PaperApi, order: Order) -> None:
    """As if its fills had never been recorded."""
    with api.store.transaction():
        api.store.db.execute(
            "DELETE FROM fills WHERE order_number = (SELECT number FROM orders WHERE exchange_id = ?)",
            (order.exchange_id,),
        )


@pytest.mark.parametrize("fault", [EXCHANGE_DOWN, Crash("POST /trading/positions")], ids=["down", "unread"])
async def test_what_is_held_is_of_the_mode_of_today(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """LONG and SHORT after trades of one-way mode, and no list of positions that says so."""
    engine = api.paper.engine
    engine.set_leverage(ME, PERP, PAIR, 50)
    orders = [trade(api, *step) for step in BESIDE[:2]]
    orders.append(trade(api, "SELL", "0.6", "CLOSE"))
    assert engine.set_position_mode(ME, PERP, "HEDGE")
    orders += [trade(api, *step) for step in [*BESIDE[:2], ("SELL", "0.4", "CLOSE")]]
    async with assistant(api, monkeypatch, [fault]) as call:
        await remember(call, orders[3:])
        text = await call.good("get_position_history")
    assert [one["side"] for one in rows(text)] == ["LONG"]
    (part,) = rows(text, "partly_closed_still_open")
    assert (part["side"], D(part["closed"]), D(part["still_open"])) == ("LONG", D("0.4"), D("0.8"))
    assert SILENT not in text


async def test_an_amount_that_depends_on_the_mode_isnt_told(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hedge trades, back in one-way mode; and one whose opening isn't recorded."""
    engine = api.paper.engine
    engine.set_leverage(ME, PERP, PAIR, 50)
    assert engine.set_position_mode(ME, PERP, "HEDGE")
    orders = [trade(api, *step) for step in [*BESIDE, ("BUY", "0.1", "OPEN"), ("SELL", "0.1", "CLOSE")]]
    assert engine.set_position_mode(ME, PERP, "ONEWAY")
    trade(api, "BUY", "1", pair="ETH-USDT")
    lose(api, orders[-2])
    async with assistant(api, monkeypatch) as call:
        await remember(call, orders)
        text = await call.good("get_position_history")
    assert "some was closed that no recorded fill had opened" in text


@pytest.mark.parametrize("faults", [(), (EARLY_TIMES,)], ids=["right", "early"])
async def test_funding_of_the_time_it_was_held(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, faults: Collection[Fault]
) -> None:
    """Held over three payments, closed a minute after the last, and opened again an hour later over one."""
    before = wallet(api)
    trade(api, "BUY", "0.05", wait=0)
    api.clock.advance(to_funding(api) + 16 * HOUR + MINUTE)
    trade(api, "SELL", "0.05", "CLOSE", wait=HOUR)
    trade(api, "SELL", "0.05", wait=8 * HOUR)
    trade(api, "BUY", "0.05", "CLOSE")
    paid = api.paper.engine.funding_payments()
    assert len(paid) == 4
    async with assistant(api, monkeypatch, faults) as call:
        text = await call.good("get_position_history")
    short, long = rows(text)
    assert D(long["funding"]) == shown(sum(one.payment for one in paid[1:]))
    assert D(short["funding"]) == shown(paid[0].payment)
    assert total(text, "net_pnl") == shown(wallet(api) - before)
    assert "Funding" not in text


def to_funding(api: PaperApi) -> int:
    """Milliseconds until the next payment."""
    return api.paper.market.next_funding(PERP, api.clock.now()) - api.clock.now()


async def test_in_hedge_mode_funding_goes_to_the_side_that_paid_it(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api.paper.engine.set_position_mode(ME, PERP, "HEDGE")
    orders = [trade(api, "BUY", "0.05", wait=0), trade(api, "SELL", "0.03", wait=0)]
    api.clock.advance(to_funding(api) + HOUR)
    orders += [trade(api, "SELL", "0.05", "CLOSE"), trade(api, "BUY", "0.03", "CLOSE")]
    async with assistant(api, monkeypatch) as call:
        await remember(call, orders)
        text = await call.good("get_position_history")
    by_side = {one.side: one.payment for one in api.paper.engine.funding_payments()}
    assert len(by_side) == 2
    assert {one["side"]: D(one["funding"]) for one in rows(text)} == {
        side: shown(by_side[side]) for side in ("LONG", "SHORT")
    }


async def test_funding_that_isnt_recorded_isnt_nothing(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    trade(api, "BUY", "0.05", wait=9 * HOUR)
    trade(api, "SELL", "0.05", "CLOSE")
    assert api.paper.engine.funding_payments()
    async with assistant(api, monkeypatch, [NO_FUNDING]) as call:
        text = await call.good("get_position_history")
    assert "funding" not in text.split("\n\n")[0]
    assert text.endswith("Funding isn't recorded, and not in net_pnl.")
    assert D(rows(text)[0]["net_pnl"]) == shown(total(text, "realized_pnl") - total(text, "fees"))


async def test_times_are_right_although_the_fills_are_early(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    trade(api, "BUY", "0.05", wait=2 * MINUTE)
    trade(api, "SELL", "0.05", "CLOSE")
    async with assistant(api, monkeypatch) as call:
        right = await call.good("get_position_history")
    async with assistant(api, monkeypatch, [EARLY_TIMES]) as call:
        assert await call.good("get_position_history") == right
    async with assistant(api, monkeypatch, [EARLY_TIMES, Crash("POST /trading/orders/search")]) as call:
        text = await call.good("get_position_history")
    assert rows(text)[0]["opened_at"].endswith("08:38:23")
    assert "Orders of binance_perpetual (master_account) weren't read" in text
    assert text.endswith("Times of 1 position can be up to five minutes early.")


async def test_a_failing_exchange_doesnt_close_positions(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    trade(api, "BUY", "0.02")
    trade(api, "SELL", "0.02", "CLOSE")
    trade(api, "BUY", "0.05")
    async with assistant(api, monkeypatch, [EXCHANGE_DOWN]) as call:
        text = await call.good("get_position_history")
    (row,) = rows(text)
    assert D(row["size"]) == D("0.02")
    assert f"{PAIR} on {PERP} ({ME}): open by its fills LONG 0.05, by the exchange none" in text
    assert DOWN in text


async def test_a_close_of_what_was_opened_elsewhere_is_said(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, closed = trade(api, "BUY", "0.02"), trade(api, "SELL", "0.02", "CLOSE", wait=HOUR)
    with api.store.transaction():
        api.store.db.execute("DELETE FROM fills WHERE side = 'BUY'")
    trade(api, "BUY", "0.03")
    trade(api, "SELL", "0.03", "CLOSE")
    said = f"{PAIR} on {PERP} ({ME}): 0.02 was closed that no recorded fill had opened, so it isn't above."
    async with assistant(api, monkeypatch) as call:
        await remember(call, [opened, closed])
        text = await call.good("get_position_history")
        assert [(one["side"], D(one["size"])) for one in rows(text)] == [("LONG", D("0.03"))]
        assert said in text
        assert "may be wrong" not in text
        assert said not in await call.good("get_position_history", start_time="30m")


async def test_trades_elsewhere_are_noticed(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closing fill that the API doesn't know, as that of an order placed by hand."""
    trade(api, "BUY", "0.02", pair="ETH-USDT")
    trade(api, "BUY", "0.05")
    trade(api, "SELL", "0.05", "CLOSE")
    with api.store.transaction():
        api.store.db.execute("DELETE FROM fills WHERE pair = ? AND side = 'SELL'", (PAIR,))
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_position_history")
    assert rows(text) == []
    assert f"{PAIR} on {PERP} ({ME}): open by its fills LONG 0.05, by the exchange none" in text
    assert DOWN not in text  # it listed ETH-USDT


async def test_a_liquidation_is_a_closed_position(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    api.paper.engine.set_leverage(ME, PERP, PAIR, 125)
    before = wallet(api)
    trade(api, "BUY", "0.1", wait=7 * 24 * HOUR)
    (forced,) = [one for one in api.paper.engine.fills() if one.liquidation]
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_position_history")
    assert D(rows(text)[0]["realized_pnl"]) == shown(forced.realized)
    assert total(text, "net_pnl") == shown(wallet(api) - before)


@pytest.mark.parametrize("fault", [LOST_FILLS, *BUGS], ids=lambda fault: fault.name)
async def test_no_oddity_changes_what_was_realized(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    api.paper.engine.set_leverage(ME, PERP, PAIR, 50)
    for side in ("BUY", "SELL", "BUY"):
        trade(api, side, "5", wait=0)  # several levels of the book at one moment
    trade(api, "SELL", "5", "CLOSE", wait=0)
    assert len(api.paper.engine.fills()) > 4
    async with assistant(api, monkeypatch, [fault]) as call:
        text = await call.good("get_position_history")
    assert [one["side"] for one in rows(text)] == ["LONG", "LONG"]
    assert total(text, "realized_pnl") == shown(sum(one.realized for one in api.paper.engine.fills()))


async def test_filters_period_and_limit(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    for pair in ("BTC-USDT", "ETH-USDT", "SOL-USDT"):
        trade(api, "BUY", "0.5", pair=pair)
        trade(api, "SELL", "0.5", "CLOSE", pair=pair, wait=24 * HOUR)
    trade(api, "BUY", "0.1", connector="binance")
    trade(api, "SELL", "0.1", connector="binance")
    async with assistant(api, monkeypatch) as call:
        every = await call.good("get_position_history")
        newest = await call.good("get_position_history", limit=1)
        eth = await call.good("get_position_history", trading_pair="ETH-USDT")
        late = await call.good("get_position_history", start_time="36h")
        early = await call.good("get_position_history", start_time="7d", end_time="60h")
        other = await call.good("get_position_history", account_name="second_account")
        nobody = await call.bad("get_position_history", account_name="nobody")
        spot = await call.bad("get_position_history", connector_name="binance")
    assert [one["trading_pair"] for one in rows(every)] == ["SOL-USDT", "ETH-USDT", "BTC-USDT"]
    assert [one["trading_pair"] for one in rows(newest)] == ["SOL-USDT"]
    assert newest.split("\n")[0] == every.split("\n")[0]
    assert "The newest 1 of 3; the totals are of all." in newest
    assert [one["trading_pair"] for one in rows(eth)] == ["ETH-USDT"]
    assert [one["trading_pair"] for one in rows(late)] == ["SOL-USDT"]
    assert [one["trading_pair"] for one in rows(early)] == ["BTC-USDT"]
    assert other == "No fills on perpetual exchanges are recorded."
    assert "There is no account nobody" in nobody
    assert "no perpetual exchange" in spot


async def test_questions_that_fail_are_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    trade(api, "BUY", "0.05")
    trade(api, "SELL", "0.05", "CLOSE")
    crashes = [
        Crash("POST /trading/positions"),
        Crash("POST /trading/funding-payments"),
        Crash("GET /trading/{account_name}/{connector_name}/position-mode"),
    ]
    async with assistant(api, monkeypatch, crashes) as call:
        text = await call.good("get_position_history")
        assert len(rows(text)) == 1
        assert "Open positions weren't read" in text
        assert "Funding wasn't read" in text
        assert f"{PERP} ({ME}) is taken for one-way" in text
    async with assistant(api, monkeypatch, [Crash("POST /trading/trades")]) as call:
        assert "get_position_history" in await call.bad("get_position_history")


async def test_the_whole_answer(api: PaperApi, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    trade(api, "BUY", "0.05", wait=9 * HOUR)
    trade(api, "SELL", "0.05", "CLOSE")
    trade(api, "SELL", "2", pair="ETH-USDT")
    trade(api, "BUY", "1", "CLOSE", pair="ETH-USDT", wait=HOUR)
    trade(api, "BUY", "3", pair="ETH-USDT")
    trade(api, "SELL", "1", "CLOSE", pair="ETH-USDT")
    trade(api, "BUY", "0.01")
    async with assistant(api, monkeypatch) as call:
        assert await call.good("get_position_history") == snapshot
