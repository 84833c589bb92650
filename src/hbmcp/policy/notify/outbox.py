"""Messages that wait to be sent, and the thread that sends them.

Of a kind there is one a minute, and one that waits for each address: what comes after takes its place, for it tells
more of the same. So what waits is bounded, and says how many it stands for. What fails is tried again for ten minutes.
"""

import logging
from collections.abc import Callable, Sequence
from threading import Condition, Thread

from attrs import define, evolve, frozen

from hbmcp.policy.audit.record import words
from hbmcp.store.worker import Worker
from hbmcp.times import DAY, machine, ticking, utc

EVERY = 60.0  # seconds between two of a kind
FIRST, LONGEST = 5.0, 150.0  # seconds before it is tried again: twice as long each time
TO_END = 2.0  # seconds that the end waits for it
GIVE_UP = 600.0  # seconds after it failed first

logger = logging.getLogger(__name__)

Wait = Callable[[Condition, float | None], object]  # for a change, so many seconds at most


@frozen(eq=False)
class Address:
    """Where a message goes: a `name` without secrets, and who sends it there and gives why it failed, "" for
    delivered. That raises nothing."""

    name: str
    send: Callable[[str], str]


@define
class _Message:
    """`due` and `failing_since` are by the outbox's clock; `told` is how many messages it is."""

    text: str
    due: float
    told: int = 1
    tries: int = 0
    failing_since: float | None = None

    @property
    def whole(self) -> str:
        return f"{self.text} ({self.told} messages in one)" if self.told > 1 else self.text


_Key = tuple[Address, str]


class Outbox:
    """What a person is to be told. The thread begins with the first message, and keeps no process from ending."""

    def __init__(
        self,
        addresses: Sequence[Address],
        clock: Callable[[], float] = ticking,
        wait: Wait = lambda changed, seconds: changed.wait(seconds),
    ) -> None:
        self._addresses = addresses
        self._clock = clock
        self._wait = wait
        self._changed = Condition()
        self._thread: Thread | None = None
        self._waiting: dict[_Key, _Message] = {}
        self._under_way: _Key | None = None
        self._sent: dict[_Key, float] = {}
        self._broken: set[Address] = set()  # of which the log has it
        self._lost = 0
        self._lost_at = 0
        self._closing = False

    def tell(self, kind: str, text: str) -> None:
        """Send this soon. What is told of a kind later must say what was told before."""
        text = words(text)
        with self._changed:
            for address in self._addresses:
                key = address, kind
                if (waiting := self._waiting.get(key)) is not None:
                    waiting.text = text
                    waiting.told += 1
                else:
                    due = max(self._clock(), self._sent.get(key, float("-inf")) + EVERY)
                    self._waiting[key] = _Message(text, due)
            if self._thread is None and self._addresses:
                self._thread = Thread(target=self._run, name="hbmcp-notify", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def standing(self) -> str:
        """What couldn't be delivered within a day, and what still may be; "" for nothing."""
        with self._changed:
            late = sum(one.told for one in self._waiting.values() if one.tries)
            lost = self._lost if self._lost_at > machine() - DAY else 0
            found = [
                f"{lost} couldn't be delivered, the last at {utc(self._lost_at)}" if lost else "",
                f"{late} couldn't be delivered yet" if late else "",
            ]
        told = " and ".join(filter(None, found))
        return f"Of the notifications to a person, {told}." if told else ""

    async def aclose(self) -> None:
        """Try once more, and at once, what waits; for a moment, and no longer."""
        if self._thread is not None:
            await Worker().run(lambda: self.close(TO_END))

    def close(self, seconds: float) -> None:
        """The same for so many seconds, by who has no event loop."""
        with self._changed:
            self._closing = True
            for message in self._waiting.values():
                message.due = float("-inf")
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._waiting and self._under_way is None, seconds)
            left = len(self._waiting) + (self._under_way is not None)
        if left:
            logger.error("%d of the notifications couldn't be delivered before hbmcp ended.", left)

    def _run(self) -> None:
        while True:
            with self._changed:
                key, message = self._next()
            failed = key[0].send(message.whole)
            with self._changed:
                self._under_way = None
                if failed:
                    self._again(key, message, failed)
                else:
                    self._delivered(key)
                self._changed.notify_all()

    def _next(self) -> tuple[_Key, _Message]:
        """Waits until one is due."""
        while True:
            first = min(self._waiting, key=lambda one: self._waiting[one].due, default=None)
            left = None if first is None else self._waiting[first].due - self._clock()
            if first is not None and left is not None and left <= 0:
                self._under_way = first
                return first, self._waiting.pop(first)
            self._wait(self._changed, left)

    def _delivered(self, key: _Key) -> None:
        self._sent[key] = self._clock()
        self._broken.discard(key[0])
        if (later := self._waiting.get(key)) is not None and not self._closing:
            later.due = self._clock() + EVERY

    def _again(self, key: _Key, message: _Message, why: str) -> None:
        """Later, or never: who gave up says so."""
        now = self._clock()
        since = now if message.failing_since is None else message.failing_since
        pause = min(FIRST * 2**message.tries, LONGEST)
        if self._closing or now + pause > since + GIVE_UP:
            self._lost += message.told
            self._lost_at = machine()
            if key[0] not in self._broken:
                self._broken.add(key[0])
                logger.error(
                    "A notification couldn't be delivered to %s: %s. It was: %s", key[0].name, why, message.text
                )
            return
        later = self._waiting.get(key)
        self._waiting[key] = evolve(
            message,
            text=message.text if later is None else later.text,
            told=message.told + (0 if later is None else later.told),
            due=now + pause,
            tries=message.tries + 1,
            failing_since=since,
        )
