"""What HBMCP_NOTIFY may say, and where."""

import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from hbmcp import settings
from hbmcp.cli import opening
from hbmcp.cli.welcome import entry
from hbmcp.errors import SettingsError
from hbmcp.policy.notify.addresses import addresses
from hbmcp.redaction import redacted
from hbmcp.settings import Settings
from tests.conftest import environment, hbmcp

SECRET = "s3cReT-token-7f3a"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ntfys://ntfy.sh/a", ["ntfys://ntfy.sh/a"]),
        ("ntfy://a,tgram://1:b/2", ["ntfy://a", "tgram://1:b/2"]),
        (" ntfy://a, \n tgram://1:b/2 ,", ["ntfy://a", "tgram://1:b/2"]),
        ("mailto://a:b@c.d?to=e@f.g,h@i.j json://x", ["mailto://a:b@c.d?to=e@f.g,h@i.j", "json://x"]),
    ],
)
def test_several_stand_with_commas_or_spaces_between(
    written: str, meant: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HBMCP_NOTIFY", written)
    assert [one.get_secret_value() for one in settings.load().notify] == meant


@pytest.mark.parametrize("written", [SECRET, f"json://x, {SECRET}", f"json://x://y {SECRET}@", "json://"])
def test_what_is_no_address_is_refused_and_not_quoted(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HBMCP_NOTIFY", written)
    with pytest.raises(SettingsError, match=r"HBMCP_NOTIFY: its address \d of \d must be one such as ntfys") as error:
        settings.load()
    assert SECRET not in str(error.value)


def test_a_file_that_nobody_named_cannot_say_it() -> None:
    Path(".env").write_text(f"HBMCP_NOTIFY=json://{SECRET}.example\n")
    told = settings.load()
    assert told.notify == ()
    assert "HBMCP_NOTIFY" in str(told.remarks)
    assert SECRET not in str(told.remarks)
    assert len(settings.load(env_file_path=".env").notify) == 1


def test_where_none_is_named_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)  # an import of it would fail
    opening.warn(settings.load())
    assert addresses(settings.load()) == []


def test_without_the_extra_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    told = Settings.model_construct(notify=(SecretStr(f"json://me:{SECRET}@127.0.0.1"),))
    for start in (addresses, opening.warn):
        with pytest.raises(SettingsError, match="apprise, which delivers notifications, isn't installed") as error:
            start(told)
        assert SECRET not in str(error.value)
    assert redacted(SECRET) == "***"


def test_what_a_client_is_to_paste_holds_none() -> None:
    told = settings.load({"paper": True}).model_copy(
        update={"notify": (SecretStr(f"json://{SECRET}"),), "origins": {"notify": "the environment"}}
    )
    assert entry(told, None)["env"] == {"HBMCP_NOTIFY": "…"}


def test_a_misspelt_name_keeps_it_from_starting(tmp_path: Path) -> None:
    done = hbmcp("serve", env=environment(HBMCP_NOTIFYS=f"json://{SECRET}"), cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean HBMCP_NOTIFY?" in done.stderr
    assert SECRET not in done.stderr
