"""What the paper exchange can't be brought to: figures that are missing, without a price, frozen, or worth nothing."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.errors import ApiFailed, Refused
from hbmcp.results import render
from hbmcp.workflows.portfolio.get_account_balance import get_account_balance
from hbmcp.workflows.portfolio.get_portfolio_balances import get_portfolio_balances
from tests.installation.scripted_installation import Script

pytestmark = pytest.mark.anyio

MASTER = "master_account"
DOWN = ApiFailed('The Hummingbot API failed: "the exchange answered HTTP 503: Service unavailable. (code -1000)".')


def token(name: str, units: str, price: str | None, available: str | None = None) -> dict[str, Any]:
    """A row of POST /portfolio/state."""
    return {
        "token": name,
        "units": Decimal(units),
        "price": None if price is None else Decimal(price),
        "value": Decimal(units) * Decimal(price or 0),
        "available_units": Decimal(available or units),
    }


BINANCE = [token("BTC", "2", "100856.96"), token("USDT", "100000", "1", "99030")]


def position(connector: str, pair: str, pnl: str | None) -> dict[str, Any]:
    """A row of POST /trading/positions."""
    return {
        "account_name": MASTER,
        "connector_name": connector,
        "trading_pair": pair,
        "side": "BOTH",
        "amount": Decimal("0.05"),
        "entry_price": Decimal(100_000),
        "unrealized_pnl": None if pnl is None else Decimal(pnl),
        "leverage": 10,
    }


def known_before(state: dict[str, Any]) -> dict[str, Any]:
    """POST /portfolio/distribution before the exchanges were asked: the same figures."""
    return {
        "distribution": [
            {
                "token": row["token"],
                "accounts": {account: {"connectors": {connector: {"value": row["value"], "units": row["units"]}}}},
            }
            for account, connectors in state.items()
            for connector, rows in connectors.items()
            for row in rows
        ]
    }


def script(
    state: dict[str, Any],
    *,
    connected: list[str] | None = None,
    positions: list[dict[str, Any]] | None = None,
    prices: Any = None,
    mid: str | None = None,
    **others: Any,
) -> Script:
    """One account, connected to the exchanges of the state unless others are named."""
    names = list(state.get(MASTER, {})) if connected is None else connected

    def quoted(request: Any) -> Any:
        [pair] = request.json["trading_pairs"]
        if isinstance(prices, Exception):
            raise prices
        return {"prices": {pair: (prices or {}).get(pair, Decimal("100856.96"))}}

    def book(request: Any) -> Any:
        pair = request.json["trading_pair"]
        middle = Decimal(mid or (prices or {}).get(pair, Decimal("100856.96")))
        return {
            "bids": [{"price": middle - 1, "amount": Decimal(1)}],
            "asks": [{"price": middle + 1, "amount": Decimal(1)}],
        }

    def of_connector(request: Any) -> Any:
        [name] = request.json["connector_names"]
        return {"data": [row for row in positions or [] if row["connector_name"] == name]}

    return Script(
        {
            "list_accounts": [MASTER],
            "get_connected_exchanges": names,
            "get_portfolio_state": state,
            "get_portfolio_distribution": known_before(state),
            "list_positions": of_connector,
            "get_trades": {"data": []},
            "get_prices": quoted,
            "get_orderbook": book,
            "get_funding_info": DOWN,
            **others,
        }
    )


async def told(script: Script, **arguments: Any) -> str:
    answer = await get_portfolio_balances(script.installation, **arguments)
    return render(answer.value, answer.spec)


async def test_exchanges_without_figures_are_named() -> None:
    """One the API never connected to, one that is there with nothing; and an account that isn't, of a failed call."""
    state = {MASTER: {"binance": BINANCE, "gate_io": []}, "nobody": {}}
    text = await told(script(state, connected=["binance", "gate_io", "kucoin"]))
    assert "Connected, but without figures: kucoin of master_account." in text
    assert "No balances: gate_io of master_account." in text
    assert "nobody" not in text
    assert text.startswith('{"total_value":301713.92,"currency":"USDT"}\n')


async def test_an_api_that_has_just_started_has_no_balances() -> None:
    text = await told(script({}, connected=["binance"]))
    assert text.startswith("No balances.\n\nConnected, but without figures: binance of master_account.")


