"""Messages get to a real HTTP server. All of these need apprise itself, which `make test` installs: no stand-in would
show that its addresses are read, and that what fails there is noticed."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hbmcp.policy.notify.addresses import addresses
from hbmcp.policy.notify.outbox import Outbox
from hbmcp.redaction import redacted
from hbmcp.settings import Settings
from tests.conftest import environment, hbmcp
from tests.faulty_api import DROP, FaultyApi, Reply
from tests.paper.spot_account import BUY
from tests.policy.audited import audited
from tests.policy.notify.test_outbox import Time
from tests.stdio_server import StdioServer
from tests.terminal import Terminal

pytest.importorskip("apprise")

TOKEN = "s3cReT/token+7f=3a?9d"
PLAIN = "S3cretToken9Of8Tests7And6n"  # as long as services ask for


def named(*urls: str) -> Settings:
    return Settings.model_construct(paper=True, paper_db=":memory:", notify=tuple(map(SecretStr, urls)))


def webhook(api: FaultyApi, path: str = "hook") -> str:
    return f"json://127.0.0.1:{api.port}/{path}"


def received(api: FaultyApi) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in api.requests if one.body]


def test_a_message_arrives(api: FaultyApi) -> None:
    (address,) = addresses(named(webhook(api)))
    assert address.name == "json://…"
    assert address.send("BUY <b>1</b> & *more* _of_ it") == ""
    (got,) = received(api)
    assert (got["title"], got["message"]) == ("hbmcp on paper", "BUY <b>1</b> & *more* _of_ it")


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(status=401), DROP])
def test_one_that_is_refused_says_why_and_not_at_every_try(
    reply: Reply, api: FaultyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.always = reply
    (address,) = addresses(named(webhook(api)))
    logged: list[logging.LogRecord] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "handle", logged.append)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    assert "notification" in address.send("hbmcp is halted")
    assert not [one for one in logged if one.name.startswith("apprise")]


def test_one_that_is_refused_is_tried_again_until_it_is_taken(api: FaultyApi) -> None:
    api.then(Reply(status=503), Reply(status=503), DROP)
    (address,) = addresses(named(webhook(api)))
    time = Time()
    out = Outbox([address], lambda: time.now, time.wait)
    out.tell("halt", "hbmcp is halted")
    time.pass_by(600)
    assert [one["message"] for one in received(api)] == ["hbmcp is halted"] * 4
    assert out.standing() == ""


def test_one_that_nobody_takes_is_told_in_the_log(api: FaultyApi, caplog: pytest.LogCaptureFixture) -> None:
    api.always = Reply(status=503)
    (address,) = addresses(named(webhook(api, f"{TOKEN[:6]}9aB")))
    time = Time()
    out = Outbox([address], lambda: time.now, time.wait)
    out.tell("halt", "hbmcp is halted")
    time.pass_by(1200)
    assert "couldn't be delivered to json://…: " in caplog.text
    assert "503" in caplog.text
    assert "couldn't be delivered" in out.standing()


@pytest.mark.anyio
async def test_what_is_unusual_arrives_and_what_does_not_stands_in_get_status(
    api: FaultyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Outbox(addresses(named(webhook(api))))
    async with audited(tmp_path, monkeypatch, tell=out.tell) as it:
        it.call.bridge._gate._outbox = out
        nope = {**BUY, "trading_pair": "NOPE-USDT", "amount": 1, "order_type": "MARKET"}
        for _ in range(3):
            await it.call.bad("place_order", **nope)
        out.close(60)
        assert [one["message"] for one in received(api)] == ["Unusual within a day: 3 calls were refused (refused 3)."]
        assert "notifications" not in await it.call.good("get_status")
        api.always = Reply(status=503)
        await it.call.bad("place_order", **nope)
        out.close(60)
        assert "Of the notifications to a person, 1 couldn't be delivered" in await it.call.good("get_status")


def environ(folder: Path, *urls: str) -> dict[str, str]:
    return environment(
        HBMCP_PAPER="true",
        HBMCP_PAPER_DB=str(folder / "paper.sqlite"),
        HBMCP_TOOLS="all",
        HBMCP_STATE_URL=f"sqlite:///{folder / 'state.sqlite'}",
        HBMCP_NOTIFY=", ".join(urls),
    )


def test_a_halt_a_refusal_and_a_resume_arrive(api: FaultyApi, tmp_path: Path) -> None:
    env = environ(tmp_path, webhook(api, "one"), webhook(api, "two"))
    with StdioServer(env=env, cwd=tmp_path) as server:
        assert hbmcp("halt", "--yes", env=env, cwd=tmp_path).returncode == 0
        for _ in range(3):
            text, failed = server.call("place_order", **BUY, amount=0.01, order_type="MARKET")
            assert failed
            assert "halted" in text
    with Terminal("resume", env=env, cwd=tmp_path) as person:
        person.type("Resume", "y")
        assert person.end() == 0
    for path in ("/one", "/two"):
        told = [json.loads(one.body)["message"] for one in api.requests if one.path == path]
        assert len(told) == 3
        assert told[0].startswith("hbmcp is halted since 2")
        assert told[1] == "Unusual within a day: 3 calls were refused (halted 3)."
        assert told[2].startswith("hbmcp is resumed: ")


def test_a_halt_that_nobody_can_be_told_of_is_one(tmp_path: Path) -> None:
    env = environ(tmp_path, "nonsense://abc")
    done = hbmcp("halt", "--yes", env=env, cwd=tmp_path)
    assert done.returncode == 0, done
    assert "Nobody is told: HBMCP_NOTIFY: its address 1 of 1" in done.stderr
    assert "What is open" in done.stdout
    assert (tmp_path / "halt").exists()


@pytest.mark.parametrize(
    ("urls", "place"),
    [(("nonsense://hunter2hunter2",), "1 of 1"), (("json://127.0.0.1:1", "slack://hunter2hunter2"), "2 of 2")],
)
def test_an_address_that_cannot_be_read_keeps_it_from_starting_and_is_not_quoted(
    urls: tuple[str, ...], place: str, tmp_path: Path
) -> None:
    for command in (("serve",), ("call", "get_status")):
        done = hbmcp(*command, env=environ(tmp_path, *urls), cwd=tmp_path)
        assert done.returncode == 2, done
        assert f"HBMCP_NOTIFY: its address {place} (from the environment) can't be read" in done.stderr
        assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        (f"tgram://123456789:{PLAIN}/12345678", (PLAIN, "123456789")),
        ("mailto://me:hunter2@example.com?to=you@example.com", ("hunter2",)),
        ("mailto://me:hunter%2F2@example.com", ("hunter/2",)),
        (f"discord://4174216298/{PLAIN}", (PLAIN,)),
        (f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{PLAIN}", (PLAIN,)),
        ("ntfy://mytopic", ("mytopic",)),
        (f"ntfys://{PLAIN}@ntfy.sh/topic", (PLAIN,)),
        ("json://vps.example:8080/notifications?+X-Key=abc123def456", ("abc123def456",)),
    ],
)
def test_what_is_secret_in_an_address_is_masked_and_words_and_hosts_are_not(url: str, secret: tuple[str, ...]) -> None:
    addresses(named(url))
    for one in (url, *secret):
        assert redacted(f"it is {one}, say") == "it is ***, say"
    ordinary = "services and notifications of localhost, vps.example, example.com and hooks.slack.com"
    assert redacted(ordinary) == ordinary


def test_a_broken_module_of_a_service_is_a_reason_like_any(monkeypatch: pytest.MonkeyPatch, api: FaultyApi) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr("apprise.Apprise.notify", broken)
    (address,) = addresses(named(webhook(api)))
    assert address.send("x") == "RuntimeError"
