"""What a person does at a terminal that is no call of a tool, and changes what is sent: it is written down too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hbmcp.errors import CallError
from hbmcp.identity import Identity
from hbmcp.policy.audit import record
from hbmcp.policy.audit.audit import Audit, Entry
from hbmcp.settings import Settings
from hbmcp.store import Store


@asynccontextmanager
async def noted(settings: Settings, store: Store, command: str, by: str, **said: Any) -> AsyncIterator[None]:
    """What is done inside, with a line before and one after. Where they can't be written, it is done all the same."""
    identity = Identity.of(settings)
    audit = Audit.of(settings, identity, store)
    line = {
        "installation": identity.name,
        "caller": "person",
        "client": record.words(by),
        "tool": command,
        "arguments": record.arguments(said, secret=False),
    }
    entry = Entry(audit, line, goes_on=True, secret=False)
    await entry.begin()
    try:
        yield
    except BaseException as error:
        await entry.end((), error.kind if isinstance(error, CallError) else "failed", str(error))
        raise
    else:
        await entry.end((), "done", "")
    finally:
        await audit.aclose()
