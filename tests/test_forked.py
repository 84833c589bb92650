"""What is forked off can't be told from what was started from scratch, and doesn't outlive who started it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import fork_server, forked
from tests.conftest import environment

if sys.platform != "linux":
    pytest.skip("nothing is forked here", allow_module_level=True)

# All that a process can find at its start, but which modules are there, in its main module.
TELL = """
import gc, json, logging, os, signal, subprocess, sys, threading, time, warnings
import sqlalchemy  # which gives its logger a level
from hbmcp import redaction
print(json.dumps({
    "environment": dict(os.environ),
    "as C has it": subprocess.run("env | sort", shell=True, capture_output=True, text=True).stdout,
    "arguments": [sys.argv, sys.orig_argv],
    "path": sys.path,
    "folder": os.getcwd(),
    "zone": [time.tzname, time.timezone],
    "flags": repr(sys.flags),
    "streams": [
        [one.name, one.mode, one.encoding, one.errors, one.newlines, one.line_buffering, one.write_through,
         one.isatty(), one.fileno(), str(type(one.buffer)), str(getattr(one.buffer, "raw", one.buffer))]
        for one in (sys.stdin, sys.stdout, sys.stderr)
    ],
    "the same": [sys.stdin is sys.__stdin__, sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__],
    "open": sorted(os.listdir("/proc/self/fd"), key=int)[:-1],
    "signals": {str(one): str(signal.getsignal(one)) for one in signal.valid_signals()},
    "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
    "threads": [threading.current_thread() is threading.main_thread(), threading.active_count()],
    "tasks": len(os.listdir("/proc/self/task")),
    "warnings": [str(one) for one in warnings.filters],
    "loggers": {
        name: [one.level, one.handlers, one.filters, one.disabled, one.propagate]
        for name, one in logging.root.manager.loggerDict.items()
        if isinstance(one, logging.Logger) and (one.level or one.handlers or one.filters)
    },
    "log": [logging.root.level, logging.root.handlers, logging.root.manager.disable],
    "hidden": [list(redaction._forms), dict(redaction._sent)],
    "main": sorted(sys.modules["__main__"].__dict__),
    "parent": os.getppid(),
    "leads": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
    "collects": [gc.isenabled(), gc.get_threshold()],
    "mask": os.umask(0),
}))
"""

ASKED = {"TZ": "Asia/Tokyo", "COLUMNS": "40", "HBMCP_PAPER": "true", "odd": "ü = \n1"}
ASKED["PYTHONPATH"] = os.pathsep.join([forked.PYTHONPATH, "/first/of/all", *forked.PATHS, "/last/of/all"])


@pytest.mark.parametrize(("command", "leads"), [(["-m", "tell"], True), (["-c", TELL], False)])
def test_it_finds_what_a_new_process_does(command: list[str], leads: bool, tmp_path: Path) -> None:
    (tmp_path / "tell.py").write_text(TELL)

    def told(popen: type[subprocess.Popen[Any]]) -> Any:
        pipe = subprocess.PIPE
        options: Any = {"cwd": tmp_path, "stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe, "text": True}
        with popen(
            [sys.executable, *command, "-x", "ü"], env=environment(**ASKED), start_new_session=leads, **options
        ) as process:
            out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        return json.loads(out)

    forked_off, new = told(forked.Popen), told(subprocess.Popen)
    assert new["parent"] == os.getpid()
    assert new["leads"] == [leads, leads]
    assert forked_off == new


@pytest.mark.parametrize("arguments", [["--version"], ["serve", "--port", "none"], ["tools", "--help"]])
def test_commands_say_the_same(arguments: list[str], tmp_path: Path) -> None:
    options: Any = {"env": environment(), "cwd": tmp_path, "capture_output": True, "text": True}
    command = [*forked.HBMCP, *arguments]
    forked_off = forked.run(command, **options)
    assert vars(forked_off) == vars(subprocess.run(command, **options))


def test_it_ends_as_a_process_does() -> None:
    def ended(code: str, sent: signal.Signals | None = None) -> int:
        code = f"import sys, time; print(flush=True); {code}"
        with forked.Popen([sys.executable, "-c", code], env=environment(), stdout=subprocess.PIPE) as process:
            assert process.stdout.readline()
            if sent:
                process.send_signal(sent)
        return process.returncode

    assert ended("sys.exit(3)") == 3
    assert ended("import atexit; atexit.register(time.sleep, 0.01); sys.exit('no')") == 1
    assert ended("1 / 0") == 1
    assert ended("time.sleep(60)", signal.SIGINT) == -signal.SIGINT
    assert ended("time.sleep(60)", signal.SIGTERM) == -signal.SIGTERM
    assert ended("time.sleep(60)", signal.SIGKILL) == -signal.SIGKILL


@pytest.mark.parametrize(
    "code",
    [
        "print(1, end='')",
        "import asyncio; kept = asyncio.sleep(1)",
        "import threading, time; threading.Timer(0.2, print, ['late']).start()",
        "import atexit, logging; atexit.register(logging.warning, 'at the %s', 'end')",
        "class Last:\n  def __del__(self): print('gone')\nlast = Last(); last.itself = last",
    ],
)
def test_it_says_at_its_end_what_a_process_does(code: str) -> None:
    options: Any = {"env": environment(), "capture_output": True, "text": True}
    forked_off = forked.run([sys.executable, "-c", code], **options)
    assert forked_off.stdout + forked_off.stderr
    assert vars(forked_off) == vars(subprocess.run([sys.executable, "-c", code], **options))


def test_what_imports_read_of_the_environment_sends_it_to_a_new_process() -> None:
    """Else they would have read it of another environment."""

    def said(code: str, **variables: str) -> list[str]:
        command = [sys.executable, "-c", code]
        return forked.run(command, env=environment(**variables), capture_output=True, text=True).stdout.split()

    read = said("import fork_server; print(*fork_server.read)")
    assert "PYDANTIC_DISABLE_PLUGINS" in read
    assert not {*read} & {*fork_server.READ_LATER}
    assert [one for one in read if not one.startswith(fork_server.READ_AT_IMPORT)] == ["HOME"]  # of site's user_base
    loaded = "import sys; print('hbmcp.bridge' in sys.modules)"
    assert [said(loaded), said(loaded, PYDANTIC_DISABLE_PLUGINS="1")] == [["True"], ["False"]]


@pytest.mark.slow
def test_none_is_left_when_who_started_them_vanishes() -> None:
    """Each of them would hold stdout or stderr open."""
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(forked.ROOT)!r})
from tests import fork_server, forked
forked.Popen([sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"])
forked.Popen([sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"], start_new_session=True)
input()
os.kill(os.getpid(), signal.SIGKILL)
"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], env=environment(), stdin=pipe, stdout=pipe, stderr=pipe) as one:
        assert one.stdout
        assert [one.stdout.readline(), one.stdout.readline()] == [b"here\n", b"here\n"]
        one.communicate(b"\n", timeout=30)
    assert one.returncode == -signal.SIGKILL
