"""What is said of API keys that are to be deleted, and of those that were."""

from hbmcp.installation.keys.dependents import Standing
from hbmcp.results.answer import Answer


def told(what: str, found: Standing) -> Answer:
    """What stands on `what` ("the keys of a for b"), which isn't deleted."""
    again = f"Nothing was deleted yet: call again with confirm=true to delete {what}."
    if found.tables:
        none = f"None found: {', '.join(found.none)}." if found.none else ""
        return Answer({"deleted": False, **found.tables}, (none, *found.unread, *found.consequences, again))
    return Answer(
        "No position, order, executor, bot or balance was found to stand on it.",
        (*found.unread, *found.consequences, again),
    )


def done(what: str, found: Standing) -> Answer:
    """`what` was deleted, and is gone."""
    gone = f"Deleted, and looked up to be gone: {what}."
    if not found.tables:
        return Answer(gone, found.unread)
    return Answer({"deleted": True, **found.tables}, (gone, *found.unread, *found.consequences))
