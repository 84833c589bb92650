"""The paper exchange as an HTTP API: its way of saying yes and no."""

import base64
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hbmcp.paper.api import application
from hbmcp.paper.api.contract import pinned
from tests.paper.paper_api import EXCHANGE_OPERATIONS, HOUR, NOW, PERPETUAL, SPOT, PaperApi

BOOK = {"connector_name": "binance", "trading_pair": "BTC-USDT", "is_buy": True}
PAIR = {"connector_name": "binance", "trading_pair": "BTC-USDT"}
CANDLES = {**PAIR, "interval": "1h"}
LEVERAGE = {"trading_pair": "BTC-USDT", "leverage": 5}
KEYS = {"binance_api_key": "any", "binance_api_secret": "any"}


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[PaperApi]:
    with PaperApi(tmp_path / "files") as api:
        yield api


def test_no_operation_has_two_routes() -> None:
    assert sum(len(module.ROUTES) for module in application.MODULES) == len(application.ROUTES)


GOOD: list[tuple[str, str, Any]] = [
    ("GET", "/", None),
    ("GET", "/accounts/", None),
    ("POST", "/accounts/add-account?account_name=third-account", None),
    ("POST", "/accounts/delete-account?account_name=second_account", None),
    ("GET", "/accounts/master_account/credentials", None),
    ("POST", "/accounts/add-credential/second_account/binance", KEYS),
    ("POST", "/accounts/delete-credential/nobody/binance", None),
    ("GET", "/connectors/", None),
    ("GET", "/connectors/hyperliquid_perpetual/config-map", None),
    ("GET", "/connectors/kucoin/order-types", None),
    ("GET", "/connectors/bybit_perpetual/trading-rules", None),
    ("POST", "/portfolio/state", {}),
    ("POST", "/portfolio/history", {}),
    ("POST", "/portfolio/distribution", {}),
    ("GET", "/portfolio/accounts-distribution", None),
    ("POST", "/trading/orders", SPOT | {"price": 40000}),
    ("POST", "/trading/orders/active", {}),
    ("POST", "/trading/orders/search", {}),
    ("POST", "/trading/trades", {}),
    ("POST", "/trading/positions", {}),
    ("POST", "/trading/funding-payments", {}),
    ("GET", "/trading/master_account/binance_perpetual/position-mode", None),
    ("POST", "/trading/master_account/binance_perpetual/position-mode", {"position_mode": "HEDGE"}),
    ("POST", "/trading/master_account/binance_perpetual/leverage", LEVERAGE),
    ("POST", "/market-data/prices", {"connector_name": "binance", "trading_pairs": ["BTC-USDT", "DOT-USDT"]}),
    ("POST", "/market-data/candles", CANDLES),
    ("POST", "/market-data/historical-candles", {**CANDLES, "start_time": 1_795_248_000, "end_time": 1_795_334_400}),
    ("GET", "/market-data/available-candle-connectors", None),
    ("POST", "/market-data/order-book", PAIR),
    ("POST", "/market-data/order-book/price-for-volume", {**BOOK, "volume": 0.5}),
    ("POST", "/market-data/order-book/volume-for-price", {**BOOK, "price": 70_000}),
    ("POST", "/market-data/order-book/vwap-for-volume", {**BOOK, "volume": 0.5}),
    ("POST", "/market-data/order-book/price-for-quote-volume", {**BOOK, "quote_volume": 50_000}),
    ("POST", "/market-data/order-book/quote-volume-for-price", {**BOOK, "price": 70_000}),
    ("POST", "/market-data/funding-info", {**PAIR, "connector_name": "binance_perpetual"}),
    ("GET", "/market-data/active-feeds", None),
    ("GET", "/market-data/settings", None),
    ("POST", "/market-data/trading-pair/add", PAIR),
    ("POST", "/market-data/trading-pair/remove", PAIR),
    ("POST", "/market-data/order-book/restart/binance", None),
    ("GET", "/market-data/order-book/diagnostics/binance", None),
    ("GET", "/rate-oracle/sources", None),
    ("GET", "/rate-oracle/config", None),
    ("PUT", "/rate-oracle/config", {"rate_oracle_source": {"name": "kucoin"}}),
    ("POST", "/rate-oracle/rates", {"trading_pairs": ["BTC-USDT", "NOPE-USDT"]}),
    ("GET", "/rate-oracle/rate/ETH-BTC", None),
    ("GET", "/rate-oracle/rate-async/NOPE-USDT", None),
    ("GET", "/rate-oracle/prices", None),
]


