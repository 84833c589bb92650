"""What Prometheus reads of a real server: who may read it, and that labels are ours alone."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from hbmcp.extras import install
from hbmcp.store import TriggerState
from tests.conftest import connected, http_server
from tests.faulty_api import FaultyApi, Reply
from tests.server.http.clients import BUY, MODES, bearer, client, made, on_paper, process

pytestmark = pytest.mark.slow

STRANGE = "stranger-4711"  # as a client, or what it calls, may be named


class Served(NamedTuple):
    url: str
    token: str
    reader: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    asks = '[[confirm]]\nwhen = "always"\nask = "terminal"\ntools = ["add_account"]\n'
    (folder / "policy.toml").write_text(f"{asks}[limits]\norder = 1\n")
    env = on_paper(folder, HBMCP_POLICY=str(folder / "policy.toml"), HBMCP_HTTP_METRICS="true")
    token = made(f"{STRANGE}-token", env=env, cwd=folder)
    reader = made("reader", "--read-only", env=env, cwd=folder)
    with process(env=env, cwd=folder) as (_, url):
        yield Served(url, token, reader)


def page(url: str, headers: Mapping[str, str] = {}) -> httpx.Response:
    with httpx.Client(trust_env=False) as http:
        return http.get(url.replace("/mcp", "/metrics"), headers=headers)


def numbers(text: str) -> dict[tuple[str, ...], float]:
    """("hbmcp_calls_total", "done", "get_accounts") -> 2.0"""
    families = text_string_to_metric_families(text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


@pytest.mark.anyio
async def test_calls_errors_refusals_and_triggers_are_counted_by_words_of_ours(served: Served) -> None:
    for mode in MODES:
        async with client(served.url, served.token, mode) as one:
            await one.call_tool("get_accounts", {})
            assert (await one.call_tool("get_ticker", {STRANGE: STRANGE})).is_error
            assert (await one.call_tool("place_order", {**BUY, "amount": "0.002"})).is_error
            assert not (await one.call_tool("add_account", {"account_name": "x"})).is_error  # it waits for a person
            with pytest.raises(Exception, match=STRANGE):
                await one.call_tool(STRANGE, {})
        async with client(served.url, served.reader, mode) as one:
            assert (await one.call_tool("close_position", {})).is_error
    answer = page(served.url, bearer(served.token))
    found = numbers(answer.text)
    assert found["hbmcp_calls_total", "done", "get_accounts"] == 2
    assert found["hbmcp_calls_total", "failed", "get_ticker"] == 2
    assert found["hbmcp_calls_total", "refused", "place_order"] == 2
    assert found["hbmcp_errors_total", "bad_arguments"] == 2
    assert found["hbmcp_errors_total", "limit_reached"] == 2
    assert found["hbmcp_refusals_total", "order"] == 2
    assert found["hbmcp_calls_total", "waiting", "add_account"] == 2
    assert ("hbmcp_calls_total", "done", "add_account") not in found
    assert found["hbmcp_calls_total", "refused", "close_position"] == 2
    assert found["hbmcp_refusals_total", "unknown_tool"] == 2
    assert found["hbmcp_call_seconds_count", "place_order"] == 2
    assert {key[1] for key in found if key[0] == "hbmcp_triggers"} == set(TriggerState.__args__)  # type: ignore[attr-defined]
    assert found["hbmcp_triggers", "waiting"] == 0
    for secret in (STRANGE, served.token, "master_account", "tests"):
        assert secret not in answer.text


def test_it_is_read_through_the_doors_that_all_go_through(served: Served) -> None:
    assert page(served.url).status_code == 401
    assert page(served.url, bearer(f"{served.token}x")).status_code == 401
    assert page(served.url, {**bearer(served.token), "host": "evil.example"}).status_code == 421
    assert page(served.url, {**bearer(served.token), "origin": "http://evil.example"}).status_code == 403


@pytest.mark.anyio
async def test_a_call_in_doubt_is_counted_as_unknown(tmp_path: Path, api: FaultyApi) -> None:
    api.always = Reply(drop=True)
    own = f"sqlite:///{tmp_path / 'state.sqlite'}"
    env = connected(api.url, HBMCP_HTTP_METRICS="true", HBMCP_TOOLS="all", HBMCP_STATE_URL=own)
    with http_server(env, tmp_path) as url:
        async with client(url) as one:
            assert (await one.call_tool("submit_cancel", {
                "account_name": "master_account", "connector_name": "binance", "order_id": "a",
            })).is_error  # fmt: skip
        found = numbers(page(url).text)
    assert found["hbmcp_calls_total", "unknown", "submit_cancel"] == 1
    assert found["hbmcp_errors_total", "outcome_unknown"] == 1


def test_who_does_not_ask_for_it_has_none(tmp_path: Path) -> None:
    with process(env=on_paper(tmp_path), cwd=tmp_path) as (_, url):
        answer = page(url)
        assert answer.status_code == 404, answer.text


def test_without_the_package_it_does_not_start(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['prometheus_client'] = None; "
        "sys.argv = ['hbmcp', 'serve', '--transport', 'http', '--port', '0', '--metrics']; "
        "from hbmcp.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=on_paper(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert install("metrics") in done.stderr
