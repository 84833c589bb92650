"""A connection that is kept alive carries one answer to one request.

What comes after the answer, in the same packet, would be taken for the answer to the next request: httpcore looks only
at what the socket still holds, and this is in its parser already. So the parser is looked into before the connection is
given back; where it holds more, or can't be looked into, the connection isn't used again.
"""

import httpx

# From the stream of an httpx transport's answer to the h11 connection that it comes from.
_WAYS = ("_httpcore_stream", "_stream", "_connection", "_h11_state")


def more_than_one(answer: httpx.AsyncByteStream) -> bool:
    """Whether more has come than the answer, as far as that can't be excluded."""
    stream: object = answer
    for step in _WAYS:
        stream = getattr(stream, step, None)
    rest, _ = getattr(stream, "trailing_data", (b"unknown", False))
    return bool(rest)
