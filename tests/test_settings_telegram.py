"""The bot by which a person is asked: its token from one place, for one address, with its chat, and never quoted."""

import os
from pathlib import Path

import pytest

from hbmcp import settings
from hbmcp.errors import SettingsError
from tests.bot_api import TOKEN

NAME, FILE, CHAT, USER, URL = (f"HBMCP_TELEGRAM_{name}" for name in ("TOKEN", "TOKEN_FILE", "CHAT", "USER", "URL"))


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith(("HBMCP_", "HUMMINGBOT_", "MCP_", "LOG_LEVEL")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def written(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    Path(name).chmod(0o600)
    return str(Path(name).absolute())


def test_from_the_environment_and_from_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHAT, "-100200300")
    for name, value in ((NAME, f" {TOKEN} "), (FILE, written("token", f"{TOKEN}\n"))):
        with monkeypatch.context() as only:
            only.setenv(name, value)
            told = settings.load()
            assert told.telegram_token is not None
            assert told.telegram_token.get_secret_value() == TOKEN
            assert (told.telegram_chat, told.telegram_user) == (-100200300, None)
            assert TOKEN not in repr(told)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({NAME: TOKEN}, "need each other"),
        ({CHAT: "1"}, "need each other"),
        ({NAME: TOKEN, CHAT: "@me"}, CHAT),
        ({NAME: TOKEN, CHAT: "1", USER: "0"}, USER),
        ({NAME: TOKEN.replace(":", ""), CHAT: "1"}, "as @BotFather gives it"),
        ({NAME: f"{TOKEN}/../x", CHAT: "1"}, "as @BotFather gives it"),
        ({NAME: TOKEN, FILE: "token", CHAT: "1"}, "both set"),
        ({FILE: "nowhere", CHAT: "1"}, "can't be read"),
        ({FILE: "empty", CHAT: "1"}, "as @BotFather gives it"),
        ({FILE: "empty", CHAT: "1"}, "Without the bot's token hbmcp doesn't start. Name a file that holds"),
        ({NAME: TOKEN, CHAT: "1", URL: "http://telegram.example"}, "must be https"),
        ({NAME: TOKEN, CHAT: "1", "HBMCP_TELEGRAM_USR": "1"}, f"did you mean {USER}?"),
    ],
)
def test_what_is_wrong_keeps_it_from_starting(
    given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written("token", TOKEN)
    written("empty", "not a token")
    for name, value in given.items():
        monkeypatch.setenv(name, str(Path(value).absolute()) if name == FILE else value)
    with pytest.raises(SettingsError) as error:
        settings.load()
    assert said in str(error.value)
    assert TOKEN.partition(":")[2] not in str(error.value)


def test_a_token_goes_to_no_address_of_another_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, TOKEN)
    monkeypatch.setenv(CHAT, "1")
    file = written("named.env", f"{URL}=https://elsewhere.example\n")
    with pytest.raises(SettingsError, match="sent nowhere else"):
        settings.load(env_file_path=file)
    Path(file).rename(".env")  # which nobody named
    told = settings.load()
    assert told.telegram_url == "https://api.telegram.org"
    assert any(URL in remark for remark in told.remarks)
