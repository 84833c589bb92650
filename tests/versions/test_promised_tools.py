"""A server made of the pinned contract, and the paper exchange as an API of that version: only its operations, by its
names. All fourteen promised tools work, and what isn't there is told."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from attrs import define, field
from starlette.types import ASGIApp, Receive, Scope, Send

from hbmcp.catalog import Catalog
from hbmcp.drift import Drift
from hbmcp.paper.api.application import DOCUMENT, application
from hbmcp.paper.api.contract import Contract, contract_of
from tests.answer_storm import CASES, PROMISED
from tests.conftest import environment
from tests.paper.paper_api import AUTH, HOUR, PaperApi
from tests.stdio_server import StdioServer
from tests.versions import VERSIONS, document, of_file, pinned

#: What is called last, for it takes away what others look at.
LAST = ("cancel_order", "close_position")


@define
class Asked:
    """The application, and what was asked of it that this version hasn't."""

    app: ASGIApp
    contract: Contract
    unknown: list[str] = field(factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != DOCUMENT and self.contract.find(scope["method"], scope["path"])[0] is None:
            self.unknown.append(f"{scope['method']} {scope['path']}")
        await self.app(scope, receive, send)


@define
class Api:
    """It runs in a thread of its own, for the exchange's store is of one."""

    version: str
    folder: Path
    url: str = ""
    asked: Asked | None = None
    order_id: str = ""
    ready: threading.Event = field(factory=threading.Event)
    server: uvicorn.Server | None = None

    def run(self) -> None:
        now = int(time.time() * 1000) - 9 * HOUR  # as long as it takes until there is something to look at
        try:
            with PaperApi(self.folder, now=now) as api:
                CASES["get_positions"].prepare(api)
                more = CASES["cancel_order"].prepare(api) or {}
                self.order_id = more["order_id"]
                contract = contract_of(document(self.version))
                self.asked = Asked(application(api.paper, *AUTH, contract=contract), contract)
                config = uvicorn.Config(self.asked, port=0, log_level="critical", lifespan="off", ws="none")
                self.server = uvicorn.Server(config)
                socket = config.bind_socket()
                self.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
                self.ready.set()
                self.server.run([socket])
        finally:
            self.ready.set()


@contextmanager
def serving(version: str, folder: Path) -> Iterator[Api]:
    api = Api(version, folder)
    thread = threading.Thread(target=api.run, daemon=True)
    thread.start()
    api.ready.wait(30)
    assert api.server is not None
    try:
        yield api
    finally:
        api.server.should_exit = True
        thread.join(30)


def test_one_is_the_pinned_contract() -> None:
    """`python -m tests.versions` adds it."""
    assert pinned() in map(of_file, VERSIONS)


@pytest.mark.parametrize(
    "version", [pytest.param(one, marks=pytest.mark.slow if one != VERSIONS[0] else ()) for one in VERSIONS]
)
def test_all_work_and_what_is_gone_is_told(version: str, tmp_path: Path) -> None:
    drift = Drift.of(Catalog.load(), document(version))
    assert not {*PROMISED} & drift.gone.keys()
    named = [*PROMISED, "get_status", *sorted(drift.gone)[:3]]
    with serving(version, tmp_path / "exchange") as api:
        env = environment(
            HUMMINGBOT_API_URL=api.url,
            HUMMINGBOT_API_USERNAME=AUTH[0],
            HUMMINGBOT_API_PASSWORD=AUTH[1],
            HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}",
            HBMCP_TOOLS=",".join(named),
        )
        assert api.asked is not None
        with StdioServer(env=env, cwd=tmp_path) as server:
            status, _ = server.call("get_status")
            api.asked.unknown.clear()  # the first call doesn't wait for the comparison
            for words in drift.words:
                assert words in status
            for name in sorted(PROMISED, key=LAST.__contains__):
                more = {"order_id": api.order_id} if name == "cancel_order" else {}
                text, failed = server.call(name, **CASES[name].arguments, **more)
                assert not failed, (name, text)
            assert {*server.tools()} == {*PROMISED, "get_status"}
            for name in sorted(drift.gone)[:3]:
                text, failed = server.call(name)
                assert failed
                assert f"{name} isn't offered: {drift.gone[name]}" in text
            assert not api.asked.unknown
