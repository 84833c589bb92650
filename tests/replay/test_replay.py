"""The server that stands in for a Hummingbot API: whether it knows the whole contract, and is strict."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.contract import Schema
from tests.paper.paper_api import here
from tests.replay.contract_rules import conforms, pinned
from tests.replay.examples import example
from tests.replay.server import ANSWERS, Answer, Replay, good_answers

OPERATIONS = pinned().operations


@pytest.fixture
def client(replay: Replay) -> httpx.Client:
    return httpx.Client(base_url=replay.url, auth=replay.auth)


class TestAnswers:
    def test_there_is_one_for_every_operation_and_no_other(self) -> None:
        assert set(good_answers()) == set(OPERATIONS)

    def test_they_lie_in_the_file_of_their_tag(self) -> None:
        for file in ANSWERS.glob("*.json"):
            there = OPERATIONS.keys() & json.loads(file.read_text()).keys()
            assert {OPERATIONS[key].tag.lower().replace(" ", "_") for key in there} <= {file.stem}

    @given(st.sampled_from([one.response for one in OPERATIONS.values() if one.response]))
    def test_one_that_is_made_of_the_contract_is_what_it_says(self, schema: Schema) -> None:
        assert conforms(example(schema), schema) == []

    @pytest.mark.parametrize("key", OPERATIONS)
    def test_they_are_what_the_contract_says(self, key: str) -> None:
        answer, operation = good_answers()[key], OPERATIONS[key]
        assert answer.status == operation.status
        assert conforms(answer.body, operation.response or {}) == []


class TestAccess:
    def test_credentials_are_asked_for(self, replay: Replay) -> None:
        url = f"{replay.url}/accounts/"
        assert httpx.get(url).json() == {"detail": "Not authenticated"}
        wrong = httpx.get(url, auth=("trader", "wrong"))
        assert (wrong.status_code, wrong.headers["WWW-Authenticate"]) == (401, "Basic")
        assert httpx.get(url, auth=replay.auth).json() == ["desk", "family"]

    def test_the_root_is_open(self, replay: Replay) -> None:
        assert httpx.get(replay.url).json()["name"] == "Hummingbot API"

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/accounts", 404),
            ("GET", "/nope", 404),
            ("PUT", "/accounts/", 405),
            ("GET", "/accounts/a%2Fb/credentials", 404),
        ],
    )
    def test_other_paths_and_methods_are_unknown(
        self, client: httpx.Client, method: str, path: str, status: int
    ) -> None:
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.json() == {"detail": "Not Found" if status == 404 else "Method Not Allowed"}


class TestOperations:
    @pytest.mark.parametrize(
        ("path", "key"),
        [
            ("/executors/summary", "GET /executors/summary"),
            ("/executors/abc", "GET /executors/{executor_id}"),
            ("/executors/types/available", "GET /executors/types/available"),
            ("/archived-bots/bots/archived/x/data/x.sqlite/status", "GET /archived-bots/{db_path}/status"),
            ("/archived-bots/bots%2Farchived%2Fx%2Fdata%2Fx.sqlite/orders", "GET /archived-bots/{db_path}/orders"),
            ("/controllers/configs/a%20b", "GET /controllers/configs/{config_name}"),
            ("/controllers/generic/x", "GET /controllers/{controller_type}/{controller_name}"),
        ],
    )
    def test_are_found_by_their_path(self, replay: Replay, client: httpx.Client, path: str, key: str) -> None:
        answer = client.get(path)
        assert replay.last.operation == key
        assert replay.last.raw_path == path
        assert answer.json() == good_answers()[key].body

    def test_requests_are_recorded_as_they_come(self, replay: Replay, client: httpx.Client) -> None:
        client.get("/connectors/kraken/trading-rules", params=[("trading_pairs", "A-B"), ("trading_pairs", "C-D")])
        client.post(
            "/portfolio/state", content=b'{ "skip_gateway" : true }', headers={"Content-Type": "application/json"}
        )
        first, second = replay.requests
        assert first.query == [("trading_pairs", "A-B"), ("trading_pairs", "C-D")]
        assert (second.method, second.body, second.json) == (
            "POST",
            b'{ "skip_gateway" : true }',
            {"skip_gateway": True},
        )
        assert second.headers["content-type"] == "application/json"


ORDER = {
    "account_name": "desk",
    "connector_name": "kraken",
    "trading_pair": "BTC-USDT",
    "trade_type": "BUY",
    "amount": "0.1",
}


class TestRules:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/trading/orders", ORDER),
            ("/trading/orders", {**ORDER, "amount": 0.1, "price": None}),
            ("/portfolio/state", {}),
            ("/controllers/configs/x", {"anything": {"goes": ["here"]}}),
        ],
    )
    def test_right_bodies(self, client: httpx.Client, path: str, body: Any) -> None:
        assert client.post(here("POST", path), json=body).is_success

    @pytest.mark.parametrize(
        ("path", "body", "mistakes"),
        [
            ("/trading/orders", {**ORDER, "colour": "red"}, [("extra_forbidden", ["body"])]),
            (
                "/trading/orders",
                {key: ORDER[key] for key in ("trading_pair", "trade_type", "amount")},
                [("missing", ["body", "account_name"]), ("missing", ["body", "connector_name"])],
            ),
            ("/trading/orders", {**ORDER, "trade_type": "HOLD"}, [("invalid", ["body", "trade_type"])]),
            ("/trading/orders", {**ORDER, "price": True}, [("invalid", ["body", "price"])]),
            ("/trading/orders", [ORDER], [("invalid", ["body"])]),
            ("/trading/orders/search", {"limit": 0}, [("invalid", ["body", "limit"])]),
            ("/trading/orders/search", {"limit": "5"}, [("invalid", ["body", "limit"])]),
        ],
    )
    def test_wrong_bodies(self, client: httpx.Client, path: str, body: Any, mistakes: list[Any]) -> None:
        answer = client.post(path, json=body)
        assert answer.status_code == 422
        assert sorted((m["type"], m["loc"]) for m in answer.json()["detail"]) == mistakes

    @pytest.mark.parametrize(
        ("content", "content_type", "mistake"),
        [
            (b"", "application/json", "missing"),
            (b"{", "application/json", "json_invalid"),
            (b"{}", "text/plain", "media_type"),
        ],
    )
    def test_bodies_that_are_no_json(
        self, client: httpx.Client, content: bytes, content_type: str, mistake: str
    ) -> None:
        answer = client.post("/trading/orders", content=content, headers={"Content-Type": content_type})
        assert [m["type"] for m in answer.json()["detail"]] == [mistake]

    def test_a_body_where_none_belongs(self, client: httpx.Client) -> None:
        answer = client.request("GET", "/accounts/", json={})
        assert answer.json()["detail"][0]["loc"] == ["body"]

    @pytest.mark.parametrize(
        ("path", "mistakes"),
        [
            ("/bot-orchestration/bot-runs?limit=5&bot_name=12", []),
            ("/bot-orchestration/bot-runs?limit=many", [("invalid", ["query", "limit"])]),
            ("/bot-orchestration/bot-runs?limit=5&limit=6", [("repeated", ["query", "limit"])]),
            ("/bot-orchestration/bot-runs?colour=red", [("extra_forbidden", ["query", "colour"])]),
            ("/bot-orchestration/bot-runs/abc", [("invalid", ["path", "bot_run_id"])]),
            ("/gateway/clmm/pool-info?connector=meteora&network=x", [("missing", ["query", "pool_address"])]),
        ],
    )
    def test_parameters(self, client: httpx.Client, path: str, mistakes: list[Any]) -> None:
        answer = client.get(path)
        found = [(m["type"], m["loc"]) for m in answer.json()["detail"]] if answer.status_code == 422 else []
        assert found == mistakes


class TestSetAnswers:
    def test_each_comes_once_and_the_last_one_stays(self, replay: Replay, client: httpx.Client) -> None:
        replay.answers(
            "GET /accounts/", Answer(503, {"detail": "wait"}), Answer(raw=b"<html>", content_type="text/html")
        )
        assert client.get("/accounts/").json() == {"detail": "wait"}
        assert [client.get("/accounts/").content for _ in range(2)] == [b"<html>", b"<html>"]
        replay.reset()
        assert client.get("/accounts/").json() == ["desk", "family"]
        assert len(replay.requests) == 1

    def test_only_operations_of_the_contract_have_some(self, replay: Replay) -> None:
        with pytest.raises(KeyError, match="GET /nope"):
            replay.answers("GET /nope", Answer())

    def test_the_connection_can_be_cut(self, replay: Replay, client: httpx.Client) -> None:
        replay.answers("GET /accounts/", Answer(body=["desk"], cut=True))
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/accounts/")

    def test_a_client_that_goes_away_is_noticed(self, replay: Replay) -> None:
        replay.answers("GET /accounts/", Answer(delay=60))

        async def give_up() -> None:
            async with httpx.AsyncClient(base_url=replay.url, auth=replay.auth) as client:
                call = asyncio.create_task(client.get("/accounts/"))
                while not replay.requests:
                    await asyncio.sleep(0.001)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call

        asyncio.run(give_up())
        assert replay.last.abandoned.wait(10)
