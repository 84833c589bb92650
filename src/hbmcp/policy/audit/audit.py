"""Auditing calls: a line before the first request of each leaves, and one when it has ended.

The store keeps the number and the hash of the last line, so that a log that was cut shows it. What can't be written
stops what adds risk; what reduces goes on, and its lines to stderr and into the room that was taken for them.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Self

from hbmcp.errors import StoreError
from hbmcp.policy.audit.calls import of
from hbmcp.policy.audit.chain import Link
from hbmcp.policy.audit.log import Appended, Log
from hbmcp.policy.audit.record import Record, Sent, sent, stamped, time_text, words
from hbmcp.policy.audit.unusual import AT_BEGINNING, COUNTED, Lately
from hbmcp.policy.files import Files
from hbmcp.store import NO_LINE, NOTHING, TO_REDUCE, AuditHead, Settling
from hbmcp.store.worker import Worker
from hbmcp.times import DAY, machine

if TYPE_CHECKING:
    from hbmcp.identity import Identity
    from hbmcp.settings import Settings
    from hbmcp.store import Store

RECENT = 1_000  # lines, at most, in which the unusual is looked for

logger = logging.getLogger(__name__)


class Unwritten(Exception):
    """A line couldn't be written, or the store not be told. `on_disk`: it is in the log all the same."""

    def __init__(self, why: str, *, on_disk: bool = False) -> None:
        super().__init__(why)
        self.on_disk = on_disk


def silent(kind: str, words: str) -> None:
    """Nobody is told."""


class Audit:
    """The audit of one installation, in a log that it may share with others; without a log nothing is kept. `tell` gets
    what becomes unusual, its kind and a few words."""

    def __init__(
        self,
        log: Log | None,
        name: str,
        store: "Store",
        tell: Callable[[str, str], object] = silent,
        installation: str | None = None,
    ) -> None:
        self._log = log
        self._installation = installation  # None where the log is its own
        self._tell = tell
        self._name = name  # of the log, in the store
        self._store = store
        self._worker = Worker()
        self._prepared = False
        self._lately: Lately | None = None  # of this process and of all before it
        self._told: set[str] = set()

    @classmethod
    def of(
        cls,
        settings: "Settings",
        identity: "Identity",
        store: "Store",
        tell: Callable[[str, str], object] = silent,
    ) -> Self:
        """That of an installation, where the settings have it."""
        files = Files.of(settings, identity)
        return cls(Log(files.audit) if files else None, files.log if files else "", store, tell, identity.name)

    async def aclose(self) -> None:
        """Wait a moment for what is still being written."""
        await self._worker.aclose()

    async def write(
        self,
        record: Record,
        taken_back: Record | None = None,
        patience: float | None = None,
        settling: Settling = NOTHING,
        *,
        flush: bool = False,
    ) -> bool:
        """Add a line; it is on disk, and the store knows of it, when this returns, and of what is settled: False where
        it is told of nothing, since there is no log. `flush`: what the store was told before is on disk then, too.
        Raises Unwritten, for the store after `patience` seconds at most, if that is told. A line that gets there
        although who asked was cancelled, or gave up, is followed by `taken_back`."""
        await self._notice(record)
        if self._log is None:
            return False
        undo = None if taken_back is None else lambda _=None: self._append(taken_back)
        try:
            appended = await self._worker.run(partial(self._append, record), undo)
        except StoreError:
            raise Unwritten("its disk doesn't answer") from None
        except OSError as error:
            raise Unwritten(error.strerror or str(error)) from None
        try:
            async with asyncio.timeout(patience):
                await self._tell_store(self._log, appended, settling, flush)
        except StoreError as error:
            raise Unwritten(error.happened, on_disk=True) from None
        except TimeoutError:
            raise Unwritten("hbmcp's store doesn't answer", on_disk=True) from None
        except asyncio.CancelledError:
            if undo is not None:
                with suppress(OSError, StoreError):
                    await self._worker.run(undo)
            raise
        return True

    async def newest(self, most: int) -> list[Mapping[str, Any]]:
        """What the latest lines say, oldest first. Raises OSError, and StoreError where the disk doesn't answer."""
        return [] if self._log is None else await self._worker.run(partial(self._log.since, "", most))

    async def unusual(self) -> dict[str, str]:
        """What a person should look at, a kind and a few words each."""
        return (await self._within_a_day()).found

    async def _within_a_day(self) -> Lately:
        """What was written within a day: read once, and then as it comes."""
        if self._lately is None:
            lately = Lately()
            if self._log is not None:
                since = time_text(machine() - DAY)
                with suppress(OSError, StoreError):
                    lines = await self._worker.run(partial(self._log.since, since, RECENT))
                    for line in lines if self._installation is None else of(self._installation, lines):
                        _add(lately, line)
            if self._lately is None:  # nobody else was quicker
                self._lately = lately
                self._told.update(lately.found)
        self._lately.forget(time_text(machine() - DAY))
        return self._lately

    async def _notice(self, record: Record) -> None:
        """Tell what becomes unusual with this line, or more so; and warn of it in the log."""
        lately = await self._within_a_day()
        before = lately.found
        _add(lately, record)
        if record.get("outcome") == "done":  # makes nothing worse
            return
        after = lately.found
        for kind, said in after.items():
            shows_now = (kind in AT_BEGINNING) == (record.get("event") == "begin")
            if shows_now and said != before.get(kind):
                self._tell(kind, f"Unusual within a day: {said}.")
                if kind not in self._told or kind not in COUNTED:
                    logger.warning("Unusual: %s. `hbmcp audit show` has the rest.", said)
        self._told = set(after)

    async def keep_aside(self, record: Record, why: str) -> None:
        """What couldn't be written, on stderr and in the spare file."""
        text = json.dumps(record, separators=(",", ":"))
        logger.error("This isn't in the audit log (%s): %s", why, text)
        if self._log is not None:
            try:
                await self._worker.run(partial(self._log.spare.keep, text.encode() + b"\n"))
            except (OSError, StoreError) as error:
                logger.error("Nor could it be kept aside: %s", error)

    def _append(self, record: Record, above: int = 0) -> Appended:
        assert self._log is not None
        if not self._prepared:
            self._log.prepare()
            self._prepared = True
        return self._log.append(record, above)

    async def _tell_store(self, log: Log, appended: Appended, settling: Settling, flush: bool) -> None:
        """Move the head, from a line that is in the log. Where it isn't, somebody cut, changed or removed the log; and
        where the store knows of no line, the store: that stands in the log then."""

        def holds(head: AuditHead) -> bool:
            link = Link(head.seq, head.hash)
            return link == appended.before or log.holds(link)

        before, head = _head(appended.before), _head(appended.link)
        lost = await self._store.move_audit_head(self._name, head, before, holds, settling, flush=flush)
        if lost is None:
            return
        if lost == NO_LINE:
            await self.write(stamped("new_store", lines=appended.before.seq))
            return
        said = f"The audit log was cut or changed: its line {lost.seq} isn't there. See `hbmcp audit verify`."
        logger.error("%s", said)
        self._tell("audit", said)
        gap = stamped("gap", lost=lost.seq, lost_hash=lost.hash)
        try:
            after = (await self._worker.run(partial(self._append, gap, lost.seq))).link
        except OSError as error:
            raise StoreError(error.strerror or str(error)) from None
        await self._store.move_audit_head(self._name, _head(after), head, lambda _: True)