@pytest.mark.parametrize(("method", "path", "body"), GOOD)
def test_operations_answer_what_the_contract_promises(paper: PaperApi, method: str, path: str, body: Any) -> None:
    paper.good(method, path, body)  # validates


def test_every_operation_of_an_exchange_is_among_those() -> None:
    tried = {pinned().find(method, path.split("?")[0])[0] for method, path, _ in GOOD}
    cancel = "POST /trading/{account_name}/{connector_name}/orders/{client_order_id}/cancel"  # needs an order, below
    assert {one.key for one in tried if one} | {cancel} == set(EXCHANGE_OPERATIONS)


class TestDoor:
    @pytest.mark.parametrize(
        ("authorization", "detail"),
        [
            (None, "Not authenticated"),
            ("Bearer token", "Not authenticated"),
            ("Basic not-base-64!", "Invalid authentication credentials"),
            (f"Basic {base64.b64encode(b'trader:wrong').decode()}", "Incorrect username or password"),
        ],
    )
    def test_credentials_are_asked_for(self, paper: PaperApi, authorization: str | None, detail: str) -> None:
        headers = {"Authorization": authorization} if authorization else {}
        answer = paper.request("POST", "/trading/orders", {}, auth=None, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"detail": detail})
        assert answer.headers["WWW-Authenticate"] == "Basic"

    @pytest.mark.parametrize("path", ["/", "/openapi.json"])
    def test_root_and_contract_are_open(self, paper: PaperApi, path: str) -> None:
        assert paper.request("GET", path, auth=None).status_code == 200

    def test_the_contract_is_the_pinned_one(self, paper: PaperApi) -> None:
        assert paper.request("GET", "/openapi.json").json() == pinned().document

    @pytest.mark.parametrize(
        ("method", "path", "status", "detail"),
        [
            ("GET", "/nope", 404, "Not Found"),
            ("GET", "/accounts", 404, "Not Found"),
            ("GET", "/accounts/a%2Fb/credentials", 404, "Not Found"),
            ("PUT", "/accounts/", 405, "Method Not Allowed"),
            ("POST", "/openapi.json", 404, "Not Found"),
        ],
    )
    def test_other_paths_and_methods_are_unknown(
        self, paper: PaperApi, method: str, path: str, status: int, detail: str
    ) -> None:
        answer = paper.request(method, path, auth=None)
        assert (answer.status_code, answer.json()) == (status, {"detail": detail})

    def test_what_does_not_fit_is_told(self, paper: PaperApi) -> None:
        answer = paper.request("POST", "/trading/orders/search", {"limit": 0})
        assert answer.status_code == 422
        assert [(one["type"], one["loc"]) for one in answer.json()["detail"]] == [
            ("greater_than_equal", ["body", "limit"])
        ]

    def test_numbers_that_json_lacks_are_no_crash(self, paper: PaperApi) -> None:
        content = '{"connector_name":"binance","trading_pair":"BTC-USDT","is_buy":true,"volume":Infinity}'
        headers = {"Content-Type": "application/json"}
        answer = paper.request("POST", "/market-data/order-book/price-for-volume", content=content, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["type"] == "finite_number"

    def test_a_defect_is_a_crash_in_a_line_of_the_log(
        self, paper: PaperApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(_: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setitem(application.ROUTES, "GET /accounts/", broken)
        with caplog.at_level(logging.ERROR):
            answer = paper.request("GET", "/accounts/")
        assert (answer.status_code, answer.text) == (500, "Internal Server Error")
        assert "GET /accounts/" in caplog.text


CRASH = "Internal Server Error"
NO_NETWORK = "Failed to get chain/network info: Invalid network format 'nope'. Use format like 'solana-mainnet-beta'"
SPOT_ONLY = "Connector 'binance' is not a perpetual connector"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("POST", "/accounts/add-account?account_name=master_account", None, 400, "Account already exists."),
        (
            "POST",
            "/accounts/add-account?account_name=a/b",
            None,
            400,
            "Invalid account name: 'a/b'. Only letters, numbers, underscores and hyphens are allowed.",
        ),
        (
            "POST",
            "/accounts/delete-account?account_name=master_account",
            None,
            400,
            "Cannot delete master account.",
        ),
        (
            "POST",
            "/accounts/delete-account?account_name=nobody",
            None,
            404,
            "Folder 'nobody' not found in 'credentials'",
        ),
        (
            "GET",
            "/accounts/nobody/credentials",
            None,
            404,
            "Directory 'credentials/nobody/connectors' not found",
        ),
        (
            "POST",
            "/accounts/add-credential/nobody/binance",
            KEYS,
            400,
            "Directory 'credentials/nobody/connectors' not found",
        ),
        (
            "POST",
            "/accounts/add-credential/a b/binance",
            KEYS,
            400,
            "400: Invalid account name: 'a b'. Only letters, numbers, underscores and hyphens are allowed.",
        ),
        ("POST", "/accounts/add-credential/master_account/nope", {"x": "y"}, 400, "'nope'"),
        (
            "POST",
            "/accounts/add-credential/master_account/binance",
            {"wrong_field": "x"},
            400,
            "Object has no attribute 'wrong_field'",
        ),
        (
            "POST",
            "/accounts/add-credential/master_account/binance",
            {},
            400,
            "'BinanceConfigMap' object has no attribute 'binance_api_key'",
        ),
        ("GET", "/connectors/nope/config-map", None, 500, CRASH),
        ("GET", "/connectors/nope/order-types", None, 404, "Connector 'nope' not found: Connector nope not found"),
        (
            "GET",
            "/connectors/nope/trading-rules",
            None,
            404,
            "Connector 'nope' not found or error: Connector nope not found",
        ),
        ("POST", "/portfolio/history", {"interval": "7m"}, 500, CRASH),
        ("POST", "/trading/orders", {**SPOT, "account_name": "nobody"}, 404, "Account 'nobody' not found"),
        (
            "POST",
            "/trading/orders",
            {**SPOT, "connector_name": "nope"},
            500,
            f"Unexpected error placing trade: {NO_NETWORK}",
        ),
        (
            "POST",
            "/trading/orders",
            {**SPOT, "account_name": "second_account", "connector_name": "kucoin", "price": 1},
            500,
            "Unexpected error placing trade: KucoinExchange.__init__() missing 3 required positional arguments: "
            "'kucoin_api_key', 'kucoin_passphrase', and 'kucoin_secret_key'",
        ),
        ("POST", "/trading/orders", SPOT, 400, "Price is required for LIMIT and LIMIT_MAKER orders"),
        (
            "POST",
            "/trading/orders",
            {**SPOT, "amount": 1e-07, "order_type": "MARKET"},
            400,
            "Order amount 0.00000 is below minimum order size 0.00001 for BTC-USDT",
        ),
        (
            "POST",
            "/trading/orders",
            {**PERPETUAL, "amount": 0.0005},
            400,
            "Order amount 0.000 is below minimum order size 0.001 for BTC-USDT",
        ),
        ("POST", "/trading/orders", {**SPOT, "amount": -1, "order_type": "MARKET"}, 500, CRASH),
        (
            "POST",
            "/trading/master_account/binance/orders/x-nothing/cancel",
            None,
            404,
            "Order 'x-nothing' not found in active orders",
        ),
        ("POST", "/trading/nobody/binance/orders/x-nothing/cancel", None, 404, "Account 'nobody' not found"),
        (
            "POST",
            "/trading/master_account/nope/orders/x-nothing/cancel",
            None,
            500,
            f"Error cancelling order: {NO_NETWORK}",
        ),
        ("GET", "/trading/master_account/binance/position-mode", None, 400, SPOT_ONLY),
        ("GET", "/trading/nobody/binance_perpetual/position-mode", None, 404, "Account 'nobody' not found"),
        ("POST", "/trading/master_account/binance/position-mode", {"position_mode": "HEDGE"}, 400, SPOT_ONLY),
        (
            "POST",
            "/trading/master_account/binance_perpetual/position-mode",
            {"position_mode": "SIDEWAYS"},
            400,
            "Invalid position mode 'SIDEWAYS'. Must be 'HEDGE' or 'ONEWAY'",
        ),
        ("POST", "/trading/master_account/binance/leverage", LEVERAGE, 400, SPOT_ONLY),
        (
            "POST",
            "/trading/master_account/binance_perpetual/leverage",
            {**LEVERAGE, "trading_pair": "NOPE-USDT"},
            500,
            "Failed to set leverage: 'NOPE-USDT'",
        ),
        (
            "POST",
            "/market-data/prices",
            {"connector_name": "nope", "trading_pairs": []},
            500,
            "Connector nope not found",
        ),
        (
            "POST",
            "/market-data/prices",
            {"connector_name": "binance", "trading_pairs": ["BTC-USDT", "NOPE-USDT"]},
            500,
            "'NOPE-USDT'",
        ),
        ("POST", "/market-data/order-book", {**PAIR, "trading_pair": "NOPE-USDT"}, 500, "'NOPE-USDT'"),
        ("POST", "/market-data/order-book", {**PAIR, "connector_name": "nope"}, 500, "Connector nope not found"),
        (
            "POST",
            "/market-data/order-book/vwap-for-volume",
            {**BOOK, "trading_pair": "NOPE-USDT", "volume": 1},
            500,
            "'NOPE-USDT'",
        ),
        (
            "POST",
            "/market-data/candles",
            {**PAIR, "trading_pair": "BTCUSDT"},
            400,
            "Invalid trading pair format 'BTCUSDT'. Expected format: BASE-QUOTE (e.g., BTC-USDT)",
        ),
        (
            "POST",
            "/market-data/candles",
            {**PAIR, "interval": "7m"},
            500,
            "Internal error fetching candles: No active exception to reraise",
        ),
        (
            "POST",
            "/market-data/historical-candles",
            {**CANDLES, "start_time": 2, "end_time": 1},
            500,
            "Internal error fetching historical candles: 'timestamp'",
        ),
        (
            "POST",
            "/market-data/historical-candles",
            {**CANDLES, "start_time": 253402300800, "end_time": 10**30},
            404,
            "No historical data available",
        ),
        (
            "POST",
            "/market-data/funding-info",
            PAIR,
            400,
            "Funding info is only available for perpetual trading pairs.",
        ),
        (
            "POST",
            "/market-data/funding-info",
            {"connector_name": "binance_perpetual", "trading_pair": "NOPE-USDT"},
            500,
            "'NOPE-USDT'",
        ),
        (
            "POST",
            "/market-data/trading-pair/add",
            {**PAIR, "connector_name": "nope"},
            500,
            "Error initializing order book: Connector nope not found",
        ),
        (
            "POST",
            "/market-data/trading-pair/add",
            {**PAIR, "trading_pair": "NOPE-USDT"},
            500,
            "Failed to initialize order book for NOPE-USDT",
        ),
        (
            "GET",
            "/market-data/order-book/diagnostics/nope",
            None,
            500,
            "Error getting diagnostics: Connector nope not found",
        ),
        (
            "POST",
            "/market-data/order-book/restart/nope",
            None,
            500,
            "Error restarting order book tracker: Connector nope not found",
        ),
    ],
)
def test_refusals_are_the_real_ones(
    paper: PaperApi, method: str, path: str, body: Any, status: int, detail: str
) -> None:
    answer = paper.request(method, path, body)
    assert answer.status_code == status
    assert (answer.text if detail == CRASH else answer.json()) == (detail if detail == CRASH else {"detail": detail})


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/trading/orders", {**SPOT, "trading_pair": "NOPE-USDT"}, "Trading pair 'NOPE-USDT' not supported on binance"),
        ("/trading/orders", {**SPOT, "amount": 0.00002, "price": 100}, "is below minimum notional size 5 for BTC-USDT"),
        ("/market-data/candles", {**CANDLES, "connector_name": "nope"}, "Unsupported connector 'nope'. Available"),
        ("/market-data/candles", {**CANDLES, "trading_pair": "NO-PE"}, "Trading pair 'NO-PE' appears to be invalid on"),
    ],
)
def test_other_refusals_begin_as_the_real_ones(paper: PaperApi, path: str, body: Any, words: str) -> None:
    answer = paper.request("POST", path, body)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


