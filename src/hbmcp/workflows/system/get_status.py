"""The state of every part of an installation, asked at once."""

from hbmcp.installation.installation import Installation
from hbmcp.installation.status.advice import advice
from hbmcp.installation.status.reading import PATIENCE, read_parts
from hbmcp.results.answer import Answer


async def get_status(installation: Installation) -> Answer:
    """API, broker, Docker and Gateway in a word each, machine in percent and GB, bots and connectors as rows.

    Raises CallError where the API itself can't be reached, or accepts no credentials.
    """
    summary = (await read_parts(installation)).summary
    standing = await installation.standing()
    differs = await installation.differs(PATIENCE)
    return Answer(summary, (*standing, *differs, *advice(summary, on_paper=installation.identity.on_paper)))
