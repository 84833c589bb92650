"""What the answers of these tools say, as values."""

from decimal import Decimal
from typing import Any

from hbmcp.paper.api.faults import Bug
from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal


def numbers(row: dict[str, Any], *names: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(row[name]) for name in names)


def down(operation: str, connector: str) -> Bug:
    """One exchange fails at an operation, and the others don't."""

    def wrap(handler: Handler) -> Handler:
        def answer(call: Call) -> Json:
            asked = call.path.get("connector_name") or call.body["connector_name"]
            if asked == connector:
                raise Refusal(500, 'HTTP status is 503. Error: {"code": -1000, "msg": "Service unavailable."}')
            return handler(call)

        return answer

    return Bug(f"{connector} is down", {operation: wrap})
