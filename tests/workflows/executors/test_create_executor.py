"""An executor is checked, started, and looked at; one that ended at once is a failure, and none is started twice."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.errors import StoreError
from hbmcp.installation.executors.config.fields import TYPES
from hbmcp.installation.executors.run.no_orders_yet import WAITS
from hbmcp.paper.api.faults import EXCHANGE_DOWN, Bug, Crash, Cut, Late
from hbmcp.paper.api.routes.base import Call, Handler, Json
from tests.store.opening import failing_store
from tests.workflows.answers import head, value
from tests.workflows.executors.executor_account import GRID, LIMIT, PERPETUAL, POSITION, desk

pytestmark = pytest.mark.anyio

CREATE = "POST /executors/"
ASK = {"account_name": "master_account", "executor_type": "position_executor", "config": POSITION}


async def test_a_position_is_opened_and_its_exits_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        found = await at.head("create_executor", **ASK)
        (record,) = at.executors.shelf.all()
        (leg,) = record.legs
        entry = leg.quote / leg.base
        assert found["executor_id"] == record.id
        assert (found["status"], found["side"], found["still_open"]) == ("RUNNING", "BUY", "LONG 0.1 BTC")
        assert (found["bought_amount"], found["bought_average"]) == (leg.base, entry)
        assert found["stop_loss_price"] == pytest.approx(entry * 97 / 100)
        assert found["take_profit_price"] == pytest.approx(entry * 102 / 100)
        assert found["fees_quote"] == leg.fee
        assert "config" not in found


async def test_a_resting_order_is_shown_with_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.good(
            "create_executor", account_name="master_account", executor_type="order_executor", config=LIMIT
        )
        (leg,) = at.executors.shelf.all()[0].legs
        assert text.splitlines()[1:4] == [
            "# open_orders: 1 row",
            "order_id side order_type price amount status",
            f"{leg.order_id} BUY LIMIT 50000 0.01 OPEN",
        ]


async def test_the_api_gets_numbers_for_names_and_all_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        await at.create("grid_executor", **GRID, controller_id="desk")
        (record,) = at.executors.shelf.all()
        assert record.controller == "desk"
        assert record.raw["side"] == 1
        assert record.raw["start_price"] == "58000"
        assert record.raw["triple_barrier_config"] == {"take_profit": "0.01", "take_profit_order_type": 2}


async def test_too_little_balance_is_a_failure_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.bad("create_executor", **{**ASK, "config": {**POSITION, "amount": 10}}, max_value=10**6)
        (record,) = at.executors.shelf.all()
        assert record.id in text
        assert "at once it ended: the balance doesn't hold what it needs" in text
        assert "INSUFFICIENT_BALANCE" in text
        assert "It traded nothing." in text
        assert "create_executor with preview=true" in text


async def test_one_that_is_cancelled_after_its_answer_keeps_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log and among what was sent, for nobody is answered."""
    looking = asyncio.Event()

    async def look(*_: Any) -> None:
        looking.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("hbmcp.workflows.executors.create_executor.wait_until", look)
    async with desk(tmp_path, monkeypatch) as at:
        call = asyncio.create_task(at.call.good("create_executor", **ASK))
        await looking.wait()
        call.cancel()
        await asyncio.wait([call])
        (record,) = at.executors.shelf.all()
        assert f"Cancelled after executor {record.id} was started" in caplog.text
        (row,) = await at.call.bridge.store.granted(0)
        assert (row.state, row.reference) == ("sent", record.id)
        assert record.id in await at.call.good("list_executors")


async def test_an_executor_that_waits_says_that_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        waits = {**POSITION, "entry_price": "50000", "activation_bounds": ["0.01"], "triple_barrier_config": {}}
        text = await at.call.good("create_executor", **{**ASK, "config": waits})
        assert WAITS in text


