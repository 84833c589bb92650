"""What depends on API keys, as an answer: before they are deleted, and once they are."""

from hbmcp.installation.deletion import Deletion
from hbmcp.installation.keys.dependents import Dependents
from hbmcp.results.answer import Answer


def before(deletion: Deletion, found: Dependents) -> Answer:
    """Nothing is deleted yet."""
    if found.tables:
        none = f"None found: {', '.join(found.none)}." if found.none else ""
        notes = (none, *found.unread, *found.consequences, deletion.unconfirmed)
        return Answer({"deleted": False, **found.tables}, notes)
    return Answer(
        "No position, order, executor, bot or balance was found to stand on it.",
        (*found.unread, *found.consequences, deletion.unconfirmed),
    )


def afterwards(deletion: Deletion, found: Dependents) -> Answer:
    """They were deleted, and are gone."""
    if not found.tables:
        return Answer(deletion.done, found.unread)
    return Answer({"deleted": True, **found.tables}, (deletion.done, *found.unread, *found.consequences))
