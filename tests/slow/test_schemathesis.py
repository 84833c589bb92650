"""schemathesis against the paper exchange's own /openapi.json, over HTTP: no crash but where the real API has one."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.conftest import environment
from tests.forked import HBMCP, Popen

pytestmark = pytest.mark.slow

CRASH = "Internal Server Error"
NOT_FOUND = "Connector .* not found"
UNKNOWN = f"{NOT_FOUND}|'.*'|\".*\""  # the pair, as a KeyError tells it
NO_INTERVAL = "No active exception to reraise"
UNMADE = "Invalid network format|required positional arguments"  # a connector that couldn't be set up

# Which operations (a pattern of "POST /path") the real API refuses with status 500 where 4xx was due, and in which
# words: the detail, or the bare text of a crash. Each was seen there.
REFUSALS = {
    "GET /connectors/[^/]*/config-map": CRASH,  # an unknown connector
    "POST /portfolio/history": CRASH,  # an odd interval, a cursor that is no time
    "POST /trading/orders": f"{CRASH}|Unexpected error placing trade: .*({UNMADE}).*",  # an amount not above 0
    "POST /trading/.*/cancel": f"Error cancelling order: .*({UNMADE}).*",
    "(GET|POST) /trading/.*/(leverage|position-mode)": "Failed to (set|get) (leverage|position mode): .*",
    "POST /market-data/(prices|funding-info|order-book.*)": UNKNOWN,
    "POST /market-data/trading-pair/add": (
        f"Error initializing order book: {NOT_FOUND}|Failed to initialize order book for .*"
    ),
    "POST /market-data/order-book/restart/.*": f"Error restarting order book tracker: {NOT_FOUND}",
    "GET /market-data/order-book/diagnostics/.*": f"Error getting diagnostics: {NOT_FOUND}",
    "POST /market-data/candles": f"Internal error fetching candles: {NO_INTERVAL}",
    "POST /market-data/historical-candles": f"Internal error fetching historical candles: ('timestamp'|{NO_INTERVAL})",
    "POST /executors/": f"(?!{CRASH}).*",  # an unknown account, connector or pair, in the words of whatever failed
    # No Docker runs beside it, and the stand-in of Gateway fails as that does.
    "(GET|POST) /docker/.*": f"{CRASH}|.*[Dd]ocker.*",
    "GET /gateway/logs": CRASH,
    "POST /gateway/(swap/execute|clmm/.*)": "No (transaction hash|position address) returned from Gateway",
    "POST /bot-orchestration/deploy-.*": f"{CRASH}|\\[Errno 2\\] No such file or directory: .*|.*[Dd]ocker.*",
}

# Random names lead no farther than "not found"; with these, a request reaches the engine.
REAL: dict[str, list[Any]] = {
    "account_name": ["master_account"],
    "connector_name": ["binance", "kucoin", "binance_perpetual"],
    "connector": ["binance", "binance_perpetual"],
    "trading_pair": ["BTC-USDT", "DOGE-USDT"],
    "trading_pairs": [["BTC-USDT"], ["ETH-USDT", "BTC-USDT"]],
    "interval": ["1m", "1h", "1d"],
    "controller_type": ["generic", "market_making"],
    "controller_name": ["grid_strike", "pmm_simple"],
}

AUTH = ("paper", "paper")
PATIENCE = 60.0  # seconds: the candles of all years take six to work out, where nothing else runs


@st.composite
def realistic(draw: st.DrawFn, cases: st.SearchStrategy[schemathesis.Case]) -> schemathesis.Case:
    """Half of the requests, with names that there are."""
    case = draw(cases)
    if draw(st.booleans()):
        for values in (case.path_parameters, case.query, case.body):
            if isinstance(values, dict):
                values.update({name: draw(st.sampled_from(REAL[name])) for name in REAL if name in values})
    return case


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a paper exchange in a process of its own, and what it logs."""
    log = tmp_path / "stderr"
    with log.open("w") as stderr:
        process = Popen(
            [*HBMCP, "paper", "--port", "0", "--paper-db", ":memory:"],
            env=environment(HOME=str(tmp_path)),
            cwd=tmp_path,
            stderr=stderr,
        )
    try:
        while not (address := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
            assert process.poll() is None, log.read_text()
            time.sleep(0.02)
        yield address[0], log
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize(("mode", "examples"), [(GenerationMode.POSITIVE, 5), (GenerationMode.NEGATIVE, 3)])
def test_no_request_breaks_it(mode: GenerationMode, examples: int, paper: tuple[str, Path]) -> None:
    address, log = paper
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    session = requests.Session()
    session.trust_env = False
    session.post(f"{address}/gateway/start", json={}, auth=AUTH)  # so that there is one to ask
    asked = set()

    def ask(operation: schemathesis.APIOperation) -> None:  # type: ignore[type-arg]
        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=realistic(operation.as_strategy(mode)))
        def one(case: schemathesis.Case) -> None:
            answer = case.call(session=session, auth=AUTH, timeout=PATIENCE)
            asked.add(operation.label)
            if answer.status_code == 500:
                detail = answer.json()["detail"] if answer.text != CRASH else CRASH
                known = [words for label, words in REFUSALS.items() if re.fullmatch(label, operation.label)]
                assert any(re.fullmatch(words, detail, re.DOTALL) for words in known), f"{operation.label}: {detail}"
            else:
                case.validate_response(answer, checks=[content_type_conformance, response_schema_conformance])

        one()

    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        if mode is GenerationMode.POSITIVE or operation.body:  # any text is a good one in a path
            ask(operation)
    assert len(asked) > (150 if mode is GenerationMode.POSITIVE else 50)
    assert "The paper exchange failed at" not in log.read_text()
