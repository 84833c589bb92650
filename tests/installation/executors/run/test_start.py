"""A start that is cancelled: what may run is in the log, by its id where that is known."""

import asyncio
from typing import Any

import pytest

from hbmcp.cancellation import UNSENT
from hbmcp.identity import Identity
from hbmcp.installation.executors.config.fields import TYPES
from hbmcp.installation.executors.config.validation import check
from hbmcp.installation.executors.plan.preparation import Prepared
from hbmcp.installation.executors.run.start import Started, logged_if_cancelled, planned_start, start
from hbmcp.installation.installation import Installation
from hbmcp.installation.planned_request import PlannedRequest
from tests.store.opening import failing_store

pytestmark = pytest.mark.anyio

KIND = "position_executor"


@pytest.mark.parametrize(("said", "logged"), [((), True), ((UNSENT,), False)])
async def test_one_that_was_sent_is_told_of(
    said: tuple[str, ...], logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def cancelled(*_: Any) -> Any:
        raise asyncio.CancelledError(*said)

    config = check("create_executor", KIND, dict(TYPES[KIND].example))
    planned: PlannedRequest = planned_start("main", Prepared("main", config, None, None, ()))
    installation = Installation(
        cancelled, failing_store(AssertionError()), Identity("scripted", on_paper=False), cancelled
    )
    with pytest.raises(asyncio.CancelledError):
        await start(installation, "main", config, planned, None)
    assert ("it may run: start position_executor: BUY BTC-USDT on binance_perpetual" in caplog.text) == logged


def test_one_whose_id_is_known_is_told_by_it(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(asyncio.CancelledError), logged_if_cancelled(Started("Bu9z", "RUNNING")):
        raise asyncio.CancelledError
    assert "Cancelled after executor Bu9z was started" in caplog.text