CLOSE = {**PERPETUAL, "side": "SELL", "amount": 1, "execution_strategy": "MARKET", "position_action": "CLOSE"}


@pytest.mark.parametrize(
    ("held", "changes", "words"),
    [
        ("0.01", {}, "amount: expected at most 0.01, the LONG of BTC-USDT that it is to CLOSE, got 1; close_position"),
        ("0.01", {"side": "BUY"}, "position_action: a BUY can only CLOSE a SHORT, and of BTC-USDT you hold LONG 0.01;"),
        ("", {}, "position_action: a SELL can only CLOSE a LONG, and of BTC-USDT you hold no position; close_position"),
    ],
)
async def test_what_cant_be_closed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str, changes: dict[str, Any], words: str
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        if held:
            at.trade("BUY", held)
        ask = {"account_name": "master_account", "executor_type": "order_executor", "config": {**CLOSE, **changes}}
        text = await at.call.bad("create_executor", **ask)
        assert words in text
        assert "Nothing was sent." in text
        assert CREATE not in at.call.asked
        assert await at.call.bad("create_executor", preview=True, **ask) == text


async def test_what_is_held_can_be_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        at.trade("BUY", "0.5")
        found = await at.create("order_executor", **{**CLOSE, "amount": "0.5"})
        assert at.open_position() == 0
        at.after(10)
        text = await at.call.good("get_executor", executor_id=found)
        told = head(text)
        assert (told["close_type"], told["sold_amount"]) == ("POSITION_HOLD", Decimal("0.5"))
        assert told["how_it_ended"] == "ended: what it traded has only reduced a position"
        assert not {"kept", "still_open"} & told.keys()
        assert "What it kept" not in text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Crash("POST /trading/positions"), "Whether a position of BTC-USDT is open couldn't be read:"),
        (EXCHANGE_DOWN, "Whether a position of BTC-USDT is open to be closed isn't known: it lists none, but"),
    ],
)
async def test_a_close_whose_position_nobody_can_read_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any, words: str
) -> None:
    """The exchange cuts the order and the executor never learns of it: so its answer doesn't say that it waits."""
    async with desk(tmp_path, monkeypatch, faults=[fault]) as at:
        at.trade("BUY", "0.01")
        ask = {"account_name": "master_account", "executor_type": "order_executor", "config": CLOSE}
        assert words in await at.call.good("create_executor", preview=True, **ask)
        text = await at.call.good("create_executor", **ask)
        assert words in text
        assert at.open_position() == 0
        assert WAITS not in text
        assert "names no order of its own yet, but since it began, most likely by it: SELL 0.01 BTC-USDT traded" in text


async def test_an_entry_that_the_price_has_passed_is_said_to_fill_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        barriers = {"stop_loss": "0.03", "take_profit": "0.02"}
        config = {**POSITION, "entry_price": 66000, "triple_barrier_config": barriers}
        text = await at.call.good("create_executor", **{**ASK, "config": config})
        (leg,) = [one for one in at.executors.shelf.all()[0].legs if one.side == "BUY"]
        assert "entry_price 66000 is above the price: it fills at once near 60002.3, and stop and target are" in text
        assert head(text)["bought_average"] == leg.quote / leg.base == pytest.approx(Decimal("60002.3"))


