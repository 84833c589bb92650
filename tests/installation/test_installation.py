"""What a caller is given: the tools that it may use and no others, under its own name; and several answers at once."""

import asyncio
import gc

import pytest

from hbmcp.bridge import Bridge
from hbmcp.caller import Caller
from hbmcp.catalog import Catalog
from hbmcp.errors import CallError, Refused
from hbmcp.installation.installation import all_of, together
from hbmcp.results.answer import Answer
from hbmcp.settings import Settings
from hbmcp_tools import accounts, trading
from tests.conftest import PASSWORD, USERNAME
from tests.faulty_api import FaultyApi, Reply

pytestmark = pytest.mark.anyio
CATALOG = Catalog.load()


@pytest.fixture
def bridge(api: FaultyApi) -> Bridge:
    told = Settings(api_url=api.url, api_username=USERNAME, api_password=PASSWORD)  # type: ignore[arg-type]
    return Bridge(CATALOG.choose(), told)


async def test_it_asks_what_it_uses_and_nothing_else(bridge: Bridge, api: FaultyApi) -> None:
    installation = bridge.installation(Caller("get_accounts", "accounts", frozenset({"list_accounts"})))
    api.then(Reply.json(["mine"]))
    assert await installation.ask(accounts.list_accounts) == ["mine"]
    with pytest.raises(KeyError, match="submit_cancel"):
        await installation.ask(trading.submit_cancel, account_name="a", connector_name="b", order_id="c")
    assert [request.path for request in api.requests] == ["/accounts/"]
    await bridge.aclose()


async def test_errors_name_the_workflow(bridge: Bridge, api: FaultyApi) -> None:
    api.then(Reply(422, b'{"detail": "No."}'))
    outcome = await bridge.call("get_accounts", {})
    assert outcome.is_error
    assert "refused get_accounts" in outcome.text
    assert "list_accounts" not in outcome.text
    await bridge.aclose()


async def test_several_questions_keep_their_order_and_their_errors() -> None:
    under_way, most = 0, 0

    async def question(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001 * (7 - number))
        under_way -= 1
        if number == 3:
            raise Refused("Not that one.")
        return number

    answers = await together(map(question, range(7)), at_once=2)
    assert most == 2
    assert isinstance(answers.pop(3), CallError)
    assert answers == [0, 1, 2, 4, 5, 6]


async def test_a_defect_among_several_is_not_taken_for_an_answer() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await together([broken()])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("cancelled_after", [0, 1, 2, 3, None])
async def test_of_those_whose_turn_never_came_nothing_is_left(
    cancelled_after: int | None, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    """Whoever ends it, and at whichever turn of the event loop: one that fails, or who cancels it."""

    async def question(number: int) -> int:
        if number == 1 and cancelled_after is None:
            raise ZeroDivisionError
        await asyncio.sleep(10)
        return number

    async def several() -> None:
        listed = together([question(one) for one in range(20)], at_once=2)
        await all_of(
            together(map(question, range(20)), at_once=2), listed, *(together([question(one)]) for one in range(3))
        )

    asked = asyncio.create_task(several())
    for _ in range(cancelled_after or 0):
        await asyncio.sleep(0)
    if cancelled_after is not None:
        asked.cancel()
    with pytest.raises((ZeroDivisionError, asyncio.CancelledError)):
        await asked
    del asked
    gc.collect()
    assert [str(one.message) for one in recwarn if "never awaited" in str(one.message)] == []
    assert caplog.text == ""


def test_notes_that_say_nothing_are_left_out() -> None:
    assert Answer({}, ("One.", "", "Two.")).spec.note == "One.\nTwo."
