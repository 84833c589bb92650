"""An HTTP server that answers as a test tells it to: late, half, wrong, or not at all."""

import asyncio
import json
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Self


@dataclass(frozen=True)
class Reply:
    """One answer. `cut` ends the connection in the middle of the body, `drop` before the first byte; `hang` says
    nothing until the client has gone. `after` comes in the same packet, behind the answer. `echo` tells all that was
    asked, headers and body, in the place of the body. It comes when `until` is set."""

    status: int = 200
    body: bytes = b"[]"
    content_type: str = "application/json"
    headers: tuple[str, ...] = ()
    cut: bool = False
    drop: bool = False
    hang: bool = False
    after: bytes = b""
    echo: bool = False
    until: threading.Event | None = None

    @classmethod
    def json(cls, value: Any, status: int = 200) -> "Reply":
        return cls(status, json.dumps(value).encode())


HANG = Reply(hang=True)
DROP = Reply(drop=True)
CUT = Reply(body=b'["master_account"]', cut=True)
HTML = Reply(body=b"<html>Welcome to nginx</html>", content_type="text/html")


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class FaultyApi:
    """Listens on the loopback, in a thread of its own. `then` queues answers; after them comes what `answers` has for
    the path, or `always`."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._handlers: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        """Forget everything that was asked and told."""
        self.requests: list[Seen] = []
        self.replies: deque[Reply] = deque()
        self.answers: dict[str, Reply] = {}
        self.always = Reply()
        self.arrived = threading.Event()  # a request was read
        self.left = threading.Event()  # a client closed its connection while it waited for an answer

    def then(self, *replies: Reply) -> None:
        """Queue answers."""
        self.replies.extend(replies)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", self._port))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _stop(self) -> None:
        self._server.close()
        for task in self._handlers:
            task.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._handlers.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append(Seen(method, path, headers, body))
        reply = self.replies.popleft() if self.replies else self.answers.get(path.partition("?")[0], self.always)
        self.arrived.set()
        if reply.until is not None:
            await asyncio.to_thread(reply.until.wait, 30)
        if reply.hang:
            await reader.read()
            self.left.set()
        if reply.hang or reply.drop:
            return False
        if reply.echo:
            reply = replace(reply, body=json.dumps({"detail": f"crashed at {head} {body.decode()}"}).encode())
        length = len(reply.body) + (10 if reply.cut else 0)
        lines = [f"HTTP/1.1 {reply.status} -", f"content-type: {reply.content_type}", f"content-length: {length}"]
        writer.write("\r\n".join([*lines, *reply.headers, "", ""]).encode() + reply.body + reply.after)
        await writer.drain()
        return not reply.cut
