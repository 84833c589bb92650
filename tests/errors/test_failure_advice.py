"""What is advised where an answer with status 200 is a failure."""

import pytest

from hbmcp.catalog import Catalog
from hbmcp.errors.failure_advice import failure_advice

CATALOG = Catalog.load()
OFFER = CATALOG.choose(tools=["all"])
CORRECT = "Correct the cause before you call it again."


@pytest.mark.parametrize(
    ("tool", "reason", "advice"),
    [
        ("stop_bot", "Bot desk not found", "Look up what there is with list_bots."),
        ("get_rate", "No such pair", "Look up what there is."),
        ("get_rate", "Its source is stopped: get_rates names the one in use", ""),
        ("get_bot_logs", "The bot answered with an error", CORRECT),
    ],
)
def test_what_is_not_there_is_to_be_looked_up(tool: str, reason: str, advice: str) -> None:
    assert failure_advice(reason, OFFER.find(tool), CATALOG, OFFER) == advice
    beside = failure_advice(reason, OFFER.find(tool), CATALOG, None)
    assert beside == ("Look up what there is." if "Look up" in advice else advice)
