"""Secrets, masked however they are written, in all that leaves a server."""

import base64
import json
import logging
import re
import string
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp import log
from hbmcp.errors.reasons import in_words, tidy
from hbmcp.redaction import hide, hide_login, redacted
from hbmcp.results import ResultSpec, failure
from hbmcp.results.cutting import fitted, shortened
from hbmcp.results.secrets_in_text import scrubbed
from hbmcp.text import NAMED, beginning, cut, named, one_line, quoted
from tests.conftest import environment
from tests.faulty_api import FaultyApi, Reply
from tests.stdio_server import StdioServer

USERNAME, PASSWORD = "trader", 'p@ss/w?rd+4711 "~ü'
KEY = "k/e+y=9f86d081884c7d659a2feaa0c55ad015"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, small": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "path": quote,
    "form": quote_plus,
    "base64": b64,
    "base64, cut": lambda text: b64(text).rstrip("="),
    "base64 of a URL": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64, percent": lambda text: quote(b64(text), safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "repr": lambda text: repr(text)[1:-1],
}
WAYS = pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)


@WAYS
def test_every_way_to_write_it_is_masked(write: Callable[[str], str]) -> None:
    hide_login(USERNAME, PASSWORD)
    hide([KEY])
    for secret in (PASSWORD, KEY, f"{USERNAME}:{PASSWORD}"):
        if write is not str or secret in (PASSWORD, KEY):
            assert redacted(f"a {write(secret)}, b") == "a ***, b"
    assert redacted(f"Authorization: Basic {b64(f'{USERNAME}:{PASSWORD}')}") == "Authorization: Basic ***"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the bot admin-bot of admin", "the bot admin-bot of ***"),
        ('{"password":"admin","admins":1}', '{"password":"***","admins":1}'),
        ("user:admin@host", "user:***@host"),
        ("super_admin, admin_account", "super_admin, admin_account"),
        ("Basic YWRtaW46YWRtaW4=", "Basic ***"),
    ],
)
def test_a_short_one_is_masked_where_it_stands_alone(text: str, shown: str) -> None:
    hide_login("admin", "admin")
    assert redacted(text) == shown


def test_a_very_short_one_is_not_masked() -> None:
    hide(["abc", "", "1"])
    assert redacted("abc 1") == "abc 1"


@given(st.text(string.printable, min_size=8, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_stays(secret: str, before: str, after: str) -> None:
    hide([secret])
    for write in WRITTEN.values():
        assert write(secret) not in redacted(before + write(secret) + after)


@WAYS
def test_neither_a_log_line_nor_an_exception_has_it(
    write: Callable[[str], str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    log.configure("INFO")
    hide([KEY])
    try:
        raise ValueError(f"with {write(KEY)}")
    except ValueError:
        logging.getLogger("hbmcp.test").exception("failed at %s", write(KEY))
    told = capsys.readouterr().err
    assert "failed at ***" in told
    assert "ValueError: with ***" in told
    assert write(KEY) not in told


def test_what_the_api_echoes_does_not_leave_the_server(api: FaultyApi, tmp_path: Path) -> None:
    login = f"{USERNAME}:{PASSWORD}"
    told = {
        "HUMMINGBOT_API_URL": api.url,
        "HUMMINGBOT_API_USERNAME": USERNAME,
        "HUMMINGBOT_API_PASSWORD": PASSWORD,
        "LOG_LEVEL": "DEBUG",
        "HBMCP_COMPARE_API": "false",  # else the API is asked for its contract, at whatever moment
    }
    echoes = [write(secret) for write in WRITTEN.values() for secret in (PASSWORD, KEY)]
    echoes += [write(login) for name, write in WRITTEN.items() if name.startswith("base64")]
    texts = []
    with StdioServer("--tools", "all,add_credential", env=environment(**told), cwd=tmp_path) as server:
        api.then(Reply.json({"message": f"added {KEY}"}))
        credentials = {"binance_api_key": KEY, "binance_api_secret": KEY[::-1]}
        texts.append(
            server.call("add_credential", account_name="m", connector_name="binance", credentials=credentials)[0]
        )
        for echo in echoes:
            for reply in (
                Reply.json([echo, f"a log: {echo}."]),
                Reply.json({"detail": f"{echo} isn't valid"}, 400),
                Reply.json({"detail": f"failed with {echo}"}, 500),
                Reply.json({"detail": [{"loc": ["body", echo], "msg": f"not {echo}"}]}, 422),
            ):
                api.then(reply)
                texts.append(server.call("list_accounts")[0])
                assert "***" in texts[-1]
        server.close()
    left = "".join(texts) + "".join(server.log)
    assert [echo for echo in echoes if echo in left] == []


# Cut and changed

CANARY = "canary, 'of' 4711 in a zebra"
LINES = "-----BEGIN KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04f\noUQDQgAEHeH2iH8P4TnLMH\n-----END KEY-----"


def pieces(secret: str) -> set[str]:
    """What of it nobody may see: six characters on, from its beginning or its end."""
    return {secret[:6], secret[-6:]}


@pytest.mark.parametrize("at", range(len(CANARY) + 4))
@pytest.mark.parametrize(
    "shorten",
    [
        cut,
        beginning,
        quoted,
        lambda text, most: str(shortened({"a": [text], text: 1}, most, 9)),
        lambda text, most: fitted(text, ResultSpec(), most).text,
        lambda text, most: fitted({"a": [{"b": text}]}, ResultSpec(), most).text,
        lambda text, most: fitted({"a": text, "b": {"c": text}}, ResultSpec(), most).text,
    ],
)
def test_half_of_one_stays_nowhere_that_a_text_is_cut(shorten: Callable[[str, int], str], at: int) -> None:
    hide([CANARY])
    text = redacted(shorten(f"{'x' * 40}{CANARY}{'y' * 90}", 40 + at))
    assert not any(piece in text for piece in pieces(CANARY))


@pytest.mark.parametrize("length", range(NAMED - len(CANARY) - 2, NAMED + 2))
def test_nor_of_a_name(length: int) -> None:
    hide([CANARY])
    assert "canary" not in redacted(named(f"{'x' * length}{CANARY}"))


@pytest.mark.parametrize(
    "change",
    [
        in_words,
        tidy,
        scrubbed,
        quoted,
        one_line,
        lambda text: str(failure({"error": text}, ResultSpec(failed=({"path": "error"},)))),
    ],
)
@pytest.mark.parametrize(
    "text",
    ["at https://me:{}@host/path", "secret={} and", "set to {}", "Basic {}", "a\n{}\nb", "{}"],
)
def test_nor_where_it_is_changed(change: Callable[[str], str], text: str) -> None:
    hide([CANARY, "two  blanks", LINES])
    for secret in (CANARY, "two  blanks", LINES):
        shown = redacted(change(text.format(secret)))
        assert not any(piece in shown for piece in pieces(secret))


def test_nor_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    hide([CANARY])
    log.configure("INFO")
    logging.getLogger("hbmcp.test").info("https://me:%s@host and Bearer %s", CANARY, CANARY)
    said = capsys.readouterr().err
    assert "***" in said
    assert not any(piece in said for piece in pieces(CANARY))


def test_nor_a_line_of_one_that_has_several() -> None:
    hide([LINES])
    for line in LINES.split("\n"):
        assert redacted(f"log: {line}") == "log: ***"
