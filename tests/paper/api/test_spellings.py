"""The paper exchange as an API of another version."""

import asyncio
import json
from collections.abc import Callable, Collection
from copy import deepcopy
from importlib.resources import files
from typing import Any

import httpx
import pytest

from hbmcp.paper.api.application import ROUTES, application
from hbmcp.paper.api.contract import contract_of
from hbmcp.paper.api.faults import Crash, Fault
from tests.conftest import operation_of
from tests.paper import paper_api
from tests.paper.paper_api import AUTH, PaperApi, generated_from, here, routed

RATES = operation_of("get_rates")
PINNED = json.loads(files("hummingbot_api").joinpath("openapi.json").read_bytes())


def posted(
    api: PaperApi,
    path: str,
    body: Any = None,
    *,
    change: Callable[[dict[str, Any]], object] = lambda _: None,
    faults: Collection[Fault] = (),
) -> httpx.Response:
    document = deepcopy(PINNED)
    change(document)
    app = application(api.paper, *AUTH, faults=faults, contract=contract_of(document))

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://paper", auth=AUTH) as client:
            return await client.post(path, json=body)

    return asyncio.run(post())


def move(document: dict[str, Any]) -> None:
    document["paths"]["/rates"] = document["paths"].pop(RATES.split()[1])
    fields = document["components"]["schemas"]["RateRequest"]
    fields["properties"]["pairs"] = fields["properties"].pop("trading_pairs")
    fields["required"] = ["pairs"]


def test_another_spelling_is_answered_by_its_own_names(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes())
    (tool,) = (one for one in manifest["tools"] if one["definition"]["name"] == "get_rates")
    names = [RATES, *(one["operation"] for one in tool.get("also", ()))]  # one of them has a route
    tool["also"] = [*tool.get("also", ()), {"operation": "POST /rates", "renamed": {"trading_pairs": "pairs"}}]
    generated_from(manifest, monkeypatch)
    answer = posted(api, "/rates", {"pairs": ["BTC-USDT"]}, change=move)
    assert (answer.status_code, [*answer.json()["rates"]]) == (200, ["BTC-USDT"])
    # The other way round: the tools are made of a contract that has it there.
    tool["operation"] = "POST /rates"
    tool["also"] = [{"operation": name, "renamed": {"pairs": "trading_pairs"}} for name in names]
    answer = posted(api, "/rates", {"pairs": ["BTC-USDT"]}, change=move)
    assert (answer.status_code, [*answer.json()["rates"]]) == (200, ["BTC-USDT"])


def test_a_fault_is_of_an_operation_however_it_is_spelt(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes())
    (tool,) = (one for one in manifest["tools"] if one["definition"]["name"] == "get_rates")
    tool["also"] = [*tool.get("also", ()), {"operation": "POST /rates"}]
    generated_from(manifest, monkeypatch)
    asked = RATES.split()[1], {"trading_pairs": ["BTC-USDT"]}
    assert posted(api, *asked, faults=[Crash("POST /rates")]).status_code == 500
    assert posted(api, *asked, faults=[Crash("POST /moon")]).status_code == 200


def test_a_path_is_found_where_its_places_have_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """As tests ask for it that were written before it moved."""
    manifest = json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes())
    (tool,) = (one for one in manifest["tools"] if one["definition"]["name"] == "get_connected_exchanges")
    route = next(
        key for key in (tool["operation"], *(one["operation"] for one in tool.get("also", ()))) if key in ROUTES
    )
    tool["operation"], tool["also"] = "GET /keys/{of}", [{"operation": route, "renamed": {"of": "account_name"}}]
    generated_from(manifest, monkeypatch)
    document = deepcopy(PINNED)
    document["paths"] = {"/keys/{of}": {"get": {"responses": {"200": {"description": ""}}}}}
    monkeypatch.setattr(paper_api, "pinned", lambda: contract_of(document))
    asked = route.split()[1].replace("{account_name}", "desk")
    assert here("GET", f"{asked}?a=b") == "/keys/desk?a=b"
    assert routed("GET /keys/{of}") == route


def test_what_is_not_there_says_why(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes())
    (tool,) = (one for one in manifest["tools"] if one["definition"]["name"] == "get_rates")
    tool |= {"operation": "POST /moon", "also": [], "paper": "it has no moon"}
    generated_from(manifest, monkeypatch)

    def add(document: dict[str, Any]) -> None:
        document["paths"]["/moon"] = {"post": {"responses": {"200": {"description": ""}}}}
        document["paths"]["/sun"] = document["paths"]["/moon"]

    for path, why in (("/moon", ": it has no moon"), ("/sun", "")):
        answer = posted(api, path, change=add)
        assert (answer.status_code, answer.json()) == (501, {"detail": f"The paper exchange has no POST {path}{why}"})
