"""Handing to Gateway what it writes on a chain."""

from typing import Any

from hbmcp.errors import Failed, GatewayFailed, OutcomeUnknown, UnreadableAnswer
from hbmcp.installation.answer_fields import record, text, under
from hbmcp.installation.gateway.log import explained
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Json


def on_chain_plan(shown: Answer, request: PlannedRequest, *, look: str, submitted: str) -> Plan:
    """The answer is that of the API, which has its transaction, with the note `submitted`; `look` says what shows
    whether it was done. The workflow uses get_gateway_logs.

    Committing raises CallError with the cause that Gateway's log tells, and OutcomeUnknown where no transaction was
    named.
    """

    async def commit(installation: Installation) -> Answer:
        return Answer(await _send(installation, request, look), (submitted,))

    return Plan(shown, (request,), commit)


async def _send(installation: Installation, planned: PlannedRequest, look: str) -> dict[str, Any]:
    try:
        return await installation.send(planned, _transaction)
    except UnreadableAnswer as odd:
        error = OutcomeUnknown(
            f"Outcome unknown: it was sent, and no transaction came back. {odd.happened}",
            "It may be on the chain, or still get there.",
            f"Don't repeat it. First find out: look with {look}.",
        )
        raise await explained(installation, error) from None
    except (Failed, GatewayFailed, OutcomeUnknown) as error:
        raise await explained(installation, error) from None


def _transaction(answer: Json) -> dict[str, Any]:
    if not under("transaction_hash", text)(answer):
        raise UnexpectedShape("transaction_hash", "a transaction", "")
    return record(answer)
