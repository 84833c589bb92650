"""Settings from .env, the environment and flags."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from hbmcp import settings
from hbmcp.errors import SettingsError
from hbmcp.settings import Settings
from tests.conftest import ROOT


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


def test_flags_over_environment_over_env_file_over_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "error")
    monkeypatch.setenv("HBMCP_TOOLSETS", "bots")
    Path("mine.env").write_text("MCP_SERVER_PORT=1\nLOG_LEVEL=debug\nHBMCP_TOOLSETS=trading, accounts\nOTHER=1\n")
    told = settings.load({"toolsets": "all", "port": None}, env_file_path="mine.env")
    assert (told.port, told.log_level, told.toolsets) == (1, "ERROR", ("all",))
    assert settings.load(env_file_path="mine.env").toolsets == ("bots",)
    assert told.origins == {
        "port": str(Path("mine.env").resolve()),
        "log_level": "the environment",
        "toolsets": "flags",
    }
    monkeypatch.delenv("HBMCP_TOOLSETS")
    assert settings.load(env_file_path="mine.env").toolsets == ("trading", "accounts")


FILES = {
    "plugins": "HBMCP_PLUGINS",
    "installations": "HBMCP_INSTALLATIONS",
    "policy": "HBMCP_POLICY",
    "api_password_file": "HUMMINGBOT_API_PASSWORD_FILE",
    "telegram_token_file": "HBMCP_TELEGRAM_TOKEN_FILE",
    "tls_cert": "HBMCP_TLS_CERT",
    "tls_key": "HBMCP_TLS_KEY",
    "paper_db": "HBMCP_PAPER_DB",
    "state_url": "HBMCP_STATE_URL",
}


def written(field: str, path: str) -> str:
    return f"sqlite:///{path}" if field == "state_url" else path


@pytest.mark.parametrize("field", FILES)
def test_a_variable_names_no_file_of_the_folder_in_which_a_client_starts_it(
    field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILES[field], written(field, "mine.toml"))
    with pytest.raises(SettingsError, match="must be a whole path") as refused:
        settings.load()
    assert FILES[field] in str(refused.value)
    assert "mine" not in str(refused.value)


@pytest.mark.parametrize("field", ["plugins", "policy", "paper_db", "state_url"])
def test_a_file_s_files_are_beside_it_and_a_flag_s_in_this_folder(field: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/mine.env").write_text(f"{FILES[field]}={written(field, 'mine.toml')}\n")
    for told, folder in (
        (settings.load(env_file_path="there/mine.env"), tmp_path / "there"),
        (settings.load({field: written(field, "mine.toml")}), tmp_path),
    ):
        found = getattr(told, field)
        shown = found[0] if field == "plugins" else found.get_secret_value() if field == "state_url" else found
        assert shown == written(field, str(folder / "mine.toml"))


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


def remarks(**how: str) -> str:
    return "\n".join(settings.load(**how).remarks)  # type: ignore[arg-type]


class TestAFileThatNobodyNamed:
    """A .env in the working directory may be anybody's."""

    def test_it_may_set_the_documented_five_and_what_protects(self) -> None:
        Path(".env").write_text(
            "HUMMINGBOT_API_URL=http://vps:8000\nHUMMINGBOT_API_USERNAME=me\nHUMMINGBOT_API_PASSWORD=hunter2\n"
            "MCP_SERVER_PORT=3001\nLOG_LEVEL=debug\nHBMCP_READ_ONLY=true\nHBMCP_EXCLUDE_TOOLS=place_order\n"
        )
        told = settings.load()
        assert (told.api_url, told.api_username, told.port, told.log_level) == ("http://vps:8000", "me", 3001, "DEBUG")
        assert (told.read_only, told.exclude_tools, told.on_paper) == (True, ("place_order",), False)
        assert told.remarks == ()

    def test_and_nothing_else_which_is_said(self) -> None:
        others = {
            "HBMCP_TOOLSETS": "all",
            "HBMCP_TOOLS": "place_order",
            "HBMCP_READ_ONLY": "false",
            "HBMCP_PAPER": "false",
            "HBMCP_PAPER_BALANCE": "USDT=1",
            "HBMCP_PAPER_DB": "x.sqlite",
            "HBMCP_PAPER_RESET": "true",
            "HBMCP_PAPER_SPEED": "60",
            "HBMCP_INSTALLATION": "theirs",
            "HBMCP_STATE_URL": "postgresql://evil:hunter2@evil/db",
        }
        Path(".env").write_text("".join(f"{name}={value}\n" for name, value in others.items()))
        told = settings.load()
        assert not set(told.origins)
        (remark,) = told.remarks
        assert all(name in remark for name in others)
        assert str(Path(".env").resolve()) in remark
        assert "--env-file" in remark
        assert "hunter2" not in remark
        assert settings.load(env_file_path=".env").toolsets == ("all",)
        assert settings.load(env_file_path="none").remarks == ()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (b"# M\xfcller's settings\nLOG_LEVEL=debug\n", ""),
            (b"MOTTO=\xfc\nLOG_LEVEL=debug\n", ""),
            (b"LOG_LEVEL=\xff\xfe\n", "can't be read as UTF-8 at LOG_LEVEL. That isn't used."),
            (b"LOG_LEVEL=trace\n", "LOG_LEVEL (Input should be"),
            (b"MCP_SERVER_PORT=${PORT}\n", "MCP_SERVER_PORT (Input should be"),
            (b"LOG_LEVEL='debug\n", "Line 1 of "),
            ("LOG_LEVEL=debug\n".encode("utf-16"), "can't be read (it isn't UTF-8 text). Nothing of it is used."),
        ],
    )
    def test_a_broken_one_keeps_nothing_from_starting(self, text: bytes, said: str) -> None:
        Path(".env").write_bytes(text)
        assert said in remarks()

    def test_a_folder_of_that_name_is_none(self) -> None:
        Path(".env").mkdir()
        assert settings.load().remarks == ()

    def test_an_address_in_it_is_not_used_on_paper(self) -> None:
        Path(".env").write_text("HUMMINGBOT_API_URL=http://vps:8000\n")
        told = settings.load({"paper": True})
        assert told.on_paper
        assert told.api_url == "http://localhost:8000"
        assert "HUMMINGBOT_API_URL in " in told.remarks[0]

    def test_it_cannot_lead_from_real_to_paper_without_a_word(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HUMMINGBOT_API_URL", "http://vps:8000")
        Path(".env").write_text("HBMCP_PAPER=true\n")
        with pytest.raises(SettingsError, match="never mixed"):
            settings.load()
        monkeypatch.setenv("HBMCP_PAPER", "false")
        assert not settings.load().on_paper


def test_a_file_that_was_named_must_be_right() -> None:
    Path("mine.env").write_bytes(b"LOG_LEVEL=\xff\xfe")
    with pytest.raises(SettingsError, match=r"mine\.env can't be read as UTF-8 at LOG_LEVEL"):
        settings.load(env_file_path="mine.env")
    Path("mine.env").write_text("LOG_LEVEL=trace")
    with pytest.raises(SettingsError, match=r"LOG_LEVEL .*mine\.env"):
        settings.load(env_file_path="mine.env")
    with pytest.raises(SettingsError, match="can't be read"):
        settings.load(env_file_path="other.env")
    with pytest.raises(SettingsError, match="can't be read"):
        settings.load(env_file_path=".")
    Path("mine.env").write_text("LOG_LEVEL=debug", encoding="utf-16")
    with pytest.raises(SettingsError, match="can't be read"):
        settings.load(env_file_path="mine.env")


def test_a_file_cannot_take_a_variable_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET", "hunter2")
    Path("mine.env").write_text("HUMMINGBOT_API_USERNAME=${AWS_SECRET}\nHUMMINGBOT_API_PASSWORD=$AWS_SECRET\n")
    told = settings.load(env_file_path="mine.env")
    assert told.api_username == "${AWS_SECRET}"
    Path("mine.env").write_text("HUMMINGBOT_API_URL=http://${AWS_SECRET}.evil\n")
    with pytest.raises(SettingsError, match="its host can't be read"):
        settings.load(env_file_path="mine.env")


def test_nothing_undoes_what_another_source_tightened(monkeypatch: pytest.MonkeyPatch) -> None:
    for file in (".env", "mine.env"):
        for tightened in range(2):
            Path(file).write_text(f"HBMCP_READ_ONLY={tightened == 0}\nHBMCP_EXCLUDE_TOOLS=place_order\n")
            monkeypatch.setenv("HBMCP_READ_ONLY", str(tightened == 1))
            monkeypatch.setenv("HBMCP_EXCLUDE_TOOLS", "cancel_order")
            told = settings.load({"exclude_tools": "set_leverage"}, env_file_path=None if file == ".env" else file)
            assert told.read_only
            assert told.exclude_tools == ("place_order", "cancel_order", "set_leverage")


ADDRESSES = ("http://localhost:8000", "http://vps:8000", "https://evil.example")
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "HUMMINGBOT_API_URL": st.sampled_from(ADDRESSES),
        "HUMMINGBOT_API_USERNAME": st.just("me"),
        "HUMMINGBOT_API_PASSWORD": st.just("hunter2"),
    },
)


