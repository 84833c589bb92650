"""What a paper exchange doesn't have, it says it doesn't have."""

from typing import Any

import pytest

from hbmcp.paper.api.routes.not_on_paper import BOTS, DOCKER
from hbmcp.paper.api.system_resources import human
from tests.paper.paper_api import PaperApi


@pytest.mark.parametrize("key", sorted(key for key in DOCKER if "{" not in key and "pull" not in key))
def test_docker_isnt_there(api: PaperApi, key: str) -> None:
    answer = api.request(*key.split())
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


def test_an_image_that_is_pulled_without_docker_has_failed(api: PaperApi) -> None:
    assert api.good("POST", "/docker/pull-image/", {"image_name": "x:latest"})["status"] == "started"
    status = api.good("GET", "/docker/pull-status/")
    assert (status["total_operations"], status["pull_operations"]["x:latest"]["status"]) == (1, "failed")


def test_containers_are_never_removed(api: PaperApi) -> None:
    assert api.request("POST", "/docker/remove-container/nobot").status_code == 400
    assert api.request("POST", "/docker/remove-container/hummingbot-x").status_code == 500


@pytest.mark.parametrize("key", sorted(key for key in BOTS if key.startswith("GET") and "bot_run_id" not in key))
def test_there_is_no_bot(api: PaperApi, key: str) -> None:
    answer = api.good("GET", key.split()[1].replace("{bot_name}", "nobot"))
    text = str(answer)
    assert "nobot not found" in text or not _leaves(answer["data"])


def _leaves(value: Any) -> list[Any]:
    """What says that something is there."""
    if isinstance(value, dict):
        return [
            leaf for key, inner in value.items() if not key.startswith(("broker", "client")) for leaf in _leaves(inner)
        ]
    return list(value) if isinstance(value, list) else [value] if value else []


def test_no_bot_is_started_stopped_or_deployed(api: PaperApi) -> None:
    for verb in ("start-bot", "stop-bot"):
        response = api.good("POST", f"/bot-orchestration/{verb}", {"bot_name": "nobot"})["response"]
        assert response == {"success": False, "message": "Bot nobot not found"}
    assert api.good("POST", "/bot-orchestration/stop-and-archive-bot/nobot")["status"] == "error"
    deployment = {"instance_name": "x", "credentials_profile": "master_account", "controllers_config": ["x.yml"]}
    path = "/bot-orchestration/deploy-v2-controllers"
    assert "FileNotFoundError" in api.request("POST", path, deployment).json()["detail"]
    nobody = api.request("POST", path, deployment | {"credentials_profile": "nobody"})
    assert (nobody.status_code, nobody.json()["detail"][-25:]) == (500, "'bots/credentials/nobody'")
    odd = api.request("POST", path, deployment | {"instance_name": "../x"})
    assert (odd.status_code, odd.text) == (500, "Internal Server Error")
    assert api.request("DELETE", "/bot-orchestration/bot-runs/9").json() == {"detail": "Bot run 9 not found"}


def test_there_is_no_archive(api: PaperApi) -> None:
    assert api.good("GET", "/archived-bots/") == []
    inside = "bots/archived/x/data/x.sqlite"
    for part in ("status", "trades", "performance"):
        answer = api.request("GET", f"/archived-bots/{inside}/{part}")
        assert (answer.status_code, answer.json()["detail"]) == (404, f"Database path '{inside}' not found")
    outside = api.request("GET", "/archived-bots/bots%2Farchived%2F..%2F..%2Fx/status")
    assert (outside.status_code, "outside the archived bots directory" in outside.text) == (400, True)


def test_a_backtest_is_refused_as_what_paper_does_not_have(api: PaperApi) -> None:
    config = {"config": {"controller_type": "market_making", "controller_name": "pmm_simple"}}
    for path in ("/backtesting/run", "/backtesting/tasks"):
        answer = api.request("POST", path, config)
        why = f"The paper exchange has no POST {path}: backtests need a real Hummingbot API"
        assert (answer.status_code, answer.json()) == (501, {"detail": why})
    assert api.good("GET", "/backtesting/tasks") == []
    assert api.request("GET", "/backtesting/tasks/a").json() == {"detail": "Task a not found"}


def test_the_systems_own_figures_are_real(api: PaperApi) -> None:
    told = api.good("GET", "/system/resources")
    assert told["memory"]["used"] + told["memory"]["available"] == told["memory"]["total"] > 0
    assert 0 < told["disk"]["free"] < told["disk"]["total"]
    assert 1 <= told["cpu"]["count_physical"] <= told["cpu"]["count_logical"]

    assert api.good("GET", "/storage/")["total_size_bytes"] == 0
    api.good("POST", "/controllers/configs/mine", {"id": "mine"})
    storage = api.good("GET", "/storage/")
    assert storage["total_size_bytes"] == len('{\n  "id": "mine"\n}\n')
    assert storage["directories"]["conf"]["items"][0] == {
        "name": "controllers",
        "size_bytes": 19,
        "size_human": "19.00 B",
    }


@pytest.mark.parametrize(("size", "text"), [(0, "0.00 B"), (20004, "19.54 KB"), (2**40, "1.00 TB")])
def test_sizes_for_people(size: int, text: str) -> None:
    assert human(size) == text
