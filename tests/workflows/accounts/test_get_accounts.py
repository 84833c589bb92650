"""get_accounts: every account with its exchanges, also when one's can't be read."""

import pytest

from hbmcp.paper.api.faults import Crash
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi
from tests.results.answer_reader import read

pytestmark = pytest.mark.anyio

CREDENTIALS = "GET /accounts/{account_name}/credentials"


async def test_accounts_with_their_exchanges(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_accounts")
    body, notes = text.split("\n\n")
    engine = api.paper.engine
    assert read(body) == [{"account": name, "exchanges": engine.connectors(name)} for name in engine.accounts()]
    assert len(engine.accounts()) == 2
    assert "paper exchange" in notes
    assert "add_credential" not in notes  # all are connected


async def test_an_account_without_exchanges(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    api.paper.engine.add_account("empty")
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_accounts")
    assert "\nempty []\n" in text
    assert "An account without exchanges can't trade until connect_exchange connects one." in text


async def test_an_account_whose_exchanges_cant_be_read(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """It isn't told to be without exchanges, and hides no other."""
    async with assistant(api, monkeypatch, faults={Crash(CREDENTIALS, times=1)}) as call:
        text = await call.good("get_accounts")
    rows = {row["account"]: row.get("exchanges") for row in read(text.split("\n\n")[0])}
    assert rows == {"master_account": None, "second_account": ["binance", "bybit_perpetual"]}
    assert "The exchanges of master_account couldn't be read: The Hummingbot API failed at get_accounts" in text
    assert "An account without exchanges" not in text


async def test_no_accounts_at_all_is_an_error(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, faults={Crash("GET /accounts/")}) as call:
        assert "failed at get_accounts" in await call.bad("get_accounts")
