"""What waits for a yes in a Telegram chat: who is asked there alone gives it; carried out once, checked anew."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve
from pydantic import SecretStr
from starlette.responses import HTMLResponse

from hbmcp.approving import carrying_out
from hbmcp.approving import chat as chat_module
from hbmcp.approving.bot import Bot, units
from hbmcp.approving.chat import LONGEST, Chat, ended, parts
from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.policy.model import Policy
from hbmcp.server import line as line_module
from hbmcp.server.line import Line
from hbmcp.server.switchboard import Switchboard
from hbmcp.settings import Settings
from hbmcp.store import Approval
from tests.bot_api import ALICE, CHAT, TOKEN, BotApi, bot_api, failed
from tests.conftest import environment
from tests.forked import HBMCP, Popen
from tests.sampling import sampled
from tests.stdio_server import StdioServer
from tests.test_confirmation import FIVE, ORDER

pytestmark = pytest.mark.anyio

ASKS = {"confirm": [{"when": "always", "ask": "telegram"}]}
OFFER = Catalog.load().choose()


@define
class Place:
    """An exchange on paper, a bot's chat, and processes that share a store."""

    folder: Path
    api: BotApi
    told: Settings
    stack: AsyncExitStack

    def bridge(self, policy: dict[str, Any] = ASKS) -> Bridge:
        opened = Bridge(OFFER, self.told, policy=Policy.model_validate(policy))
        self.stack.push_async_callback(opened.aclose)
        return opened

    @asynccontextmanager
    async def speaking(self, bridge: Bridge, **changed: Any) -> AsyncIterator[Chat]:
        speaks = Chat.of(bridge, self.told.model_copy(update=changed))
        assert speaks is not None
        task = asyncio.create_task(speaks.run())
        try:
            yield speaks
        finally:
            task.cancel()
            await asyncio.wait([task])

    @property
    def orders(self) -> int:
        with sqlite3.connect(self.folder / "paper.sqlite") as exchange:
            return int(exchange.execute("SELECT count(*) FROM orders").fetchone()[0])

    @property
    def audit(self) -> list[dict[str, Any]]:
        lines = (self.folder / "paper-audit.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def store(self, statement: str) -> None:
        with sqlite3.connect(self.folder / "state.sqlite") as store:
            store.execute(statement)


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(chat_module, "EVERY", 0.02)
    monkeypatch.setattr(chat_module, "PAUSE", 0.02)
    with bot_api() as api:
        told = Settings.model_construct(
            paper=True,
            paper_db=str(tmp_path / "paper.sqlite"),
            state_url=SecretStr(f"sqlite:///{tmp_path / 'state.sqlite'}"),
            telegram_token=SecretStr(TOKEN),
            telegram_chat=CHAT,
            telegram_url=api.url,
        )
        async with AsyncExitStack() as stack:
            yield Place(tmp_path, api, told, stack)


async def until(holds: Callable[[], Any]) -> Any:
    async with asyncio.timeout(30):
        while not (found := holds()):
            await asyncio.sleep(0.01)
    return found


async def waits(bridge: Bridge, tool: str = "place_order", **given: Any) -> str:
    outcome = await bridge.call(tool, {**(ORDER if tool == "place_order" else {}), **given}, client="tests")
    assert not outcome.is_error, outcome.text
    found = re.search(r"waits for a person's approval, id ([0-9a-f]{16}), until 20", outcome.text)
    assert found, outcome.text
    return found[1]


async def question(place: Place, which: str) -> Any:
    return await until(lambda: next((one for one in place.api.questions if which in one.text), None))


async def over(message: Any, said: str) -> None:
    await until(lambda: not message.buttons)
    assert said in message.text


async def test_it_is_asked_and_carried_out_once(place: Place) -> None:
    bridge = place.bridge()
    async with place.speaking(place.bridge()):  # another process
        which = await waits(bridge)
        assert await waits(bridge) == which
        asked = await question(place, which)
        assert '"BUY 0.01 BTC-USDT LIMIT at 50000 on binance, account master_account"' in asked.text
        assert asked.text.startswith("place_order on the PAPER exchange, called by tests:")
        nonce = asked.buttons["Send it"]
        assert place.orders == 0
        place.api.press(asked)
        await over(asked, f"The approval {which} of place_order is carried out: ")
        assert asked.text.endswith(f", by Telegram user {ALICE}")
        assert place.api.notices == ["Approved: it is checked anew, and sent."]
        place.api.press(asked, data=nonce)
        place.api.repeat()
        await until(lambda: len(place.api.notices) == 3 or not place.api.questions)
        told = (await bridge.call("get_open_orders", {}, client="tests")).text
        assert f"approval {which} of place_order is carried out: " in told
        five = await waits(bridge, "place_orders", **FIVE)
        place.api.press(await question(place, five), "Refuse")
        await until(lambda: place.api.messages[-1].text.endswith(f"is refused, by Telegram user {ALICE}"))
    assert place.orders == 1
    told += (await bridge.call("get_open_orders", {}, client="tests")).text
    assert f"approval {five} of place_orders is refused" in told
    (begun,) = [one["confirmed"] for one in place.audit if one["event"] == "begin"]
    assert begun == {"question": which, "way": "telegram", "by": f"Telegram user {ALICE}"}
    (no,) = [one for one in place.audit if one["event"] == "refused"]
    assert (no["outcome"], no["confirmed"]["question"]) == ("declined", five)
    for secret in (nonce.partition(":")[0], TOKEN, TOKEN.partition(":")[2]):
        assert secret not in told
        assert secret not in (place.folder / "paper-audit.jsonl").read_text()


async def test_only_who_is_asked_says_yes(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Not another chat, another user, another text, another question's button, or what is no press."""
    bridge = place.bridge()
    async with place.speaking(bridge, telegram_user=ALICE):
        which = await waits(bridge)
        asked = await question(place, which)
        yes = asked.buttons["Send it"]
        place.api.press(evolve(asked, chat=ALICE))
        place.api.press(asked, user=ALICE + 1)
        for text in ("BUY 0.0001 BTC", None):  # changed by who has the token; too old to be told
            place.api.press(asked, text=text)
        for data in (
            "",
            "yes",
            f"{which}:yes",
            f":{yes}",
            f"{yes}x",
            yes[1:],
            "é:yes",
            f"{yes.partition(':')[0]}:maybe",
        ):
            place.api.press(asked, data=data or " ")
        place.api.update(callback_query={"id": "1", "from": {"id": ALICE}, "data": yes})
        place.api.update(callback_query={"id": "1", "from": {"id": ALICE}, "message": None, "data": yes})
        place.api.update(message={"text": yes, "chat": {"id": CHAT}, "from": {"id": ALICE}})
        await until(lambda: len(place.api.notices) == 12)
        assert not any("Approved" in said for said in place.api.notices)
        assert all("Nothing was done" in said for said in place.api.notices)
        assert f"Telegram user {ALICE + 1}, who isn't asked" in caplog.text
        assert place.orders == 0
        place.api.press(asked)
        await over(asked, "is carried out")
    assert place.orders == 1


async def test_too_late_it_is_expired_and_the_message_says_so(place: Place) -> None:
    bridge = place.bridge()
    async with place.speaking(bridge):
        which = await waits(bridge)
        asked = await question(place, which)
        yes = asked.buttons["Send it"]
        place.store("UPDATE hbmcp_approvals SET until = 1")
        await over(asked, f"The approval {which} of place_order is expired")
        second = await question(place, await waits(bridge, price="49000"))
        place.api.press(asked, data=yes)  # an old message's button
        await until(lambda: place.api.notices)
        assert place.api.notices == [f"The approval {which} of place_order is expired"]
        assert second.buttons
    assert place.orders == 0


async def test_what_is_pressed_while_nobody_hears_counts_in_time(place: Place) -> None:
    bridge = place.bridge()
    async with place.speaking(place.bridge()):
        first = await question(place, await waits(bridge))
        late = await question(place, await waits(bridge, price="49000"))
    place.api.press(first)
    place.api.press(late)
    place.store(
        "UPDATE hbmcp_approvals SET until = 1 WHERE id = (SELECT id FROM hbmcp_approvals ORDER BY created DESC)"
    )
    async with place.speaking(place.bridge()):
        await over(first, "is carried out")
        await over(late, "is expired")
    assert place.orders == 1


async def test_what_a_terminal_decided_is_said_in_the_chat(place: Place) -> None:
    bridge = place.bridge()
    async with place.speaking(bridge):
        which = await waits(bridge)
        asked = await question(place, which)
        await bridge.store.move_approval(which, ("waiting",), "refused", by="me at home")
        await over(asked, "is refused, by me at home")


async def test_the_plan_is_checked_anew(place: Place) -> None:
    """A limit that holds now, and another price."""
    bridge = place.bridge()
    limited = {**ASKS, "limits": {"order": 100}}
    half = {name: value for name, value in ORDER.items() if name != "amount"} | {"share": 50, "max_value": 10**6}
    async with place.speaking(place.bridge()):
        outcome = await bridge.call("place_order", half, client="tests")
        changed = await question(place, re.search("id ([0-9a-f]{16})", outcome.text)[1])  # type: ignore[index]
        large = await question(place, await waits(bridge, amount="0.3", max_value=10**6))
        place.api.press(large)
        await over(large, "is carried out")
        place.api.press(changed)
        await over(changed, "is failed: The ")
        assert "when it was asked for, and is" in changed.text
    async with place.speaking(place.bridge(limited)):
        held = await question(place, await waits(bridge, price="49000"))
        place.api.press(held)
        await over(held, "limit order is 100 USDT")
    assert place.orders == 1


async def test_who_leaves_when_nothing_is_left_to_say_leaves_the_chat_to_others(place: Place) -> None:
    bridge = place.bridge()
    async with place.speaking(place.bridge()) as speaks:
        asked = await question(place, await waits(bridge))
        place.api.press(asked)
        await over(asked, "is carried out")
        while await speaks.look():
            """It says in the store that it has said how that ended."""
        await speaks.look()
    with sqlite3.connect(place.folder / "state.sqlite") as store:
        assert store.execute("SELECT holder FROM hbmcp_chats").fetchall() == []


async def test_of_two_processes_one_speaks_and_the_other_goes_on_after_it(place: Place) -> None:
    bridge = place.bridge()
    async with place.speaking(place.bridge()):
        async with place.speaking(place.bridge()):
            asked = [await question(place, await waits(bridge, price=price)) for price in ("50000", "49000", "48000")]
            place.api.press(asked[0])
            await over(asked[0], "is carried out")
        place.api.press(asked[1])
        await over(asked[1], "is carried out")
    async with place.speaking(place.bridge()):
        place.api.press(asked[2])
        await over(asked[2], "is carried out")
    assert place.orders == 3
    assert len(place.api.messages) == 3


async def test_who_ends_while_it_asks_has_asked_once(place: Place) -> None:
    bridge = place.bridge()
    loop = asyncio.get_running_loop()
    ending = Chat.of(bridge, place.told)
    assert ending is not None
    task = asyncio.create_task(ending.run())
    place.api.faults["sendMessage"] = lambda: loop.call_soon_threadsafe(task.cancel) and None
    which = await waits(bridge)
    await asyncio.wait([task])
    async with place.speaking(place.bridge()):
        asked = await question(place, which)
        place.api.press(asked)
        await over(asked, "is carried out")
    assert len(place.api.messages) == 1


async def test_a_server_waits_for_what_was_approved_as_for_its_calls(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = asyncio.Event()

    async def slow(*_: Any) -> None:
        await end.wait()

    monkeypatch.setattr(carrying_out, "carried_out", slow)
    monkeypatch.setattr(line_module, "WATCH_AFTER", 0)
    line = Line(OFFER, place.told, Policy.model_validate(ASKS), "a test")
    board = Switchboard([line])
    asked = line.bridge
    which = await waits(asked)
    line.watch()  # as when that is answered
    place.api.press(await question(place, which))
    await until(lambda: board.busy and board.acts)
    end.set()
    await until(lambda: not board.busy and not board.acts)
    await line.aclose()


async def test_another_program_reads_the_bot(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    bridge = place.bridge()
    conflicts = [failed(409, "Conflict: terminated by other getUpdates request")] * 3
    place.api.faults["getUpdates"] = lambda: conflicts.pop() if conflicts else None
    async with place.speaking(bridge):
        asked = await question(place, await waits(bridge))
        place.api.press(asked)
        await over(asked, "is carried out")
    assert caplog.text.count("another program reads what is pressed: give it a bot of its own") == 1


FAULTS = [
    lambda: failed(502, "Bad Gateway"),
    lambda: failed(429, "Too Many Requests: retry after 0", retry_after=0),
    lambda: failed(401, "Unauthorized"),
    lambda: HTMLResponse("<html>Bad gateway</html>", 502),
]
METHODS = ["sendMessage", "getUpdates", "answerCallbackQuery", "editMessageText"]


@pytest.mark.parametrize(("method", "fault"), sampled(product(METHODS, range(len(FAULTS))), 5))
async def test_telegram_fails_and_comes_back(method: str, fault: int, place: Place) -> None:
    """What wasn't said is said later, what wasn't heard is heard later, and nothing is sent twice."""
    bridge = place.bridge()
    left = [3]

    def fails() -> Any:
        left[0] -= 1
        return FAULTS[fault]() if left[0] >= 0 else None

    place.api.faults[method] = fails
    async with place.speaking(bridge):
        asked = await question(place, await waits(bridge))
        place.api.press(asked)
        await over(asked, "is carried out")
    assert place.orders == 1
    assert len(place.api.messages) == 1


async def test_one_that_telegram_refuses_holds_up_no_other(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    bridge = place.bridge()
    first = await waits(bridge)

    async def refuses(said: dict[str, Any]) -> Any:
        return failed(400, "Bad Request: can't parse entities") if first in said["text"] else say(said)

    say = place.api._send_message
    place.api._send_message = refuses  # type: ignore[method-assign]
    async with place.speaking(place.bridge()):
        second = await question(place, await waits(bridge, price="49000"))
        place.api.press(second)
        await over(second, "is carried out")
        assert caplog.text.count(f"The Telegram bot can't ask for approval {first}: HTTP 400") == 1
        place.api._send_message = say  # type: ignore[method-assign]
        assert await question(place, first)


async def test_of_a_long_question_each_part_is_said_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_module, "LONGEST", 120)
    bridge = place.bridge()
    fails = [True, False] * 50
    place.api.faults["sendMessage"] = lambda: failed(502, "Bad Gateway") if fails.pop() else None
    async with place.speaking(place.bridge()):
        await question(place, await waits(bridge))
    (one,) = await bridge.store.approvals()
    assert len(parts(one)) > 2
    assert len(place.api.messages) == len(parts(one))


async def test_it_is_left_alone_for_as_long_as_it_says(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(chat_module, "ticking", lambda: now[0])
    place.api.faults["sendMessage"] = lambda: failed(429, "Too Many Requests: retry after 17", retry_after=17)
    bridge = place.bridge()
    chat = Chat.of(bridge, place.told)
    assert chat is not None
    await waits(bridge)
    for moment, tries in ((0.0, 1), (16.9, 1), (17.1, 2)):
        now[0] = moment
        await chat.look()
        assert place.api.asked.count("sendMessage") == tries
    await chat._leave()


async def test_while_telegram_is_down_all_else_goes_on(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    bridge = place.bridge()
    async with place.speaking(bridge, telegram_url="http://127.0.0.1:9"):
        which = await waits(bridge)
        await until(lambda: "can't ask: it can't be reached" in caplog.text)
        place.store("UPDATE hbmcp_approvals SET until = 1")
        told = (await bridge.call("get_open_orders", {}, client="tests")).text
        assert f"approval {which} of place_order is expired" in told
    assert TOKEN not in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text


async def test_without_a_bot_it_is_refused(place: Place) -> None:
    bare = place.told.model_copy(update={"telegram_token": None})
    bridge = Bridge(OFFER, bare, policy=Policy.model_validate(ASKS))
    place.stack.push_async_callback(bridge.aclose)
    outcome = await bridge.call("place_order", ORDER)
    assert outcome.is_error
    assert "nobody can be: no Telegram bot is set here" in outcome.text
    assert Chat.of(bridge, bare) is None


async def test_what_a_token_called_that_is_revoked_by_now_isn_t_carried_out(place: Place) -> None:
    from hbmcp.access.tokens import digest, key_of, new_token
    from hbmcp.store import TokenRow

    bridge = place.bridge()
    row = TokenRow("desk", digest(new_token()), (), read_only=False, profile=None, created=0)
    await bridge.store.add_token(row)
    theirs = bridge.for_token("desk", key_of(row), OFFER, Policy.model_validate(ASKS))
    async with place.speaking(place.bridge()):
        asked = await question(place, await waits(theirs))
        assert "with the access token desk" in asked.text
        await bridge.store.revoke_token("desk", 1)
        place.api.press(asked)
        await over(asked, "The access token desk that called is revoked. Nothing was sent")
    assert place.orders == 0


def approval(words: str) -> Approval:
    asked = {"client": "c", "tool": "place_order", "arguments": "{}", "quoted": "{}", "tolerance": Decimal(1)}
    return Approval(id="0123456789abcdef", question=words, created=0, until=0, **asked)


@pytest.mark.parametrize(
    "words",
    ["a", "a\nb" * 3000, "x" * 9000, "\U0001f600" * 5000, "<b>*[x](http://evil.example)*</b> @all /start\n" * 200, ""],
)
async def test_a_long_or_hostile_question_is_whole_and_no_markup(words: str) -> None:
    one = approval(words)
    said = parts(one)
    assert all(0 < units(part) <= LONGEST for part in said)
    assert "".join("".join(said).split()) == "".join(f"{words}\nApproval {one.id}, until 1970-01-01T00:00:00Z.".split())
    assert units(ended(evolve(one, state="failed", came="e" * 600, by="me"))) <= LONGEST + 96
    with bot_api() as api:  # which looks for markup
        bot = Bot(api.url, TOKEN)
        for part in said:
            await bot.say(CHAT, part)
        await bot.aclose()


@contextmanager
def watching(env: dict[str, str], cwd: Path) -> Iterator[None]:
    with Popen([*HBMCP, "watch"], env=env, cwd=cwd) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.mark.slow
@pytest.mark.parametrize("by", ["serve", "watch"])
async def test_a_server_and_the_watch_ask_and_carry_out(by: str, place: Place) -> None:
    """As processes; what a client was offered says nothing of what is carried out."""
    env = environment(
        HBMCP_PAPER="true",
        HBMCP_PAPER_DB=str(place.folder / "paper.sqlite"),
        HBMCP_STATE_URL=f"sqlite:///{place.folder / 'state.sqlite'}",
        HBMCP_POLICY=str(place.folder / "policy.toml"),
        HBMCP_TELEGRAM_TOKEN=TOKEN,
        HBMCP_TELEGRAM_CHAT=str(CHAT),
        HBMCP_TELEGRAM_URL=place.api.url,
        HBMCP_TOOLSETS="market_data",
    )
    (place.folder / "policy.toml").write_text('[[confirm]]\nwhen = "always"\nask = "telegram"\n')
    which = await waits(place.bridge())
    with StdioServer(env=env, cwd=place.folder) if by == "serve" else watching(env, place.folder) as server:
        if server is not None:
            await asyncio.to_thread(server.tools)  # it watches from its first answer on
        asked = await question(place, which)
        place.api.press(asked)
        await over(asked, "is carried out")
    assert place.orders == 1
    assert server is None or TOKEN not in "".join(server.log)