async def test_a_wallet_of_gateway_may_be_old() -> None:
    text = await told(script({MASTER: {"solana-mainnet-beta": [token("SOL", "3", "200")]}}, connected=[]))
    assert "Up to five minutes old: solana-mainnet-beta" in text
    assert '"total_value":600' in text


@pytest.mark.parametrize("price", ["0", None])
async def test_tokens_without_a_price_are_named_and_not_counted(price: str | None) -> None:
    rows = [*BINANCE, token("OBSCURE", "12345.6789", price)]
    text = await told(script({MASTER: {"binance": rows}}))
    assert "Without a price, so in no value or share: 12345.6789 OBSCURE (binance of master_account)." in text
    assert '"total_value":301713.92' in text
    assert "OBSCURE 12345.6789 12345.6789 0\n" in text  # no price, value or share


async def test_a_silent_exchange_is_named_with_its_reason() -> None:
    text = await told(script({MASTER: {"binance": BINANCE}}, prices=DOWN))
    assert "No answer now, so figures may be old: binance. The Hummingbot API failed" in text
    assert "HTTP 503: Service unavailable" in text
    assert "BTC 2 2 0 100856.96 201713.92 66.86" in text


async def test_an_exchange_without_such_pairs_is_not_called_silent() -> None:
    def unknown(request: Any) -> Any:
        [pair] = request.json["trading_pairs"]
        raise ApiFailed(f"The Hummingbot API failed at get_portfolio_balances (HTTP 500): it doesn't know '{pair}'.")

    asked = script({MASTER: {"binance": BINANCE}}, get_prices=unknown)
    assert "No answer" not in await told(asked)
    assert asked.names.count("get_prices") == 3


@pytest.mark.parametrize(("price", "frozen"), [("101800", False), ("103100", True), ("98000", True)])
async def test_frozen_prices_are_seen_by_the_exchange_s_own(price: str, frozen: bool) -> None:
    """A refused order switches the rate oracle's source; one that isn't reachable freezes all values."""
    text = await told(script({MASTER: {"binance": BINANCE}}, prices={"BTC-USDT": Decimal(price)}))
    said = f"BTC is valued at 100856.96, but costs {price} on binance: the rate oracle's prices may have frozen"
    assert (said in text) is frozen


async def test_prices_of_before_a_restart_are_seen_by_the_book() -> None:
    """The API then tells the same old price itself."""
    old = {"BTC-USDT": Decimal("100856.96")}
    text = await told(script({MASTER: {"binance": BINANCE}}, prices=old, mid="64000"))
    assert "BTC is valued at 100856.96, but costs 64000 on binance: the rate oracle's prices may have frozen" in text


async def test_dust_is_summed_up_unless_every_row_is_wanted() -> None:
    dust = [token(name, "0.001", "2") for name in ("AAA", "BBB", "CCC")]
    asked = script({MASTER: {"binance": [*BINANCE, *dust]}})
    text = await told(asked)
    assert "Not listed, each under 0.01 USDT and 0.006 together: AAA, BBB, CCC." in text
    assert "\nAAA" not in text
    assert '"total_value":301713.93' in text
    text = await told(asked, group_by="none")
    assert "Not listed" not in text
    assert "AAA 0.001 0.001 0 2 0.002 0" in text


async def test_p_and_l_is_converted_and_not_counted_twice() -> None:
    """Quote USD counts as a dollar as balances do; BTC by its price; okx's balance is its equity already."""
    state = {
        MASTER: {
            "binance_perpetual": [token("USDT", "1000", "1")],
            "kraken_perpetual": [token("BTC", "1", "100000")],
            "okx_perpetual": [token("USDT", "500", "1")],
        }
    }
    rows = [
        position("binance_perpetual", "BTC-USD", "10"),
        position("kraken_perpetual", "ETH-BTC", "-0.002"),
        position("okx_perpetual", "BTC-USDT", "40"),
    ]
    text = await told(script(state, positions=rows))
    assert text.startswith(
        '{"total_value":101500,"currency":"USDT","unrealized_pnl":-150,"unrealized_pnl_already_in_total_value":40,"equity":101310}\n'
    )  # 10 - 0.002 * 100000 + 40, of which 40 are in the balance
    assert "kraken_perpetual 100000 98.52 -200 99800" in text
    assert "okx_perpetual 500 0.49 40\n" in text
    assert "Values at okx_perpetual include unrealized P&L, so equity doesn't add it." in text


