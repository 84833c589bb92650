"""What an HTTP error of the Hummingbot API means, and what to do about it.

This API answers bad requests with 500 as well as with 4xx, Docker trouble with a bare 500, and repeats what an exchange
said. Here that becomes one error of hbmcp.errors, in words that a model can act on.

That nothing was done is said of a read, of the API's own refusal (JSON with a `detail`), and of a failure whose whole
reason is one: what isn't there, or what the exchange says that it didn't take. Whatever else comes in answer to
anything that isn't a read may have come after it was done.
"""

import json
import re
from typing import Any

from hbmcp.catalog import Offer, Tool
from hbmcp.errors import (
    NOTHING_DONE,
    ApiFailed,
    CallError,
    Refused,
    ServiceDown,
    UnknownOperation,
    UnreadableAnswer,
    WrongCredentials,
)
from hbmcp.errors.gateway_answers import gateway_answer
from hbmcp.errors.reasons import from_exchange, tidy
from hbmcp.errors.refusals import is_refusal, is_unsure
from hbmcp.errors.service_answers import service_refusal
from hbmcp.errors.unknown_outcome import unknown_outcome
from hbmcp.text import named

_NOT_ON_PAPER = "The paper exchange has none, and nothing is to be repaired: it needs a real Hummingbot API."
_EXCHANGE_SAYS = "That is the exchange's own answer: correct what it names, or try again later."
_BAD_REQUEST = (
    "This API answers 500 to bad requests too: check account, connector, pair and values; if they are "
    "right, its own log has the cause."
)
_NO_REASON = (
    "The API gives no reason when a value is out of range or unknown to it (a name, a negative amount, an interval): "
    "check the arguments first. Its own log has the cause."
)

_NAME_ALONE = re.compile(r"'[^']+'")
_NO_DOCKER = re.compile(
    r"'Connection aborted\.', (FileNotFoundError|ConnectionRefusedError)|docker\.sock|docker daemon", re.IGNORECASE
)
_NO_BROKER = re.compile(r"\b(mqtt|broker|emqx)\b.*\b(connect|refused|unavailable|not)", re.IGNORECASE)
_USES_DOCKER = re.compile(r"\w+ (/docker/|/gateway/(start|stop|restart|status|logs)$)")


def refusal(
    status: int, body: bytes, content_type: str, tool: Tool, offer: Offer, *, on_paper: bool = False
) -> CallError:
    """The error for an answer that isn't 2xx. `on_paper` there is nothing that a person could repair."""
    if tool.service:
        return service_refusal(status, body, content_type, tool, offer)
    detail = _detail(body) if "json" in content_type else None
    if not tool.reads and (doubt := _doubt(status, body, content_type)):
        return unknown_outcome(tool, offer, f"was sent, but {doubt}")
    if status in (401, 403):
        return WrongCredentials(
            f"The Hummingbot API doesn't accept the username and password of this server (HTTP {status}).",
            NOTHING_DONE,
            "Calling again won't help: a person must correct HUMMINGBOT_API_USERNAME and HUMMINGBOT_API_PASSWORD "
            "and restart hbmcp.",
        )
    if status < 400:
        return UnreadableAnswer(
            f"What answers at HUMMINGBOT_API_URL sends the request elsewhere (HTTP {status}), which isn't followed.",
            NOTHING_DONE,
            "A person must set HUMMINGBOT_API_URL to the API itself: check https against http, the host and the path.",
        )
    if (status, detail) in ((404, "Not Found"), (405, "Method Not Allowed")):
        api = offer.catalog.api
        return UnknownOperation(
            f"This Hummingbot API has no {tool.operation} (HTTP {status}).",
            NOTHING_DONE,
            f"Its version isn't the one that {tool.name} was made for ({api['title']} {api['version']}): use another "
            "tool; a person can update the API or hbmcp.",
        )
    if status == 501 and detail is not None:
        return UnknownOperation(
            f"This Hummingbot API can't do {tool.operation} (HTTP 501){_quote(detail)}",
            NOTHING_DONE,
            "It stays so with this API: do without it.",
        )
    if (answer := gateway_answer(status, detail, tool, offer)) or (
        answer := _service(status, detail, tool, on_paper=on_paper)
    ):
        return answer
    if status in (502, 504) or (status == 503 and detail is None):
        return ApiFailed(
            f"A proxy in front of the Hummingbot API can't get an answer from it (HTTP {status}).",
            advice="The API may be starting: try again in a moment.",
        )
    if status == 408:
        return ApiFailed(
            f"The Hummingbot API, or a proxy in front of it, gave up waiting for {tool.name} (HTTP 408).",
            NOTHING_DONE,
            "Try again in a moment.",
        )
    if detail is None and "json" not in content_type and not _plain_failure(status, body):
        return UnreadableAnswer(
            f"What answers at HUMMINGBOT_API_URL isn't the Hummingbot API (HTTP {status}, {_kind(content_type)}).",
            NOTHING_DONE,
            "A person must check HUMMINGBOT_API_URL, host, port and path.",
        )
    reason = _quote(detail)
    unsure = not tool.reads and isinstance(detail, str) and is_unsure(detail)
    if status < 500 and not unsure:
        return Refused(
            f"The Hummingbot API refused {tool.name} (HTTP {status}){reason}",
            NOTHING_DONE,
            "It limits how often it can be called: wait, then call again."
            if status == 429
            else "Correct the arguments before you call it again.",
        )
    from_it = isinstance(detail, str) and from_exchange(detail)
    cause = _EXCHANGE_SAYS if from_it else _BAD_REQUEST if detail is not None else _NO_REASON
    if not tool.reads:
        if isinstance(detail, str) and is_refusal(detail):
            return Refused(f"The Hummingbot API refused {tool.name} (HTTP {status}){reason}", NOTHING_DONE, cause)
        why = reason.rstrip(".") if detail is not None else " and gave no reason"
        return unknown_outcome(tool, offer, f"was sent, but the API failed at it (HTTP {status}){why}", cause)
    if detail is None:
        return ApiFailed(f"The Hummingbot API failed at {tool.name} and gave no reason (HTTP {status}).", advice=cause)
    return ApiFailed(f"The Hummingbot API failed at {tool.name} (HTTP {status}){reason}", advice=cause)


