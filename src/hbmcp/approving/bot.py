"""A Telegram bot, over its HTTP API: https://core.telegram.org/bots/api."""

from collections.abc import Mapping
from typing import Any

import httpx
from attrs import frozen

from hbmcp.policy.audit.record import words
from hbmcp.redaction import hide

PATIENCE = 10.0  # seconds for an answer
POLL = 25  # seconds for which it waits for the next press
LONGEST_WAIT = 300.0  # seconds that are waited for it at most, whatever it says
REFUSED = 400  # what was to be said, not who says it
CONFLICT = 409  # another reads the same bot's presses


class BotError(Exception):
    """Telegram didn't do it, and why, in words that hold no token. `code` is what it answered, 0 for nothing; `wait`
    is for how many seconds it wants to be left alone."""

    def __init__(self, why: str, code: int = 0, wait: float = 0.0) -> None:
        super().__init__(why)
        self.code = code
        self.wait = wait


@frozen
class Press:
    """A button was pressed, with that `data`, under a message that says `text`, None where that isn't told any more; of
    which `chat`, and by which `user`. `id` is for `notice`."""

    id: str
    chat: int
    user: int
    text: str | None
    data: str


class Bot:
    """Use it inside one event loop. Every method raises BotError."""

    def __init__(self, url: str, token: str) -> None:
        hide([token, token.partition(":")[2]])
        self._http = httpx.AsyncClient(base_url=f"{url.rstrip('/')}/bot{token}/", timeout=PATIENCE)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def say(self, chat: int, text: str, buttons: Mapping[str, str] | None = None) -> int:
        """Say a text, with buttons by label; the id of the message."""
        keyboard = [[{"text": label, "callback_data": data} for label, data in (buttons or {}).items()]]
        markup: dict[str, Any] = {"reply_markup": {"inline_keyboard": keyboard}} if buttons else {}
        said = await self._ask("sendMessage", chat_id=chat, **_as_it_is(text), **markup)
        try:
            return int(said["message_id"])
        except (LookupError, TypeError, ValueError):
            raise BotError("its answer has no message_id") from None

    async def change(self, chat: int, message: int, text: str) -> None:
        """Have a message say another text, without buttons."""
        await self._ask("editMessageText", chat_id=chat, message_id=message, **_as_it_is(text))

    async def notice(self, press: str, text: str) -> None:
        """Tell who pressed, for a moment."""
        await self._ask("answerCallbackQuery", callback_query_id=press, text=text)

    async def presses(self, after: int | None) -> list[tuple[int, Press | None]]:
        """Wait for the next: what came, by its number, None for what is no press of ours. What is up to `after` was
        seen, and is forgotten by Telegram."""
        seen = {} if after is None else {"offset": after + 1}
        found = await self._ask("getUpdates", PATIENCE + POLL, timeout=POLL, allowed_updates=["callback_query"], **seen)
        try:
            return [(int(one["update_id"]), _press(one)) for one in found]
        except (LookupError, TypeError, ValueError):
            raise BotError("its list of updates can't be read") from None

    async def _ask(self, method: str, patience: float = PATIENCE, **said: Any) -> Any:
        try:
            answer = await self._http.post(method, json=said, timeout=patience)
            told = answer.json()
        except httpx.HTTPError as error:
            raise BotError(f"it can't be reached ({type(error).__name__})") from None
        except ValueError:
            raise BotError("its answer isn't JSON") from None
        if not isinstance(told, dict):
            raise BotError("its answer isn't one of the Bot API")
        if told.get("ok") is True:
            return told.get("result")
        parameters = told.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        raise BotError(
            f"HTTP {answer.status_code}: {words(str(told.get('description')))}",
            answer.status_code,
            min(max(float(wait), 0.0), LONGEST_WAIT) if isinstance(wait, int | float) else 0.0,
        )


def _as_it_is(text: str) -> dict[str, Any]:
    """Text whose addresses, names and commands are none to touch: all of it is one block of code."""
    whole = {"type": "pre", "offset": 0, "length": units(text)}
    return {"text": text, "entities": [whole], "link_preview_options": {"is_disabled": True}}


def units(text: str) -> int:
    """How long Telegram takes a text for: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def _press(update: Mapping[str, Any]) -> Press | None:
    try:
        press = update["callback_query"]
        message = press["message"]
        text = message.get("text")
        return Press(
            str(press["id"]),
            int(message["chat"]["id"]),
            int(press["from"]["id"]),
            text if isinstance(text, str) else None,
            str(press["data"]),
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
