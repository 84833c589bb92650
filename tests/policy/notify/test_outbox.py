"""When a message is sent, and what becomes of one that doesn't get there. Time passes only where the outbox waits."""

import logging
from threading import Condition, Event

import pytest

from hbmcp import redaction
from hbmcp.policy.notify.outbox import EVERY, GIVE_UP, Address, Outbox


class Time:
    """Passes as fast as the outbox waits for it, up to `until`; then it stands still."""

    def __init__(self) -> None:
        self.now = 0.0
        self.until = 0.0
        self.changed: Condition | None = None
        self.idle = Event()

    def wait(self, changed: Condition, seconds: float | None) -> None:
        self.changed = changed
        if seconds is not None and self.now + seconds <= self.until:
            self.now += seconds
            return
        self.now = max(self.now, self.until)
        self.idle.set()
        changed.wait()

    def pass_by(self, seconds: float) -> None:
        """So long, and until the outbox has nothing to do in it."""
        assert self.idle.wait(60)
        assert self.changed is not None
        with self.changed:
            self.until = self.now + seconds
            self.idle.clear()
            self.changed.notify_all()
        assert self.idle.wait(60)


class Receiver:
    """An address that takes messages, or is `down` and says so, or takes its time."""

    def __init__(self, name: str = "json://…") -> None:
        self.got: list[str] = []
        self.tries: list[float] = []
        self.down = ""
        self.address = Address(name, self.send)
        self.time: Time | None = None

    def send(self, text: str) -> str:
        if self.time is not None:
            self.tries.append(self.time.now)
        if not self.down:
            self.got.append(text)
        return self.down


def outbox(*receivers: Receiver) -> tuple[Outbox, Time]:
    time = Time()
    for one in receivers:
        one.time = time
    return Outbox([one.address for one in receivers], lambda: time.now, time.wait), time


def test_the_first_of_a_kind_goes_at_once_and_the_rest_of_a_minute_in_one() -> None:
    receiver = Receiver()
    out, time = outbox(receiver)
    out.tell("refusals", "3 were refused")
    time.pass_by(0)
    assert receiver.got == ["3 were refused"]
    for count in range(4, 9):
        out.tell("refusals", f"{count} were refused")
        out.tell("halt", "hbmcp is halted") if count == 4 else None
    time.pass_by(EVERY - 1)
    assert receiver.got == ["3 were refused", "hbmcp is halted"]
    time.pass_by(1)
    assert receiver.got[2:] == ["8 were refused (5 messages in one)"]


def test_what_fails_is_tried_again_for_ten_minutes_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    receiver = Receiver()
    receiver.down = "Connection refused"
    out, time = outbox(receiver)
    out.tell("refusals", "3 were refused")
    time.pass_by(0)
    assert out.standing() == "Of the notifications to a person, 1 couldn't be delivered yet."
    time.pass_by(2 * GIVE_UP)
    pauses = [after - before for before, after in zip(receiver.tries, receiver.tries[1:], strict=False)]
    assert pauses[:3] == [5, 10, 20]
    assert GIVE_UP / 2 < sum(pauses) <= GIVE_UP
    assert "1 couldn't be delivered, the last at 2" in out.standing()
    out.tell("refusals", "4 were refused")
    time.pass_by(2 * GIVE_UP)
    assert "2 couldn't be delivered" in out.standing()
    (told,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "couldn't be delivered to json://…: Connection refused. It was: 3 were refused" in told.message
    receiver.down = ""
    out.tell("refusals", "5 were refused")
    time.pass_by(0)
    assert receiver.got == ["5 were refused"]


def test_what_comes_while_one_fails_takes_its_place_and_no_memory() -> None:
    receiver, other = Receiver(), Receiver()
    receiver.down = "Connection refused"
    out, time = outbox(receiver, other)
    for count in range(10_000):
        out.tell("refusals", f"{count} were refused")
        if count == 0:
            time.pass_by(0)
    assert len(out._waiting) == 2
    assert other.got == ["0 were refused"]  # which doesn't wait for the one that fails
    receiver.down = ""
    time.pass_by(EVERY)
    assert receiver.got == ["9999 were refused (10000 messages in one)"]
    assert other.got == ["0 were refused", "9999 were refused (9999 messages in one)"]
    assert out.standing() == ""


def test_one_that_is_told_while_it_is_sent_is_sent_too() -> None:
    receiver = Receiver()
    out, time = outbox(receiver)

    def send(text: str) -> str:
        if not receiver.got:
            out.tell("refusals", "4 were refused")
        return receiver.send(text)

    out._addresses = [Address("json://…", send)]
    out.tell("refusals", "3 were refused")
    time.pass_by(EVERY)
    assert receiver.got == ["3 were refused", "4 were refused"]


def test_the_end_tries_once_more_and_says_what_is_left(caplog: pytest.LogCaptureFixture) -> None:
    receiver = Receiver()
    out, time = outbox(receiver)
    out.tell("refusals", "3 were refused")
    time.pass_by(0)
    out.tell("refusals", "4 were refused")
    out.close(60)
    assert receiver.got == ["3 were refused", "4 were refused"]
    receiver.down = "Connection refused"
    out.tell("halt", "hbmcp is halted")
    out.close(60)
    assert "couldn't be delivered to json://…: Connection refused. It was: hbmcp is halted" in caplog.text


def test_the_end_waits_no_longer_than_it_may(caplog: pytest.LogCaptureFixture) -> None:
    release = Event()

    def hang(_: str) -> str:
        release.wait(60)
        return ""

    out = Outbox([Address("json://…", hang)])
    out.tell("halt", "hbmcp is halted")
    out.close(0)
    assert "1 of the notifications couldn't be delivered before hbmcp ended." in caplog.text
    release.set()


def test_nothing_runs_where_nobody_is_named_and_no_secret_is_told() -> None:
    out = Outbox(())
    out.tell("halt", "hbmcp is halted")
    out.close(60)
    assert out._thread is None
    redaction.hide(["correct-horse"])
    receiver = Receiver()
    out, time = outbox(receiver)
    out.tell("sizes", "BUY correct-horse\nwas 10 times the usual, api_key=hunter2")
    time.pass_by(0)
    assert receiver.got == ["BUY *** was 10 times the usual, api_key=***"]
