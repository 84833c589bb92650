"""What the API's errors become."""

import json
from typing import Any

import pytest

from hbmcp.catalog import Catalog
from hbmcp.errors import CallError, http_answers

CATALOG = Catalog.load()
OFFER = CATALOG.choose(tools=["all"])
PLAIN = "text/plain; charset=utf-8"
HTML = "text/html"


def refusal(tool: str, status: int, answer: Any, content_type: str = "application/json") -> CallError:
    body = answer.encode() if content_type != "application/json" else json.dumps(answer).encode()
    return http_answers.refusal(status, body, content_type, CATALOG.tools[tool], OFFER)


@pytest.mark.parametrize(
    ("tool", "status", "answer", "content_type", "kind", "told"),
    [
        ("list_accounts", 401, {"detail": "Not authenticated"}, None, "wrong_credentials", "HUMMINGBOT_API_PASSWORD"),
        ("list_accounts", 403, {"detail": "Forbidden"}, None, "wrong_credentials", "Nothing was done"),
        ("list_accounts", 404, {"detail": "Not Found"}, None, "unknown_operation", "has no GET /accounts/"),
        ("submit_order", 405, {"detail": "Method Not Allowed"}, None, "unknown_operation", "no POST /trading/orders"),
        ("submit_order", 501, {"detail": "No orders"}, None, "unknown_operation", '501): "No orders". Nothing'),
        ("submit_order", 501, "<html>What?</html>", HTML, "outcome_unknown", "may have been placed"),
        ("submit_order", 404, {"detail": "Account 'x' not found"}, None, "refused", "Account 'x' not found"),
        ("submit_order", 400, {"detail": "Order amount 0.1 is below minimum."}, None, "refused", 'below minimum".'),
        ("submit_order", 429, {"detail": "Slow down"}, None, "refused", "wait"),
        ("add_credential", 400, {"detail": "'nope'"}, None, "refused", "doesn't know 'nope'"),
        ("get_prices", 500, {"detail": "'NOPE-USDT'"}, None, "api_failed", "doesn't know 'NOPE-USDT'"),
        ("get_prices", 500, {"detail": "Connector nope not found"}, None, "api_failed", "500 to bad requests too"),
        ("submit_order", 500, "Internal Server Error", PLAIN, "outcome_unknown", "look with get_order"),
        ("get_portfolio_history", 500, "Internal Server Error", PLAIN, "api_failed", "check the arguments first"),
        ("get_docker_status", 500, "Internal Server Error", PLAIN, "service_down", "Docker"),
        ("start_gateway", 500, "Internal Server Error", PLAIN, "service_down", "Docker"),
        (
            "submit_bot",
            500,
            {"detail": "('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))"},
            None,
            "service_down",
            "Docker",
        ),
        ("quote_swap", 503, {"detail": "Gateway service is not available"}, None, "service_down", "start_gateway"),
        (
            "list_clmm_pools",
            503,
            {"detail": "Failed to fetch pools from Gateway for x"},
            None,
            "gateway_failed",
            "Where Gateway runs this stays so",
        ),
        ("list_accounts", 502, "<html>Bad Gateway</html>", HTML, "api_failed", "try again in a moment"),
        ("submit_order", 502, "<html>Bad Gateway</html>", HTML, "outcome_unknown", "may have been placed"),
        ("submit_order", 504, "<html>Time-out</html>", HTML, "outcome_unknown", "Don't repeat it"),
        ("submit_order", 500, "<html>Oops</html>", HTML, "outcome_unknown", "may have been placed"),
        ("stop_bot", 503, "<html>Unavailable</html>", HTML, "outcome_unknown", "list_bots"),
        ("list_accounts", 404, "<html>nginx</html>", HTML, "unreadable_answer", "text/html"),
        ("list_accounts", 307, "", HTML, "unreadable_answer", "elsewhere"),
        ("list_accounts", 418, {"detail": {"why": "teapot"}}, None, "refused", "teapot"),
        ("list_accounts", 400, ["odd"], None, "refused", "odd"),
        ("list_accounts", 400, {"detail": ""}, None, "refused", "(HTTP 400)."),
    ],
)
def test_each_is_of_its_kind_and_says_what_to_do(
    tool: str, status: int, answer: Any, content_type: str | None, kind: str, told: str
) -> None:
    error = refusal(tool, status, answer, content_type or "application/json")
    assert error.kind == kind
    assert told in str(error)
    assert error.advice