class TestOrders:
    def test_one_rests_is_shown_and_cancelled(self, paper: PaperApi) -> None:
        order_id = paper.order(price="40000")
        assert order_id.startswith("paper")
        (active,) = paper.good("POST", "/trading/orders/active", {})["data"]
        assert (active["order_id"], active["status"], active["price"]) == (order_id, "OPEN", 40000.0)
        assert active == paper.good("POST", "/trading/orders/search", {"status": "OPEN"})["data"][0]
        cancel = f"/trading/master_account/binance/orders/{order_id}/cancel"
        assert paper.good("POST", cancel) == {"message": f"Order cancellation initiated for {order_id}"}
        assert paper.good("POST", "/trading/orders/active", {})["data"] == []
        again = paper.request("POST", cancel)
        assert (again.status_code, again.json()) == (404, {"detail": f"Order '{order_id}' not found in active orders"})
        assert paper.request("POST", cancel.replace("binance", "kucoin")).status_code == 404

    def test_a_market_order_is_filled_and_its_fills_add_up(self, paper: PaperApi) -> None:
        order_id = paper.order(order_type="MARKET", amount="1")
        (order,) = paper.good("POST", "/trading/orders/search", {})["data"]
        assert (order["status"], order["filled_amount"]) == ("FILLED", 1.0)
        fills = paper.good("POST", "/trading/trades", {})["data"]
        assert {fill["order_id"] for fill in fills} == {order_id}
        assert sum(fill["amount"] for fill in fills) == pytest.approx(order["filled_amount"])
        assert sum(fill["fee_paid"] for fill in fills) == pytest.approx(order["fee_paid"])

    def test_a_refused_one_is_accepted_first_and_then_has_lost_its_pair(self, paper: PaperApi) -> None:
        answer = paper.good("POST", "/trading/orders", {**SPOT, "order_type": "MARKET", "amount": 50})
        assert (answer["status"], answer["amount"], answer["price"]) == ("submitted", "50", None)
        (order,) = paper.good("POST", "/trading/orders/search", {"status": "FAILED"})["data"]
        assert order["order_id"] == answer["order_id"]
        assert [order[name] for name in ("trading_pair", "trade_type", "order_type")] == ["UNKNOWN"] * 3
        assert (order["amount"], order["filled_amount"], order["price"]) == (0.0, 0.0, None)
        assert order["exchange_order_id"] is order["average_fill_price"] is order["fee_paid"] is None
        assert "Account has insufficient balance" in order["error_message"]
        assert paper.good("POST", "/trading/orders/search", {"trading_pairs": ["BTC-USDT"]})["data"] == []
        assert len(paper.good("POST", "/trading/orders/search", {"trading_pairs": ["UNKNOWN"]})["data"]) == 1

    def test_pages_of_a_list_have_every_row_once(self, paper: PaperApi) -> None:
        placed = [paper.order(price=price) for price in range(40000, 40005)]
        for path, expected in (("active", placed), ("search", placed[::-1])):
            seen, cursor = [], None
            while True:
                page = paper.good("POST", f"/trading/orders/{path}", {"limit": 2, "cursor": cursor})
                seen += [row["order_id"] for row in page["data"]]
                cursor = page["pagination"]["next_cursor"]
                assert page["pagination"]["has_more"] is (cursor is not None)
                assert page["pagination"]["total_count"] == 5
                if cursor is None:
                    break
            assert seen == expected

    def test_filters(self, paper: PaperApi) -> None:
        first = paper.order(price=40000)
        paper.clock.advance(1000)
        second = paper.order(price=2000, trading_pair="ETH-USDT", account_name="second_account", amount=1)

        def found(**filters: Any) -> list[str]:
            return [row["order_id"] for row in paper.good("POST", "/trading/orders/search", filters)["data"]]

        assert found() == [second, first]
        assert found(account_names=["second_account"]) == found(trading_pairs=["ETH-USDT"]) == [second]
        assert found(connector_names=["kucoin"]) == found(status="NOT_A_STATUS") == []
        assert found(account_names=[], end_time=NOW + 500) == [first]
        assert found(start_time=NOW + 1, end_time=10**30) == [second]


