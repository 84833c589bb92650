"""Balances on a paper exchange, against the records of its engine."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.paper.api.faults import EXCHANGE_DOWN, Crash, Cut
from tests.conftest import operation_of
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PERPETUAL, SPOT, PaperApi
from tests.workflows.answers import notes, value

pytestmark = pytest.mark.anyio

CENT = Decimal("0.01")
EQUITY = ("bybit_perpetual", "hyperliquid_perpetual")
PERPS = [
    ("master_account", "binance_perpetual"),
    ("master_account", "bybit_perpetual"),
    ("master_account", "hyperliquid_perpetual"),
    ("second_account", "bybit_perpetual"),
]


def column(rows: list[dict[str, Any]], name: str) -> list[Decimal]:
    return [Decimal(row[name]) for row in rows if row.get(name) is not None]


def price(api: PaperApi, token: str) -> Decimal:
    """What the rate oracle of the paper exchange says: the price on binance."""
    if token in ("USDT", "USD"):
        return Decimal(1)
    return api.paper.market.price("binance", f"{token}-USDT", api.paper.engine.now())


def wallet(api: PaperApi, account: str, connector: str) -> Decimal:
    balances = api.paper.engine.balances(account, connector)
    return sum((one.total * price(api, token) for token, one in balances.items()), Decimal(0))


def worth(api: PaperApi, account: str, connector: str) -> Decimal:
    """What its balances are worth, with unrealized P&L in them where its exchange reports equity."""
    return wallet(api, account, connector) + within(api, account, connector)


def within(api: PaperApi, account: str, connector: str) -> Decimal:
    return profit(api, account, connector) if connector in EQUITY else Decimal(0)


def places(api: PaperApi) -> list[tuple[str, str]]:
    engine = api.paper.engine
    return [(account, connector) for account in engine.accounts() for connector in engine.connectors(account)]


def profit(api: PaperApi, account: str, connector: str) -> Decimal:
    """Mark against average entry price, from the fills of positions that were opened and never reduced."""
    total = Decimal(0)
    for fill in api.paper.engine.fills(accounts=[account], exchanges=[connector]):
        mark = api.paper.market.price(connector, fill.pair, api.paper.engine.now())
        total += (mark - fill.price) * (fill.amount if fill.side == "BUY" else -fill.amount)
    return total


async def order(call: Assistant, body: dict[str, Any], **changes: Any) -> None:
    asked = {**body, **changes}
    asked["side"] = asked.pop("trade_type")
    await call.good("submit_order", **asked)


async def trade(call: Assistant, api: PaperApi) -> None:
    """A long, a short in another account, an order that rests, and an hour for the prices to move."""
    await order(call, PERPETUAL, amount="0.05")
    short = {"account_name": "second_account", "connector_name": "bybit_perpetual", "trading_pair": "ETH-USDT"}
    await order(call, PERPETUAL, **short, trade_type="SELL", amount="0.5")
    await order(call, SPOT, order_type="LIMIT", trade_type="SELL", amount="0.1", price="99000")
    api.clock.advance(3_600_000)


async def test_one_call_tells_worth_and_distribution(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        await trade(call, api)
        text = await call.good("get_portfolio_balances")
        found = value(text)

    total = sum((worth(api, *place) for place in places(api)), Decimal(0))
    assert text.startswith('{"total_value":')
    assert abs(found["total_value"] - total) < CENT
    assert found["currency"] == "USDT"
    pnl = sum((profit(api, *place) for place in PERPS), Decimal(0))
    assert pnl != 0
    assert abs(found["unrealized_pnl"] - pnl) < CENT
    wallets = sum((wallet(api, *place) for place in places(api)), Decimal(0))
    assert abs(found["equity"] - (wallets + pnl)) < 2 * CENT

    tokens = {row["token"]: row for row in found["tokens"]}
    assert tokens.keys() == {"BTC", "ETH", "SOL", "USDT", "USD"}
    for token, row in tokens.items():
        held = [
            api.paper.engine.balances(*place)[token]
            for place in places(api)
            if token in api.paper.engine.balances(*place)
        ]
        inside = sum((within(api, *place) for place in PERPS), Decimal(0)) if token == "USDT" else Decimal(0)
        assert Decimal(row["units"]) == sum(one.total for one in held) + inside
        assert Decimal(row["available"]) == sum(one.available for one in held)
        assert Decimal(row["held"]) == sum(one.total - one.available for one in held) + inside
        assert Decimal(row["price"]) == price(api, token)
        assert (
            abs(Decimal(row["percent_of_total_value"]) - 100 * Decimal(row["units"]) * price(api, token) / total) < CENT
        )
    assert Decimal(tokens["BTC"]["held"]) == Decimal("0.1")  # by the order
    values = column(found["tokens"], "value")
    assert values == sorted(values, reverse=True)

    exchanges = {(row["account_name"], row["connector_name"]): row for row in found["exchanges"]}
    assert exchanges.keys() == set(places(api))
    for place, row in exchanges.items():
        assert abs(Decimal(row["value"]) - worth(api, *place)) < CENT
        if profit(api, *place):
            assert abs(Decimal(row["unrealized_pnl"]) - profit(api, *place)) < CENT
            equity = row["value" if place[1] in EQUITY else "equity"]
            assert abs(Decimal(equity) - wallet(api, *place) - profit(api, *place)) < CENT
        else:
            assert row.get("unrealized_pnl") is None
    told = notes(text).splitlines()
    assert told[:3] == [
        "Counted as 1 USDT, whatever its price: USD.",
        "Values at bybit_perpetual include unrealized P&L, so equity doesn't add it.",
        "What is held on spot exchanges is held by orders.",
    ]
    for said, (account, connector) in zip(told[3:], (PERPS[0], PERPS[3]), strict=True):
        usdt = api.paper.engine.balances(account, connector)["USDT"]
        units, _, holder = said.partition(f" USDT are held on {connector} of {account}")
        assert abs(Decimal(units) - (usdt.total - usdt.available + within(api, account, connector))) < CENT
        assert "by positions" in holder


async def test_what_says_nothing_is_left_out(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is held and nothing is open."""
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_portfolio_balances")
    total = sum((worth(api, *place) for place in places(api)), Decimal(0))
    assert value(text).items() >= {"total_value": round(total, 2), "currency": "USDT", "unrealized_pnl": 0}.items()
    headers = [lines[1] for table in text.split("# ")[1:] if (lines := table.splitlines())]
    assert headers == [
        "token units available price value percent_of_total_value",
        "account_name connector_name value percent_of_total_value",
    ]
    assert "in every row: held=0" in text