@pytest.mark.parametrize("rates", [DOWN, {"rates": {"EUR-USDT": None}}, {"rates": {"EUR-USDT": Decimal("1.25")}}])
async def test_p_and_l_in_another_currency_needs_its_rate(rates: Any) -> None:
    state = {MASTER: {"binance_perpetual": [token("USDT", "1000", "1")]}}
    rows = [position("binance_perpetual", "BTC-EUR", "8")]
    text = await told(script(state, positions=rows, get_rates=rates))
    if isinstance(rates, dict) and rates["rates"]["EUR-USDT"]:
        assert '"unrealized_pnl":10,"equity":1010}' in text
    else:
        assert '"unrealized_pnl":0,"equity":1000,"equity_incomplete":true}' in text
        assert "lacks, as it has no USDT figure: BTC-EUR (binance_perpetual of master_account)." in text


async def test_margin_that_no_position_explains_is_named() -> None:
    """As recorded while the exchange answered 503: its margin is there, its positions aren't."""
    state = {MASTER: {"binance_perpetual": [token("USDT", "100065.7366365", "1", "99760.6285365")]}}
    text = await told(script(state))
    assert "305.1081 USDT are held on binance_perpetual of master_account, where no position is listed" in text


@pytest.mark.parametrize(
    ("available", "leverage", "said"),
    [
        ("400", 10, "600 USDT {}: 500 by positions (entry value / leverage), 100 by orders or open P&L."),
        ("500", 10, "500 USDT {}, by positions."),
        ("499.999924", 10, "500.000076 USDT {}, by positions."),
        ("400", None, "600 USDT {}, by positions and any orders."),
    ],
)
async def test_what_positions_hold_is_told_from_what_orders_do(available: str, leverage: Any, said: str) -> None:
    state = {MASTER: {"binance_perpetual": [token("USDT", "1000", "1", available)], "binance": BINANCE}}
    held = position("binance_perpetual", "BTC-USDT", "1") | {"leverage": leverage}
    text = await told(script(state, positions=[held]))
    assert said.format("are held on binance_perpetual of master_account") in text
    assert "What is held on spot exchanges is held by orders." in text


async def test_accounts_are_listed_once_for_balances_and_positions() -> None:
    """A second listing could fail, and leave equity without the positions."""
    asked = script({MASTER: {"binance_perpetual": [token("USDT", "1000", "1")]}})
    assert (await told(asked)).startswith('{"total_value":1000,"currency":"USDT","unrealized_pnl":0}\n')
    assert asked.names.count("list_accounts") == 1


async def test_exchanges_that_cant_be_listed_leave_equity_in_doubt() -> None:
    text = await told(script({MASTER: {"binance_perpetual": BINANCE}}, get_connected_exchanges=DOWN))
    assert '"equity_incomplete":true' in text
    assert "The exchanges of master_account couldn't be read, so some may be missing: The Hummingbot API failed" in text
    assert "balances may be old: all of master_account: The Hummingbot API failed" in text
    assert "five minutes old" not in text  # none of them is known to be a wallet


async def test_the_api_is_never_asked_for_one_exchange() -> None:
    """It would forget the others, and their history with them."""
    asked = script({MASTER: {"binance": BINANCE, "kucoin": [token("USDT", "7", "1")]}})
    answer = await get_account_balance(asked.installation, account_name=MASTER, connector_name="kucoin")
    assert isinstance(answer.value, dict)
    assert answer.value["total_value"] == 7
    [request] = [sent.json for name, sent in asked.asked if name == "get_portfolio_state"]
    assert isinstance(request, dict)
    assert request.get("connector_names") is None
    assert request["account_names"] == [MASTER]
    with pytest.raises(Refused, match="Connected: binance, kucoin"):
        await get_account_balance(asked.installation, account_name=MASTER, connector_name="okx")