class TestPerpetuals:
    def test_opened_valued_funded_and_closed(self, paper: PaperApi) -> None:
        paper.good("POST", "/trading/orders", PERPETUAL)
        (position,) = paper.good("POST", "/trading/positions", {})["data"]
        assert (position["side"], position["amount"], position["leverage"]) == ("BOTH", 0.01, 1.0)
        paper.clock.advance(9 * HOUR)
        (payment,) = paper.good("POST", "/trading/funding-payments", {})["data"]
        assert payment["timestamp"] == "2026-11-22T16:00:00.000000+00:00"
        assert payment["funding_payment"] * payment["funding_rate"] < 0  # a long pays a rate above zero
        paper.good("POST", "/trading/orders", {**PERPETUAL, "trade_type": "SELL", "position_action": "CLOSE"})
        assert paper.good("POST", "/trading/positions", {})["data"] == []

    def test_the_mode_is_not_changed_under_a_position_though_success_is_said(self, paper: PaperApi) -> None:
        path = "/trading/master_account/binance_perpetual/position-mode"
        paper.good("POST", "/trading/orders", PERPETUAL)
        assert paper.good("POST", path, {"position_mode": "HEDGE"})["status"] == "success"
        assert paper.good("GET", path)["position_mode"] == "ONEWAY"
        paper.good("POST", "/trading/orders", {**PERPETUAL, "trade_type": "SELL", "position_action": "CLOSE"})
        paper.good("POST", path, {"position_mode": "HEDGE"})
        assert paper.good("GET", path)["position_mode"] == "HEDGE"

    def test_leverage_of_an_exchange_has_its_own_limit(self, paper: PaperApi) -> None:
        path = "/trading/master_account/hyperliquid_perpetual/leverage"
        answer = paper.request("POST", path, {"trading_pair": "BTC-USD", "leverage": 125})
        assert answer.status_code == 500
        assert answer.json()["detail"].startswith("Failed to set leverage: ")


