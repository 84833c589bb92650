"""The resources of each installation that whoever asks can reach. Imported at the first request for one."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from hbmcp.resources.resource import RESOURCES, Resource
from hbmcp.server.line import Line

if TYPE_CHECKING:
    from hbmcp.access.holder import Holder


class Placed(NamedTuple):
    """A resource, and the line to what it is of."""

    resource: Resource
    line: Line


def placed_resources(lines: Mapping[str, Line], holder: "Holder | None") -> Iterator[Placed]:
    """Those on these lines that who asks may read: whose tool they have, and this API; what is hbmcp's own is
    everybody's."""
    for name, line in lines.items():
        offer, gone = line.offer_for(holder), line.gone
        for one in RESOURCES:
            if not one.tool or (one.tool not in gone and offer.schema(one.tool) is not None):
                yield Placed(one.at(name), line)
