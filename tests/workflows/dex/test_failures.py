"""What is said where Gateway fails behind the API: what is known, the cause from its log, and where to look."""

from typing import Any

import pytest

from tests.replay.server import Answer
from tests.workflows.gateway_api import CAUSE, ON_POOL, POSITION, RANGE, SWAP, Asked

pytestmark = pytest.mark.anyio

NO_HASH = "No transaction hash returned from Gateway"
NO_QUOTE = {
    "base": "SOL", "quote": "USDC", "price": "0", "amount": "2", "amount_in": None, "amount_out": None,
    "expected_amount": None, "slippage_pct": "1.0", "gas_estimate": None,
}  # fmt: skip
INVALID = (
    "2 validation errors for CLMMPoolInfoResponse\naddress\n  Field required [type=missing, input_value={'error': "
    "'Too many calls', 'status': 429}, input_type=dict]\n    For further information visit https://errors.example/v"
)


async def test_a_quote_of_zero_without_amounts_is_none(asked: Asked) -> None:
    asked.answers("POST /gateway/swap/quote", NO_QUOTE)
    text = await asked.bad("quote_swap", **SWAP)
    assert "Gateway gave no quote (price 0, no amounts)" in text
    assert CAUSE in text
    asked.answers("POST /gateway/swap/quote", {**NO_QUOTE, "price": "150", "amount_in": "2", "amount_out": "300"})
    assert '"price":"150"' in await asked.good("quote_swap", **SWAP)


@pytest.mark.parametrize(
    ("tool", "arguments", "operation", "status", "detail", "told"),
    [
        ("execute_swap", SWAP, "POST /gateway/swap/execute", 500, "Gateway service is not able to execute swap",
         ["no answer came back", "may have been sent", "in no list of swaps", "get_portfolio_balances"]),
        ("execute_swap", SWAP, "POST /gateway/swap/execute", 500, NO_HASH,
         ["gave no transaction", "Don't repeat it before you know the cause", "get_portfolio_balances"]),
        ("execute_swap", SWAP, "POST /gateway/swap/execute", 503, "Error executing swap: timed out, signature 5abc",
         ["failed then (HTTP 503)", "signature 5abc", "may be on the chain"]),
        ("open_clmm_position", RANGE, "POST /gateway/clmm/open", 500, "No position address returned from Gateway",
         ["was sent to the chain", "appear later", "list_pool_positions shows it"]),
        ("open_clmm_position", RANGE, "POST /gateway/clmm/open", 500, NO_HASH, ["gave no transaction"]),
        ("open_clmm_position", RANGE, "POST /gateway/clmm/open", 404, "Failed to open CLMM position: SOL-USDC",
         ["It may be on the chain", "list_pool_positions"]),
        ("close_clmm_position", POSITION, "POST /gateway/clmm/close", 500, NO_HASH, ["list_pool_positions"]),
        ("collect_clmm_fees", POSITION, "POST /gateway/clmm/collect-fees", 400, INVALID.replace("PoolInfo", "Collect"),
         ["Too many calls", "may be on the chain"]),
    ],
)  # fmt: skip
async def test_what_was_sent_may_have_been_done(
    tool: str, arguments: dict[str, Any], operation: str, status: int, detail: str, told: list[str], asked: Asked
) -> None:
    asked.refuses(operation, status, detail)
    text = await asked.bad(tool, **arguments)
    assert text.startswith("Outcome unknown: ")
    assert "othing was done" not in text
    assert "Don't repeat it" in text
    assert CAUSE in text
    assert [words for words in told if words not in text] == []
    assert asked.sent == [operation]
    assert asked.operations[-2:] == [operation, "GET /gateway/logs"]


@pytest.mark.parametrize(
    ("status", "detail", "said"),
    [
        (400, INVALID, '"Too many calls"'),
        (503, "Failed to get pool info from Raydium API", '"Failed to get pool info from Raydium API"'),
    ],
)
async def test_a_pool_that_cant_be_read_isnt_a_wrong_argument(
    status: int, detail: str, said: str, asked: Asked
) -> None:
    asked.refuses("GET /gateway/clmm/pool-info", status, detail)
    text = await asked.bad("get_clmm_pool", **ON_POOL)
    assert f"Gateway failed at get_clmm_pool (HTTP {status}): {said}. {CAUSE}" in text
    assert "orrect the arguments" not in text


@pytest.mark.parametrize("log", [Answer(500, raw=b"Internal Server Error", content_type="text/plain"), Answer(body=[])])
async def test_a_log_that_cant_be_read_takes_nothing_from_the_error(log: Answer, asked: Asked) -> None:
    asked.refuses("POST /gateway/swap/execute", 500, NO_HASH)
    asked.replay.answers("GET /gateway/logs", log)
    text = await asked.bad("execute_swap", **SWAP)
    assert text.startswith("Outcome unknown: execute_swap")
    assert "Gateway's log" in text


async def test_a_log_without_errors_says_so(asked: Asked) -> None:
    asked.refuses("GET /gateway/clmm/pool-info", 400, INVALID)
    asked.logs("2026-03-01 09:10:04 | info | \tdone\n")
    assert "shows no error of late" in await asked.bad("get_clmm_pool", **ON_POOL)


