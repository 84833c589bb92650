"""One call over HTTP that goes wrong in every way."""

import dataclasses
import logging
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from hbmcp import settings
from hbmcp.api.proxy import proxy_for
from hbmcp.bridge import Bridge, Outcome
from hbmcp.catalog import Catalog, Offer
from hbmcp.policy.model import Policy
from tests.conftest import EVERY, PASSWORD, USERNAME
from tests.faulty_api import CUT, DROP, HANG, HTML, FaultyApi, Reply

pytestmark = pytest.mark.anyio

CATALOG = Catalog.load()
ORDER = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": "0.1",
    "order_type": "MARKET",
}
GOOD = Reply.json(["master_account"])
NO_SERVER = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, NO_SERVER)  # on the loopback no proxy is used


def hurried(seconds: float) -> Offer:
    """Every tool, with little time."""
    offer = CATALOG.choose(tools=EVERY)
    offer.tools[:] = [dataclasses.replace(tool, timeout=seconds) for tool in offer.tools]
    offer._names = {tool.name: tool for tool in offer.tools}
    return offer


async def call(url: str, tool: str, offer: Offer | None = None, **arguments: Any) -> Outcome:
    told = settings.load({"api_url": url, "api_username": USERNAME, "api_password": PASSWORD})
    bridge = Bridge(offer or CATALOG.choose(tools=EVERY), told, policy=Policy())
    try:
        outcome = await bridge.call(tool, arguments)
    finally:
        await bridge.aclose()
    assert url not in outcome.text
    assert PASSWORD not in outcome.text
    return outcome


async def test_nobody_listens() -> None:
    for tool, arguments in (("list_accounts", {}), ("submit_order", ORDER)):
        outcome = await call(NO_SERVER, tool, **arguments)
        assert outcome.is_error
        assert "can't be reached: nothing listens there. Nothing was sent." in outcome.text


async def test_an_unknown_host() -> None:
    outcome = await call("http://host.invalid", "list_accounts")
    assert "can't be reached" in outcome.text
    assert "Nothing was sent" in outcome.text