@pytest.mark.parametrize(
    ("group_by", "table", "names"),
    [
        ("token", "tokens", ["token"]),
        ("exchange", "exchanges", ["connector_name"]),
        ("account", "accounts", ["account_name"]),
        ("none", "balances", ["account_name", "connector_name", "token"]),
    ],
)
async def test_every_grouping_has_everything(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, group_by: str, table: str, names: list[str]
) -> None:
    async with assistant(api, monkeypatch) as call:
        await trade(call, api)
        found = value(await call.good("get_portfolio_balances", group_by=group_by))
    assert [name for name, value in found.items() if isinstance(value, list)] == [table]
    rows = found[table]
    keys = [tuple(row[name] for name in names) for row in rows]
    assert len(set(keys)) == len(keys)
    assert abs(sum(column(rows, "value")) - found["total_value"]) < len(rows) * CENT
    assert abs(sum(column(rows, "percent_of_total_value"), Decimal(-100))) < len(rows) * CENT
    if group_by in ("exchange", "account"):
        assert abs(sum(column(rows, "unrealized_pnl")) - found["unrealized_pnl"]) < 2 * CENT
    if group_by == "none":
        held = [api.paper.engine.balances(*place) for place in places(api)]
        assert len(rows) == len([balance for one in held for balance in one.values() if balance.total])