def test_the_fields_of_a_422_are_lines() -> None:
    detail = [
        {"type": "missing", "loc": ["body", "executor_config"], "msg": "Field required", "input": {"key": "secret"}},
        {"type": "enum", "loc": ["query", "pairs", 0], "msg": "Input should be 'a' or 'b'", "input": "c"},
        {"type": "dict_type", "loc": ["body"], "msg": "Input should be a valid dictionary", "input": [1]},
    ]
    told = str(refusal("start_executor", 422, {"detail": detail}))
    assert (
        '- executor_config: "Field required"\n- pairs.0: "Input should be \'a\' or \'b\'"\n- body: "Input should be a'
        in told
    )
    assert "secret" not in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Error executing request GET http://10.0.0.1:8090/fapi/v2/account. HTTP status is 401. "
            'Error: {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}',
            '"the exchange answered HTTP 401: Invalid API-key, IP, or permissions for action. (code -2015)"',
        ),
        (
            "Error creating executor: Directory 'credentials/nobody/connectors' not found",
            "there is no account 'nobody'",
        ),
        (
            "Unexpected error placing trade: BinanceExchange.__init__() missing 2 required positional arguments: "
            "'binance_api_key' and 'binance_api_secret'",
            "placing trade: this account has no API keys for this connector",
        ),
        (
            "Failed to get chain/network info: Invalid network format 'nope'. Use format like 'solana-mainnet-beta'",
            "\"there is no connector 'nope'\"",
        ),
        (
            "1 validation error for X\nside\n  Field required [type=missing, input_value={'a': 1}, input_type=dict]\n"
            "    For further information visit https://errors.example/missing",
            r'"1 validation error for X\nside\n Field required".',
        ),
        ("See https://user:hunter2@host/path?key=1 for more", "See (address) for more"),
        ("a\x1b[31mb\u202ec\x00d", r'"a\u001b[31mb\u202ec\u0000d"'),
        ("x" * 5000, "x" * 700 + "…"),
    ],
)
def test_reasons_are_quoted_without_addresses_and_noise(said: str, told: str) -> None:
    text = str(refusal("start_executor", 400, {"detail": said}))
    assert told in text
    assert "http" not in text.replace("HTTP", "")
    assert "x" * 800 not in text


SENT = ("submit_order", "start_executor", "execute_swap", "submit_bot", "remove_account")


@pytest.mark.parametrize("tool", SENT)
@pytest.mark.parametrize(
    ("status", "answer", "content_type"),
    [
        (301, "", HTML),
        (307, {"detail": "Moved"}, None),
        (308, "", ""),
        (401, "<html>Log in</html>", HTML),
        (403, "<html>Blocked</html>", HTML),
        (404, "<html>nginx</html>", HTML),
        (408, {"detail": "Request timeout"}, None),
        (408, "", ""),
        (413, "Payload Too Large", PLAIN),
        (429, "Too Many Requests", PLAIN),
        (429, {"message": "API rate limit exceeded"}, None),
        (499, "", ""),
        (500, "<html>Oops</html>", HTML),
        (500, {"detail": "Transaction timed out after 60 s, signature 5Kd9abc"}, None),
        (500, {"detail": "No position address returned from Gateway"}, None),
        (500, {"detail": "Gateway service is not able to execute swap"}, None),
        (500, {"detail": "'timestamp'"}, None),
        (500, {"detail": "Error executing request POST http://x. HTTP status is 503. Error: "}, None),
        (
            500,
            {"detail": 'Error executing request POST http://x. HTTP status is 400. Error: {"code": -1007, "msg": "T"}'},
            None,
        ),
        (502, {"detail": "Bad gateway"}, None),
        (503, {"detail": "No transaction came back from Gateway"}, None),
        (503, "", ""),
        (504, "", ""),
        (520, "error code: 520", PLAIN),
    ],
)
def test_what_proves_nothing_is_an_unknown_outcome(tool: str, status: int, answer: Any, content_type: str) -> None:
    error = refusal(tool, status, answer, content_type if content_type is not None else "application/json")
    if error.kind == "service_down" and "docker" in str(error).lower():
        return  # said with its own doubt
    assert error.kind == "outcome_unknown"
    assert "Nothing was done" not in str(error)
    assert "Don't repeat it. First find out: " in error.advice


def test_what_identifies_it_is_told() -> None:
    said = "Transaction timed out after 60 s, signature 5Kd9abc"
    assert said in str(refusal("execute_swap", 500, {"detail": said}))