class TestProxies:
    """What the environment says of proxies and certificates is named where it doesn't work, and nothing is sent."""

    @pytest.fixture(autouse=True)
    def _none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)

    @pytest.mark.parametrize(
        ("url", "variable", "value", "told"),
        [
            ("http://api.example", "ALL_PROXY", "socks5://trader:hunter2@127.0.0.1:1", "a SOCKS proxy"),
            ("http://api.example", "all_proxy", "socks5h://127.0.0.1:1", "a SOCKS proxy"),
            ("http://api.example", "HTTP_PROXY", "ftp://trader:hunter2@127.0.0.1:1", "a kind of proxy"),
            ("http://api.example", "HTTP_PROXY", "http://[hunter2", "isn't the address of a proxy"),
            ("http://api.example", "HTTP_PROXY", "http://proxy:hunter2", "isn't the address of a proxy"),
            ("http://api.example", "HTTP_PROXY", NO_SERVER, "nothing listens there"),
            ("http://api.example", "http_proxy", "127.0.0.1:1", "nothing listens there"),
            ("https://api.example", "HTTPS_PROXY", NO_SERVER, "nothing listens there"),
            ("https://api.example", "ALL_PROXY", "http://host.invalid:1", "its host name isn't known"),
            ("https://api.example", "SSL_CERT_FILE", "/nowhere/hunter2.pem", "certificates for https can't be read"),
            ("https://api.example", "SSL_CERT_FILE", __file__, "certificates for https can't be read"),
        ],
    )
    @pytest.mark.parametrize("tool", ["list_accounts", "submit_order"])
    async def test_the_variable_is_named(
        self, url: str, variable: str, value: str, told: str, tool: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hbmcp.api.proxy.find_spec", lambda _: None)  # SOCKS needs a package that may be there
        monkeypatch.setenv(variable, value)
        outcome = await call(url, tool, **(ORDER if tool == "submit_order" else {}))
        assert outcome.is_error
        assert told in outcome.text
        assert variable in outcome.text
        assert "Nothing was sent." in outcome.text
        assert "restart hbmcp" in outcome.text
        assert "hunter2" not in outcome.text

    @pytest.mark.parametrize(
        "listed", ["[::1]", "[::1]:8000,localhost", "*.other.example, 10.0.0.0/8", "a:b:c", "http://"]
    )
    async def test_what_no_proxy_lists_does_no_harm(
        self, listed: str, api: FaultyApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        api.always = GOOD
        monkeypatch.setenv("HTTP_PROXY", api.url)
        monkeypatch.setenv("NO_PROXY", listed)
        assert not (await call("http://api.example", "list_accounts")).is_error
        assert api.requests[0].headers["host"] == "api.example"

    async def test_a_proxy_that_wants_a_login_is_not_the_api(
        self, api: FaultyApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        api.always = Reply(407, b"<html>who are you?</html>", "text/html")
        monkeypatch.setenv("HTTP_PROXY", api.url)
        outcome = await call("http://api.example", "submit_order", **ORDER)
        assert "the proxy that HTTP_PROXY names: it wants a username and a password. Nothing was sent." in outcome.text

    @pytest.mark.parametrize(
        ("address", "listed", "direct"),
        [
            ("http://vps:8000", "", False),
            ("http://vps:8000", "*", True),
            ("http://vps:8000", "other,vps", True),
            ("http://VPS:8000", "vps:8000", True),
            ("http://vps:8000", "vps:8001", False),
            ("http://api.home.example", "home.example", True),
            ("http://api.home.example", ".home.example", True),
            ("http://api.home.example", "*.home.example", True),
            ("http://awayhome.example", "home.example", False),
            ("http://10.1.2.3:8000", "10.0.0.0/8", True),
            ("http://10.1.2.3:8000", "10.1.2.3", True),
            ("http://10.1.2.3:8000", "10.1.2.4", False),
            ("http://[fd00::1]:8000", "[fd00::1]", True),
            ("http://[fd00::1]:8000", "fd00:0::1", True),
            ("http://[fd00::1]:8000", "[fd00::1]:8001", False),
            ("http://localhost:8000", "", True),
            ("http://127.0.0.2:8000", "", True),
            ("http://[::1]:8000", "", True),
        ],
    )
    async def test_who_is_asked_without_one(
        self, address: str, listed: str, direct: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
        monkeypatch.setenv("NO_PROXY", listed)
        assert (proxy_for(address) is None) is direct


@pytest.mark.parametrize("fault", [DROP, CUT, Reply(502, b"<html/>", "text/html"), Reply(503, b"", "text/plain")])
async def test_a_read_is_repeated_until_it_is_answered(fault: Reply, api: FaultyApi) -> None:
    api.then(fault, fault, GOOD)
    assert await call(api.url, "list_accounts") == Outcome('["master_account"]', False)
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    ("fault", "told"),
    [(DROP, "broke before the whole answer"), (CUT, "broke before the whole answer"), (Reply(504, b""), "HTTP 504")],
)
async def test_a_read_is_given_up_after_three_attempts(fault: Reply, told: str, api: FaultyApi) -> None:
    api.always = fault
    outcome = await call(api.url, "list_accounts")
    assert outcome.is_error
    assert told in outcome.text
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    "fault",
    [
        Reply.json({"detail": "Gateway service is not available"}, 503),
        Reply.json({"detail": "'NOPE-USDT'"}, 500),
        Reply.json({"detail": "Not authenticated"}, 401),
        HTML,
    ],
)
async def test_a_read_that_would_fail_again_is_not_repeated(fault: Reply, api: FaultyApi) -> None:
    api.always = fault
    assert (await call(api.url, "list_accounts")).is_error
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "fault", [DROP, CUT, HTML, Reply(502, b"<html/>", "text/html"), Reply(504, b""), Reply(503, b"", "text/plain")]
)
async def test_an_order_is_sent_once_and_its_outcome_unknown(fault: Reply, api: FaultyApi) -> None:
    api.always = fault
    outcome = await call(api.url, "submit_order", **ORDER)
    assert outcome.is_error
    assert outcome.text.startswith("Outcome unknown: submit_order")
    assert "may have been placed" in outcome.text
    assert "look with get_order, get_open_orders, get_order_history" in outcome.text
    assert len(api.requests) == 1


async def test_what_no_address_can_hold_isnt_sent(api: FaultyApi) -> None:
    long = {"account_name": "x" * 70_000, "connector_name": "binance", "order_id": "1"}
    outcome = await call(api.url, "submit_cancel", **long)
    assert outcome.text == "What submit_cancel is given is too long for a request. Nothing was sent. Give less."
    assert api.requests == []


async def test_a_slow_order_has_an_unknown_outcome(api: FaultyApi) -> None:
    api.always = HANG
    outcome = await call(api.url, "submit_order", hurried(0.3), **ORDER)
    assert outcome.text.startswith("Outcome unknown: submit_order was sent, but no answer came within 0.3 s.")
    assert len(api.requests) == 1
    assert await anyio.to_thread.run_sync(api.left.wait, 10)


async def test_a_slow_read_changes_nothing_and_is_not_repeated(api: FaultyApi) -> None:
    api.always = HANG
    outcome = await call(api.url, "list_accounts", hurried(1.5))
    assert "didn't answer list_accounts in time: no answer came within 1.5 s. Nothing was changed." in outcome.text
    assert len(api.requests) == 1


async def test_html_is_not_an_answer(api: FaultyApi) -> None:
    api.always = HTML
    outcome = await call(api.url, "list_accounts")
    assert outcome.is_error
    assert "isn't JSON" in outcome.text


@pytest.mark.parametrize("body", [b'["half', b"\xff\xfe", b"NaN", b""])
async def test_neither_is_broken_json(body: bytes, api: FaultyApi) -> None:
    api.always = Reply(body=body)
    assert "isn't JSON" in (await call(api.url, "list_accounts")).text


async def test_a_redirect_is_not_followed(api: FaultyApi) -> None:
    with FaultyApi() as elsewhere:
        api.always = Reply(307, b"", headers=(f"location: {elsewhere.url}/accounts/",))
        outcome = await call(api.url, "list_accounts")
        assert "sends the request elsewhere" in outcome.text
        assert elsewhere.url not in outcome.text
        assert not elsewhere.requests


async def test_wrong_credentials(api: FaultyApi) -> None:
    api.always = Reply.json({"detail": "Incorrect username or password"}, 401)
    outcome = await call(api.url, "submit_order", **ORDER)
    assert "HUMMINGBOT_API_PASSWORD" in outcome.text
    assert "Nothing was done" in outcome.text


@pytest.mark.parametrize(("base", "path"), [("", "/accounts/"), ("/", "/accounts/"), ("/api/v1/", "/api/v1/accounts/")])
async def test_the_address_may_have_a_path(base: str, path: str, api: FaultyApi) -> None:
    api.always = GOOD
    assert not (await call(api.url + base, "list_accounts")).is_error
    assert api.requests[0].path == path


async def test_a_number_reaches_the_api_as_it_was_written(api: FaultyApi) -> None:
    api.always = Reply.json({"order_id": "1", "status": "submitted"}, 201)
    await call(api.url, "submit_order", **{**ORDER, "amount": "0.100000000000000000001"})
    assert b'"amount":"0.100000000000000000001"' in api.requests[0].body


async def test_nothing_of_a_call_is_logged_but_its_repetition(api: FaultyApi, caplog: pytest.LogCaptureFixture) -> None:
    api.then(DROP)
    with caplog.at_level(logging.INFO, "hbmcp"):
        await call(api.url, "list_accounts")
    assert [record.getMessage() for record in caplog.records if record.name.startswith("hbmcp")] == [
        "list_accounts: RemoteProtocolError, trying again"
    ]


async def test_no_module_is_searched_for_again_at_every_request(
    api: FaultyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """httpcore tries to import one that needn't be there: a search of the whole path takes as long as a request."""
    told = settings.load({"api_url": api.url, "api_username": USERNAME, "api_password": PASSWORD})
    bridge = Bridge(CATALOG.choose(tools=EVERY), told, policy=Policy())
    api.then(GOOD, GOOD)
    searched: list[str] = []
    await bridge.call("list_accounts", {})  # the first one imports what it needs

    class Searches:
        @staticmethod
        def find_spec(name: str, *_: Any) -> None:
            searched.append(name)

    monkeypatch.setattr(sys, "meta_path", [Searches, *sys.meta_path])
    outcome = await bridge.call("list_accounts", {})
    await bridge.aclose()
    assert not outcome.is_error
    assert searched == []
