"""Telegram's Bot API as far as hbmcp uses it, over HTTP, with people in its chats who press buttons."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from attrs import define, field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hbmcp.server.http.listening import listen

TOKEN = "4711:AAbbccddeeffgghhiijjkkllmmnnooppqqr"
CHAT = -100200300
ALICE = 1001
_BLANK = str.maketrans("", "", "\u0333\u033f\u030a")  # what Telegram takes out of a text, among others


@define
class Message:
    """One that the bot said. `was` are its texts before it was changed."""

    id: int
    chat: int
    text: str
    entities: list[dict[str, Any]]
    buttons: dict[str, str] = field(factory=dict)
    was: list[str] = field(factory=list)


class BotApi:
    """`faults` by method: called before it answers, its answer comes instead unless that is None."""

    def __init__(self) -> None:
        self.url = ""
        self.closing = False
        self.messages: list[Message] = []
        self.notices: list[str] = []
        self.asked: list[str] = []
        self.faults: dict[str, Callable[[], Response | None]] = {}
        self._updates: list[dict[str, Any]] = []
        self._numbers = itertools.count(5000)
        self._ids = itertools.count(70)
        self._reads = 0  # getUpdates, of which the newest goes on

    @property
    def questions(self) -> list[Message]:
        """The messages with buttons, oldest first."""
        return [one for one in self.messages if one.buttons]

    def press(
        self, message: Message, label: str = "Send it", *, user: int = ALICE, data: str = "", **other: Any
    ) -> None:
        """A button is pressed, or what a client of the chat's own says was."""
        shown = {"message_id": message.id, "chat": {"id": message.chat}, "date": 1, "text": message.text, **other}
        said = {"id": str(next(self._ids)), "from": {"id": user, "first_name": "A"}, "message": shown}
        self.update(callback_query={**said, "chat_instance": "1", "data": data or message.buttons[label]})

    def update(self, **said: Any) -> None:
        self._updates.append({"update_id": next(self._numbers), **said})

    def repeat(self) -> None:
        """What was delivered last comes once more, under another number."""
        self._updates.append({**self._last, "update_id": next(self._numbers)})

    async def _method(self, request: Request) -> Response:
        method = request.path_params["method"]
        if request.path_params["token"] != TOKEN:
            return failed(401, "Unauthorized")
        self.asked.append(method)
        if (fault := self.faults.get(method)) is not None and (answer := fault()) is not None:
            return answer
        given = await request.json()
        result = getattr(self, f"_{_snake(method)}")(given)
        if asyncio.iscoroutine(result):
            result = await result
        return result if isinstance(result, Response) else JSONResponse({"ok": True, "result": result})

    def _send_message(self, given: dict[str, Any]) -> Any:
        if given["chat_id"] != CHAT:
            return failed(400, "Bad Request: chat not found")
        assert "parse_mode" not in given
        units = len(given["text"].encode("utf-16-le")) // 2
        assert units <= 4096
        assert given["entities"] == [{"type": "pre", "offset": 0, "length": units}]
        rows = given.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = {one["text"]: one["callback_data"] for row in rows for one in row}
        assert all(1 <= len(data.encode()) <= 64 for data in buttons.values())
        text = given["text"].translate(_BLANK).strip()
        self.messages.append(Message(len(self.messages) + 1, CHAT, text, given["entities"], buttons))
        return {"message_id": len(self.messages), "chat": {"id": CHAT}, "date": 1, "text": text}

    def _edit_message_text(self, given: dict[str, Any]) -> Any:
        one = self.messages[given["message_id"] - 1]
        if one.text == given["text"]:
            return failed(400, "Bad Request: message is not modified")
        one.was.append(one.text)
        one.text, one.buttons = given["text"], {}
        return True

    def _answer_callback_query(self, given: dict[str, Any]) -> Any:
        assert len(given["text"]) <= 200
        self.notices.append(given["text"])
        return True

    async def _get_updates(self, given: dict[str, Any]) -> Any:
        assert given["allowed_updates"] == ["callback_query"]
        self._updates = [one for one in self._updates if one["update_id"] >= given.get("offset", 0)]
        self._reads += 1
        mine = self._reads
        for _ in range(given["timeout"] * 50):
            if self.closing:
                break
            if mine != self._reads:
                return failed(409, "Conflict: terminated by other getUpdates request")
            if self._updates:
                self._last = self._updates[-1]
                return self._updates[:100]
            await asyncio.sleep(0.02)
        return []


def failed(code: int, description: str, **parameters: Any) -> Response:
    said = {"ok": False, "error_code": code, "description": description}
    return JSONResponse({**said, **({"parameters": parameters} if parameters else {})}, code)


def _snake(method: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in method)


@contextmanager
def bot_api() -> Iterator[BotApi]:
    api = BotApi()
    with listen(0) as listener:
        api.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = Starlette(routes=[Route("/bot{token}/{method}", api._method, methods=["POST"])])
        running = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield api
        finally:
            api.closing = running.should_exit = True
            thread.join()
