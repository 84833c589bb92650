"""Which installation is meant: one name for all ways to write an address."""

from pathlib import Path
from typing import Any

import pytest

from hbmcp.errors import SettingsError
from hbmcp.identity import Identity
from hbmcp.settings import Settings, load
from hbmcp.settings.address import canonical, reached

ONE = (
    "http://localhost:8000",
    "http://127.0.0.1:8000",
    "http://[::1]:8000/",
    "http://LOCALHOST.:8000",
    "HTTP://localhost:8000",
)


@pytest.mark.parametrize("address", ONE)
def test_one_address_has_one_name(address: str) -> None:
    assert canonical(address) == "http://localhost:8000"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://localhost:8000", "http://localhost:8001"),
        ("http://localhost:8000", "https://localhost:8000"),
        ("http://localhost:8000", "http://vps:8000"),
        ("http://localhost:8000/a", "http://localhost:8000/b"),
    ],
)
def test_other_addresses_have_other_names(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)
    assert reached(one) != reached(other)


@pytest.mark.parametrize(
    "address",
    [
        *ONE,
        *("http://127.0.0.2:8000", "http://127.1:8000", "http://2130706433:8000", "http://0.0.0.0:8000"),
        *("http://[::ffff:127.0.0.1]:8000", "http://[0:0:0:0:0:0:0:1]:8000", "http://[::]:8000"),
        *("http://ip6-localhost:8000", "http://api.localhost:8000", "http://localhost:8000/."),
        *("http://localhost:8000/a/..", "http://localhost:8000//", "http://localhost:8000/%2e/"),
    ],
)
def test_whatever_reaches_the_same_place_is_known_as_that(address: str) -> None:
    assert reached(address) == "http://localhost:8000"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://10.0.0.7:8000/a", "http://[::ffff:a00:7]:8000/b/../a"),
        ("http://[2001:db8::1]:80", "http://[2001:0DB8:0::1]"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_so_it_is_of_other_machines(one: str, other: str) -> None:
    assert reached(one) == reached(other) != reached("http://10.0.0.8:8000/a")


def test_names_that_something_may_be_remembered_under_stay() -> None:
    assert canonical("http://127.0.0.2:8000") == "http://127.0.0.2:8000"
    assert canonical("http://[0:0:0:0:0:0:0:1]:8000/.") == "http://[0:0:0:0:0:0:0:1]:8000/."


def test_a_port_that_goes_without_saying_is_said() -> None:
    assert canonical("https://api.example") == canonical("https://API.example:443/") == "https://api.example:443"


def identity(**settings: Any) -> Identity:
    return Identity.of(Settings.model_construct(**settings))


def test_a_name_that_was_given_stays_when_the_address_changes() -> None:
    at_home = identity(installation="home", api_url="http://localhost:8000")
    assert at_home == identity(installation="home", api_url="http://10.0.0.7:8000") == Identity("home", False)
    assert not at_home.accounts_remark


def test_a_paper_exchange_is_its_file_and_one_in_memory_is_another_each_time(tmp_path: Path) -> None:
    file = identity(paper=True, paper_db=str(tmp_path / "x.sqlite"))
    assert file == identity(paper=True, paper_db=str(tmp_path / "y" / ".." / "x.sqlite"))
    assert file.on_paper
    assert "paper" in file.accounts_remark
    assert identity(paper=True, paper_db=":memory:") != identity(paper=True, paper_db=":memory:")


def test_no_name_can_be_taken_for_a_paper_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HBMCP_INSTALLATION", "paper /home/me/paper.sqlite")
    with pytest.raises(SettingsError, match="HBMCP_INSTALLATION"):
        load()
