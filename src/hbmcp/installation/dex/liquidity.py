"""Putting tokens into a liquidity position."""

from attrs import frozen

from hbmcp.figures import money
from hbmcp.installation.answer_fields import Fields, data, number, text
from hbmcp.installation.dex.deposit import Deposit, Range
from hbmcp.installation.dex.sending import on_chain_plan
from hbmcp.installation.dex.tokens import UNTOLD, same_address
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer
from hbmcp_tools import dex
from hummingbot_api.request import Json

LOOK = "list_pool_positions, which reads the chain"


@frozen
class KnownPosition:
    """A position that was opened through the API, by its address: that of its pool, and its range."""

    address: str
    pool: str
    within: Range | None

    @classmethod
    def from_row(cls, row: Json) -> "KnownPosition":
        """Of POST /gateway/clmm/positions/search."""
        fields = Fields(row)
        lower, upper = fields.known("lower_price", number), fields.known("upper_price", number)
        within = Range(lower, upper) if lower is not None and upper is not None and 0 < lower < upper else None
        return cls(fields.needed("position_address", text), fields.needed("pool_address", text), within)


async def known_position(installation: Installation, network_id: str, address: str) -> KnownPosition | None:
    """None where the API doesn't know it. The workflow uses list_clmm_positions."""
    try:
        rows = await installation.read(
            data(KnownPosition.from_row),
            dex.list_clmm_positions,
            network_id=network_id,
            position_address=address,
        )
    except UNTOLD:
        return None
    return next((row for row in rows if same_address(row.address, address)), None)


def liquidity_plan(request: PlannedRequest, most: Deposit, submitted: str) -> Plan:
    """The request puts in `most`; the note `submitted` says what to look at then."""
    pool = most.pool
    known = {"pair": pool.pair, "price": pool.price, "value": None if most.value is None else money(most.value)}
    shown = {name: value for name, value in known.items() if value is not None}
    would = Answer({"would_do": request.words, **shown}, (pool.doubt,))
    return on_chain_plan(would, request, look=LOOK, submitted=submitted)
