"""An HTTP server that stands in for a Hummingbot API: it checks requests strictly, records them, and replays answers.

from tests.replay.server import Answer, Replay, replay, replay_server  # noqa: F401: fixtures

def test_something(replay: Replay) -> None:
    replay.answers("GET /accounts/", Answer(503), Answer(body=["desk"]))  # each once, then the last
    ...  # call replay.url with replay.auth
    assert replay.last.raw_path == "/accounts/"
"""

from __future__ import annotations

import asyncio
import json
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from attrs import define, field, frozen
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hbmcp.catalog import Catalog
from tests.replay.contract_rules import mistakes, operation_paths, pinned
from tests.replay.examples import example

ANSWERS = Path(__file__).parent / "answers"
USER, PASSWORD = "trader", "s3cret-pass"
OPEN = "GET /"  # the one operation that asks for no credentials
METHODS = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"]


@frozen
class Answer:
    """What to answer: `raw` bytes as they are, else `body` as JSON; `delay` in seconds before it.

    Cut: the connection is closed after half of it.
    """

    status: int = 200
    body: Any = None
    raw: bytes | None = None
    content_type: str = "application/json"
    delay: float = 0
    cut: bool = False

    @property
    def content(self) -> bytes:
        return json.dumps(self.body).encode() if self.raw is None else self.raw


@define
class Recorded:
    """A request as it came. `operation` is its key in the contract, None where it has none.

    Abandoned is set when the client goes away while its answer is being delayed.
    """

    method: str
    raw_path: str
    query: list[tuple[str, str]]
    body: bytes
    headers: Mapping[str, str]
    operation: str | None = None
    abandoned: threading.Event = field(factory=threading.Event)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Replay:
    """The server, as a test sees it."""

    def __init__(self) -> None:
        self.url = ""
        self.auth = (USER, PASSWORD)
        self.requests: list[Recorded] = []
        self._good = good_answers()
        self._set: dict[str, list[Answer]] = {}

    @property
    def last(self) -> Recorded:
        """The request that came last."""
        return self.requests[-1]

    def answers(self, key: str, *answers: Answer) -> None:
        """Sets the answers of one operation for the rest of this test: each once, the last one from then on."""
        if key not in self._good:
            raise KeyError(f"The contract has no operation {key!r}")
        self._set[key] = list(answers)

    def answer_of(self, key: str) -> Answer:
        """What an operation answers next."""
        waiting = self._set.get(key)
        if not waiting:
            return self._good[key]
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def reset(self) -> None:
        """Forgets the requests and the answers that were set."""
        self.requests.clear()
        self._set.clear()


@cache
def good_answers() -> Mapping[str, Answer]:
    """Operation key -> what it answers when nothing goes wrong: as it is written in answers/, under any of its
    spellings, or as the contract says."""
    files = sorted(ANSWERS.glob("*.json"))
    written = {key: one for file in files for key, one in json.loads(file.read_text(encoding="utf-8")).items()}
    names = spellings()
    good = {}
    for key, operation in pinned().operations.items():
        known = next((written[name] for name in (key, *names.get(key, ())) if name in written), None)
        made = {"status": operation.status, "body": example(operation.response or {})}
        good[key] = Answer(**(known or made))
    return good


def spellings() -> Mapping[str, Sequence[str]]:
    """Operation key -> how other versions of the API have it."""
    plain = [tool for tool in Catalog.load().tools.values() if not tool.is_workflow]
    return {tool.operation: [one["operation"] for one in tool.also] for tool in plain}


def application(replay: Replay) -> Starlette:
    """The ASGI application behind `replay`."""

    async def endpoint(request: Request) -> Response:
        recorded = Recorded(
            method=request.method,
            raw_path=request.scope["raw_path"].decode("ascii"),
            query=list(request.query_params.multi_items()),
            body=await request.body(),
            headers=dict(request.headers),
        )
        replay.requests.append(recorded)
        operation, values, others = operation_paths().find(request.method, request.scope["path"])
        if operation is None:
            return _json(405, "Method Not Allowed") if others else _json(404, "Not Found")
        recorded.operation = operation.key
        if operation.key != OPEN and (refusal := _refusal(recorded.headers.get("authorization"))):
            return refusal
        content_type = recorded.headers.get("content-type", "")
        if wrong := mistakes(operation, values, recorded.query, recorded.body, content_type):
            return _json(422, wrong)
        return await _given(replay.answer_of(operation.key), request, recorded)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=METHODS)])


def _refusal(authorization: str | None) -> Response | None:
    if authorization == f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}":
        return None
    response = _json(401, "Incorrect username or password" if authorization else "Not authenticated")
    response.headers["WWW-Authenticate"] = "Basic"
    return response


def _json(status: int, detail: Any) -> Response:
    return Response(json.dumps({"detail": detail}), status, media_type="application/json")


async def _given(answer: Answer, request: Request, recorded: Recorded) -> Response:
    if answer.delay:
        await _wait(answer.delay, request, recorded)
    content = answer.content
    if answer.cut:
        headers = {"Content-Length": str(len(content) + 1)}
        return StreamingResponse(_half(content), answer.status, headers, media_type=answer.content_type)
    return Response(content, answer.status, media_type=answer.content_type)


async def _wait(seconds: float, request: Request, recorded: Recorded) -> None:
    """Until the time is over or the client has gone."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        if await request.is_disconnected():
            recorded.abandoned.set()
            return
        await asyncio.sleep(0.01)


async def _half(content: bytes) -> AsyncIterator[bytes]:
    yield content[: len(content) // 2]
    raise ConnectionAbortedError  # uvicorn closes the connection


@pytest.fixture(scope="session")
def replay_server() -> Iterator[Replay]:
    """The server, running for the whole session. Tests take `replay`, which is fresh for each."""
    replay = Replay()
    config = uvicorn.Config(
        application(replay), host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("The replay server didn't start")
        thread.join(0.01)
    replay.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield replay
    server.should_exit = True
    thread.join()


@pytest.fixture
def replay(replay_server: Replay) -> Replay:
    """The server, with no requests recorded and only good answers."""
    replay_server.reset()
    return replay_server
