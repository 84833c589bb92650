"""The chat in which a person is asked: what waits stands there with two buttons, and what was approved is carried out.

What is to be said there are rows of the store. One process of an installation speaks at a time, by a lease, and only
while something waits: it puts the questions, waits for presses, and has each message say in the end what became of it.
What a press means is in the store too, so that it counts once, however often it comes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from hmac import compare_digest
from typing import Any, Literal, Self, TypeVar

from attrs import define

from hbmcp.approving.bot import CONFLICT, REFUSED, Bot, BotError, Press, units
from hbmcp.approving.carrying_out import decided
from hbmcp.bridge import Bridge, Outcome
from hbmcp.errors import StoreError
from hbmcp.policy.confirmation.approvals import told
from hbmcp.settings import Settings
from hbmcp.store import Approval
from hbmcp.store.lease import new_holder
from hbmcp.text import visible
from hbmcp.times import DAY, machine, ticking, utc

EVERY = 1.0  # seconds between two looks at the store
LEASE = 40_000  # milliseconds: more than the longest that is done between two looks
PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds after a failure: twice as long each time
LONGEST = 4_000  # of a message, in UTF-16; Telegram takes 4,096
YES, NO = "yes", "no"

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Chat:
    """The chat of a bridge's installation: `user` is the only one in it who counts, None where all do."""

    def __init__(self, bridge: Bridge, bot: Bot, chat: int, user: int | None) -> None:
        self._bridge = bridge
        self._bot = bot
        self._chat = chat
        self._user = user
        self._holder = new_holder()
        self._spoke = False  # then the chat may be held still, also when nothing is to be said
        self._hearing: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[Any]] = set()  # what is said or pressed, and what that sets going
        self.carries = 0  # calls that were approved, and are under way
        self._speaking = _Patience("ask")
        self._listening = _Patience("hear what was pressed")
        self._begun: dict[str, _Begun] = {}  # by approval
        self._failed = ""

    @classmethod
    def of(cls, bridge: Bridge, settings: Settings) -> Self | None:
        """That of the settings, if they name one."""
        if settings.telegram_token is None or settings.telegram_chat is None:
            return None
        bot = Bot(settings.telegram_url, settings.telegram_token.get_secret_value())
        return cls(bridge, bot, settings.telegram_chat, settings.telegram_user)

    async def run(self) -> None:
        """Until it is cancelled; then others speak. What is carried out comes to its end."""
        try:
            while True:
                if not await self.look():
                    await asyncio.sleep(EVERY)
        finally:
            await self._leave()

    async def look(self) -> bool:
        """Look once at what is to be said, and say one thing; whether there may be more at once. Raises nothing."""
        try:
            found = await self._bridge.store.in_chat(self._holder, machine() + LEASE)
            self._spoke = self._spoke or bool(found)
            self._hear(any(one.state == "waiting" and one.message for one in found))
            spoke = await self._say(found)
            self._failed = ""
        except StoreError as error:
            if str(error) != self._failed:
                self._failed = str(error)
                logger.warning("Nobody can be asked in the chat: %s", error)
            self._hear(False)
            return False
        except Exception:
            logger.exception("The chat: a defect of hbmcp")
            return False
        return spoke

    async def _say(self, found: list[Approval]) -> bool:
        if self._speaking.pauses:
            return False
        self._begun = {one.id: self._begun.get(one.id) or _Begun.of(one) for one in found}
        for one in found:
            if one.state == "waiting" and not one.message and not self._begun[one.id].patience.pauses:
                return await asyncio.shield(self._begin(self._put(one)))  # or it would be put twice
            if one.message and one.over:
                return await asyncio.shield(self._begin(self._end(one)))
        return False

    async def _put(self, one: Approval) -> bool:
        *before, last = parts(one)
        begun = self._begun[one.id]
        buttons = {"Send it": f"{one.nonce}:{YES}", "Refuse": f"{one.nonce}:{NO}"}
        try:
            for part in before[begun.said :]:
                await self._bot.say(self._chat, part)
                begun.said += 1
            message = await self._bot.say(self._chat, last, buttons)
        except BotError as error:
            of_this = error.code == REFUSED
            self._tell(begun.patience if of_this else self._speaking, error)
            return of_this  # the next may pass
        self._speaking.over()
        await self._bridge.store.show_approval(one.id, message)
        return True

    async def _end(self, one: Approval) -> bool:
        try:
            await self._bot.change(self._chat, one.message, ended(one))
        except BotError as error:
            if error.code != REFUSED:  # it is gone, or says so already
                self._tell(self._speaking, error)
                return False
        self._speaking.over()
        await self._bridge.store.show_approval(one.id)
        return True

    def _hear(self, there_is: bool) -> None:
        """Wait for presses as long as there is something to press."""
        if not there_is:
            if self._hearing is not None:
                self._hearing.cancel()
                self._hearing = None
        elif self._hearing is None or self._hearing.done():
            self._hearing = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        # Telegram keeps how far it was read. Not we: after a week without presses their numbers begin anywhere.
        seen: int | None = None
        while True:
            await asyncio.sleep(self._listening.left)
            try:
                heard = await self._bot.presses(seen)
                self._listening.over()
                seen = None
                for number, press in heard:
                    if press is not None:
                        await asyncio.shield(self._begin(self._pressed(press)))
                    seen = number
            except BotError as error:
                self._tell(self._listening, error)
            except StoreError as error:  # it is heard again
                logger.warning("What was pressed in the chat can't be looked up: %s", error)
                await asyncio.sleep(EVERY)
            except Exception:
                logger.exception("What was pressed in the chat: a defect of hbmcp")
                await asyncio.sleep(EVERY)

    async def _pressed(self, press: Press) -> None:
        said = await self._heard(press)
        try:
            await self._bot.notice(press.id, said)
        except BotError as error:  # it is too old, say
            logger.debug("Who pressed wasn't told: %s", error)

    async def _heard(self, press: Press) -> str:
        """What to tell who pressed. Raises StoreError."""
        if press.chat != self._chat or (self._user is not None and press.user != self._user):
            logger.warning("A button was pressed by Telegram user %d, who isn't asked: nothing was done", press.user)
            return "You aren't asked here. Nothing was done."
        nonce, _, reply = press.data.partition(":")
        lately = await self._bridge.store.approvals(since=machine() - 2 * DAY)
        asked = (one for one in lately if one.way == "telegram" and compare_digest(one.nonce.encode(), nonce.encode()))
        one = next(asked, None)
        if one is None or reply not in (YES, NO):
            return "This isn't known here. Nothing was done."
        if one.state != "waiting":
            return f"The {told(one)}"[:200]
        if _letters(press.text or "") != _letters(parts(one)[-1]):
            logger.warning("The message of approval %s isn't as it was put: what was pressed there counts not", one.id)
            return "This message isn't as it was sent. Nothing was done: `hbmcp approvals` shows what waits."
        answer: Literal["yes", "no"] = "yes" if reply == YES else "no"
        rest = await decided(self._bridge, one, answer, "telegram", f"Telegram user {press.user}")
        if rest is None:
            return "It is answered already."
        self._begin(self._carry(one, rest))
        return "Approved: it is checked anew, and sent." if reply == YES else "Refused."

    async def _carry(self, one: Approval, rest: Callable[[], Awaitable[Outcome]]) -> None:
        self.carries += 1
        try:
            await rest()
        except Exception:
            logger.exception("Approval %s: a defect of hbmcp", one.id)
        finally:
            self.carries -= 1

    def _begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work that goes on though nobody speaks or hears any more; who leaves waits for it."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    def _tell(self, patience: "_Patience", error: BotError) -> None:
        words = patience.failed(error)
        if words:
            logger.warning("%s", words)
            self._bridge.tell("telegram", words)

    async def _leave(self) -> None:
        self._hear(False)
        while self._under_way:
            await asyncio.wait(self._under_way)
        await self._bot.aclose()
        if self._spoke:
            try:
                await self._bridge.store.leave_chat(self._holder)
            except StoreError as error:
                logger.debug("The chat is left without a word in the store: %s", error)


