"""What an HTTP error of a service beside the Hummingbot API means: nothing is known of it but what HTTP says."""

import json
from typing import Any

from hbmcp.catalog import Offer, Tool
from hbmcp.errors.hierarchy import NOTHING_DONE, ApiFailed, CallError, Refused, UnreadableAnswer, WrongCredentials
from hbmcp.errors.reasons import tidy
from hbmcp.errors.unknown_outcome import unknown_outcome
from hbmcp.services import service

TOO_OFTEN = 429
# Where a reason stands, the best first.
_SAY = ("detail", "message", "error_message", "error", "title", "errors", "status")


def service_refusal(status: int, body: bytes, content_type: str, tool: Tool, offer: Offer) -> CallError:
    """The error for an answer that isn't 2xx."""
    asked = service(tool.service)
    reason = _reason(_json(body)) if "json" in content_type else ""
    said = f': "{tidy(reason)}"' if reason else ""
    answered = f"{asked.begins} answered {status} to {tool.name}{said}"
    if not tool.reads and (status < 400 or status == 408 or status >= 500):
        return unknown_outcome(tool, offer, f"was sent, and {asked.title} answered {status}{said}")
    if status < 400:
        return UnreadableAnswer(
            f"What answers at {asked.url_setting} sends the request elsewhere (HTTP {status}), which isn't followed.",
            NOTHING_DONE,
            f"A person must set {asked.url_setting} to {asked.title} itself: https against http, host and path.",
        )
    if status in (401, 403):
        wanted = f"correct {asked.key_setting}" if asked.header else f"see whether {asked.title} is for everybody"
        return WrongCredentials(
            f"{answered}.", NOTHING_DONE, f"Calling again won't help: a person must {wanted}, and restart hbmcp."
        )
    if status == TOO_OFTEN:
        return Refused(f"{answered}.", NOTHING_DONE, "It limits how often it is asked: wait a minute, then call again.")
    if status < 500 and status != 408:
        return Refused(f"{answered}.", NOTHING_DONE, "Correct the arguments before you call it again.")
    return ApiFailed(f"{answered}.", advice="Try again in a moment.")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _reason(answer: Any) -> str:
    """The text that says most: that of a key which means one, or all of it; of several errors the first."""
    match answer:
        case str():
            return answer
        case [first, *_]:
            return _reason(first)
        case dict():
            return next((text for key in _SAY if key in answer and (text := _reason(answer[key]))), "")
    return ""