@pytest.mark.parametrize(
    "detail",
    [
        "Unexpected error placing trade: No order book exists for 'NOPE-USDT'.",
        'Error executing request POST http://x. HTTP status is 400. Error: {"code":-1021,"msg":"Timestamp outside."}',
        'Error executing request POST http://x. HTTP status is 451. Error: {"code": 0, "msg": "restricted location"}',
        "451 Client Error: Unavailable For Legal Reasons",
        "APIError(code=-2019): Margin is insufficient.",
        "Error creating executor: Directory 'credentials/nobody/connectors' not found",
        "BinanceExchange.__init__() missing 2 required positional arguments: 'binance_api_key' and 'x'",
        "Unexpected error placing trade: KucoinExchange.__init__() missing 3 required positional arguments: "
        "'kucoin_api_key', 'kucoin_passphrase', and 'kucoin_secret_key'",
        "Error creating executor: Failed to get chain/network info: Invalid network format 'nope'. Use format like "
        "'solana-mainnet-beta'",
        "Error creating executor: Failed to initialize order book for binance_perpetual/NOPE-USDT",
        "Error initializing order book: Connector nope not found",
    ],
)
@pytest.mark.parametrize("tool", ["submit_order", "start_executor"])
def test_what_the_exchange_refused_was_not_done(tool: str, detail: str) -> None:
    error = refusal(tool, 500, {"detail": detail})
    assert (error.kind, error.undone) == ("refused", "Nothing was done.")


REFUSED = 'Error executing request POST http://x/order. HTTP status is 400. Error: {"code": -2010, "msg": "No."}'


@pytest.mark.parametrize(
    "detail",
    [
        "after placing: code=-2013 Order does not exist",
        "APIError(code=-2013): Order does not exist.",
        "APIError(code=-1021): Timestamp outside.",
        "Connector cache not found",
        "Unexpected error placing trade: Connector cache not found",
        f"Placed x-1, then: {REFUSED}",
        f"{REFUSED} Order x-1 rests.",
        REFUSED.replace("POST", "GET"),
        REFUSED.replace("POST", "DELETE"),
        REFUSED.replace("-2010", "-2013"),
        REFUSED.replace("No.", "Duplicate order sent."),
        "Order x-1 was placed. No order book exists for 'BTC-USDT'.",
        "No order book exists for 'BTC-USDT': the fill of x-1 can't be valued.",
        "Placed x-1, and its log: No such file or directory: 'bots/credentials/a'",
        "Saved x-1. Directory 'credentials/nobody/connectors' not found",
        "X.__init__() missing 1 required positional argument: 'api_key' (of the notifier, after x-1 was placed)",
        "sent; 404 Client Error: Not Found",
        "451 Client Error: Unavailable For Legal Reasons, of the rates; the order rests",
    ],
)
@pytest.mark.parametrize("tool", ["submit_order", "start_executor"])
def test_a_reason_that_may_be_of_afterwards_proves_nothing(tool: str, detail: str) -> None:
    assert refusal(tool, 500, {"detail": detail}).kind == "outcome_unknown"


def test_an_exchange_that_does_not_know_itself_has_not_refused_whatever_the_api_makes_of_it() -> None:
    said = 'Error executing request POST http://x/order. HTTP status is 503. Error: {"code": -1000, "msg": "Busy."}'
    assert refusal("submit_order", 400, {"detail": said}).kind == "outcome_unknown"
    assert refusal("submit_order", 400, {"detail": REFUSED}).kind == "refused"


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (503, "Sent 5Kd9abc, then: Gateway service is not available"),
        (500, "Sent 5Kd9abc, then: No wallet configured for chain 'solana'"),
        (500, "Sent 5Kd9abc; Position 5abc not found in database. Pool address is required."),
        (500, "Sent 5Kd9abc; querystring must have required property 'connector'"),
    ],
)
def test_what_gateway_lacked_afterwards_proves_nothing(status: int, detail: str) -> None:
    assert refusal("open_clmm_position", status, {"detail": detail}).kind == "outcome_unknown"


def test_nobody_is_told_to_start_what_isnt_offered() -> None:
    offer = CATALOG.choose(tools=["quote_swap"])
    body = json.dumps({"detail": "Gateway service is not available"}).encode()
    error = http_answers.refusal(503, body, "application/json", CATALOG.tools["quote_swap"], offer)
    assert error.advice.startswith("A person must start it on the API's host, or have start_gateway offered (hbmcp's")
    assert "Start it with" not in error.advice