async def test_one_account_and_one_exchange_of_it(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        await trade(call, api)
        account = value(await call.good("get_account_balance", account_name="master_account"))
        exchange = value(
            await call.good("get_account_balance", account_name="master_account", connector_name="binance_perpetual")
        )
        spot = value(await call.good("get_account_balance", account_name="second_account", connector_name="binance"))
    own = [place for place in places(api) if place[0] == "master_account"]
    assert account["account_name"] == "master_account"
    assert abs(account["total_value"] - sum(worth(api, *place) for place in own)) < CENT
    assert {row["connector_name"] for row in account["exchanges"]} == {connector for _, connector in own}

    place = ("master_account", "binance_perpetual")
    wallet = api.paper.engine.balances(*place)["USDT"]
    [row] = exchange["balances"]
    assert (row["connector_name"], row["token"]) == ("binance_perpetual", "USDT")
    assert [Decimal(row[name]) for name in ("units", "available", "held")] == [
        wallet.total,
        wallet.available,
        wallet.total - wallet.available,
    ]
    assert abs(exchange["equity"] - wallet.total - profit(api, *place)) < CENT
    assert "exchanges" not in exchange
    assert "equity" not in spot  # nothing there can have a P&L
    assert {row["token"] for row in spot["balances"]} == {"ETH", "USDT"}


async def test_unknown_accounts_and_exchanges_are_refused(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.bad("get_account_balance", account_name="nobody")
        assert text == "There is no account nobody. Nothing was done. There are: master_account, second_account."
        text = await call.bad("get_account_balance", account_name="second_account", connector_name="kucoin")
        assert "isn't connected to it" in text
        assert "Connected: binance, bybit_perpetual." in text


async def test_an_exchange_that_fails_is_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its balances are old and its positions are gone, and the API says neither."""
    async with assistant(api, monkeypatch, faults={EXCHANGE_DOWN}) as call:
        await trade(call, api)
        text = await call.good("get_portfolio_balances")
    assert value(text)["equity_incomplete"] is True
    assert "Positions not read, so equity may lack their P&L and balances may be old" in notes(text)
    assert "binance_perpetual of master_account: it lists none, but the recorded fills leave LONG 0.05 BTC-USDT" in text
    assert "bybit_perpetual of second_account: it lists none, but the recorded fills leave SHORT 0.5 ETH-USDT" in text
    assert "bybit_perpetual of master_account" not in notes(text)


async def test_spot_exchanges_without_prices_are_named_once(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, faults={Crash("POST /market-data/prices")}) as call:
        text = await call.good("get_portfolio_balances")
    assert "No answer now, so figures may be old: binance, kucoin. The Hummingbot API failed" in text
    [line] = [line for line in notes(text).splitlines() if line.startswith("Positions not read")]
    assert all(f"{connector} of {account}" in line for account, connector in PERPS)
    assert len(value(text)["exchanges"]) == len(places(api))


async def test_positions_that_cant_be_read_leave_the_balances(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, faults={Cut(operation_of("list_positions"))}) as call:
        text = await call.good("get_portfolio_balances")
    total = sum((worth(api, *place) for place in places(api)), Decimal(0))
    assert abs(value(text)["total_value"] - total) < CENT
    assert value(text)["equity_incomplete"] is True
    assert "Positions not read" in notes(text)


async def test_an_account_whose_exchanges_are_unknown_is_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = {Crash("GET /accounts/{account_name}/credentials", times=1)}
    async with assistant(api, monkeypatch, faults=faults) as call:
        text = await call.good("get_portfolio_balances")
    assert "The exchanges of master_account couldn't be read, so some may be missing" in notes(text)
    assert {row["account_name"] for row in value(text)["exchanges"]} == {"master_account", "second_account"}


async def test_without_balances_the_call_fails(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, faults={Crash("POST /portfolio/state")}) as call:
        assert "failed at get_portfolio_balances" in await call.bad("get_portfolio_balances")


async def test_nothing_connected(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    for account, connector in places(api):
        api.paper.engine.disconnect(account, connector)
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_portfolio_balances")
        assert text == "No exchange is connected: connect_exchange connects one."
        text = await call.good("get_account_balance", account_name="second_account")
        assert text == "second_account: No exchange is connected: connect_exchange connects one."