class TestPortfolio:
    def test_values_add_up_everywhere(self, paper: PaperApi) -> None:
        state = paper.good("POST", "/portfolio/state", {})
        rows = [row for exchanges in state.values() for rows in exchanges.values() for row in rows]
        assert all(row["value"] == pytest.approx(row["units"] * row["price"]) for row in rows)
        total = sum(row["value"] for row in rows)
        by_token = paper.good("POST", "/portfolio/distribution", {})
        by_account = paper.good("GET", "/portfolio/accounts-distribution")
        for answer in (by_token, by_account):
            assert answer["total_portfolio_value"] == pytest.approx(total)
            assert sum(one["total_value"] for one in answer["distribution"]) == pytest.approx(total)
            assert sum(one["percentage"] for one in answer["distribution"]) == pytest.approx(100, abs=0.001)
        assert by_token["token_count"] == len({row["token"] for row in rows})
        assert {one["account"] for one in by_account["distribution"]} == set(state)

    def test_names_narrow_it(self, paper: PaperApi) -> None:
        wanted = {"account_names": ["second_account"], "connector_names": ["binance"]}
        state = paper.good("POST", "/portfolio/state", wanted)
        assert {account: set(exchanges) for account, exchanges in state.items()} == {"second_account": {"binance"}}
        assert paper.good("POST", "/portfolio/distribution", wanted)["account_filter"] == "second_account"
        assert paper.good("POST", "/portfolio/state", {"account_names": ["nobody"]}) == {}

    def test_a_resting_order_holds_what_it_may_need(self, paper: PaperApi) -> None:
        paper.order(price=40000)
        state = paper.good("POST", "/portfolio/state", {"account_names": ["master_account"]})
        (usdt,) = [row for row in state["master_account"]["binance"] if row["token"] == "USDT"]
        assert (usdt["units"], usdt["available_units"]) == (100_000.0, 99_600.0)

    def test_history_goes_back_page_by_page(self, paper: PaperApi) -> None:
        paper.good("GET", "/accounts/")
        paper.clock.advance(5 * HOUR)
        paper.order(order_type="MARKET")
        paper.clock.advance(HOUR)
        times, cursor = [], None
        while True:
            wanted = {"interval": "1h", "limit": 4, "cursor": cursor}
            page = paper.good("POST", "/portfolio/history", wanted)
            times += [one["timestamp"] for one in page["data"]]
            cursor = page["pagination"]["next_cursor"]
            if cursor is None:
                break
        assert times == [f"2026-11-22T{hour:02}:00:00+00:00" for hour in range(14, 8, -1)]
        newest = paper.good("POST", "/portfolio/history", {"interval": "1h", "limit": 1})["data"][0]["state"]
        (bitcoin,) = [row for row in newest["master_account"]["binance"] if row["token"] == "BTC"]
        assert bitcoin["units"] > 1


