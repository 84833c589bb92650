"""By which names a server over HTTP may be called, and from which pages; on the loopback too."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.errors import SettingsError
from hbmcp.server.http.listening import listen, remarks
from hbmcp.server.http.turned_away import TurnedAway
from hbmcp.settings import Settings
from hbmcp.settings.hosts import Host, is_loopback, read_host, read_origin
from tests.conftest import connected, hbmcp, http_server
from tests.faulty_api import FaultyApi
from tests.server.http.clients import bearer, made, on_paper, process

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def url(_faulty_api: FaultyApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    env = connected(
        _faulty_api.url,
        HBMCP_HTTP_ALLOWED_HOSTS="Host.docker.internal, mcp.example:8443",
        HBMCP_HTTP_ALLOWED_ORIGINS="https://app.example",
    )
    folder = tmp_path_factory.mktemp("doors")
    env["HBMCP_STATE_URL"] = f"sqlite:///{folder / 'state.sqlite'}"
    made("somebody", env=env, cwd=folder)
    with http_server(env, folder) as address:
        yield address


@pytest.fixture(scope="module")
def plain(_faulty_api: FaultyApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with http_server(connected(_faulty_api.url), tmp_path_factory.mktemp("plain")) as address:
        yield address


def asked(url: str, *headers: tuple[str, str]) -> int:
    with httpx.Client(trust_env=False) as client:
        return client.post(url, json=PING, headers=[*ACCEPT.items(), *headers]).status_code


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST:1", "host.docker.internal:9", "mcp.example:8443"]
)
def test_a_name_that_is_ours_or_allowed_is_let_in(host: str, url: str) -> None:
    assert asked(url, ("host", host)) == 401  # for a token is asked


FOREIGN = ["evil.example", "localhost.evil.example", "localhost:3000.evil.example", "evil@localhost", "localhost:x", ""]


@pytest.mark.parametrize("host", [*FOREIGN, "mcp.example", "mcp.example:3000"])
def test_any_other_is_turned_away_on_every_path(host: str, url: str) -> None:
    for path in ("/mcp", "/", "/healthz", "/.well-known/oauth-protected-resource/mcp"):
        assert asked(url.replace("/mcp", path), ("host", host)) == 421


@pytest.mark.parametrize("host", [*FOREIGN, "host.docker.internal", "192.0.2.2"])
def test_the_loopback_is_not_taken_for_safe(host: str, plain: str) -> None:
    assert asked(plain, ("host", host)) == 421


@pytest.mark.parametrize(
    "origin", ["http://localhost:5173", "http://127.0.0.1", "https://app.example", "HTTPS://App.Example:443"]
)
def test_a_page_of_this_machine_or_an_allowed_one_may_call(origin: str, url: str) -> None:
    assert asked(url, ("origin", origin)) == 401


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://app.example", "https://app.example.evil", "https://app.example:8443"],
)
def test_no_other_page_may(origin: str, url: str) -> None:
    assert asked(url, ("origin", origin)) == 403


def test_an_allowed_page_is_told_so_by_the_browser_s_rules(url: str) -> None:
    wants = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,mcp-session-id"}
    with httpx.Client(trust_env=False) as client:
        answer = client.options(url, headers={**wants, "origin": "https://app.example"})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert client.options(url, headers={**wants, "origin": "https://evil.example"}).status_code == 403


def test_who_is_turned_away_is_told_what_was_heard_and_what_allows_it(url: str) -> None:
    with httpx.Client(trust_env=False) as client:
        named = client.post(url, json=PING, headers={**ACCEPT, "host": 'evil.example" is fine'})
        page = client.post(url, json=PING, headers={**ACCEPT, "origin": "http://evil.example"})
    assert named.text == (
        'Nothing was done: this server isn\'t called "evil.example\\" is fine". A person can allow more: '
        "HBMCP_HTTP_ALLOWED_HOSTS (--allowed-hosts).\n"
    )
    assert page.text == (
        "Nothing was done: no page from http://evil.example may call. A person can allow more: "
        "HBMCP_HTTP_ALLOWED_ORIGINS (--allowed-origins).\n"
    )


def test_where_it_listens_everywhere_any_address_calls_it_and_the_log_tells_the_rest(tmp_path: Path) -> None:
    env = on_paper(tmp_path, HBMCP_HTTP_HOST="0.0.0.0", LOG_LEVEL="INFO")
    token = made("somebody", env=env, cwd=tmp_path)
    with process(env=env, cwd=tmp_path) as (server, url):
        for host in ("192.0.2.2:3021", "192.0.2.2", "[2001:db8::1]:3000", "localhost:1"):
            assert asked(url, ("host", host), *bearer(token).items()) != 421
            assert asked(url, ("host", host)) == 401
        with httpx.Client(trust_env=False) as client:
            health = client.get(url.replace("/mcp", "/healthz"), headers={"host": "10.1.2.3:3000"})
            assert (health.status_code, health.text) == (200, "ok")
        for host in (*FOREIGN, "192.0.2.2.evil.example", "3221225986", "0xc0.0.2.2"):
            assert asked(url, ("host", host), *bearer(token).items()) == 421
        for _ in range(2):
            assert asked(url, *bearer(f"{token[:-1]}!").items()) == 401
            assert asked(url, ("origin", "http://evil.example"), *bearer(token).items()) == 403
            assert asked(f"{url}?token={token}") == 400
            assert asked(url, ("authorization", "Basic dXNlcjpwYXNz")) == 401
        server.terminate()
        assert server.stderr is not None
        log = server.stderr.read()
    assert "It answers clients now." in log
    turned_away = re.findall(r"A request from 127\.0\.0\.1 was turned away: (.*)", log)
    assert turned_away == [
        "no access token.",
        "this server isn't called evil.example, see HBMCP_HTTP_ALLOWED_HOSTS (--allowed-hosts).",
        "this token opens nothing here.",
        "no page from http://evil.example may call, see HBMCP_HTTP_ALLOWED_ORIGINS (--allowed-origins).",
        "a token stands in its address: revoke that one.",
        "one access token is needed, as Bearer.",
    ]
    assert token[:-1] not in log


@pytest.mark.parametrize(
    ("setting", "warned"),
    [
        ({"HBMCP_HTTP_HOST": "0.0.0.0"}, ["plain HTTP beyond", "by no name but localhost"]),
        ({"HBMCP_HTTP_HOST": "::", "HBMCP_HTTP_ALLOWED_HOSTS": "mcp.example"}, ["plain HTTP beyond"]),
        ({"HBMCP_HTTP_HOST": "0.0.0.0", "HBMCP_TLS_CERT": "cert.pem"}, ["by no name but localhost"]),
        ({"HBMCP_HTTP_ALLOWED_HOSTS": "mcp.example"}, []),
    ],
)
def test_who_opens_it_to_others_is_warned(setting: dict[str, str], warned: list[str]) -> None:
    told = Settings.model_validate(setting)
    try:
        listener = listen(0, told.http_host)
    except SettingsError:
        pytest.skip("no IPv6 here")
    with listener:
        said = list(remarks(told, listener))
    assert len(said) == len(warned)
    assert all(word in one for word, one in zip(warned, said, strict=True))


def test_who_keeps_being_turned_away_is_told_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("hbmcp.server.http.turned_away.ticking", lambda: now)
    turned_away = TurnedAway()
    for now in (0.0, 1.0, 59.0, 61.0, 62.0, 122.0):  # noqa: B007
        turned_away.tell({"client": ("a\nb", 1)}, "kind", "why")
    turned_away.tell({}, "another", "why")
    first = 'A request from "a\\nb" was turned away: why.'
    assert caplog.messages == [
        first,
        f"{first} So were 2 more since the last such line.",
        f"{first} So were 1 more since the last such line.",
        "A request was turned away: why.",
    ]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_it_does_not_start_where_other_machines_reach_it(host: str, tmp_path: Path, api: FaultyApi) -> None:
    done = serve("--host", host, env=connected(api.url), cwd=tmp_path)
    assert done.returncode == 2
    assert "reached from elsewhere than this machine" in done.stderr
    assert "Traceback" not in done.stderr


def serve(*flags: str, **options: object) -> subprocess.CompletedProcess[str]:
    return hbmcp("serve", "--transport", "http", "--port", "0", *flags, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HBMCP_HTTP_HOST", "127.0.0.1:3000", "it must have no port"),
        ("HBMCP_HTTP_ALLOWED_HOSTS", "*", "'*' is no host such as example.com"),
        ("HBMCP_HTTP_ALLOWED_HOSTS", "https://mcp.example", "'https://mcp.example' is no host"),
        ("HBMCP_HTTP_ALLOWED_ORIGINS", "app.example", "'app.example' is no origin such as https://example.com"),
        ("HBMCP_HTTP_ALLOWED_ORIGINS", "https://app.example/path", "is no host"),
    ],
)
def test_what_is_wrong_with_a_setting_is_told(name: str, value: str, told: str, tmp_path: Path, api: FaultyApi) -> None:
    done = serve(env=connected(api.url, **{name: value}), cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_found_env_file_sets_nothing_of_http(tmp_path: Path, api: FaultyApi) -> None:
    (tmp_path / ".env").write_text("HBMCP_HTTP_HOST=0.0.0.0\nHBMCP_HTTP_ALLOWED_HOSTS=evil.example\n")
    with http_server(connected(api.url), tmp_path) as address:
        assert asked(address, ("host", "evil.example")) == 421


@given(st.text(max_size=30))
def test_no_text_is_taken_for_another_host(text: str) -> None:
    try:
        host = read_host(text)
    except ValueError:
        return
    name = f"[{host.name}]" if ":" in host.name else host.name
    said = text.strip().lower()
    assert said in (host.name, name, f"{name}:{host.port}")


@pytest.mark.parametrize(
    ("text", "host"), [("::1", Host("::1")), ("[::1]:80", Host("::1", 80)), ("A_b.c", Host("a_b.c"))]
)
def test_hosts_are_read_as_they_are_written(text: str, host: Host) -> None:
    assert read_host(text) == host


def test_a_host_is_read_once_and_what_is_none_is_not_kept() -> None:
    assert read_host("once.example:1") is read_host("once.example:1")
    kept = read_host.cache_info().currsize
    for text in ("a b", "x" * 100_000, "once.example:y"):
        with pytest.raises(ValueError, match=r"no host|Port could not"):
            read_host(text)
    assert read_host.cache_info().currsize == kept


@pytest.mark.parametrize("text", ["https://a.example", "http://[::1]:3000", "http://a.example:8080"])
def test_origins_are_said_as_a_browser_says_them(text: str) -> None:
    assert read_origin(text).text == text


@pytest.mark.parametrize(
    ("address", "loopback"), [("127.0.0.2", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.1", False)]
)
def test_what_is_the_loopback(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


@pytest.mark.parametrize(
    ("given", "here"),
    [
        ({}, True),
        ({"HBMCP_HTTP_HOST": "localhost", "HBMCP_HTTP_ALLOWED_HOSTS": "localhost:3000,[::1]"}, True),
        ({"HBMCP_HTTP_HOST": "0.0.0.0"}, False),
        ({"HBMCP_HTTP_ALLOWED_HOSTS": "localhost,host.docker.internal"}, False),
        ({"HBMCP_HTTP_ALLOWED_ORIGINS": "http://localhost:5173"}, True),
        ({"HBMCP_HTTP_ALLOWED_ORIGINS": "https://example.com"}, False),
    ],
)
def test_who_is_let_in_from_elsewhere(given: dict[str, str], here: bool) -> None:
    assert Settings.model_validate(given).called_from_here is here