@tried(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=PARTS, environment=PARTS, named=st.booleans())
def test_a_credential_goes_to_the_address_that_stands_beside_it_or_nowhere(
    file: Mapping[str, str], environment: Mapping[str, str], named: bool
) -> None:
    Path(".env").write_text("".join(f"{name}={value}\n" for name, value in file.items()))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        # Where each credential would be taken from, and the address that it is for.
        chosen = [
            environment if name in environment else file for name in list(file | environment) if "URL" not in name
        ]
        meant = {source.get("HUMMINGBOT_API_URL", ADDRESSES[0]) for source in chosen}
        address = environment.get("HUMMINGBOT_API_URL") or file.get("HUMMINGBOT_API_URL") or ADDRESSES[0]
        path = ".env" if named else None
        if meant <= {address}:
            assert settings.load(env_file_path=path).api_url == address
        else:
            with pytest.raises(SettingsError, match="another address, or none") as caught:
                settings.load(env_file_path=path)
            assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["HUMMINGBOT_API_USERNAME", "HUMMINGBOT_API_PASSWORD"])
@pytest.mark.parametrize("value", ["", "…", None])
def test_a_credential_that_is_missing_is_told(name: str, value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HUMMINGBOT_API_URL", "HUMMINGBOT_API_USERNAME", "HUMMINGBOT_API_PASSWORD"):
        monkeypatch.setenv(variable, "http://vps:8000")
    assert settings.load().remarks == ()
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    assert f"{name} is not set" in remarks()


@pytest.mark.parametrize("path", [None, ".env"])
def test_the_example_as_it_comes_trades_on_paper_and_is_told_to_be_unfilled(path: str | None) -> None:
    example = (ROOT / ".env.example").read_text()
    Path(".env").write_text(example)
    assert settings.load(env_file_path=path).on_paper
    unfilled = "HUMMINGBOT_API_USERNAME and HUMMINGBOT_API_PASSWORD are not set (or not filled in)"
    assert f"{unfilled}, so this server trades on paper." in remarks(env_file_path=path)
    filled = example.replace("#HUMMINGBOT_API_URL", "HUMMINGBOT_API_URL").replace("USERNAME=", "USERNAME=me")
    Path(".env").write_text(filled.replace("PASSWORD=", "PASSWORD=hunter2"))
    assert not settings.load(env_file_path=path).on_paper
    assert remarks(env_file_path=path) == ""
    assert settings.load({"paper": True}, env_file_path="none").remarks == ()


@pytest.mark.parametrize("in_file", [True, False])
@pytest.mark.parametrize("order", [1, -1])
class TestOneThatIsSetTwiceInOnePlace:
    """In a .env on two lines, in the environment in two letter cases."""

    def told(
        self, monkeypatch: pytest.MonkeyPatch, name: str, values: list[str], order: int, in_file: bool
    ) -> Settings:
        if in_file:
            Path("mine.env").write_text("".join(f"{name}={value}\n" for value in values[::order]))
            return settings.load(env_file_path="mine.env")
        for spelt, value in zip([name, name.lower()], values[::order], strict=True):
            monkeypatch.setenv(spelt, value)
        return settings.load()

    @pytest.mark.parametrize("name", ["HBMCP_READ_ONLY", "HBMCP_PAPER"])
    def test_what_protects_wins(self, monkeypatch: pytest.MonkeyPatch, name: str, order: int, in_file: bool) -> None:
        told = self.told(monkeypatch, name, ["true", "false"], order, in_file)
        assert getattr(told, name.removeprefix("HBMCP_").lower()) is True
        (remark,) = told.remarks
        assert remark.startswith(f"{name} is set more than once in ")
        first = "line 1" if in_file else name
        second = "line 2" if in_file else name.lower()
        assert remark.endswith(f": {first if order == 1 else second} is used.")

    def test_all_is_excluded(self, monkeypatch: pytest.MonkeyPatch, order: int, in_file: bool) -> None:
        told = self.told(monkeypatch, "HBMCP_EXCLUDE_TOOLS", ["place_order", "cancel_order"], order, in_file)
        assert set(told.exclude_tools) == {"place_order", "cancel_order"}
        assert told.remarks[0].endswith(": all of it is used.")

    def test_of_others_the_last(self, monkeypatch: pytest.MonkeyPatch, order: int, in_file: bool) -> None:
        told = self.told(monkeypatch, "MCP_SERVER_PORT", ["1", "2"], order, in_file)
        assert told.port == (2 if order == 1 else 1)
        assert told.remarks[0].endswith(f": {'line 2' if in_file else 'mcp_server_port'} is used.")

    def test_what_cannot_be_read_is_told(self, monkeypatch: pytest.MonkeyPatch, order: int, in_file: bool) -> None:
        with pytest.raises(SettingsError, match="HBMCP_READ_ONLY"):
            self.told(monkeypatch, "HBMCP_READ_ONLY", ["maybe", "false"], order, in_file)

    def test_the_same_twice_is_not_worth_a_word(
        self, monkeypatch: pytest.MonkeyPatch, order: int, in_file: bool
    ) -> None:
        assert self.told(monkeypatch, "HBMCP_PAPER", ["true", "true"], order, in_file).remarks == ()

    def test_a_secret_is_not_shown(self, monkeypatch: pytest.MonkeyPatch, order: int, in_file: bool) -> None:
        told = self.told(monkeypatch, "HUMMINGBOT_API_PASSWORD", ["hunter2", "hunter3"], order, in_file)
        assert "more than once" in told.remarks[0]
        assert "hunter" not in str(told.remarks)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("HUMMINBOT_API_URL", "HUMMINGBOT_API_URL"),
        ("HUMMINGBOT_URL", "HUMMINGBOT_API_URL"),
        ("HBMCP_API_URL", "HUMMINGBOT_API_URL"),
        ("HUMMINGBOT_USERNAME", "HUMMINGBOT_API_USERNAME"),
        ("HBMCP_LOG_LEVEL", "LOG_LEVEL"),
        ("HBMCP_PORT", "MCP_SERVER_PORT"),
        ("HBMCP_PAPER_BALANCES", "HBMCP_PAPER_BALANCE"),
        ("HBMCP_STATE", "HBMCP_STATE_URL"),
        ("HBMCP_XYZZY", ""),
    ],
)
def test_a_name_that_nobody_reads_is_told_with_the_nearest_right_one(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "hunter2")
    (remark,) = settings.load().remarks
    assert remark.startswith(f"{name}, from the environment, is no setting of hbmcp")
    assert (f"did you mean {meant}?" in remark) is bool(meant)
    assert "hunter2" not in remark


