"""Settings from the environment, .env and flags."""

import os
from pathlib import Path

import pytest

from hbmcp import settings
from hbmcp.errors import SettingsError


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith(("HBMCP_", "HUMMINGBOT_", "MCP_", "LOG_LEVEL")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_defaults() -> None:
    told = settings.load()
    assert (told.api_url, told.port, told.log_level) == ("http://localhost:8000", 3000, "INFO")
    assert (told.api_username, told.api_password, told.toolsets, told.read_only) == (None, None, (), False)


def test_flags_over_env_file_over_environment_over_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_SERVER_PORT", "1")
    monkeypatch.setenv("LOG_LEVEL", "error")
    monkeypatch.setenv("HBMCP_TOOLSETS", "bots")
    Path(".env").write_text("LOG_LEVEL=debug\nHBMCP_TOOLSETS=trading, accounts\nSOMETHING_ELSE=1\n")
    told = settings.load({"toolsets": "all", "port": None})
    assert (told.port, told.log_level, told.toolsets) == (1, "DEBUG", ("all",))
    assert settings.load().toolsets == ("trading", "accounts")


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMMINGBOT_API_USERNAME", "")
    monkeypatch.setenv("MCP_SERVER_PORT", "")
    assert settings.load().api_username is None
    assert settings.load().port == 3000


def test_the_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMMINGBOT_API_PASSWORD", "hunter2")
    assert "hunter2" not in repr(settings.load())


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("MCP_SERVER_PORT", "http", r"MCP_SERVER_PORT \(--port\): "),
        ("MCP_SERVER_PORT", "70000", r"MCP_SERVER_PORT \(--port\): "),
        ("LOG_LEVEL", "LOUD", r"LOG_LEVEL \(--log-level\): .*DEBUG"),
        ("HBMCP_READ_ONLY", "perhaps", r"HBMCP_READ_ONLY \(--read-only\): "),
        ("HUMMINGBOT_API_URL", "localhost:8000", "HUMMINGBOT_API_URL: .*http://localhost:8000"),
        ("HUMMINGBOT_API_URL", "http://trader:hunter2@host", "must not hold a username or password"),
        ("HUMMINGBOT_API_URL", "http://host:hunter2", "HUMMINGBOT_API_URL: "),
        ("HUMMINGBOT_API_URL", "http://host/?key=hunter2", "nothing after its path"),
        ("HUMMINGBOT_API_URL", "http://trader:[hunter2]@host", "HUMMINGBOT_API_URL: "),
        ("HBMCP_STATE_URL", "mysql://trader:hunter2@host/db", r"HBMCP_STATE_URL: .*postgresql://user:password@"),
        ("HBMCP_STATE_URL", "/home/hunter2/state.sqlite", "HBMCP_STATE_URL: "),
        ("HBMCP_STATE_URL", "postgresql://trader:hunter2@host", "a database's name"),
        ("HBMCP_STATE_URL", "postgresql:///hunter2", "a host"),
        ("HBMCP_STATE_URL", "postgresql://trader:hunter2#@host/db", "%23"),
        ("HBMCP_STATE_URL", "postgresql://trader:a/hunter2@host/db", "%2F"),
        ("HBMCP_STATE_URL", "postgresql://trader@host:hunter2/db", "a port that is a number"),
        ("HBMCP_STATE_URL", "postgresql://trader:[hunter2]@host/db", "a host"),
        ("HBMCP_STATE_URL", "sqlite://hunter2.sqlite", "the path of a file"),
        ("HBMCP_STATE_URL", "sqlite:///", "the path of a file"),
    ],
)
def test_a_bad_value_names_its_variable_and_not_itself(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=told) as caught:
        settings.load()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_address_may_have_a_path_and_a_slash_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMMINGBOT_API_URL", "https://host/hummingbot/")
    assert settings.load().api_url == "https://host/hummingbot"


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:////home/me/state.sqlite",
        "sqlite:///state.sqlite",
        "postgresql://trader:hunter2@localhost:5432/hummingbot",
        "postgresql+asyncpg://trader:hunter2@localhost/hummingbot",
        "postgres://localhost/hummingbot?sslmode=require",
        "postgresql://trader@/hummingbot?host=/var/run/postgresql",
    ],
)
def test_the_address_of_the_store_is_kept_secret(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HBMCP_STATE_URL", f" {address} ")
    told = settings.load()
    assert told.state_url is not None
    assert told.state_url.get_secret_value() == address
    assert "hunter2" not in repr(told)
    assert told.on_paper


def test_an_env_file_that_is_not_text() -> None:
    Path(".env").write_bytes(b"LOG_LEVEL=\xff\xfe")
    with pytest.raises(SettingsError, match=r"\.env can't be read"):
        settings.load()