async def test_a_store_that_fails_doesnt_stop_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        monkeypatch.setattr(at.call.bridge, "store", failing_store(StoreError("The store can't be opened.")))
        text = await at.call.good("create_executor", **ASK)
        assert head(text)["status"] == "RUNNING"
        assert "Saved defaults couldn't be read, none were applied: The store can't be opened." in text
        failed = await at.call.bad("set_executor_defaults", executor_type="grid_executor", config={"leverage": 2})
        assert "The store can't be opened." in failed


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"account_name": "nobody"}, "There is no account nobody"),
    ({"config": {**POSITION, "connector_name": "nope_perpetual"}}, "not connected to nope_perpetual"),
    ({"config": {**POSITION, "trading_pair": "BTX-USDT"}}, "binance_perpetual has no pair BTX-USDT"),
    ({"config": {**POSITION, "leverage": None}}, "leverage: missing"),
    (
        {"config": {**POSITION, "leverage": 500}},
        "leverage: expected a whole number at least 1 and at most 200 (times), e.g. 5, got 500",
    ),
    ({"config": {**POSITION, "amount": "0.0012"}}, "amount: the order is too small"),
    (
        {"executor_type": "grid_executor", "config": {**GRID, "end_price": 59000}},
        "end_price: the price, 60000",
    ),
    (
        {"executor_type": "grid_executor", "config": {**GRID, "start_price": 61000, "limit_price": 60500}},
        "limit_price: the price, 60000, is beyond it already",
    ),
    (
        {
            "executor_type": "arbitrage_executor",
            "config": {
                "buying_market": {"connector_name": "binance", "trading_pair": "BTC-USDT"},
                "selling_market": {"connector_name": "gate_io", "trading_pair": "BTC-USDT"},
                "order_amount": "0.01",
                "min_profitability": "0.002",
            },
        },
        "not connected to gate_io",
    ),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
async def test_what_cant_run_is_refused_before_the_api_hears_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.bad("create_executor", **{**ASK, **changes})
        assert words in text
        assert "Nothing was" in text
        assert CREATE not in at.call.asked


async def test_saved_defaults_apply_and_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        kind = {"executor_type": "position_executor"}
        saved = {"leverage": 7, "triple_barrier_config": {"stop_loss": 0.1, "take_profit": "0.5"}}
        assert "No defaults" in await at.call.good("set_executor_defaults", **kind)
        await at.call.good("set_executor_defaults", **kind, config=saved)
        assert '"stop_loss":"0.1"' in await at.call.good("set_executor_defaults", **kind)
        assert '"saved_defaults":{"leverage":7' in await at.call.good("get_executor_fields", **kind)

        unlevered = {**ASK, "config": {**POSITION, "leverage": None}}
        text = await at.call.good("create_executor", **unlevered)
        assert "From saved defaults: leverage = 7." in text
        assert at.executors.shelf.all()[0].raw["triple_barrier_config"]["stop_loss"] == "0.03"
        assert "From saved defaults: leverage = 7." in await at.call.good("create_executor", preview=True, **unlevered)

        assert "No defaults" in await at.call.good("set_executor_defaults", **kind, clear=True)
        assert "leverage: missing" in await at.call.bad(
            "create_executor", **{**ASK, "config": {**POSITION, "leverage": None}}
        )
        refused = await at.call.bad("set_executor_defaults", **kind, config={"triple_barrier_config": {"stop_loss": 3}})
        assert "stop_loss: expected a number above 0 and below 1" in refused
        refused = await at.call.bad("set_executor_defaults", **kind, config={"leverage": 201})
        assert "leverage: expected a whole number at least 1 and at most 200 (times), e.g. 5, got 201" in refused
        assert "save and clear" in await at.call.bad("set_executor_defaults", **kind, config=saved, clear=True)


@pytest.mark.parametrize("fault", [Cut(CREATE), Crash(CREATE)])
async def test_one_that_may_have_been_started_is_not_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    async with desk(tmp_path, monkeypatch, faults=[fault]) as at:
        text = await at.call.bad("create_executor", **ASK)
        (record,) = at.executors.shelf.all()
        assert at.call.asked.count(CREATE) == 1
        assert f"{record.id} (RUNNING)" in text
        assert "Don't create it again" in text


