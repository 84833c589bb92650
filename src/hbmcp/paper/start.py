"""A paper exchange as the settings want it: its file, its clock, and the two ways to reach it."""

import shutil
import socket
import tempfile
from pathlib import Path

import httpx
from starlette.applications import Starlette

from hbmcp import times
from hbmcp.paper.api.application import application
from hbmcp.paper.api.routes.base import Paper
from hbmcp.paper.errors import StoreUnusable
from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.market.clock import Clock, FastClock, RealClock
from hbmcp.paper.market.market import Market
from hbmcp.paper.start_balances import start_balances
from hbmcp.private_files import private_folder
from hbmcp.settings import MEMORY, Settings

FILES = ".files"
USERNAME = PASSWORD = "paper"  # where nobody else can reach it, and where nobody chose others


def open_paper(settings: Settings) -> Paper:
    """The exchange, which goes on where it was left. Raises StoreUnusable, and SettingsError for a wrong balance."""
    balances = start_balances(settings.paper_balance)
    place = settings.paper_place
    if settings.paper_reset and place != MEMORY:
        _forget(Path(place))
    is_new = place == MEMORY or not Path(place).exists()
    store = Store.open(place)
    clock = _clock(settings.paper_speed, int(store.fact("now") or 0))
    market = Market()
    if place == MEMORY:
        folder = Path(tempfile.mkdtemp(prefix="hbmcp-paper-"))
    else:
        folder = _files_beside(Path(place))
        if not (is_new or folder.exists()):
            _bring(Path(place).with_suffix(FILES), folder)
        private_folder(folder)
    return Paper(Engine(market, store, clock, balances), market, folder, store)


def in_process(settings: Settings) -> httpx.AsyncClient:
    """A client of an exchange in this process: no port, no network. Raises as open_paper does."""
    paper = open_paper(settings)
    if settings.name and not isinstance(paper.engine.clock, RealClock):
        close(paper)
        raise StoreUnusable(
            settings.paper_place,
            "its time went faster than the real one, and is another than that of the installations beside it",
            "Serve it alone, or give another paper_db.",
        )
    times.follow(paper.engine.clock.now)  # not the engine's own, which reads a database that is bound to this thread
    return httpx.AsyncClient(
        base_url="http://paper",
        auth=httpx.BasicAuth(USERNAME, PASSWORD),
        transport=_InProcess(paper, application(paper, USERNAME, PASSWORD)),
    )


def serve(paper: Paper, settings: Settings, listener: socket.socket) -> None:
    """Serve the exchange over HTTP on this socket until the process is told to stop, and close it."""
    import uvicorn

    username, password = credentials(settings)
    config = uvicorn.Config(
        application(paper, username, password), log_config=None, access_log=False, lifespan="off", ws="none"
    )
    try:
        uvicorn.Server(config).run([listener])
    finally:
        close(paper)


def credentials(settings: Settings) -> tuple[str, str]:
    """Those of the real API's settings, or "paper" for each that isn't set."""
    password = settings.api_password
    return settings.api_username or USERNAME, password.get_secret_value() if password else PASSWORD


def close(paper: Paper) -> None:
    """Let go of the file; what was only in memory is gone."""
    paper.store.close()
    if paper.store.place == MEMORY:
        shutil.rmtree(paper.folder, ignore_errors=True)


def _clock(speed: float, left: int) -> Clock:
    """Goes on from `left`, where a fast clock may have brought the exchange ahead of the real time."""
    real = RealClock()
    ahead = left > real.now()
    return real if speed == 1 and not ahead else FastClock(speed, left if ahead else None)


def _forget(place: Path) -> None:
    """Remove an exchange's files. Raises StoreUnusable for a file that is something else."""
    if not place.exists():
        return
    Store.open(place).close()
    for ending in ("", "-wal", "-shm"):
        Path(f"{place}{ending}").unlink(missing_ok=True)
    shutil.rmtree(_files_beside(place), ignore_errors=True)


def _files_beside(place: Path) -> Path:
    """The folder of its controllers and scripts, under the name of its file, which no other file has."""
    return place.with_suffix(FILES) if place.suffix == ".sqlite" else place.with_name(f"{place.name}-files")


def _bring(shared: Path, folder: Path) -> None:
    """What lies where the exchanges of x.db and of x.sqlite once had theirs: each may be whose it is."""
    if shared.is_dir():
        half = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
        shutil.copytree(shared, half, dirs_exist_ok=True)
        try:
            half.rename(folder)
        except OSError:  # another process has brought it
            shutil.rmtree(half)


class _InProcess(httpx.ASGITransport):
    """Closes the exchange with the client."""

    def __init__(self, paper: Paper, app: Starlette) -> None:
        super().__init__(app)
        self._paper = paper

    async def aclose(self) -> None:
        times.follow(times.machine)
        close(self._paper)
