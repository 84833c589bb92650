"""What a person sets of an executor."""

from decimal import Decimal
from typing import Any

from hbmcp.installation.executors.config.config import as_shown
from hbmcp.installation.executors.config.defaults import saved_defaults
from hbmcp.installation.executors.config.fields import TYPES, Field
from hbmcp.installation.executors.config.parsing import parse
from hbmcp.installation.executors.config.price_offsets import price_fields
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer

OFFSETS = 'A price may be an offset from the current one: "-3%".'
SUGGESTED = (
    "A plain grid: market, side, start_price, end_price, total_amount_quote, levels, and on perpetuals leverage. It "
    "needs limit_price, take_profit and take_profit_order_type, too: without, create_executor says which would fit."
)
KINDS = {"numbers": "numbers", "any_object": "object"}


async def get_executor_fields(installation: Installation, *, executor_type: str, all: bool = False) -> Answer:  # noqa: A002
    """A row a field: dotted name, type, unit, default, whether it is required, meaning; an example configuration. Of
    those that few set only the names, unless `all` are asked for."""
    saved = await saved_defaults(installation, executor_type)
    kind = TYPES[executor_type]
    optional = tuple(f"{name}." for name, field in kind.objects() if not field.needed)
    fields = [one for one in kind.leaves() if len(one[1].names) != 1]  # only one value: nothing to be set
    rare = () if all else tuple(name for name, field in fields if field.rare)
    value = {
        "example": as_shown(parse(executor_type, kind.example, {})),
        **({"saved_defaults": dict(saved.values)} if saved.values else {}),
        "fields": [
            _row(name, field, needed="" if name.startswith(optional) else field.needed)
            for name, field in fields
            if name not in rare
        ],
    }
    plain_grid = SUGGESTED if executor_type == "grid_executor" else ""
    more = f"Seldom set: {', '.join(rare)}. all=true explains them." if rare else ""
    return Answer(value, (OFFSETS if price_fields(executor_type) else "", plain_grid, more, saved.unread))


def _row(name: str, field: Field, needed: str) -> dict[str, Any]:
    numeric = field.kind == "number" and field.default is not None
    return {
        "field": name,
        "type": "|".join(field.names) if field.names else KINDS.get(field.kind, field.kind),
        "unit": field.unit or None,
        "default": Decimal(field.default) if numeric else field.default,
        "required": needed or None,
        "meaning": field.meaning,
    }
