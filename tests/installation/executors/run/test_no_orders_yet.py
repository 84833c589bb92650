"""What is said of an executor that names no order yet: that it waits only where that is sure."""

from typing import Any

import pytest

from hbmcp.errors import Failed
from hbmcp.installation.executors.config.validation import check
from hbmcp.installation.executors.run.no_orders_yet import UNNAMED, WAITS, no_orders_note
from hbmcp.installation.executors.run.record import Executor
from tests.installation.executors.run.test_record import RUNNING
from tests.installation.scripted_installation import Script
from tests.workflows.executors.executor_account import DCA, LIMIT, POSITION

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("kind", "config", "words"),
    [
        ("order_executor", {**LIMIT, "execution_strategy": "MARKET", "price": None}, "none is recorded since it began"),
        ("position_executor", POSITION, "none is recorded since it began"),
        ("position_executor", {**POSITION, "entry_price": 5, "activation_bounds": ["0.1"]}, WAITS),
        ("dca_executor", {**DCA, "mode": "TAKER"}, WAITS),
        ("dca_executor", DCA, "none is recorded since it began"),
    ],
)
async def test_only_what_may_wait_is_said_to_wait(kind: str, config: dict[str, Any], words: str) -> None:
    script = Script({"search_orders": {"data": []}, "get_trades": {"data": []}})
    said = await no_orders_note(script.installation, Executor.from_row(RUNNING), check("create_executor", kind, config))
    assert words in said
    assert (said == WAITS) == (words == WAITS)


async def test_nothing_is_claimed_of_an_executor_on_two_markets() -> None:
    waiting = check("create_executor", "dca_executor", {**DCA, "mode": "TAKER"})
    seen = Executor.from_row({**RUNNING, "trading_pair": None, "connector_name": None})
    assert (await no_orders_note(Script({}).installation, seen, waiting)).startswith(f"{UNNAMED}. ")


async def test_nobody_knows_whether_it_waits_where_orders_cant_be_read() -> None:
    script = Script({"search_orders": Failed("The exchange is away.")})
    config = check("create_executor", "dca_executor", {**DCA, "mode": "TAKER"})
    said = await no_orders_note(script.installation, Executor.from_row(RUNNING), config)
    assert said == f"{UNNAMED}, and whether it has traded couldn't be read: The exchange is away."
