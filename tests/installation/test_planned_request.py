"""A planned request's words hold no secret, wherever among the arguments one stands."""

from pathlib import Path
from typing import Any

import pytest

from hbmcp.catalog import Catalog
from hbmcp.errors import BadArguments
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.policy.gate import Gate
from hbmcp_tools import scripts
from hummingbot_api.request import Request
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio

CATALOG = Catalog.load()
CANARY = "canary" + "Zx81q" * 20  # longer than what is shown of an argument
CASES: list[tuple[str, dict[str, Any]]] = [
    ("add_credential", {"account_name": "desk", "connector_name": "kraken", "credentials": {"kraken_key": CANARY}}),
    ("set_gateway_api_keys", {"api_keys": {"helius": CANARY}}),
    ("add_wallet", {"chain": "ethereum", "private_key": CANARY}),
    ("write_controller_config", {"config_name": "mine", "config": {"a": [{"api_secret": CANARY}]}}),
    ("write_controller_config", {"config_name": CANARY, "config": {"api_key": CANARY}}),
    ("write_script_config", {"config_name": "mine", "config": {"passphrase": CANARY}}),
    ("write_bot_config", {"bot_name": "b", "config_name": "mine", "updates": {"seed_phrase": CANARY}}),
    ("write_network", {"network_id": "solana-mainnet-beta", "updates": {"node_url": f"https://n.invalid/{CANARY}"}}),
    ("write_dex_connector", {"connector_name": "jupiter", "updates": {"apiKey": CANARY}}),
    ("start_executor", {"account_name": "desk", "executor_config": {"type": "x", "private_key": CANARY}}),
]


@pytest.mark.parametrize(("tool", "arguments"), CASES)
async def test_no_words_hold_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, arguments: dict[str, Any]
) -> None:
    words: list[str] = []

    async def judged(_: Gate, __: Any, plan: Any, *___: Any) -> str:
        words.extend(planned.words for planned in plan.requests)
        return ""

    monkeypatch.setattr(Gate, "verdict", judged)
    with PaperApi(tmp_path) as api:
        async with assistant(api, monkeypatch) as call:
            text = await call.good(tool, **arguments, preview=True)
    (said,) = words
    assert said.startswith(tool)
    assert said in text
    assert CANARY[:8] not in said + text
    if CATALOG.tools[tool].effect["is"] == "secret":
        assert said == tool


def test_a_tool_that_takes_or_shows_a_secret_says_nothing_but_its_name() -> None:
    secret = [tool for tool in CATALOG.tools.values() if tool.risk == "secret"]
    assert secret
    for tool in secret:
        planned = PlannedRequest.plain(tool, Request("POST", "/", parse=lambda _: None), {"anything": CANARY})
        assert planned.words == tool.name


def test_what_cant_be_sent_is_refused() -> None:
    with pytest.raises(BadArguments, match="Nothing was sent"):
        PlannedRequest.of("configures", "delete a script", Stake(), scripts.remove_script, script_name="")
