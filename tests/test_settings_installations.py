"""Several installations in a file: what each is, and what is wrong with the file."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from hbmcp import settings
from hbmcp.errors import SettingsError
from hbmcp.identity import Identity
from hbmcp.settings import Settings
from hbmcp.settings.installations import _EVERY
from tests.conftest import ROOT

Written = Callable[[str], list[Settings]]

TOKEN = f"123456:{'a' * 35}"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """The installations of a file with this text."""
    for name in os.environ:
        if name.upper().startswith(("HBMCP_", "HUMMINGBOT_", "MCP_", "LOG_LEVEL")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def load(text: str) -> list[Settings]:
        file = tmp_path / "installations.toml"
        file.write_text(text)
        file.chmod(0o600)
        return settings.load_all({"installations": "installations.toml"})

    return load


def secret(told: Settings) -> str | None:
    return told.api_password.get_secret_value() if told.api_password else None


def test_each_has_an_address_and_its_own_credentials(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VPS_PASSWORD", "of the vps")
    monkeypatch.setenv("VPS_USER", "root")
    (tmp_path / "home.password").write_text("of home\n")
    home, vps, practice = written("""
        [home]
        url = "http://localhost:8000/"
        username = "admin"
        password_file = "home.password"
        [vps]
        url = "https://vps.example.com"
        username_env = "VPS_USER"
        password_env = "VPS_PASSWORD"
        read_only = true
        exclude_tools = ["place_order"]
        policy = "strict.toml"
        remembered_as = "vps-1"
        [practice]
        paper = true
        paper_db = "practice.sqlite"
        paper_balance = "USDT=5"
        """)
    assert (home.name, home.api_url, home.api_username, secret(home)) == (
        *("home", "http://localhost:8000", "admin", "of home"),
    )
    assert (vps.name, vps.api_url, vps.api_username, secret(vps)) == (
        *("vps", "https://vps.example.com", "root", "of the vps"),
    )
    assert (vps.read_only, vps.exclude_tools, vps.policy) == (True, ("place_order",), str(tmp_path / "strict.toml"))
    assert (home.read_only, home.exclude_tools, home.policy) == (False, (), None)
    assert [one.on_paper for one in (home, vps, practice)] == [False, False, True]
    assert practice.paper_db == str(tmp_path / "practice.sqlite")
    identities = [Identity.of(one) for one in (home, vps, practice)]
    assert [one.name for one in identities] == [
        *("http://localhost:8000", "vps-1", f"paper {tmp_path / 'practice.sqlite'}"),
    ], "as of a server that has it alone, so that what was remembered stays"
    assert identities[0].words == "home (http://localhost:8000)"
    assert identities[2].words == "practice (the PAPER exchange)"


def test_what_the_docs_show_is_one(written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs/installations.md").read_text(encoding="utf-8")
    (tmp_path / "home.password").write_text("of home")
    monkeypatch.setenv("VPS_PASSWORD", "of the vps")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert [one.name for one in written(example)] == ["home", "vps", "practice"]
    keys = {key for row in re.findall(r"^\| (`.*`) \|", page, re.MULTILINE) for key in re.findall("`([a-z_]+)`", row)}
    assert keys == {*_EVERY} - {"paper"}


def test_what_is_said_of_all_holds_for_each_and_is_only_tightened(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HBMCP_READ_ONLY", "true")
    monkeypatch.setenv("HBMCP_EXCLUDE_TOOLS", "place_order")
    monkeypatch.setenv("HBMCP_TOOLSETS", "trading")
    for one in written("[a]\npaper = true\nread_only = false\nexclude_tools = ['cancel_order']\n"):
        assert (one.read_only, one.exclude_tools, one.toolsets) == (True, ("place_order", "cancel_order"), ("trading",))


def test_which_of_several_is_said_by_its_name(written: Written) -> None:
    each = written('[a]\nurl = "http://a"\n[b]\npaper = true\n')
    assert settings.only(each, "b").name == "b"
    for name, said in ((None, "Several installations are set up."), ("c", "There is no installation c.")):
        with pytest.raises(SettingsError) as error:
            settings.only(each, name)
        assert str(error.value) == f"{said} Nothing was done. Say --installation with one of a, b."
    with pytest.raises(SettingsError, match="no file names any"):
        settings.only(settings.load_all(), "a")


def test_what_logs_in_to_none_is_told_and_stops_no_other(written: Written) -> None:
    first, _ = written('[a]\nurl = "http://a"\n[b]\npaper = true\n')
    assert first.remarks == (
        "[a] lacks a username or a password, and `hbmcp login --installation a` keeps none: every call to it will "
        "fail.",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a", "isn't TOML: "),
        ("", "it names no installation."),
        ("a = 1", "a stands outside of a table; each installation is one, [a]."),
        ("[a]", '[a] needs url = "http://…", or paper = true.'),
        ('[a]\nurl = "http://a"\nusernam = "x"', "[a] has no key usernam; did you mean username?"),
        (
            '[a]\nurl = "http://a"\npassword_env = "hunter2"',
            "[a] password_env: the environment has no variable of that name",
        ),
        ('[a]\nurl = "http://a"\npassword_file = "none"', "[a] password_file: it can't be read"),
        ('[a]\nurl = "http://u:hunter2@a"', "[a] url: it must not hold a username or password"),
        ('[a]\nurl = "a"', "[a] url: it must be an address"),
        ("[a]\nurl = 5", "[a] url: "),
        ('[a]\nurl = "http://a"\nread_only = "no"', "[a] read_only: it must be true or false."),
        ('[a]\nurl = "http://a"\npaper_db = "x"', "[a] paper_db is of the paper exchange, which this isn't."),
        ('[a]\npaper = true\nurl = "http://a"', "[a] url is of a real API, which this isn't."),
        ('[a]\nurl = "http://a"\npassword = "x"\npassword_env = "PATH"', "[a] password and password_env say the same"),
        ('[a]\nurl = "http://localhost:80"\n[b]\nurl = "http://127.0.0.1/"', "[a] and [b] are the same installation"),
        ('[a]\nurl = "http://a"\n[b]\nurl = "http://b"\nremembered_as = "http://a:80"', "are the same installation"),
        ("[a]\npaper = true\n[b]\npaper = true", "give one another paper_db."),
        ("[a]\npaper = true\ntelegram_chat = 5", "[a] needs both a bot's token and telegram_chat, or neither."),
        ('["../a"]\npaper = true', '["../a"]: a name is up to 32 small letters, digits, - and _.'),
        ('["a\\nb"]\npaper = true', "a name is up to 32 small letters"),
        ('[""]\npaper = true', "a name is up to 32 small letters"),
        (f"[{'a' * 33}]\npaper = true", "a name is up to 32 small letters"),
        ("[A]\npaper = true", "a name is up to 32 small letters"),
    ],
)
def test_a_mistake_is_told_with_its_key(written: Written, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        written(text)
    assert said in str(error.value)
    assert "installations.toml" in str(error.value)
    assert "hunter2" not in str(error.value)
    assert "\nb" not in str(error.value)


@pytest.mark.parametrize("other", ["127.0.0.2", "[::ffff:127.0.0.1]", "0.0.0.0", "[0:0:0:0:0:0:0:1]", "ip6-localhost"])
def test_one_api_is_no_two_installations_however_it_is_written(written: Written, other: str) -> None:
    with pytest.raises(SettingsError, match="are the same installation"):
        written(f'[a]\nurl = "http://localhost:8000"\n[b]\nurl = "http://{other}:8000/./"\n')


def test_all_mistakes_are_told_at_once(written: Written) -> None:
    with pytest.raises(SettingsError) as error:
        written('[a]\nurl = "a"\nx = 1\n[b]\n')
    assert error.value.happened.count("installations.toml: [") == 3


def test_a_name_twice_is_told_with_its_line(written: Written) -> None:
    with pytest.raises(SettingsError, match="at line 3"):
        written("[a]\npaper = true\n[a]\npaper = true\n")


def test_a_password_stands_only_in_a_file_that_nobody_else_reads(written: Written, tmp_path: Path) -> None:
    (one,) = written('[a]\nurl = "http://a"\nusername = "u"\npassword = "hunter2"\n')
    assert secret(one) == "hunter2"
    (tmp_path / "installations.toml").chmod(0o640)
    with pytest.raises(SettingsError, match=r"\[a\] password: other users can read this file") as error:
        settings.load_all({"installations": "installations.toml"})
    assert "hunter2" not in str(error.value)


def test_who_can_change_where_passwords_go_is_told(written: Written, tmp_path: Path) -> None:
    written("[a]\npaper = true\n")
    (tmp_path / "installations.toml").chmod(0o666)
    assert "`chmod go-w` it" in settings.load_all({"installations": "installations.toml"})[0].remarks[0]


def test_two_bots_are_two(written: Written, tmp_path: Path) -> None:
    (tmp_path / "bot").write_text(TOKEN)
    table = 'telegram_token_file = "bot"\ntelegram_chat = 7\n'
    (one, _) = written(f"[a]\npaper = true\n{table}[b]\npaper = true\npaper_db = 'b'\n")
    assert one.telegram_token is not None
    assert (one.telegram_token.get_secret_value(), one.telegram_chat) == (TOKEN, 7)
    with pytest.raises(SettingsError, match="have the same bot") as error:
        written(f"[a]\npaper = true\n{table}[b]\npaper = true\npaper_db = 'b'\n{table}")
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize(
    ("variable", "value"), [("HUMMINGBOT_API_URL", "http://a"), ("HBMCP_PAPER", "true"), ("HBMCP_INSTALLATION", "x")]
)
def test_what_would_be_of_one_of_them_is_refused(
    written: Written, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable}.* would be of one"):
        written("[a]\npaper = true\n")


def test_a_dot_env_that_nobody_named_names_none_of_them(written: Written, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HUMMINGBOT_API_URL=http://evil\nHBMCP_INSTALLATIONS=evil.toml\n")
    (one,) = written('[a]\nurl = "http://a"\n')
    assert one.api_url == "http://a"
    assert "HUMMINGBOT_API_URL" in " ".join(one.remarks)
    (tmp_path / ".env").write_text("HBMCP_PAPER=true\n")
    with pytest.raises(SettingsError, match="HBMCP_PAPER"):
        written('[a]\nurl = "http://a"\n')


@pytest.mark.parametrize("field", ["paper_speed", "paper_reset"])
def test_what_no_table_can_say_is_told_to_be_for_a_server_of_one(written: Written, field: str) -> None:
    written("[a]\npaper = true\n")
    with pytest.raises(SettingsError) as error:
        settings.load_all({"installations": "installations.toml", field: True})
    assert "several" not in str(error.value)
    assert "--paper-db" in str(error.value)
    assert "in the table" not in str(error.value)
