"""The API's password from a file or the keyring: which counts, where it goes, and what is said of it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from pydantic import SecretStr

from hbmcp import settings
from hbmcp.api import login as api_login
from hbmcp.api.login import Login
from hbmcp.errors import NotConfigured, SettingsError
from hbmcp.redaction import redacted
from hbmcp.settings import Settings, logins
from hbmcp.settings.address import unencrypted
from tests.conftest import environment
from tests.file_keyring import keyring_file

__all__ = ["keyring_file"]

pytestmark = pytest.mark.usefixtures("keyring_file")

URL, USERNAME, PASSWORD, FILE = (
    "HUMMINGBOT_API_URL",
    "HUMMINGBOT_API_USERNAME",
    "HUMMINGBOT_API_PASSWORD",
    "HUMMINGBOT_API_PASSWORD_FILE",
)


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith(("HBMCP_", "HUMMINGBOT_", "MCP_", "LOG_LEVEL")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(URL, "http://vps:8000")
    monkeypatch.setenv(USERNAME, "me")


def write(text: str | bytes, name: str = "secret") -> str:
    file = Path(name)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(0o600)
    return str(file.absolute())


def password(told: Settings) -> str | None:
    return told.api_password.get_secret_value() if told.api_password else None


class TestAFile:
    @pytest.mark.parametrize("text", ["hunter2", "hunter2\n", "hunter2\r\n", "\ufeffhunter2\n"])
    def test_it_holds_the_password(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(FILE, write(text))
        told = settings.load()
        assert (password(told), told.remarks) == ("hunter2", ())
        assert "hunter2" not in repr(told)

    def test_blanks_are_part_of_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(FILE, write(" hunter 2 \n"))
        assert password(settings.load()) == " hunter 2 "

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "the file is empty"),
            (" \n", "the file is empty"),
            ("hunter2\nhunter2", "on one line"),
            ("hunter2\n\n", "on one line"),
            ("hunter2\0", "on one line"),
            (b"hunter2\xff", "isn't UTF-8"),
            ("hunter2" * 600, "more than 4096 bytes"),
        ],
    )
    def test_one_that_holds_something_else_is_refused(
        self, text: str | bytes, told: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(FILE, write(text))
        with pytest.raises(SettingsError, match=f"{FILE}: .*{told}.*from the environment") as caught:
            settings.load()
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize("path", ["hunter2", "/hunter2", ".", "/", "/dev/zero", "~nobody-hunter2/x"])
    def test_a_path_that_is_none_is_refused_and_not_quoted(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who errs may have set the password itself."""
        monkeypatch.setenv(FILE, path)
        with pytest.raises(SettingsError, match=FILE) as caught:
            settings.load()
        assert "hunter2" not in str(caught.value)

    def test_a_pipe_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        os.mkfifo("pipe")
        monkeypatch.setenv(FILE, str(Path("pipe").absolute()))
        with pytest.raises(SettingsError, match="isn't a file"):
            settings.load()

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o444])
    def test_one_that_others_can_read_is_told(self, mode: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(FILE, write("hunter2"))
        Path("secret").chmod(mode)
        (remark,) = settings.load().remarks
        assert f"{FILE} names can be read by other users" in remark

    def test_one_source_says_it_one_way(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(FILE, write("hunter2"))
        monkeypatch.setenv(PASSWORD, "hunter3")
        with pytest.raises(SettingsError, match=f"{PASSWORD} and {FILE} are both set"):
            settings.load()

    def test_the_stronger_source_counts_whichever_way_it_says_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        address = "HUMMINGBOT_API_URL=http://vps:8000\n"
        monkeypatch.setenv(FILE, write("hunter2"))
        Path("mine.env").write_text(f"{address}{PASSWORD}=hunter3\n")
        assert password(settings.load(env_file_path="mine.env")) == "hunter2"
        monkeypatch.delenv(FILE)
        monkeypatch.setenv(PASSWORD, "hunter3")
        Path("mine.env").write_text(f"{address}{FILE}=secret\n")
        told = settings.load(env_file_path="mine.env")
        assert (password(told), told.api_password_file) == ("hunter3", None)

    def test_it_is_for_the_address_beside_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("mine.env").write_text(f"{FILE}={write('hunter2')}\n{URL}=http://home:8000\n")
        with pytest.raises(SettingsError, match=f"{FILE} from .*another address"):
            settings.load(env_file_path="mine.env")
        monkeypatch.delenv(URL)
        monkeypatch.delenv(USERNAME)
        assert password(settings.load(env_file_path="mine.env")) == "hunter2"

    def test_a_env_that_nobody_named_cannot_have_a_file_sent_to_its_address(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in (URL, USERNAME):
            monkeypatch.delenv(name)
        Path(".env").write_text(f"{URL}=http://evil:8000\n{USERNAME}=me\n{FILE}={write('the private key')}\n")
        told = settings.load()
        assert (told.api_url, told.api_password, told.api_password_file) == ("http://evil:8000", None, None)
        assert FILE in told.remarks[0]

    def test_alone_it_means_the_real_api(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in (URL, USERNAME):
            monkeypatch.delenv(name)
        monkeypatch.setenv(FILE, write("hunter2"))
        assert not settings.load().on_paper


SOURCES = st.fixed_dictionaries({}, optional={PASSWORD: st.just("word"), FILE: st.just("file")})


@tried(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=SOURCES, variables=SOURCES, kept=st.booleans())
def test_the_strongest_that_is_set_is_the_one_that_counts(
    file: dict[str, str], variables: dict[str, str], kept: bool
) -> None:
    for source in ("env", "dotenv"):
        write(f"file of {source}", f"{source}.secret")
    Path("mine.env").write_text(
        f"{URL}=http://vps:8000\n"
        + "".join(f"{name}={'word of dotenv' if name == PASSWORD else 'dotenv.secret'}\n" for name in file)
    )
    logins.forget("http://vps:8000")
    if kept:
        logins.keep("http://vps:8000", "me", SecretStr("kept"))
    with pytest.MonkeyPatch.context() as patch:
        for name in variables:
            patch.setenv(name, "word of env" if name == PASSWORD else str(Path("env.secret").absolute()))
        if 2 in (len(file), len(variables)):
            with pytest.raises(SettingsError, match="both set"):
                settings.load(env_file_path="mine.env")
            return
        told = settings.load(env_file_path="mine.env")
    chosen = [
        f"{'word' if PASSWORD in one else 'file'} of {where}"
        for one, where in ((variables, "env"), (file, "dotenv"))
        if one
    ]
    assert password(told) == (chosen[0] if chosen else None)
    assert told.in_keyring is (kept and not chosen)
    assert any("not set" in one for one in told.remarks) is not (bool(chosen) or kept)


class TestALogin:
    def test_it_is_for_its_address_alone(self, keyring_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(USERNAME)
        logins.keep("http://127.0.0.1:8000/", "me", SecretStr("hunter2"))
        assert json.loads(keyring_file.read_text()) == {"hbmcp http://localhost:8000": {"me": "hunter2"}}
        for address, found in (
            ("http://localhost:8000", True),
            ("http://[::1]:8000/", True),
            ("https://localhost:8000", False),
            ("http://localhost:8001", False),
            ("http://localhost:8000/other", False),
            ("http://localhost.evil:8000", False),
        ):
            monkeypatch.setenv(URL, address)
            told = settings.load()
            assert (told.in_keyring, told.api_username, told.api_password) == (found, "me" if found else None, None)
            assert told.origins.get("api_password") == ("hbmcp login" if found else None)
            assert (told.remarks == ()) is found

    def test_it_is_no_reason_to_leave_the_paper_exchange(self, monkeypatch: pytest.MonkeyPatch) -> None:
        logins.keep("http://localhost:8000", "me", SecretStr("hunter2"))
        for name in (URL, USERNAME):
            monkeypatch.delenv(name)
        assert settings.load().on_paper

    def test_that_of_another_user_is_not_used_and_it_is_said(self) -> None:
        logins.keep("http://vps:8000", "other", SecretStr("hunter2"))
        told = settings.load()
        assert not told.in_keyring
        assert "another user's" in told.remarks[0]

    def test_a_start_does_not_load_the_keyring(self, tmp_path: Path) -> None:
        logins.keep("http://vps:8000", "me", SecretStr("hunter2"))
        code = (
            "import sys; from hbmcp import settings; assert settings.load().in_keyring; print('keyring' in sys.modules)"
        )
        told = {URL: "http://vps:8000", "XDG_CONFIG_HOME": os.environ["XDG_CONFIG_HOME"]}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment(**told),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == ["False"]

    @pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', b"\xff"])
    def test_a_broken_list_of_them_is_told_and_keeps_nothing_from_starting(self, text: str | bytes) -> None:
        logins.keep("http://vps:8000", "me", SecretStr("hunter2"))
        write(text, "config/hbmcp/logins.json")
        told = settings.load()
        assert not told.in_keyring
        assert "logins.json" in told.remarks[0]

    def test_its_files_are_for_nobody_else(self) -> None:
        before = os.umask(0)
        try:
            logins.keep("http://vps:8000", "me", SecretStr("hunter2"))
        finally:
            os.umask(before)
        modes = {one.name: oct(one.stat().st_mode)[-3:] for one in Path("config").rglob("*")}
        assert modes == {"hbmcp": "700", "logins.json": "600"}
        assert "hunter2" not in Path("config/hbmcp/logins.json").read_text()

    def test_a_new_one_replaces_the_old_and_forgetting_leaves_nothing(self, keyring_file: Path) -> None:
        logins.keep("http://vps:8000", "me", SecretStr("hunter2"))
        logins.keep("http://vps:8000", "other", SecretStr("hunter3"))
        assert json.loads(keyring_file.read_text()) == {"hbmcp http://vps:8000": {"other": "hunter3"}}
        assert logins.forget("http://vps:8000/") == "other"
        assert logins.forget("http://vps:8000") is None
        assert (json.loads(keyring_file.read_text()), logins.username("http://vps:8000")) == ({}, None)

    def test_a_keyring_that_keeps_nothing_safe_is_not_used(
        self, keyring_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tests.file_keyring.FileKeyring.priority", 0.5)
        with pytest.raises(SettingsError, match="no keyring that keeps passwords safe"):
            logins.keep("http://vps:8000", "me", SecretStr("hunter2"))
        assert not keyring_file.exists()

    def test_without_the_library_it_is_said_how_to_get_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "keyring", None)
        with pytest.raises(SettingsError, match=f"isn't installed.*pip install.*{FILE}"):
            logins.keep("http://vps:8000", "me", SecretStr("hunter2"))


@pytest.mark.anyio
class TestTheFirstCall:
    """asks the keyring, which may want to be unlocked."""

    @pytest.fixture
    def login(self) -> Login:
        logins.keep("http://vps:8000", "me", SecretStr("hunter2 in the keyring"))
        return Login(settings.load())

    async def test_it_gets_the_password_which_is_masked_from_then_on(self, login: Login) -> None:
        assert password(await login.complete()) == "hunter2 in the keyring"
        assert redacted("a hunter2 in the keyring, b") == "a ***, b"

    async def test_a_locked_keyring_is_told_and_asked_again(self, login: Login, keyring_file: Path) -> None:
        kept = keyring_file.read_text()
        keyring_file.write_text('{"locked": "hunter2"}')
        with pytest.raises(NotConfigured, match=r"keyring didn't give the API's password \(RuntimeError\)") as caught:
            await login.complete()
        assert "hunter2" not in str(caught.value)
        keyring_file.write_text("{}")
        with pytest.raises(NotConfigured, match="no longer has"):
            await login.complete()
        keyring_file.write_text(kept)
        assert password(await login.complete()) == "hunter2 in the keyring"

    async def test_one_that_waits_for_its_owner_is_not_waited_for_without_end(
        self, login: Login, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unlocked, asked = Event(), []

        def wait(*_: str) -> SecretStr:
            asked.append(1)
            unlocked.wait()
            return SecretStr("hunter2")

        monkeypatch.setattr(logins, "password", wait)
        monkeypatch.setattr(api_login, "PATIENCE", 0.01)
        for _ in range(2):
            with pytest.raises(NotConfigured, match=r"within 0 s\. Nothing was sent\..*unlock it"):
                await login.complete()
        unlocked.set()
        monkeypatch.setattr(api_login, "PATIENCE", 10)
        assert [password(one) for one in await asyncio.gather(login.complete(), login.complete())] == ["hunter2"] * 2
        assert asked == [1]


def test_what_can_be_read_on_its_way() -> None:
    assert unencrypted("http://vps:8000")
    assert not any(map(unencrypted, ("https://vps", "http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000")))