@pytest.mark.parametrize("behind", [-3600, -90, 90, 3600])
async def test_it_is_told_by_its_id_whatever_the_api_s_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind: int
) -> None:
    """Seconds by which the API is behind; one of the same type and pair that ran before isn't taken for it."""
    async with desk(tmp_path, monkeypatch, faults=[Cut(CREATE)]) as at:
        other = at.create_directly()
        at.after(5)
        monkeypatch.setattr("hbmcp.times._clock", lambda: at.api.clock.now() + behind * 1000)
        text = await at.call.bad("create_executor", **ASK)
        (new,) = {record.id for record in at.executors.shelf.all()} - {other}
        assert f"{new} (RUNNING)" in text
        assert other not in text


@pytest.mark.parametrize(
    "answer", [[], {}, None, {"id": "x"}, {"executor_id": None, "status": "RUNNING"}, {"executor_id": 5}]
)
async def test_an_answer_without_its_id_is_no_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    def wrap(handler: Handler) -> Handler:
        def odd(call: Call) -> Json:
            handler(call)
            return answer

        return odd

    async with desk(tmp_path, monkeypatch, faults=[Bug("no id", {CREATE: wrap})]) as at:
        text = await at.call.bad("create_executor", **ASK)
        (record,) = at.executors.shelf.all()
        assert text.startswith("Outcome unknown: The API's answer to start_executor isn't what its contract promises")
        assert f"{record.id} (RUNNING)" in text
        at.call.unlike.clear()


@pytest.mark.parametrize("fault", [Cut(CREATE, acted=False), Crash(CREATE, acted=False)])
async def test_one_that_was_not_started_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    async with desk(tmp_path, monkeypatch, faults=[fault]) as at:
        before = at.create_directly()
        at.after(3600)
        text = await at.call.bad("create_executor", **ASK)
        assert at.call.asked.count(CREATE) == 1
        assert before not in text
        assert "list_executors" in text


async def test_who_cant_look_says_how_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [Cut(CREATE), Crash("POST /executors/search")]
    async with desk(tmp_path, monkeypatch, faults=faults) as at:
        text = await at.call.bad("create_executor", **ASK)
        assert "may have been carried out" in text
        assert "Don't create it again before list_executors" in text


async def test_a_started_one_that_cant_be_looked_at_is_told_with_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch, faults=[Crash("GET /executors/{executor_id}")]) as at:
        text = await at.call.good("create_executor", **ASK)
        (record,) = at.executors.shelf.all()
        assert head(text) == {"executor_id": record.id, "status": "RUNNING"}
        assert "couldn't be looked at" in text


async def test_a_late_answer_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, faults=[Late(CREATE, seconds=0.2)]) as at:
        assert (await at.head("create_executor", **ASK))["status"] == "RUNNING"
        assert at.call.asked.count(CREATE) == 1


async def test_a_type_of_two_markets_is_checked_on_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper exchange doesn't run it, and says so."""
    async with desk(tmp_path, monkeypatch) as at:
        markets = {
            "buying_market": {"connector_name": "binance", "trading_pair": "BTC-USDT"},
            "selling_market": {"connector_name": "kucoin", "trading_pair": "BTC-USDT"},
        }
        config = {**markets, "order_amount": "0.01", "min_profitability": "0.002"}
        ask = {"account_name": "master_account", "executor_type": "arbitrage_executor", "config": config}
        text = await at.call.bad("create_executor", **ask)
        assert "doesn't run arbitrage_executor" in text
        assert at.call.asked.count("GET /connectors/{connector_name}/trading-rules") == 2


@pytest.mark.parametrize("kind", TYPES)
async def test_what_few_set_is_told_by_name_and_explained_to_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        text = await at.call.good("get_executor_fields", executor_type=kind)
        every = await at.call.good("get_executor_fields", executor_type=kind, all=True)
    rare = [row["field"] for row in value(every)["fields"] if row not in value(text)["fields"]]
    assert "controller_id" in rare
    assert f"Seldom set: {', '.join(rare)}. all=true explains them." in text
    assert "Seldom set" not in every
    assert not any(row.get("required") for row in value(every)["fields"] if row["field"] in rare)
