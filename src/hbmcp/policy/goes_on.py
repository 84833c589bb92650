"""What goes on whatever fails: through a halt, with a full disk, past a store that doesn't answer."""

from hbmcp.caller import Kind
from hbmcp.catalog import REDUCING, Effect


def goes_on(effect: Effect, kind: Kind) -> bool:
    """Whether it does: what only reduces; and what unprotects, where a person was asked whether to."""
    return effect in REDUCING or (effect == "unprotects" and kind == "person")