class TestMarketData:
    def test_candles_prices_and_book_agree(self, paper: PaperApi) -> None:
        price = paper.good("POST", "/market-data/prices", {"connector_name": "binance", "trading_pairs": ["BTC-USDT"]})
        price = price["prices"]["BTC-USDT"]
        candles = paper.good("POST", "/market-data/candles", {**CANDLES, "max_records": 24})
        assert len(candles) == 24
        assert candles[-1]["close"] == price
        book = paper.good("POST", "/market-data/order-book", {**PAIR, "depth": 5})
        assert book["bids"][0]["price"] < price < book["asks"][0]["price"]
        past = {**CANDLES, "start_time": int(candles[0]["timestamp"]), "end_time": int(candles[-1]["timestamp"])}
        assert paper.good("POST", "/market-data/historical-candles", past) == candles

    def test_sizes_and_prices_agree_with_the_book(self, paper: PaperApi) -> None:
        asks = paper.good("POST", "/market-data/order-book", {**PAIR, "depth": 2})["asks"]
        volume = asks[0]["amount"] + asks[1]["amount"]

        def ask(query: str, **values: float) -> Any:
            return paper.good("POST", f"/market-data/order-book/{query}", {**BOOK, **values})

        assert ask("price-for-volume", volume=volume)["result_price"] == asks[1]["price"]
        assert ask("volume-for-price", price=asks[1]["price"])["result_volume"] == pytest.approx(volume)
        value = sum(level["amount"] * level["price"] for level in asks)
        assert ask("vwap-for-volume", volume=volume)["average_price"] == pytest.approx(value / volume)
        assert ask("quote-volume-for-price", price=asks[1]["price"])["result_quote_volume"] == pytest.approx(value)
        spent = ask("price-for-quote-volume", quote_volume=value * 0.999999)
        assert (spent["result_price"], spent["result_volume"]) == (asks[1]["price"], pytest.approx(volume, rel=1e-5))

    def test_beyond_the_book_there_is_no_price(self, paper: PaperApi) -> None:
        for query in ("price-for-volume", "vwap-for-volume"):
            answer = paper.good("POST", f"/market-data/order-book/{query}", {**BOOK, "volume": 1e9})
            assert answer["result_price"] is answer["average_price"] is None
            assert 0 < answer["result_volume"] < 1e9
        answer = paper.good("POST", "/market-data/order-book/volume-for-price", {**BOOK, "price": 1})
        assert answer["result_volume"] is answer["result_price"] is None

    def test_feeds_are_forgotten_after_ten_minutes(self, paper: PaperApi) -> None:
        paper.good("POST", "/market-data/candles", CANDLES)
        paper.clock.advance(599_000)
        (feed,) = paper.good("GET", "/market-data/active-feeds").values()
        assert (feed["seconds_since_access"], feed["will_expire_in"]) == (599, 1)
        paper.clock.advance(2_000)
        assert paper.good("GET", "/market-data/active-feeds") == {}

    def test_watched_books_are_diagnosed(self, paper: PaperApi) -> None:
        assert paper.good("GET", "/market-data/order-book/diagnostics/binance")["trading_pairs"] == []
        paper.good("POST", "/market-data/trading-pair/add", PAIR)
        found = paper.good("GET", "/market-data/order-book/diagnostics/binance")
        assert found["trading_pairs"] == ["BTC-USDT"]
        assert found["order_books"]["BTC-USDT"]["best_bid"] < found["order_books"]["BTC-USDT"]["best_ask"]
        paper.good("POST", "/market-data/trading-pair/remove", PAIR)
        assert paper.good("GET", "/market-data/order-book/diagnostics/binance")["trading_pairs"] == []


