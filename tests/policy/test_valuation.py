"""What a request is worth: the dearer of the market and its own price, or nothing that anybody could count."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.errors import ApiFailed, Unreachable
from hbmcp.installation.installation import together
from hbmcp.installation.planned_request import Stake
from hbmcp.policy.valuation import Prices, valued, worth
from hbmcp.policy.worth import Worth
from tests.installation.scripted_installation import Script
from tests.policy.planning import ask, request

pytestmark = pytest.mark.anyio

positive = st.decimals("0.0001", "1e9", places=4)


@pytest.mark.parametrize("token", ["FAKEUSD", "USDX", "MYUSDT", "usd"])
async def test_no_token_is_a_dollar_for_its_name(token: str) -> None:
    prices = Prices(Script({"get_prices": {"prices": {}}, "get_rates": {"rates": {}}}).installation)
    assert await prices.rate(None, token, "USDT") is None
    assert [await prices.rate(None, one, "USDT") for one in ("USD", "USDC", "FDUSD")] == [1, 1, 1]


@given(amount=positive, market=positive, price=st.none() | positive, value=st.none() | positive)
def test_the_worse_of_market_and_own_price(amount: Any, market: Any, price: Any, value: Any) -> None:
    found = worth(Stake(amount=amount, price=price, value=value), market)
    assert found == max(amount * market, amount * (price or 0), value or 0)


@pytest.mark.parametrize(
    "stake",
    [
        Stake(),
        Stake(amount=Decimal(1), price=Decimal(5)),  # the market's price is the one that nobody knows
        Stake(value=Decimal("NaN")),
        Stake(value=Decimal("Infinity")),
        Stake(value=Decimal(-5)),
        Stake(value=Decimal(0)),
        Stake(amount=Decimal("-1"), value=Decimal(5)),
        Stake(amount=Decimal(1), price=Decimal("sNaN"), value=Decimal(5)),
        Stake(value=Decimal("1e31")),
        Stake(value=Decimal("1e-31")),
    ],
)
def test_what_is_no_amount_of_money_is_worth_nothing_that_is_known(stake: Stake) -> None:
    assert worth(stake, None) is None


PRICES: dict[str, dict[str, Any]] = {
    "binance": {"BTC-USDT": "50000", "ETH-BTC": "0.05"},
    "binance_perpetual": {"BTC-USDT": "60000", "BTC-USD": "61000"},
}
ORACLE = {"SOL-USDC": "200", "SOL-USDT": "200", "EUR-USDT": "1.25"}


def script(**instead: Any) -> Script:
    def at_exchange(sent: Any) -> Any:
        known = PRICES[sent.json["connector_name"]]
        pairs = sent.json["trading_pairs"]
        if not set(pairs) <= known.keys():
            raise ApiFailed(f"{pairs} it doesn't know")
        return {"connector": "x", "prices": {pair: known[pair] for pair in pairs}}

    def by_oracle(sent: Any) -> Any:
        return {"rates": {pair: ORACLE.get(pair) for pair in sent.json["trading_pairs"]}}

    return Script({"get_prices": at_exchange, "get_rates": by_oracle, **instead})


async def value(asked: Worth, currency: str = "USDT", told: Script | None = None) -> Decimal | None:
    (found,) = await valued(Prices((told or script()).installation), [asked], currency)
    return found.value


async def test_the_market_s_price_is_read_where_the_plan_has_none() -> None:
    assert await value(ask(amount=Decimal(2))) == 120_000
    assert await value(ask(amount=Decimal(2), price=Decimal(70_000))) == 140_000
    assert await value(ask(amount=Decimal(2), price=Decimal(5))) == 120_000


async def test_a_plan_that_has_it_costs_no_request() -> None:
    told = script()
    assert await value(ask(amount=Decimal(2), market=None), told=told) == 120_000
    asked = len(told.asked)
    assert await value(_with_market(Decimal(10)), told=told) == 20
    assert len(told.asked) == asked


def _with_market(market: Decimal) -> Worth:
    return Worth(request(amount=Decimal(2), market=market))


async def test_quote_becomes_the_policy_s_currency() -> None:
    in_btc = ask(amount=Decimal(10), exchange="binance", pair="ETH-BTC")
    assert await value(in_btc) == 25_000
    assert await value(in_btc, "USDC") == 25_000
    assert await value(in_btc, "BTC") == Decimal("0.5")
    assert await value(ask(amount=Decimal(1), pair="BTC-USD")) == 61_000
    assert await value(ask(amount=Decimal(1)), "BTC") == 1
    assert await value(ask(amount=Decimal(1)), "EUR") == 48_000


async def test_a_swap_is_valued_by_the_rate_oracle() -> None:
    swap = ask(effect="moves", account=None, exchange="jupiter", pair="SOL-USDC", amount=Decimal(3))
    told = script()
    assert await value(swap, told=told) == 600
    assert told.names == ["get_rates"]


@pytest.mark.parametrize(("market", "whole"), [(250, 760), (200, 610), (150, 610)])
async def test_of_what_moves_on_a_chain_the_oracle_s_price_counts_where_it_is_dearer(market: int, whole: int) -> None:
    held = {"market": Decimal(market), "amount": Decimal(3), "value": Decimal(3 * market + 10)}
    assert await value(Worth(request("moves", exchange="meteora", pair="SOL-USDC", **held))) == whole


async def test_a_quote_token_that_calls_itself_a_dollar_makes_nothing_cheaper() -> None:
    told = {"market": Decimal("0.05"), "amount": Decimal(3), "value": Decimal("0.15")}
    assert await value(Worth(request("moves", exchange="jupiter", pair="SOL-XUSD", **told))) is None


async def test_a_quote_without_a_price_is_still_held_to_the_oracle_s() -> None:
    told = {"market": Decimal(0), "amount": Decimal(3), "value": Decimal(1)}
    assert await value(Worth(request("moves", exchange="jupiter", pair="SOL-USDC", **told))) == 600


async def test_an_order_s_market_is_its_exchange_s_whatever_the_oracle_says() -> None:
    assert await value(Worth(request(pair="SOL-USDC", market=Decimal(1), amount=Decimal(3)))) == 3


async def test_a_wrapped_token_is_worth_what_it_wraps() -> None:
    told = script(get_rates={"rates": {"BTC-USDT": "50000"}})
    assert await value(Worth(request("moves", exchange="0x", pair="X-WBTC", value=Decimal(4))), told=told) == 200_000


@pytest.mark.parametrize("pair", ["NOPE-USDT", "BTC-NOPE", None, "", "x"])
async def test_what_nobody_has_a_price_of_has_no_value(pair: str | None) -> None:
    assert await value(ask(amount=Decimal(3), pair=pair)) is None


@pytest.mark.parametrize("price", ["0", "-1", "NaN", None, "1e300", [], {}])
async def test_a_price_that_is_none_values_nothing(price: Any) -> None:
    silent = {"get_prices": {"connector": "x", "prices": {"BTC-USDT": price}}, "get_rates": {"rates": {}}}
    assert await value(ask(amount=Decimal(3)), told=script(**silent)) is None


async def test_an_api_that_fails_values_nothing() -> None:
    down = {"get_prices": Unreachable("down"), "get_rates": Unreachable("down")}
    assert await value(ask(amount=Decimal(3)), told=script(**down)) is None


async def test_what_many_ask_at_once_is_read_once() -> None:
    script = Script({"get_prices": {"prices": {"ETH-BTC": "0.05"}}, "get_rates": {"rates": {}}})
    prices = Prices(script.installation)
    assert await together([prices.market("binance", "ETH-BTC") for _ in range(5)]) == [Decimal("0.05")] * 5
    assert await together([prices.market("binance", "NO-BTC") for _ in range(5)]) == [None] * 5
    assert script.names == ["get_prices", "get_prices", "get_rates"]
