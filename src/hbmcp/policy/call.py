"""A call that isn't a read, as the policy sees it."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hbmcp.caller import Caller


@frozen
class Call:
    """Who calls, and the `arguments` as they were checked, without `preview` and `again`. `again` is None where the
    tool has no such word; `key` is a program's idempotency key. A `secret` one takes or shows credentials; a `preview`
    only looks."""

    caller: Caller
    arguments: Mapping[str, Any]
    again: bool | None = None
    key: str | None = None
    secret: bool = False
    preview: bool = False