class _Patience:
    """How long is waited after what failed, and what is told of it, once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._until = float("-inf")
        self._pause = PAUSE
        self._told = ""

    @property
    def left(self) -> float:
        """Seconds that are still to be waited."""
        return max(self._until - ticking(), 0.0)

    @property
    def pauses(self) -> bool:
        """Whether some are."""
        return self.left > 0

    def failed(self, error: BotError) -> str:
        """What to tell; "" where it was told."""
        self._until = ticking() + max(error.wait, self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        why = (
            "another program reads what is pressed: give it a bot of its own" if error.code == CONFLICT else str(error)
        )
        words = f"The Telegram bot can't {self._what}: {why}"
        if words == self._told:
            return ""
        self._told = words
        return words

    def over(self) -> None:
        """It works."""
        self._pause, self._told = PAUSE, ""


@define
class _Begun:
    """A question that isn't put whole yet: of its parts so many are `said`; it alone is refused, and waits."""

    patience: _Patience
    said: int = 0

    @classmethod
    def of(cls, one: Approval) -> Self:
        """None of it is said."""
        return cls(_Patience(f"ask for approval {one.id}"))


def parts(one: Approval) -> list[str]:
    """The messages that ask for it, at their ends where one is too long; the buttons stand under the last."""
    return list(_cut(f"{visible(one.question)}\nApproval {one.id}, until {utc(one.until)}."))


def ended(one: Approval) -> str:
    """What the message says once it is over."""
    last = parts(one)[-1]
    end = f"\n\nThe {told(one)}{f', by {one.by}' if one.by else ''}"
    over = max(units(last) + units(end) - LONGEST, 0)
    return f"{last[: len(last) - over]}{end}"


def _cut(text: str) -> Iterator[str]:
    part = ""
    for line in text.split("\n"):
        for piece in _pieces(line):
            if part and units(part) + units(piece) >= LONGEST:
                yield part
                part = ""
            part = f"{part}\n{piece}" if part else piece
    yield part


def _pieces(line: str) -> Iterator[str]:
    most = LONGEST // 2  # characters, each of which may be two units
    yield from (line[at : at + most] for at in range(0, max(len(line), 1), most))


def _letters(text: str) -> str:
    """What Telegram leaves of a text as it is: it takes blanks away, and marks above letters."""
    return "".join(one for one in text if one.isalnum() or "!" <= one <= "~")