async def test_pools_of_a_gateway_that_wants_certificates(asked: Asked) -> None:
    asked.refuses("GET /gateway/clmm/pools", 503, "Failed to fetch pools from Gateway for orca")
    text = await asked.bad("list_clmm_pools", connector="orca")
    assert "the API got no pools from Gateway. Gateway itself answers. Where Gateway runs this stays so" in text
    assert "isn't running" not in text
    assert asked.operations == ["GET /gateway/clmm/pools", "GET /gateway/networks"]  # the first would fail again


async def test_pools_of_a_gateway_that_doesnt_run(asked: Asked) -> None:
    asked.refuses("GET /gateway/clmm/pools", 503, "Failed to fetch pools from Gateway for orca")
    asked.refuses("GET /gateway/networks", 503, "Gateway service is not available")
    text = await asked.bad("list_clmm_pools", connector="orca")
    assert text.startswith("Gateway, which the Hummingbot API needs for this, isn't running")


@pytest.mark.parametrize("verb", ["add", "remove"])
async def test_what_gateway_has_no_operation_for(verb: str, asked: Asked) -> None:
    asked.refuses(f"POST /gateway/clmm/{verb}", 500, NO_HASH)
    asked.position()
    more = {"base_token_amount": 1} if verb == "add" else {"percentage": 50}
    text = await asked.bad(f"{verb}_clmm_liquidity", **POSITION, **more)
    assert "Gateway 2.13 has no such operation" in text
    assert "close_clmm_position" in text


async def test_a_position_that_the_api_doesnt_know(asked: Asked) -> None:
    asked.refuses("POST /gateway/clmm/close", 404, "Position PosAAAA not found in database. Pool address is required.")
    text = await asked.bad("close_clmm_position", **POSITION)
    assert "Nothing was done. It can do this to those in list_clmm_positions alone." in text


async def test_a_chain_without_a_wallet(asked: Asked) -> None:
    asked.refuses("POST /gateway/clmm/open", 400, "No wallet configured for chain 'solana'")
    text = await asked.bad("open_clmm_position", **RANGE)
    assert "Gateway has no wallet for solana" in text
    assert "Nothing was done." in text
    assert "set_default_wallet" in text


async def test_gateway_that_was_just_restarted_is_waited_for(asked: Asked) -> None:
    asked.refuses("GET /gateway/networks", 503, "Gateway service is not available")
    text = await asked.bad("list_networks")
    assert "Start it with start_gateway; if it was started or restarted just now, wait some seconds." in text


async def test_a_swap_that_confirmed_late_shows_zero_and_is_explained(asked: Asked) -> None:
    swap = {"transaction_hash": "5abc", "status": "CONFIRMED", "input_amount": 2.0, "output_amount": 0.0, "price": 0.0}
    asked.answers("GET /gateway/swaps/{transaction_hash}/status", swap)
    told = "CONFIRMED with output_amount 0 and price 0: done, but the API never learnt the amounts."
    assert told in await asked.good("get_swap_status", transaction_hash="5abc")
    asked.answers("POST /gateway/swaps/search", {"data": [swap], "pagination": {"limit": 50}})
    assert told in await asked.good("list_swaps")


async def test_a_swap_without_a_record(asked: Asked) -> None:
    asked.refuses("GET /gateway/swaps/{transaction_hash}/status", 404, "Swap not found: 5abc")
    text = await asked.bad("get_swap_status", transaction_hash="5abc")
    assert '"Swap not found: 5abc"' in text
    assert "one whose outcome is unknown is in get_gateway_logs alone" in text


async def test_a_swap_without_a_quote_isnt_sent(asked: Asked) -> None:
    asked.answers("POST /gateway/swap/quote", NO_QUOTE)
    text = await asked.bad("execute_swap", **SWAP)
    assert "Gateway gave no quote" in text
    assert f"{CAUSE} No swap was sent." in text
    assert asked.sent == []


@pytest.mark.parametrize("answer", [{}, {"status": "submitted"}, {"transaction_hash": ""}, [], None, "done"])
@pytest.mark.parametrize(
    ("tool", "arguments", "operation"),
    [
        ("execute_swap", SWAP, "POST /gateway/swap/execute"),
        ("open_clmm_position", RANGE, "POST /gateway/clmm/open"),
        ("add_clmm_liquidity", {**POSITION, "base_token_amount": 1}, "POST /gateway/clmm/add"),
    ],
)
async def test_what_was_sent_without_a_transaction_is_unknown(
    tool: str, arguments: dict[str, Any], operation: str, answer: Any, asked: Asked
) -> None:
    asked.position()
    asked.answers(operation, answer)
    text = await asked.bad(tool, **arguments)
    assert text.startswith("Outcome unknown: it was sent, and no transaction came back.")
    assert "Don't repeat it" in text
    assert CAUSE in text
    assert asked.sent == [operation]


@pytest.mark.parametrize(("tool", "arguments"), [("open_clmm_position", RANGE), ("add_clmm_liquidity", POSITION)])
async def test_liquidity_of_no_tokens_isnt_sent(tool: str, arguments: dict[str, Any], asked: Asked) -> None:
    arguments = {name: value for name, value in arguments.items() if name != "base_token_amount"}
    assert "was given no tokens. Nothing was sent." in await asked.bad(tool, **arguments)
    assert asked.operations == []