class TestAccounts:
    def test_one_is_made_connected_used_and_deleted(self, paper: PaperApi) -> None:
        paper.good("POST", "/accounts/add-account", params={"account_name": "new"})
        assert paper.good("GET", "/accounts/new/credentials") == []
        paper.good("POST", "/accounts/add-credential/new/binance", KEYS)
        assert paper.good("GET", "/accounts/new/credentials") == ["binance"]
        paper.good("POST", "/accounts/delete-credential/new/binance")
        assert paper.good("GET", "/accounts/new/credentials") == []
        paper.good("POST", "/accounts/delete-account", params={"account_name": "new"})
        assert "new" not in paper.good("GET", "/accounts/")

    def test_no_key_is_kept(self, paper: PaperApi) -> None:
        keys = {"binance_api_key": "a-key-4711", "binance_api_secret": "never-to-be-seen"}
        paper.good("POST", "/accounts/add-credential/second_account/binance", keys)
        assert not any("4711" in line or "never-to-be" in line for line in paper.store.db.iterdump())


class TestRateOracle:
    def test_its_source_is_changed(self, paper: PaperApi) -> None:
        before = paper.good("GET", "/rate-oracle/rate/SOL-USDT")
        changed = paper.good("PUT", "/rate-oracle/config", {"rate_oracle_source": {"name": "kucoin"}})
        assert changed["message"] == "rate_oracle_source updated to kucoin"
        after = paper.good("GET", "/rate-oracle/rate/SOL-USDT")
        assert (before["source"], after["source"]) == ("binance", "kucoin")
        assert before["rate"] != after["rate"]

    def test_an_unknown_source_is_refused(self, paper: PaperApi) -> None:
        answer = paper.request("PUT", "/rate-oracle/config", {"rate_oracle_source": {"name": "nope"}})
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith("Invalid rate oracle source: nope. Available sources: ['binance'")

    def test_rates_go_by_way_of_the_dollar(self, paper: PaperApi) -> None:
        rates = paper.good("POST", "/rate-oracle/rates", {"trading_pairs": ["BTC-USDT", "ETH-USDT", "BTC-ETH", "X-Y"]})
        rates = rates["rates"]
        assert rates["BTC-ETH"] == pytest.approx(rates["BTC-USDT"] / rates["ETH-USDT"])
        assert rates["X-Y"] is None