PROTECT = "It was to protect"
CHOOSE = "Without it other tools would be offered than were chosen"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("HBMCP_READONLY", PROTECT),
        ("hbmcp_readonly", PROTECT),
        ("HUMMINGBOT_READ_ONLY", PROTECT),
        ("HMBCP_READ_ONLY", PROTECT),
        ("HBMCP_READ_ONLY_MODE", PROTECT),
        ("HBMCP_EXCLUDE", PROTECT),
        ("HBMCP_EXCLUDED_TOOLS", PROTECT),
        ("HBMCP_TOOLSET", CHOOSE),
        ("HBMCP_TOOL", CHOOSE),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
def test_a_misspelt_name_without_which_there_is_a_danger_keeps_it_from_starting(
    name: str, why: str, in_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_file:
        Path(".env").write_text(f"{name}=true\n")
    else:
        monkeypatch.setenv(name, "true")
    told = f"{name.upper()}, from .*did you mean HBMCP_.*{why}, so hbmcp doesn't start"
    with pytest.raises(SettingsError, match=told):
        settings.load()


@pytest.mark.parametrize("name", ["HBMCP_PAPER_TRADING", "HBMCP_PAPR", "HBMCP_PAPER_SPED"])
def test_a_misspelt_paper_keeps_a_real_api_from_being_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "true")
    assert name in remarks()
    monkeypatch.setenv("HUMMINGBOT_API_URL", "http://vps:8000")
    with pytest.raises(
        SettingsError, match=f"{name}.*It is of the paper exchange, and this server would act on a real"
    ):
        settings.load()


