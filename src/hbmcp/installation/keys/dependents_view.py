"""What depends on API keys, as an answer: before they are deleted, and once they are."""

from hbmcp.installation.deletion import Deletion
from hbmcp.installation.installation import Installation
from hbmcp.installation.keys.dependents import Dependents
from hbmcp.installation.plan import Plan
from hbmcp.results.answer import Answer


def deletion_plan(deletion: Deletion, found: Dependents) -> Plan:
    """It tells what depends on the keys before and after they are deleted. The commit raises what `Deletion.run`
    raises."""

    async def commit(installation: Installation) -> Answer:
        await deletion.run(installation)
        return _afterwards(deletion, found)

    return Plan(_before(deletion, found), (deletion.request,), commit)


def _before(deletion: Deletion, found: Dependents) -> Answer:
    if found.tables:
        none = f"None found: {', '.join(found.none)}." if found.none else ""
        notes = (none, *found.unread, *found.consequences, deletion.planned)
        return Answer({"deleted": False, **found.tables}, notes)
    return Answer(
        "No position, order, executor, bot or balance was found to stand on it.",
        (*found.unread, *found.consequences, deletion.planned),
    )


def _afterwards(deletion: Deletion, found: Dependents) -> Answer:
    if not found.tables:
        return Answer(deletion.done, found.unread)
    return Answer({"deleted": True, **found.tables}, (deletion.done, *found.unread, *found.consequences))
