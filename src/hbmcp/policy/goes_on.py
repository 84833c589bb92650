"""What goes on: through a halt, and where nothing can be written down."""

from hbmcp.caller import Kind
from hbmcp.catalog import REDUCING, Effect
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.worth import sells


def goes_on(effect: Effect, kind: Kind) -> bool:
    """Whether a halt lets it pass: what only reduces; and what unprotects, where a person was asked whether to."""
    return effect in REDUCING or (effect == "unprotects" and kind == "person")


def goes_unrecorded(planned: PlannedRequest, kind: Kind) -> bool:
    """Whether it is sent although it can't be written down: what goes on, and what sells on a spot exchange, which
    adds no risk."""
    return goes_on(planned.effect, kind) or sells(planned)
