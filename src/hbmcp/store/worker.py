"""Runs what the database is asked in threads that nobody has to wait for."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, Generic, TypeVar

from hbmcp.errors import StoreError

T = TypeVar("T")

PATIENCE = 12.0  # seconds for an answer of the database
TO_UNDO = 2.0  # seconds that the end waits for what was given up to be undone
STALLED = 4  # questions that may be without an answer before no more are asked
IDLE = 10.0  # seconds after which a thread that nobody needs ends

logger = logging.getLogger(__name__)


class Worker:
    """Every question has a thread to itself while it is under way, a daemon, and is given up after PATIENCE seconds: a
    database that hangs keeps neither who asks it, nor the next, nor the process when it ends."""

    def __init__(self) -> None:
        self._given_up: set[_Question[object]] = set()
        self._threads = _Threads()

    async def run(self, act: Callable[[], T], undo: Callable[[T], object] | None = None) -> T:
        """What `act` gives, or raises. What it does after it was given up, or after who asked was cancelled, is undone.

        Raises StoreError for a database that doesn't answer in time.
        """
        if sum(question.stalls for question in self._given_up) >= STALLED:
            raise _silent()
        question = _Question(act, undo, self._given_up, self._threads)
        try:
            async with asyncio.timeout(PATIENCE):
                return await question.answer
        except TimeoutError:
            question.give_up()
            raise _silent() from None
        except asyncio.CancelledError:
            question.give_up()
            raise

    async def aclose(self) -> None:
        """Wait a moment for what was given up to be undone: the process may end next, and its threads with it."""
        if self._given_up:
            await asyncio.wait([question.over for question in self._given_up], timeout=TO_UNDO)


class _Question(Generic[T]):
    """One function under way in a thread. `given_up` are those whose answers nobody waits for any more."""

    def __init__(
        self,
        act: Callable[[], T],
        undo: Callable[[T], object] | None,
        given_up: "set[_Question[object]]",
        threads: "_Threads",
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[T] = self._loop.create_future()
        self.over: asyncio.Future[None] = self._loop.create_future()  # of one that was given up: it is undone, too
        self._act = act
        self._undo = undo
        self._given_up = given_up
        self._threads = threads
        self._lock = Lock()
        self._ended = False
        self._began = monotonic()
        threads.do(self._run)

    @property
    def stalls(self) -> bool:
        """Whether it has been under way for longer than anyone waits, not just forgotten by who asked."""
        return monotonic() >= self._began + PATIENCE

    def give_up(self) -> None:
        with self._lock:
            if not self._ended:
                self._given_up.add(self)  # type: ignore[arg-type]
                return
        if self.answer.done() and not self.answer.cancelled() and self.answer.exception() is None:
            self._undo_later(self.answer.result())  # it was here, and who asked was cancelled before he had it

    def _run(self) -> None:
        result: T | None = None
        failed: BaseException | None = None
        try:
            result = self._act()
        except BaseException as error:
            failed = error
        with self._lock:
            self._ended = True
            late = self in self._given_up
        if late and failed is None:
            self._undone(result)
        self._tell(self._end if late else lambda: self._deliver(result, failed))

    def _deliver(self, result: Any, failed: BaseException | None) -> None:
        if self.answer.cancelled():  # in the moment between the answer and its delivery
            if failed is None:
                self._undo_later(result)
        elif failed is not None:
            self.answer.set_exception(failed)
        else:
            self.answer.set_result(result)

    def _undo_later(self, result: Any) -> None:
        def undo() -> None:
            self._undone(result)
            self._tell(self._end)

        self._given_up.add(self)  # type: ignore[arg-type]
        self._threads.do(undo)

    def _undone(self, result: Any) -> None:
        if self._undo is not None:
            try:
                self._undo(result)
            except (StoreError, OSError) as error:  # nobody is left to be told
                logger.warning("What nobody waited for couldn't be undone: %s", error)
            except BaseException:  # the thread goes on, and so does who waits for the end of this
                logger.exception("What nobody waited for couldn't be undone: a defect of hbmcp")

    def _end(self) -> None:
        self._given_up.discard(self)
        self.over.set_result(None)

    def _tell(self, what: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(what)


class _Threads:
    """Daemons that do one thing each, and then the next: to start one takes longer than most questions."""

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[Callable[[], object]]] = []  # where each of them waits for what to do
        self._lock = Lock()

    def do(self, what: Callable[[], object]) -> None:
        """At once: what is under way keeps nothing else."""
        with self._lock:
            waits = self._idle.pop() if self._idle else None
        if waits is None:
            waits = SimpleQueue()
            Thread(target=self._work, args=(waits,), name="hbmcp-store", daemon=True).start()
        waits.put(what)

    def _work(self, given: "SimpleQueue[Callable[[], object]]") -> None:
        what = given.get()
        while True:
            what()
            del what  # and all that it holds
            with self._lock:
                self._idle.append(given)
            try:
                what = given.get(timeout=IDLE)
            except Empty:
                with self._lock:
                    if given in self._idle:
                        self._idle.remove(given)
                        return
                what = given.get()  # it was chosen in this moment


def _silent() -> StoreError:
    return StoreError(
        f"hbmcp's store doesn't answer: it was given {PATIENCE:g} s.",
        "Nothing was remembered or looked up; all else works.",
        "See that its database, or its disk, isn't frozen or overloaded.",
    )
