"""A real client is asked by a real server, of both eras, over both transports: money moves once or not at all."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, ElicitRequestFormParams, ElicitResult, InputRequiredResult

from tests.conftest import environment, http_server
from tests.forked import HBMCP, stdio
from tests.server.http.clients import client as holding
from tests.server.http.clients import made, process
from tests.server.ways import LONG_WAYS
from tests.stdio_server import StdioServer

pytestmark = pytest.mark.anyio

ORDER = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": "0.01",
    "order_type": "LIMIT",
    "price": "50000",
    "wait": 0,
}
FIVE = {"orders": [{**ORDER, "price": str(50_000 + place)} for place in range(5)]}
for one in FIVE["orders"]:
    del one["wait"]

Answer = Callable[[ElicitRequestFormParams], Awaitable[ElicitResult]]


def saying(action: str, content: dict[str, Any] | None = None) -> Answer:
    async def answer(_: ElicitRequestFormParams) -> ElicitResult:
        return ElicitResult.model_validate({"action": action, "content": content})

    return answer


YES = saying("accept", {"approve": True})


@frozen
class Place:
    """Where servers run that share an exchange, a policy and a store."""

    folder: Path
    transport: str
    mode: str

    @property
    def env(self) -> dict[str, str]:
        return environment(
            HBMCP_PAPER="true",
            HBMCP_PAPER_DB=str(self.folder / "paper.sqlite"),
            HBMCP_STATE_URL=f"sqlite:///{self.folder}/state.sqlite",
            HBMCP_POLICY=str(self.folder / "policy.toml"),
            XDG_DATA_HOME=str(self.folder),
            LOG_LEVEL="WARNING",
        )

    @asynccontextmanager
    async def client(self, answer: Answer | None, **other: Any) -> AsyncIterator[Client]:
        """One of a server of its own."""

        async def asked(_: Any, params: Any) -> ElicitResult:
            assert answer is not None
            return await answer(params)

        other = {**other, "elicitation_callback": asked if answer else None, "mode": self.mode}
        if self.transport == "stdio":
            async with Client(stdio([*HBMCP, "serve"], env=self.env, cwd=self.folder), **other) as client:
                yield client
            return
        with http_server(self.env, self.folder) as address:
            async with Client(address, **other) as client:
                yield client

    @property
    def orders(self) -> int:
        """How many the exchange ever had."""
        with sqlite3.connect(self.folder / "paper.sqlite") as exchange:
            return int(exchange.execute("SELECT count(*) FROM orders").fetchone()[0])

    @property
    def audit(self) -> list[dict[str, Any]]:
        """The lines of the audit, as far as they are about calls."""
        lines = [json.loads(line) for line in (self.folder / "paper-audit.jsonl").read_text().splitlines()]
        commands = {one["call"] for one in lines if " " in one.get("tool", "")}  # such as token create
        return [one for one in lines if one["call"] not in commands]


def text(result: CallToolResult) -> str:
    told: str = result.content[0].text  # type: ignore[union-attr]
    return told


def placed(tmp_path: Path, transport: str, mode: str, policy: str = 'confirm = "always"') -> Place:
    (tmp_path / "policy.toml").write_text(policy, encoding="utf-8")
    return Place(tmp_path, transport, mode)


@pytest.fixture(params=[pytest.param(way.values, marks=way.marks) for way in LONG_WAYS])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return placed(tmp_path, *request.param)


async def test_asked_answered_and_audited(place: Place) -> None:
    """Declined, dismissed, unreadable, five orders at once declined; then a yes sends it, once."""
    heard: list[ElicitRequestFormParams] = []
    answers = [
        saying("decline"),
        saying("cancel"),
        saying("accept", {"approve": False}),
        saying("accept", {"approve": "true"}),
        saying("accept", {"approve": 1}),
        saying("accept"),
        saying("decline"),
        YES,
        YES,
    ]

    async def answer(params: ElicitRequestFormParams) -> ElicitResult:
        heard.append(params)
        return await answers[len(heard) - 1](params)

    async with place.client(answer) as client:
        for said in ("said no", "dismissed", "said no", *["neither a yes nor a no"] * 3):
            result = await client.call_tool("place_order", ORDER)
            assert result.is_error
            assert said in text(result)
            assert "Nothing was sent." in text(result)
        assert (await client.call_tool("place_orders", FIVE)).is_error
        assert place.orders == 0
        result = await client.call_tool("place_order", ORDER)
        assert not result.is_error, text(result)
        assert place.orders == 1
        result = await client.call_tool("place_orders", FIVE)
        assert not result.is_error, text(result)
        assert place.orders == 6
    assert len(heard) == len(answers)
    assert heard[0].message.startswith("place_order on the PAPER exchange, called by mcp:")
    assert '"BUY 0.01 BTC-USDT LIMIT at 50000 on binance, account master_account"' in heard[0].message
    assert heard[0].requested_schema["properties"] == {"approve": {"type": "boolean", "title": "Send it"}}
    assert heard[-1].message.count("LIMIT at 5000") == 5
    asked = [one["question"] for one in place.audit if one["event"] == "asked"]
    assert len(set(asked)) == len(answers)
    noes = [one["outcome"] for one in place.audit if one["event"] == "refused"]
    assert noes == ["declined"] * 3 + ["unanswered"] * 3 + ["declined"]
    yes = [one["confirmed"] for one in place.audit if one["event"] == "begin"]
    assert yes == [{"question": asked[place_], "way": "client", "by": "mcp"} for place_ in (-2, -1)]


@pytest.mark.slow
async def test_a_client_that_can_t_ask_is_no_yes(place: Place) -> None:
    async with place.client(None) as client:
        result = await client.call_tool("place_order", ORDER)
        assert result.is_error
        assert "nobody can be: this client doesn't say that it can ask (elicitation)" in text(result)
        assert place.orders == 0
        assert not (await client.call_tool("get_open_orders", {})).is_error


@pytest.mark.slow
async def test_what_changed_between_question_and_answer_isn_t_sent(place: Place) -> None:
    """Half of what is there is another half, once another server has spent some of it."""
    (place.folder / "policy.toml").write_text('[[confirm]]\nwhen = "always"\ntolerance_percent = 1\n')
    share = {**ORDER, "share": 50} | {"max_value": 1_000_000}
    del share["amount"]

    async def spends(_: ElicitRequestFormParams) -> ElicitResult:
        async with evolve(place, transport="stdio").client(YES) as other:
            large = {**ORDER, "amount": "0.3", "max_value": 1_000_000}
            assert not (await other.call_tool("place_order", large)).is_error
        return await YES(_)

    async with place.client(spends) as client:
        result = await client.call_tool("place_order", share)
        assert result.is_error
        assert "when it was asked for, and is" in text(result)
        assert "the answer doesn't hold for that. Nothing was sent." in text(result)
    assert place.orders == 1


@pytest.mark.slow
async def test_a_call_that_is_cancelled_while_it_asks_leaves_nothing(place: Place) -> None:
    asked = anyio.Event()

    async def never(_: ElicitRequestFormParams) -> ElicitResult:
        asked.set()
        await anyio.sleep_forever()
        raise AssertionError

    async with place.client(never) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "place_order", ORDER)
            await asked.wait()
            group.cancel_scope.cancel()
        assert not (await client.call_tool("get_open_orders", {})).is_error
        assert place.orders == 0
    with sqlite3.connect(place.folder / "state.sqlite") as store:
        assert store.execute("SELECT count(*) FROM hbmcp_ledger").fetchone() == (0,)
    assert [one["event"] for one in place.audit] == ["asked"]


@pytest.mark.slow
async def test_a_client_that_leaves_while_it_is_asked_has_said_nothing(place: Place) -> None:
    asked = anyio.Event()

    async def never(_: ElicitRequestFormParams) -> ElicitResult:
        asked.set()
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.move_on_after(60) as scope:
        async with place.client(never) as client, anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "place_order", ORDER)
            await asked.wait()
            scope.cancel()
    assert place.orders == 0


SECONDS = """
import runpy, sys
import hbmcp.policy.confirmation.question as question
question.MINUTE = 200
sys.argv = ["hbmcp", *(sys.argv[1:] or ["serve"])]
runpy.run_module("hbmcp", run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_question_that_nobody_answered_is_never_carried_out(mode: str, tmp_path: Path) -> None:
    place = placed(tmp_path, "stdio", mode, '[[confirm]]\nwhen = "always"\nminutes = 1\n')
    late = anyio.Event()

    async def slow(_: ElicitRequestFormParams) -> ElicitResult:
        if mode == "legacy":
            await late.wait()
        else:
            await asyncio.sleep(0.4)
        return await YES(_)

    async def asked(_: Any, params: Any) -> ElicitResult:
        return await slow(params)

    started = stdio([sys.executable, "-c", SECONDS], env=place.env, cwd=tmp_path)
    async with Client(started, elicitation_callback=asked, mode=mode) as client:
        result = await client.call_tool("place_order", ORDER)
        late.set()
        assert result.is_error
        assert ("in time" if mode == "legacy" else "too late") in text(result)
        assert not (await client.call_tool("get_open_orders", {})).is_error
    assert place.orders == 0
    assert [one["outcome"] for one in place.audit if one["event"] == "refused"] == ["unanswered"]


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_question_that_nobody_answered_is_withdrawn(transport: str, tmp_path: Path) -> None:
    """The client of 2025 is told, so that it shows it no longer."""
    place = placed(tmp_path, transport, "legacy", '[[confirm]]\nwhen = "always"\nminutes = 1\n')
    withdrawn = anyio.Event()

    async def asked(_: Any, __: Any) -> ElicitResult:
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            withdrawn.set()
            raise
        raise AssertionError

    async with AsyncExitStack() as stack:
        if transport == "stdio":
            told: Any = stdio([sys.executable, "-c", SECONDS], env=place.env, cwd=tmp_path)
        else:
            _, told = stack.enter_context(process(env=place.env, cwd=tmp_path, code=SECONDS))
        client = await stack.enter_async_context(Client(told, elicitation_callback=asked, mode="legacy"))
        assert "in time" in text(await client.call_tool("place_order", ORDER))
        with anyio.fail_after(30):
            await withdrawn.wait()
    assert place.orders == 0


@pytest.mark.slow
def test_an_answer_to_a_question_that_was_withdrawn_is_ignored(tmp_path: Path) -> None:
    place = placed(tmp_path, "stdio", "legacy", '[[confirm]]\nwhen = "always"\nminutes = 1\n')
    can = {"elicitation": {}}
    command = [sys.executable, "-c", SECONDS]
    with StdioServer(env=place.env, cwd=tmp_path, command=command, capabilities=can) as server:
        result = server.answer(server.start("tools/call", {"name": "place_order", "arguments": ORDER}))["result"]
        assert "in time" in result["content"][0]["text"]
        asked, withdrawn = (one for one in server.notifications if one["method"] != "notifications/progress")
        assert asked["method"] == "elicitation/create"
        assert withdrawn["method"] == "notifications/cancelled"
        assert withdrawn["params"]["requestId"] == asked["id"]
        yes = {"action": "accept", "content": {"approve": True}}
        server.write(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": yes}))
        assert not server.call("get_open_orders")[1]
    assert place.orders == 0
    assert [one["outcome"] for one in place.audit if one["event"] == "refused"] == ["unanswered"]


async def required(client: Client, tool: str = "place_order", given: Any = ORDER, **answer: Any) -> Any:
    return await client.session.call_tool(tool, given, allow_input_required=True, **answer)


APPROVED = {"approve": ElicitResult(action="accept", content={"approve": True})}


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_an_answer_survives_a_restart_and_is_used_once(transport: str, tmp_path: Path) -> None:
    place = placed(tmp_path, transport, "auto")
    async with place.client(YES) as client:
        asked = await required(client)
        other = await required(client)
        assert isinstance(asked, InputRequiredResult)
    async with place.client(YES) as client:
        answer = {"input_responses": APPROVED, "request_state": asked.request_state}
        result = await required(client, **answer)
        assert not result.is_error, text(result)
        assert place.orders == 1
        result = await required(client, **answer)
        assert "was used already" in text(result)
        async with place.client(YES) as second:
            assert "was used already" in text(await required(second, **answer))
        for given_ in ({**ORDER, "amount": "0.02"}, {**ORDER, "price": "50001"}):
            result = await required(client, given=given_, input_responses=APPROVED, request_state=other.request_state)
            assert "to a question of another call, client or installation. Nothing was sent" in text(result)
        result = await required(
            client, "place_orders", {"orders": FIVE["orders"][:1]}, input_responses=APPROVED,
            request_state=other.request_state,
        )  # fmt: skip
        assert "of another call" in text(result)
        result = await required(client, input_responses={}, request_state=other.request_state)
        assert "neither a yes nor a no" in text(result)
    assert place.orders == 1
    outcomes = [one["outcome"] for one in place.audit if one["event"] == "refused"]
    assert outcomes == ["answer_void"] * 5 + ["unanswered"]


async def test_an_answer_to_five_survives_a_restart_and_is_used_once_for_these_five(tmp_path: Path) -> None:
    place = placed(tmp_path, "stdio", "auto")
    async with place.client(YES) as client:
        asked = await required(client, "place_orders", FIVE)
    answer = {"input_responses": APPROVED, "request_state": asked.request_state}
    async with place.client(YES) as client:
        four = {"orders": FIVE["orders"][:4]}
        assert "of another call" in text(await required(client, "place_orders", four, **answer))
        assert place.orders == 0
        result = await required(client, "place_orders", FIVE, **answer)
        assert not result.is_error, text(result)
        assert "was used already" in text(await required(client, "place_orders", FIVE, **answer))
    assert place.orders == 5


async def test_a_state_that_was_never_sealed_is_the_protocol_s_own_error(tmp_path: Path) -> None:
    """What a client made up, and no model could mend; it is written down all the same."""
    place = placed(tmp_path, "stdio", "auto")
    async with place.client(YES) as client:
        asked = await required(client)
        assert isinstance(asked, InputRequiredResult)
        for state in (f"{asked.request_state}-tampered", "void", "{}"):
            with pytest.raises(MCPError, match="Nothing was sent") as refused:
                await required(client, input_responses=APPROVED, request_state=state)
            assert refused.value.error.code == INVALID_PARAMS
    assert place.orders == 0
    assert [one["outcome"] for one in place.audit if one["event"] == "refused"] == ["answer_void"] * 3


@pytest.mark.slow
async def test_another_client_can_t_use_an_answer(tmp_path: Path) -> None:
    from mcp.types import Implementation

    place = placed(tmp_path, "http", "auto")
    with http_server(place.env, tmp_path) as address:
        ask: Any = {"elicitation_callback": lambda *_: None, "mode": "auto"}
        async with Client(address, **ask) as client:
            asked = await required(client)
        answer = {"input_responses": APPROVED, "request_state": asked.request_state}
        async with Client(address, client_info=Implementation(name="other", version="1"), **ask) as client:
            assert "client or installation" in text(await required(client, **answer))
    assert place.orders == 0


@pytest.mark.slow
async def test_another_token_s_holder_can_t_use_an_answer(tmp_path: Path) -> None:
    place = placed(tmp_path, "http", "auto")
    one, two = (made(name, "--toolsets", "trading", env=place.env, cwd=tmp_path) for name in ("one", "two"))

    async def nobody(*_: Any) -> ElicitResult:
        raise AssertionError

    with http_server(place.env, tmp_path) as address:
        async with holding(address, one, elicitation_callback=nobody) as client:
            asked = await required(client)
            answer = {"input_responses": APPROVED, "request_state": asked.request_state}
            async with holding(address, two, elicitation_callback=nobody) as other:
                assert "client or installation" in text(await required(other, **answer))
            assert place.orders == 0
            result = await required(client, **answer)
            assert not result.is_error, text(result)
    assert place.orders == 1


@pytest.mark.slow
async def test_of_two_answers_at_once_in_two_processes_one_is_used(tmp_path: Path) -> None:
    place = placed(tmp_path, "stdio", "auto")
    async with place.client(YES) as one, place.client(YES) as two:
        given = {**FIVE, "again": True}  # so that only the answer counts
        asked = await required(one, "place_orders", given)
        answer = {"input_responses": APPROVED, "request_state": asked.request_state}
        results: list[CallToolResult] = []

        async def use(client: Client) -> None:
            results.append(await required(client, "place_orders", given, **answer))

        async with anyio.create_task_group() as group:
            for client in (one, two, one, two):
                group.start_soon(use, client)
    assert sorted(one.is_error for one in results) == [False, True, True, True]
    assert place.orders == 5


@pytest.mark.slow
async def test_any_bit_of_a_sealed_state_counts(tmp_path: Path) -> None:
    place = placed(tmp_path, "http", "auto")
    async with place.client(YES) as client:
        asked = await required(client)
        state = asked.request_state

        @given(where=st.integers(0, len(state) - 1), bit=st.integers(0, 6))
        @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
        def changed(where: int, bit: int) -> None:
            other = f"{state[:where]}{chr(ord(state[where]) ^ 1 << bit)}{state[where + 1 :]}"
            asyncio.run_coroutine_threadsafe(refused(other), loop).result(60)

        async def refused(other: str) -> None:
            try:
                result = await required(client, input_responses=APPROVED, request_state=other)
            except MCPError:
                return
            assert result.is_error

        loop = asyncio.get_running_loop()
        await asyncio.to_thread(changed)
        assert place.orders == 0
        result = await required(client, input_responses=APPROVED, request_state=state)
        assert not result.is_error, text(result)
    assert place.orders == 1


@pytest.mark.slow
async def test_a_server_that_ends_between_question_and_answer_sends_nothing(tmp_path: Path) -> None:
    """Of 2025 the question dies with it; the answer comes to nobody."""
    place = placed(tmp_path, "stdio", "legacy")
    asked = anyio.Event()

    async def never(_: ElicitRequestFormParams) -> ElicitResult:
        asked.set()
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.CancelScope() as scope:
        async with place.client(never) as client, anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "place_order", ORDER)
            await asked.wait()
            scope.cancel()
    async with place.client(YES) as client:
        assert not (await client.call_tool("get_open_orders", {})).is_error
    assert place.orders == 0


async def test_confirm_is_no_argument(tmp_path: Path) -> None:
    """A model would fill it in."""
    place = placed(tmp_path, "stdio", "auto")
    async with place.client(saying("decline")) as client:
        for name in ("confirm", "approve", "approved", "confirmed"):
            assert "no such argument" in text(await client.call_tool("place_order", {**ORDER, name: True}))
        assert not (await client.call_tool("get_open_orders", {})).is_error
        tools = (await client.list_tools()).tools
    assert not [tool.name for tool in tools if "confirm" in json.dumps(tool.input_schema)]
    assert place.orders == 0
