"""The paper exchange behind the server, over stdio and HTTP, and as an API of its own."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters

from hbmcp.errors import SettingsError
from hbmcp.paper.api.contract import pinned
from hbmcp.paper.start import close, open_paper
from hbmcp.paper.start_balances import start_balances
from hbmcp.settings import Settings, load
from tests.conftest import environment, hbmcp, http_server
from tests.forked import HBMCP, Popen
from tests.stdio_server import StdioServer

pytestmark = pytest.mark.slow

ORDER = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": 0.01,
}
PERPETUAL = {**ORDER, "connector_name": "binance_perpetual"}
SERVE = ["-m", "hbmcp", "serve", "--toolsets", "all"]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Nothing set, and a data folder that isn't the user's."""
    return environment(XDG_DATA_HOME=str(tmp_path), LOCALAPPDATA=str(tmp_path), HOME=str(tmp_path))


def rows(text: str) -> list[dict[str, str]]:
    """The rows of the first table in a result, with what is the same in all of them."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("# "))
    count = int(re.search(r"(\d+) rows?", lines[start])[1])  # type: ignore[index]
    constant = dict(word.split("=", 1) for word in lines[start].partition("in every row: ")[2].split() if "=" in word)
    header = lines[start + 1].split()
    return [constant | dict(zip(header, line.split(), strict=False)) for line in lines[start + 2 : start + 2 + count]]


@pytest.mark.anyio
async def test_a_session_as_an_assistant_would(env: dict[str, str], tmp_path: Path) -> None:
    parameters = StdioServerParameters(
        command=sys.executable, args=[*SERVE, "--paper", "--paper-db", ":memory:"], env=env, cwd=tmp_path
    )
    async with Client(parameters) as client:
        assert client.instructions
        assert client.instructions.startswith("These tools run a paper exchange")

        async def call(tool: str, **arguments: Any) -> str:
            result = await client.call_tool(tool, arguments)
            text = result.content[0].text  # type: ignore[union-attr]
            assert not result.is_error, text
            return str(text)

        accounts = await call("get_accounts")
        assert "master_account" in accounts
        assert "paper exchange" in accounts

        balances = await call("get_portfolio_balances", group_by="none")
        assert "second_account" in balances
        assert "bybit_perpetual" in balances

        ticker = await call("get_ticker", connector_names=["binance"], trading_pairs=["BTC-USDT"])
        price = float(rows(ticker)[0]["last_price"])

        placed = await call("place_order", **ORDER, order_type="LIMIT", price="-50%")
        rests_at = re.search(r'"price":([\d.]+)', placed)
        assert rests_at
        assert float(rests_at[1]) == pytest.approx(price / 2, rel=0.01)
        assert "Rests on the exchange" in placed
        order_id = re.search(r"paper\w+", placed)[0]  # type: ignore[index]
        assert order_id in await call("get_open_orders")
        assert "Cancelled" in await call("cancel_order", order_id=order_id)
        assert order_id not in await call("get_open_orders")

        opened = await call("place_order", **PERPETUAL, order_type="MARKET", position_action="OPEN")
        assert "Filled" in opened
        assert "LONG" in await call("get_positions")
        closed = await call("close_position", trading_pair=PERPETUAL["trading_pair"])
        assert "realized_pnl" in closed
        assert "LONG" not in await call("get_positions")
        assert "LONG" in await call("get_position_history")

        history = await call("get_order_history", account_name="master_account")
        assert "CANCELLED" in history
        assert history.count("FILLED") == 2

        for wrong, said in (({"amount": 50}, "and 100000 is available"), ({"trading_pair": "NOPE-USDT"}, "NOPE-USDT")):
            answer = await client.call_tool("place_order", {**ORDER, **wrong, "order_type": "MARKET"})
            assert answer.is_error
            text = answer.content[0].text  # type: ignore[union-attr]
            assert said in text
            assert "Nothing was sent" in text


def test_a_server_that_is_told_nothing_runs_on_paper_and_goes_on_where_it_was(
    env: dict[str, str], tmp_path: Path
) -> None:
    with StdioServer(env=env, cwd=tmp_path) as server:
        assert server.hello["instructions"].startswith("These tools run a paper exchange")
        text, failed = server.call("place_order", **ORDER, order_type="LIMIT", price=1000)
        assert not failed, text
        order_id = re.search(r"paper\w+", text)
        server.process.kill()
    assert order_id
    assert [file.name for file in tmp_path.rglob("paper.sqlite")] == ["paper.sqlite"]
    with StdioServer(env=env, cwd=tmp_path) as server:
        assert order_id[0] in server.call("get_open_orders")[0]
    with StdioServer("--paper-reset", env=env, cwd=tmp_path) as server:
        assert order_id[0] not in server.call("get_open_orders")[0]


def test_with_an_api_it_runs_on_that(env: dict[str, str], tmp_path: Path) -> None:
    real = {"HUMMINGBOT_API_URL": "http://127.0.0.1:9"}
    with StdioServer(env=env | real, cwd=tmp_path) as server:
        assert server.hello["instructions"].startswith("These tools run a live")
        text, failed = server.call("get_accounts")
        assert failed
        assert "paper" not in text


@pytest.mark.parametrize("flag", ["--paper", "--paper-db=:memory:", "--paper-reset", "--paper-speed=2"])
def test_paper_and_real_are_never_mixed(flag: str, env: dict[str, str], tmp_path: Path) -> None:
    outcome = hbmcp("serve", flag, env=env | {"HUMMINGBOT_API_URL": "http://127.0.0.1:9"}, cwd=tmp_path)
    assert outcome.returncode == 2
    assert "never mixed" in outcome.stderr
    assert "Drop --paper" in outcome.stderr
    assert not list(tmp_path.rglob("*.sqlite"))


def test_the_banner_says_so(env: dict[str, str], tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "hbmcp", "serve", "--transport", "http", "--port", "0"],
        env=env,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert server.stderr
    try:
        banner = [server.stderr.readline() for _ in range(5)]
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert "PAPER EXCHANGE" in "".join(banner)


@pytest.mark.anyio
async def test_all_sessions_over_http_share_one_exchange(env: dict[str, str], tmp_path: Path) -> None:
    with http_server(env | {"HBMCP_PAPER_DB": ":memory:"}, tmp_path) as url:
        async with Client(url) as first:
            placed = await first.call_tool("place_order", {**ORDER, "order_type": "LIMIT", "price": 1000})
            order_id = re.search(r"paper\w{10,}", placed.content[0].text)  # type: ignore[union-attr]
        async with Client(url) as second:
            orders = await second.call_tool("get_open_orders", {})
    assert order_id
    assert order_id[0] in orders.content[0].text  # type: ignore[union-attr]


@contextmanager
def paper_api(*arguments: str, env: Mapping[str, str], cwd: Path) -> Iterator[tuple[str, str]]:
    """(address, the second line of what it says) of `hbmcp paper` on a free port."""
    process = Popen(
        [*HBMCP, "paper", "--port", "0", *arguments],
        env=dict(env),
        cwd=cwd,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr
    try:
        first, second = process.stderr.readline(), process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert address, first
        yield address[0], second
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_it_serves_any_client_of_the_api(env: dict[str, str], tmp_path: Path) -> None:
    with paper_api("--paper-db", ":memory:", "--paper-balance", "USDT=7", env=env, cwd=tmp_path) as (url, said):
        assert "Username: paper, password: paper." in said
        assert httpx.get(f"{url}/accounts/").status_code == 401
        assert httpx.get(f"{url}/openapi.json").json() == pinned().document
        state = httpx.post(f"{url}/portfolio/state", json={}, auth=("paper", "paper")).json()
        (usdt,) = [row for row in state["second_account"]["bybit_perpetual"] if row["token"] == "USDT"]
        assert usdt["units"] == 7


def test_its_credentials_can_be_chosen_and_the_password_is_not_shown(env: dict[str, str], tmp_path: Path) -> None:
    chosen = {"HUMMINGBOT_API_USERNAME": "trader", "HUMMINGBOT_API_PASSWORD": "hunter2"}
    with paper_api("--paper-db", ":memory:", env=env | chosen, cwd=tmp_path) as (url, said):
        assert "trader" in said
        assert "hunter2" not in said
        assert httpx.get(f"{url}/accounts/", auth=("paper", "paper")).status_code == 401
        assert httpx.get(f"{url}/accounts/", auth=("trader", "hunter2")).status_code == 200


def test_a_server_reaches_it_as_it_would_the_real_one(env: dict[str, str], tmp_path: Path) -> None:
    with paper_api("--paper-db", ":memory:", env=env, cwd=tmp_path) as (url, _):
        real = {
            "HUMMINGBOT_API_URL": url,
            "HUMMINGBOT_API_USERNAME": "paper",
            "HUMMINGBOT_API_PASSWORD": "paper",
        }
        with StdioServer("--tools", "list_accounts", env=env | real, cwd=tmp_path) as server:
            assert server.call("list_accounts") == ('["master_account","second_account"]', False)


def test_a_file_of_something_else_is_left_alone(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "letters.txt"
    file.write_text("Dear diary, " * 1000)
    for flags in ((), ("--paper-reset",)):
        with StdioServer("--paper-db", str(file), *flags, env=env, cwd=tmp_path) as server:
            text, failed = server.call("get_accounts")
        assert failed
        assert "letters.txt" in text
        assert "Nothing was sent" in text
        assert file.read_text() == "Dear diary, " * 1000


class TestSettings:
    @pytest.fixture(autouse=True)
    def _nothing_set(self, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], tmp_path: Path) -> None:
        for name in Settings.model_fields.values():
            monkeypatch.delenv(str(name.validation_alias), raising=False)
        monkeypatch.chdir(tmp_path)
        assert env

    @pytest.mark.parametrize(
        ("flags", "on_paper"),
        [
            ({}, True),
            ({"paper": True}, True),
            ({"api_url": "http://host"}, False),
            ({"api_username": "trader", "api_password": "secret"}, False),
            ({"api_username": "trader", "paper": True}, True),
        ],
    )
    def test_paper_is_what_nobody_told_otherwise(self, flags: dict[str, Any], on_paper: bool) -> None:
        assert load(flags).on_paper is on_paper

    def test_balances_are_read(self) -> None:
        told = load({"paper_balance": "usdt=100000, BTC=0.5"})
        assert [(token, str(amount)) for token, amount in told.paper_balance] == [("USDT", "100000"), ("BTC", "0.5")]
        balances = start_balances(told.paper_balance)
        assert {str(tokens["USDT"]) for (_, exchange), tokens in balances.items() if exchange == "kucoin"} == {"100000"}
        assert "BTC" not in balances["master_account", "binance_perpetual"]
        assert str(balances["second_account", "binance"]["BTC"]) == "0.5"

    @pytest.mark.parametrize(
        ("balance", "told"),
        [
            ("USDT", "isn't TOKEN=AMOUNT"),
            ("USDT=lots", "isn't TOKEN=AMOUNT"),
            ("USDT=-1", "0 or more"),
            ("USDT=NaN", "0 or more"),
        ],
    )
    def test_bad_balances_are_named(self, balance: str, told: str) -> None:
        with pytest.raises(SettingsError, match=rf"HBMCP_PAPER_BALANCE \(--paper-balance\): .*{told}"):
            load({"paper_balance": balance})

    def test_a_token_that_no_exchange_takes_is_refused(self) -> None:
        with pytest.raises(SettingsError, match="no paper exchange takes NOPE"):
            start_balances(load({"paper_balance": "NOPE=1"}).paper_balance)

    @pytest.mark.parametrize("speed", ["0", "-1", "inf", "fast"])
    def test_time_goes_forward(self, speed: str) -> None:
        with pytest.raises(SettingsError, match="--paper-speed"):
            load({"paper_speed": speed})


def test_a_fast_clock_is_not_set_back_by_a_restart(tmp_path: Path) -> None:
    fast = load({"paper_db": str(tmp_path / "paper.sqlite"), "paper_speed": 100_000, "paper": True})
    paper = open_paper(fast)
    while paper.engine.advance() < time.time() * 1000 + 60_000:
        time.sleep(0.001)
    left = paper.engine.advance()
    close(paper)
    for speed in (1, 60):
        paper = open_paper(fast.model_copy(update={"paper_speed": speed}))
        first = paper.engine.advance()
        assert left <= first < left + 3_600_000
        while paper.engine.advance() == first:
            time.sleep(0.001)
        close(paper)


def test_two_servers_share_a_file(env: dict[str, str], tmp_path: Path) -> None:
    with StdioServer(env=env, cwd=tmp_path) as first, StdioServer(env=env, cwd=tmp_path) as second:
        placed = [
            server.call("place_order", **ORDER, order_type="LIMIT", price=1000 + number, again=True)[0]
            for number in range(3)
            for server in (first, second)
        ]
        order_ids = {found[0] for text in placed if (found := re.search(r"paper\w{8,}", text))}
        assert len(order_ids) == len(placed), placed
        assert len(order_ids) == 6
        for server in (first, second):
            resting = server.call("get_open_orders")[0]
            assert all(order_id in resting for order_id in order_ids)


def test_start_up_imports_nothing_of_it(env: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import json, sys; from hbmcp import settings; from hbmcp.catalog import Catalog; "
        "from hbmcp.server import line, protocol, stdio, switchboard; from hbmcp.cli import app; app.application(); "
        "told = settings.load(); "
        "protocol.build(switchboard.Switchboard([line.Line(Catalog.load().offer(told), told, None, '')])); "
        "print(json.dumps([told.on_paper, *sorted(name for name in sys.modules "
        "if name.startswith(('hbmcp.paper', 'numpy', 'sqlite3', 'platformdirs')))]))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(out.stdout) == [True]


def test_what_was_remembered_of_an_exchange_goes_when_it_is_reset(tmp_path: Path) -> None:
    env = environment(
        HBMCP_PAPER="true",
        HBMCP_PAPER_DB=str(tmp_path / "paper.sqlite"),
        HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}",
    )
    order = ["account_name=master_account", "connector_name=binance", "trading_pair=ETH-USDT", "side=BUY", "amount=0.1"]
    assert hbmcp("call", "place_order", *order, "price=-3%", env=env, cwd=tmp_path).returncode == 0
    assert "BUY" in hbmcp("call", "get_order_history", env=env, cwd=tmp_path).stdout
    hbmcp("call", "get_portfolio_balances", env={**env, "HBMCP_PAPER_RESET": "true"}, cwd=tmp_path)
    assert "BUY" not in hbmcp("call", "get_order_history", env=env, cwd=tmp_path).stdout
