"""A server over HTTP that is told to stop finishes what was sent, and says what it broke off."""

import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import connected
from tests.faulty_api import HANG, FaultyApi, Reply
from tests.server.http.clients import Raw, process, told

pytestmark = pytest.mark.slow

ORDER = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": 0.1,
    "order_type": "MARKET",
}
PLACED = {
    "order_id": "abc-1",
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "trade_type": "BUY",
    "amount": "0.1",
    "order_type": "MARKET",
    "price": None,
    "status": "submitted",
}


@pytest.fixture
def env(api: FaultyApi, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "policy.toml").touch()
    state = f"sqlite:///{tmp_path / 'state.sqlite'}"
    policy = str(tmp_path / "policy.toml")
    return connected(api.url, LOG_LEVEL="WARNING", HBMCP_TOOLS="all", HBMCP_POLICY=policy, HBMCP_STATE_URL=state)


def test_an_order_that_was_sent_is_answered(api: FaultyApi, env: dict[str, str], tmp_path: Path) -> None:
    answers = threading.Event()
    api.then(replace(Reply.json(PLACED), until=answers))
    with process(env=env, cwd=tmp_path) as (server, url), ThreadPoolExecutor() as pool:
        session = Raw(url).opened()
        call = pool.submit(session.call, "submit_order", **ORDER, again=True)
        assert api.arrived.wait(10)
        server.send_signal(signal.SIGTERM)
        late = ""
        while "being stopped" not in late:
            late = session.call("get_funding_rates").text
        answers.set()
        answer = told(call.result())["result"]
        _, log = server.communicate(timeout=30)
    assert not answer["isError"], answer
    assert "abc-1" in answer["content"][0]["text"]
    assert "This server is being stopped. Nothing was done." in late
    assert "Broken off" not in log
    assert [request.path for request in api.requests].count("/trading/orders") == 1


def test_what_takes_too_long_is_broken_off_and_said(api: FaultyApi, env: dict[str, str], tmp_path: Path) -> None:
    api.always = HANG
    with process(env=env, cwd=tmp_path) as (server, url), ThreadPoolExecutor() as pool:
        calls = [
            pool.submit(lambda: Raw(url).opened().call("submit_order", **ORDER)),
            pool.submit(lambda: Raw(url).opened().call("list_accounts")),
        ]
        while len(api.requests) < 2:
            time.sleep(0.01)
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=30)
        for call in calls:
            call.exception()
    told_of = [line for line in log.splitlines() if "Broken off as the server ends" in line]
    assert len(told_of) == 2, log
    order, read = sorted(told_of, key=lambda line: "list_accounts" in line)
    assert "submit_order" in order
    assert "of tests. hbmcp audit show says what it sent" in order
    assert read.endswith("of tests.")
    begin, end = map(json.loads, (tmp_path / "audit.jsonl").read_text().splitlines())
    assert (begin["tool"], begin["event"], end["event"]) == ("submit_order", "begin", "end")
    assert end["sent"][0]["outcome"] == "cancelled, unknown"