@pytest.mark.parametrize("name", ["HOME", "HTTP_PROXY", "HOSTNAME", "HISTSIZE", "LOG_LEVELS", "MCP_TIMEOUT"])
def test_names_of_other_programs_are_no_business_of_ours(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "x")
    assert settings.load().remarks == ()


def test_levels_are_also_called_as_other_programs_call_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, meant in {"warn": "WARNING", " Warn ": "WARNING", "fatal": "CRITICAL", "info": "INFO"}.items():
        monkeypatch.setenv("LOG_LEVEL", said)
        assert settings.load().log_level == meant


def test_what_a_command_has_no_use_for_may_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_SERVER_PORT", "http")
    told = settings.load(unused=("port",))
    assert (told.port, told.remarks) == (3000, ())


@pytest.mark.parametrize("page", ["/docs", "/docs/", "/redoc", "/openapi.json", "/api/docs"])
def test_a_page_of_the_api_is_not_its_address(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMMINGBOT_API_URL", f"http://vps:8000{page}")
    with pytest.raises(SettingsError, match=f"HUMMINGBOT_API_URL: it ends in .*{page.strip('/').rpartition('/')[2]}"):
        settings.load()


def test_paper_and_a_real_address_are_never_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMMINGBOT_API_URL", "http://vps:8000")
    with pytest.raises(SettingsError, match=r"from flags.*from the environment.*never mixed"):
        settings.load({"paper": True})
