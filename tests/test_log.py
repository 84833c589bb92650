"""Logs on stderr."""

import logging
import re

import pytest

from hbmcp import log, redaction


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)


def test_a_line_has_a_utc_time_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    redaction.hide(["s3cret", "s3cret-and-more", "abc"])
    logging.getLogger("hbmcp.test").info("abc %s %s", "s3cret-and-more", {"key": "s3cret"})
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO hbmcp\.test: abc \*\*\* {'key': '\*\*\*'}\n", captured.err
    )


def test_neither_has_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    redaction.hide(["s3cret"])
    try:
        raise ValueError("with s3cret")
    except ValueError:
        logging.getLogger("hbmcp.test").exception("failed")
    err = capsys.readouterr().err
    assert "ValueError: with ***" in err
    assert "s3cret" not in err


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Basic dXNlcjpwYXNz",
        "GET http://user:dXNlcjpwYXNz@host/",
        "GET http://user:dXNlcjpwYXNz",
        "GET http://user:8000/dXNlcjpwYXNz@host/",
        "GET http://:dXNlcjpwYXNz@[::1]:8000/",
        "bearer dXNlcjpwYXNz",
    ],
)
def test_credentials_are_masked_without_being_told(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    logging.getLogger("hbmcp.test").info(line)
    assert "dXNlcjpwYXNz" not in capsys.readouterr().err


@pytest.mark.parametrize("where", ["localhost:8000", "127.0.0.1:3000/mcp", "[::1]:8000", "api.example:65535?page=2"])
def test_a_port_is_no_credential(where: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    logging.getLogger("hbmcp.test").info("It serves at http://%s.", where + " now")
    assert f"http://{where} now" in capsys.readouterr().err


def test_libraries_are_quiet_even_at_debug(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("DEBUG")
    for library in ("httpx", "httpcore.connection", "mcp.server", "sse_starlette.sse"):
        logging.getLogger(library).info("a whole message")
    logging.getLogger("mcp.server.runner").warning("dropped %r: malformed params", "notifications/cancelled")
    logging.getLogger("uvicorn.error").warning("No supported WebSocket library detected. Please install one.")
    logging.getLogger("hbmcp.test").debug("ours")
    assert [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()] == ["ours"]


def test_a_client_that_has_gone_is_not_told_and_libraries_can_be_silenced(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    gone, both = ConnectionResetError(), [ConnectionResetError(), ValueError("a fault")]
    mcp = logging.getLogger("mcp.server")
    mcp.error("gone", exc_info=gone)
    mcp.error("gone", exc_info=ExceptionGroup("several", [gone]))
    assert capsys.readouterr().err == ""
    mcp.error("not only", exc_info=ExceptionGroup("several", both))
    logging.getLogger("hbmcp.test").error("ours", exc_info=gone)
    told = capsys.readouterr().err
    assert "a fault" in told
    assert "ours" in told
    log.silence_libraries()
    mcp.error("cut at the end")
    logging.getLogger("hbmcp.test").error("ours")
    assert "cut at the end" not in (told := capsys.readouterr().err)
    assert "ours" in told
