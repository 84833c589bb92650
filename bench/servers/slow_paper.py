"""A paper exchange whose API waits for it: each request that the real API would pass on to an exchange comes late.

slow_paper.py SECONDS    prints its port, and ends when its stdin does
"""

import asyncio
import json
import sys
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hbmcp.paper.api.application import application
from hbmcp.paper.api.contract import pinned
from hbmcp.paper.api.routes.base import Paper
from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.market.clock import RealClock
from hbmcp.paper.market.market import Market

# What the API asks an exchange. Its accounts, trading rules, and the orders and trades that it recorded it has itself.
PASSED_ON = {
    "POST /portfolio/state",
    "POST /market-data/prices",
    "POST /market-data/funding-info",
    "POST /market-data/order-book",
    "POST /trading/positions",
    "POST /trading/orders",
}
PAPER = "paper"  # username and password


class Slow:
    """The application, this many seconds later where it would ask an exchange."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation, _, _ = pinned().find(scope["method"], scope["path"])
        if operation is None or operation.key not in PASSED_ON:
            return await self._app(scope, receive, send)
        message = await receive()
        if operation.key != "POST /portfolio/state" or json.loads(message["body"]).get("refresh"):
            await asyncio.sleep(self._seconds)

        async def received() -> Message:
            return message

        return await self._app(scope, received, send)


async def _main(seconds: float) -> None:
    with TemporaryDirectory() as folder:
        store, market = Store.open(), Market()
        paper = Paper(Engine(market, store, RealClock()), market, Path(folder), store)
        # On one of three perpetual exchanges; the others list nothing, and may be silent.
        paper.engine.place("master_account", "binance_perpetual", "BTC-USDT", "BUY", Decimal("0.05"))
        app = Slow(application(paper, PAPER, PAPER), seconds)
        config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await serving
        store.close()


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1])))
