"""A backtest is of a configuration as it is given, its id filled in, or of a saved one."""

from pathlib import Path
from typing import Any

import pytest

from hbmcp.errors import BadArguments
from hbmcp.workflows.backtesting.run_backtest import run_backtest
from hbmcp.workflows.backtesting.start_backtest import start_backtest
from tests.installation.scripted_installation import Script
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio

CONFIG = {"controller_type": "generic", "controller_name": "grid_strike", "leverage": 2}


async def test_the_id_is_filled_in() -> None:
    script = Script({"compute_backtest": {"results": {"net_pnl": 1}}, "submit_backtest": {"task_id": "a"}})
    answer = await run_backtest(script.installation, config=CONFIG, start_time="7d")
    assert answer.value == {"net_pnl": 1}
    for given in ({"config": {**CONFIG, "id": "mine"}}, {"config_name": "saved"}, {"config_name": "saved.yml"}):
        plan = await start_backtest(script.installation, **given, start_time="7d")
        assert [planned.effect for planned in plan.requests] == ["configures"]
        answer = await script.commit(plan)
        assert answer.value == {"task_id": "a"}
    assert [request.json["config"] for _, request in script.asked] == [
        {"id": "backtest", **CONFIG},
        {**CONFIG, "id": "mine"},
        "saved.yml",
        "saved.yml",
    ]


@pytest.mark.parametrize("wrong", [{}, {"config": CONFIG, "config_name": "saved"}, {"config_name": "../saved"}])
async def test_it_is_of_one_configuration(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadArguments):
        await run_backtest(Script({}).installation, start_time="7d", **wrong)


async def test_on_paper_it_is_said_that_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PaperApi(tmp_path) as api:
        async with assistant(api, monkeypatch) as call:
            for tool in ("run_backtest", "start_backtest"):
                said = await call.bad(tool, config=CONFIG, start_time="2d")
                assert "backtests need a real Hummingbot API" in said
                assert "do without it" in said
