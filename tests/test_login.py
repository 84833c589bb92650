"""hbmcp login and logout: the API's password in the keyring, for its address alone."""

import base64
import json
from pathlib import Path

import pytest

from tests.conftest import environment, hbmcp
from tests.faulty_api import FaultyApi, Reply
from tests.file_keyring import with_keyring
from tests.stdio_server import StdioServer
from tests.terminal import Terminal

PASSWORD = 'p@ss/w?rd+4711 "~ü'


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    own = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "LOG_LEVEL": "DEBUG"}
    env = environment(**own)
    keyring = with_keyring(tmp_path / "keyring.json")
    return {**env, **keyring, "PYTHONPATH": f"{env['PYTHONPATH']}:{keyring['PYTHONPATH']}"}


def log_in(env: dict[str, str], cwd: Path, *arguments: str) -> Terminal:
    with Terminal("login", *arguments, env=env, cwd=cwd) as person:
        person.type("Username", "trader")
        person.type("Password", PASSWORD)
        person.end()
    assert PASSWORD not in person.screen
    return person


def kept(tmp_path: Path) -> object:
    file = tmp_path / "keyring.json"
    return json.loads(file.read_text()) if file.exists() else {}


def test_a_server_uses_what_was_kept_for_its_address_and_no_other(
    api: FaultyApi, env: dict[str, str], tmp_path: Path
) -> None:
    person = log_in(env, tmp_path, api.url)
    assert person.code == 0
    assert f"The keyring keeps it, for {api.url} alone." in person.screen
    service = f"hbmcp {api.url.replace('127.0.0.1', 'localhost')}"
    assert kept(tmp_path) == {service: {"trader": PASSWORD}}
    asked = len(api.requests)
    with StdioServer(env={**env, "HUMMINGBOT_API_URL": api.url}, cwd=tmp_path) as server:
        assert server.call("get_connectors") == ("No rows.", False)
        server.close()
    token = base64.b64encode(f"trader:{PASSWORD}".encode()).decode()
    assert {one.headers["authorization"] for one in api.requests[asked:]} == {f"Basic {token}"}
    log = "".join(server.log)
    assert "HUMMINGBOT_API_USERNAME, HUMMINGBOT_API_PASSWORD from hbmcp login" in log
    assert PASSWORD not in log
    with FaultyApi() as other, StdioServer(env={**env, "HUMMINGBOT_API_URL": other.url}, cwd=tmp_path) as server:
        text, failed = server.call("get_connectors")
        assert failed
        assert "HUMMINGBOT_API_PASSWORD are not set" in text
        assert other.requests == []


def test_what_the_api_does_not_accept_is_not_kept(api: FaultyApi, env: dict[str, str], tmp_path: Path) -> None:
    api.always = Reply.json({"detail": f"not {PASSWORD}"}, 401)
    person = log_in(env, tmp_path, api.url)
    assert person.code == 1
    assert "Nothing was kept." in person.screen
    assert kept(tmp_path) == {}
    assert not (tmp_path / "config").exists()


def test_logging_out_leaves_nothing(api: FaultyApi, env: dict[str, str], tmp_path: Path) -> None:
    told = {**env, "HUMMINGBOT_API_URL": api.url}
    log_in(told, tmp_path)
    assert "no longer kept" in hbmcp("logout", env=told, cwd=tmp_path).stdout
    assert kept(tmp_path) == {}
    assert "No login for" in hbmcp("logout", env=told, cwd=tmp_path).stdout


def test_it_asks_at_a_terminal_only(api: FaultyApi, env: dict[str, str], tmp_path: Path) -> None:
    done = hbmcp("login", api.url, env=env, cwd=tmp_path)
    assert done.returncode == 2
    assert "its input is no terminal" in done.stderr
    assert api.requests == []


def test_an_address_with_a_password_in_it_is_refused_and_not_quoted(env: dict[str, str], tmp_path: Path) -> None:
    for command in ("login", "logout"):
        with Terminal(command, "http://trader:hunter2@vps:8000", env=env, cwd=tmp_path) as person:
            assert person.end() == 2
        assert "must not hold a username or password" in person.screen
        assert "hunter2" not in person.screen


def test_who_is_on_the_way_is_warned_of(env: dict[str, str], tmp_path: Path) -> None:
    for address, warned in (("http://vps.invalid:8000", True), ("https://vps.invalid", False)):
        with Terminal("login", address, env=env, cwd=tmp_path) as person:
            person.type("Username", "trader")
        assert ("http, not https" in person.screen) is warned
