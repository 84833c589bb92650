"""What tests of the run time share: an API that misbehaves on request, and servers to talk to."""

import gc
import os
import re
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import httpx
import pytest
from httpx import _urlparse, _urls
from hypothesis import HealthCheck, settings

from hbmcp import redaction
from hbmcp.catalog import Catalog
from hbmcp.settings import Settings
from tests import forked
from tests.faulty_api import FaultyApi
from tests.forked import HBMCP, PYTHONPATH
from tests.forked import ROOT as ROOT
from tests.ready_store import make_ready
from tests.short_pauses import shorten_pauses
from tests.stdio_server import StdioServer

if TYPE_CHECKING:
    from tests.replay.server import Replay

pytest_plugins = ["tests.replay.server"]

# No test is timed, every run tries other examples, and CI the same ones every time. At a hundred of each, examples
# would take half of all the time: the storm tries that many, by --hypothesis-profile=thorough.
settings.register_profile("thorough", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100)
settings.register_profile("hbmcp", settings.get_profile("thorough"), max_examples=20)
settings.register_profile("ci", settings.get_profile("hbmcp"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "hbmcp")

# A client takes an address apart three times for each request, and tests ask the same few: a tenth of all they do.
_urls.urlparse = _urlparse.urlparse = lru_cache(maxsize=4096)(_urlparse.urlparse)

# And it looks for cookies in each answer, by way of another library's request and response; most have none.
_extract_cookies = httpx.Cookies.extract_cookies


def _extract_if_any(cookies: httpx.Cookies, response: httpx.Response) -> None:
    if "set-cookie" in response.headers:
        _extract_cookies(cookies, response)


httpx.Cookies.extract_cookies = _extract_if_any  # type: ignore[method-assign]

USERNAME = "trader"
PASSWORD = "correct-horse"
EVERY = tuple(Catalog.load().tools)  # by name: "all" leaves out what has to be asked for
_numbers = count()
_STATE = tempfile.TemporaryDirectory(prefix="hbmcp-tests-")  # what servers remember, not in the user's data folder


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One more than there are cores: a quarter of the time tests wait, for servers and for clocks."""
    return (yield) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays: to look through it for garbage would take half of the time. What tests
    leave is looked through seldom."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000)
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """STORM_PART=1/3 leaves a third of the tests, by their names, 2/3 and 3/3 the others; --snapshot-update those that
    have some."""
    if config.getoption("update_snapshots", False):
        others = [one for one in items if "snapshot" not in getattr(one, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [one for one in items if one not in others]
    if wanted := os.environ.get("STORM_PART"):
        part, parts = map(int, wanted.split("/"))
        other = [one for one in items if crc32(one.nodeid.encode()) % parts != part - 1]
        config.hook.pytest_deselected(items=other)
        items[:] = [one for one in items if crc32(one.nodeid.encode()) % parts == part - 1]


@pytest.fixture(autouse=True)
def _nothing_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test keeps secret may be what another wants to read."""
    monkeypatch.setattr(redaction, "_forms", set())
    monkeypatch.setattr(redaction, "_sent", {})


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What servers in this process remember, likewise: what one test sent, another would only say again."""
    folder = tmp_path_factory.getbasetemp() / f"state-{next(_numbers)}"  # made by whoever keeps something there
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", _STATE.name)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_pauses(monkeypatch)


@pytest.fixture(autouse=True, scope="module")
def _ready_stores() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        make_ready(patched)
        yield


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API is asked for what a call needs, and nothing else, unless a test says that it is compared."""
    as_usual = Settings.compares.fget
    assert as_usual is not None
    said = property(lambda told: "compare_api" in told.model_fields_set and as_usual(told))
    monkeypatch.setattr(Settings, "compares", said)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def operation_of(tool: str) -> str:
    """That of a tool, as the pinned contract spells it."""
    return Catalog.load().tools[tool].operation


@pytest.fixture(scope="session")
def _faulty_api() -> Iterator[FaultyApi]:
    with FaultyApi() as api:
        yield api


@pytest.fixture
def api(_faulty_api: FaultyApi) -> FaultyApi:
    """An API that answers 200 and an empty list until it is told otherwise."""
    _faulty_api.reset()
    return _faulty_api


def environment(**settings: str) -> dict[str, str]:
    """For a server of its own: nothing of this process's settings, but where Python finds the code."""
    ours = ("HBMCP_", "HUMMINGBOT_", "MCP_", "OTEL_", "LOG_LEVEL")
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(ours)}
    state = f"sqlite:///{Path(_STATE.name) / 'state.sqlite'}"
    return {
        **kept,
        "PYTHONPATH": PYTHONPATH,
        "HBMCP_STATE_URL": state,
        "XDG_CONFIG_HOME": _STATE.name,
        **settings,
    }


_ALONE = {"HBMCP_COMPARE_API": "false"}  # likewise, in a process of its own


def connected(url: str, **settings: str) -> dict[str, str]:
    """An environment with an API and its credentials."""
    return environment(
        HUMMINGBOT_API_URL=url, HUMMINGBOT_API_USERNAME=USERNAME, HUMMINGBOT_API_PASSWORD=PASSWORD, **_ALONE | settings
    )


def replaying(replay: "Replay", **settings: str) -> dict[str, str]:
    """An environment with the replaying API and its credentials."""
    username, password = replay.auth
    return environment(
        HUMMINGBOT_API_URL=replay.url,
        HUMMINGBOT_API_USERNAME=username,
        HUMMINGBOT_API_PASSWORD=password,
        **_ALONE | settings,
    )


def address_of(process: "subprocess.Popen[str]") -> str:
    """Of a server over HTTP that was just started: it stands on stderr, after what the log says first."""
    assert process.stderr is not None
    address = next(filter(None, (re.search(r"https?://127\.0\.0\.1:\d+/mcp", line) for line in process.stderr)))
    return address[0]


@contextmanager
def http_server(env: Mapping[str, str], cwd: Path) -> Iterator[str]:
    """A server over HTTP on a free port; gives its address. It must leave stdout alone."""
    process = forked.Popen(
        [*HBMCP, "serve", "--transport", "http", "--port", "0"],
        env=dict(env),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield address_of(process)
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=30)
    assert out == ""


def http_log(env: Mapping[str, str], cwd: Path) -> str:
    """All that a server over HTTP on a free port says on stderr, until it listens and is told to end."""
    process = forked.Popen(
        [*HBMCP, "serve", "--transport", "http", "--port", "0"],
        env=dict(env),
        cwd=cwd,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("}"):
            break
    process.terminate()
    return "".join(lines) + process.communicate(timeout=30)[1]


def hbmcp(*arguments: str, env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. `cwd` is where a .env would be read from."""
    return forked.run([*HBMCP, *arguments], env=dict(env), cwd=cwd, capture_output=True, encoding="utf-8", timeout=60)


@pytest.fixture(scope="session")
def stdio(_faulty_api: FaultyApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StdioServer]:
    """A server over stdio with every tool, that speaks to the faulty API."""
    env = connected(_faulty_api.url, HBMCP_TOOLS=",".join(EVERY), LOG_LEVEL="DEBUG")
    with StdioServer(env=env, cwd=tmp_path_factory.mktemp("stdio")) as server:
        yield server