class Entry:
    """The lines of one call, and what both say. `goes_on` is one that isn't stopped where they can't be written."""

    def __init__(self, audit: Audit, said: Record, *, goes_on: bool, secret: bool) -> None:
        self._audit = audit
        self._call = token_hex(8)
        self._said = said
        self._goes_on = goes_on
        self._patience = TO_REDUCE if goes_on else None
        self._secret = secret
        self._turn = asyncio.Lock()
        self.begun = False
        self._failure: str | None = None

    async def asked(self, question: str, way: str) -> None:
        """Write down that a person is asked, before they are. Where that can't be, nothing adds risk later either."""
        line = stamped("asked", call=self._call, **self._said, question=question, way=way, outcome="asked")
        try:
            await self._audit.write(line, patience=self._patience)
        except Unwritten as error:
            logger.warning("The audit log: %s", error)

    async def begin(self) -> str | None:
        """Write the line before; once, whichever request is the first. Gives why it couldn't be written, if so."""
        async with self._turn:
            if not self.begun:
                line = stamped("begin", call=self._call, **self._said, verdict="granted")
                taken_back = stamped("end", call=self._call, outcome="cancelled, not sent")
                try:
                    await self._audit.write(line, taken_back, self._patience, flush=True)
                except Unwritten as error:
                    self._failure = str(error)
                    if self._goes_on and not error.on_disk:
                        await self._audit.keep_aside(line, self._failure)
                    elif self._goes_on:
                        logger.warning("The store can't be told of the audit log's last line: %s", error)
                self.begun = True
            return self._failure

    async def end(self, requests: Sequence[Sent], outcome: str, text: str, settling: Settling = NOTHING) -> bool:
        """Write the line after; or the only one, of a call that came to nothing before anything left. Gives whether
        the store was told with it what is settled."""
        said = {} if self.begun else self._said
        told = None if self._secret and outcome == "done" else words(text)
        event = "end" if self.begun else "refused"
        line = stamped(event, call=self._call, **said, sent=sent(requests) or None, outcome=outcome, text=told or None)
        try:
            return await self._audit.write(line, patience=self._patience, settling=settling)
        except Unwritten as error:
            if requests and not error.on_disk:
                await self._audit.keep_aside(line, str(error))
            else:
                logger.warning("The audit log: %s", error)
            return False


def _head(link: Link) -> AuditHead:
    return AuditHead(link.seq, link.hash)


def _add(lately: Lately, line: Mapping[str, Any]) -> None:
    try:
        lately.add(line)
    except Exception:  # a line of another version, say: no reason to send nothing
        logger.exception("What is unusual in a line of the audit couldn't be told")