def _doubt(status: int, body: bytes, content_type: str) -> str:
    """Why an answer isn't the API's own, as the end of a sentence; "" where it is."""
    if status < 400:
        return f"what answers at HUMMINGBOT_API_URL sends it elsewhere (HTTP {status}), which isn't followed"
    if status == 408:
        return "the API, or a proxy in front of it, gave up waiting (HTTP 408)"
    if status in (502, 504):
        return f"a proxy in front of the API answered HTTP {status}"
    if _plain_failure(status, body) or ("json" in content_type and _has_detail(body)):
        return ""
    return f"something in front of the API answered HTTP {status} ({_kind(content_type)})"


def _service(status: int, detail: Any, tool: Tool, *, on_paper: bool) -> ServiceDown | None:
    said = detail if isinstance(detail, str) else ""
    if status >= 500 and (_NO_DOCKER.search(said) or (detail is None and _USES_DOCKER.match(tool.operation))):
        return ServiceDown(
            f"The Hummingbot API can't reach Docker, or Docker doesn't know the container (HTTP {status}).",
            "Most likely nothing was done.",
            _NOT_ON_PAPER
            if on_paper
            else "A person must see that Docker runs on the API's host and that the API may use it; "
            "bots, containers and Gateway can't be started or stopped before.",
        )
    if status >= 500 and _NO_BROKER.search(said):
        return ServiceDown(
            f"The message broker between the Hummingbot API and its bots can't be reached (HTTP {status}).",
            "Most likely nothing was done.",
            _NOT_ON_PAPER if on_paper else "A person must start the broker; until then bots don't show and don't obey.",
        )
    return None


def _detail(body: bytes) -> Any:
    """FastAPI's detail; of JSON without one, all of it; None where there is none."""
    answer = _json(body)
    return answer.get("detail", answer) if isinstance(answer, dict) else answer


def _has_detail(body: bytes) -> bool:
    answer = _json(body)
    return isinstance(answer, dict) and "detail" in answer


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _plain_failure(status: int, body: bytes) -> bool:
    """Starlette's own answer to an exception that nobody caught."""
    return status == 500 and body.strip() == b"Internal Server Error"


def _quote(detail: Any) -> str:
    """The reason as the end of a sentence: `: "…".`, or one line for each field of a 422."""
    if isinstance(detail, list) and all(isinstance(one, dict) and "msg" in one for one in detail):
        lines = [f'- {_field(one.get("loc", ()))}: "{tidy(str(one["msg"]))}"' for one in detail]
        return ":\n" + "\n".join(lines) + "\n"
    if not detail:
        return "."
    text = tidy(detail if isinstance(detail, str) else json.dumps(detail))
    if _NAME_ALONE.fullmatch(text):  # a bare KeyError
        return f": it doesn't know {text}."
    return f': "{text}".'


def _field(place: Any) -> str:
    """["body", "pairs", 0] -> pairs.0"""
    steps = [str(step) for step in place] if isinstance(place, list) else []
    inside = steps[1:] if steps[:1] in (["body"], ["query"], ["path"], ["header"]) else steps
    return named(".".join(inside) or "body")


def _kind(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip()
    return named(kind) if kind else "no content type"
