"""The process off which tests/forked.py forks others: it has imported hbmcp, and runs nothing.

It is asked over a socket, its stdin: a message says what to run, and brings the new process's stdin, stdout and stderr.
It ends with the process that started it, and so does what it has forked off.
"""

import atexit
import ctypes
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

# What a server imports on its way, or at a call, without naming it.
LIBRARIES = ("anyio._backends._asyncio", "mcp.server.stdio", "uvicorn.protocols.http.h11_impl")
BESIDE = ("hbmcp.__main__", "hbmcp.server.http.metrics", "hbmcp.server.spans")  # which run, or need an extra

# How the names of variables begin that are read before anything runs: by Python, the loader, libraries.
READ_AT_IMPORT = (
    *("PYTHON", "_PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "OPENBLAS_", "OMP_"),
    *("ANDROID_DATA", "OTEL_", "PYDANTIC_", "SPHINX_BUILD", "TYPER_"),
)
READ_LATER = ("PYTHONPATH", "PYTHON_KEYRING_BACKEND")  # keyring isn't imported
NEEDED = ("__main__", "builtins", "linecache", "sys", "traceback", "warnings")  # to the end, for what is said there

AT_THE_END = compile("main.clear(); gc.collect()", "sys", "exec")  # where Python says that warnings come from then

read: set[str] = set()  # what imports read of the environment
ended: list[int] = []  # with which status, where it is known before the end

PDEATHSIG, SUBREAPER = 1, 36  # of prctl
MOST = 1 << 20  # bytes of a message


def serve() -> None:
    """Never returns, but to end the process; in one that was forked off too, at its own end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends first, and says how its tests ended
    os.environ.__class__ = _Noting
    preload()
    os.environ.__class__ = _Noting.__base__
    atexit.register(_leave, {name: one for name, one in sys.modules.items() if name not in NEEDED})
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=os.dup(0))
    while True:
        message, streams, _, _ = socket.recv_fds(control, MOST, 3)
        if not message:
            return None
        if _forked(streams):
            control.send(b"%d" % os.getpid())
            control.close()
            start = json.loads(message)
            del message, streams
            return _become(start)


class _Noting(type(os.environ)):  # type: ignore[misc]
    """The environment, of which is noted what was read."""

    def __getitem__(self, name: str) -> str:
        read.add(name)
        value: str = super().__getitem__(name)
        return value

    def __contains__(self, name: object) -> bool:
        read.add(str(name))
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        read.add("all of it")
        return super().__iter__()


def preload() -> None:
    """Import what servers and commands do, sooner or later."""
    for name in ("hbmcp", "hbmcp_tools", "hummingbot_api"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if module.name not in BESIDE:
                importlib.import_module(module.name)
    for name in LIBRARIES:
        importlib.import_module(name)


def _leave(modules: Mapping[str, ModuleType]) -> None:
    """At a process's end, Python shan't take apart what was imported for it, object by object, which takes ten times as
    long as the fork: only what it made itself, as far as anybody can hear of it. Its other functions for the end have
    run, and its threads ended."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(modules))
    for name in modules:
        sys.modules.pop(name, None)
    if ended:
        sys.meta_path = None  # type: ignore[assignment]  # as Python has it by then
        exec(AT_THE_END, {"main": vars(sys.modules["__main__"]), "gc": gc})
        with suppress(OSError, ValueError):  # closed by who listened, or by itself: Python says so in its own way
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended[0])


def ends_with_its_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """This process, even where its parent is killed."""
    prctl(PDEATHSIG, by)


def prctl(option: int, value: int) -> None:
    """Linux's; elsewhere there is none."""
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _forked(streams: list[int]) -> bool:
    """Whether this is the new process. Its parent is the one that asked for it, as it inherits orphans: the process
    between the two has ended."""
    orphaned, parent = os.pipe()
    between = os.fork()
    if between:
        os.close(orphaned)
        os.waitpid(between, 0)
        for one in (parent, *streams):
            os.close(one)  # the pipe's end tells the new process that it is an orphan
        return False
    if os.fork():
        os._exit(0)
    os.close(parent)
    os.read(orphaned, 1)
    os.close(orphaned)
    ends_with_its_parent()
    for number, one in enumerate(streams):
        os.dup2(one, number)
        os.close(one)
    return True


def _become(start: dict[str, Any]) -> None:
    """Run it as `python -m hbmcp` or `python -c` would."""
    if start["session"]:
        os.setsid()
    if start["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(start["folder"])
    ours = os.environ["PYTHONPATH"].split(os.pathsep)
    more = start["environment"]["PYTHONPATH"].split(os.pathsep)[len(ours) :]
    sys.path[1 + len(ours) : 1 + len(ours)] = [one for one in dict.fromkeys(more) if one not in sys.path]
    os.environ.clear()
    os.environ.update(start["environment"])
    time.tzset()
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(number, f"<{name}>", getattr(sys, name))
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    flag, what, *others = sys.orig_argv[1:] = start["arguments"]
    sys.argv[:] = [flag, *others]
    sys.path[0] = str(Path.cwd()) if flag == "-m" else ""
    main = ModuleType("__main__")  # the old one is frozen
    main.__dict__.update((name, one) for name, one in vars(sys.modules["__main__"]).items() if name != __name__)
    sys.modules["__main__"] = main
    try:
        if flag == "-m":
            runpy._run_module_as_main(what)  # type: ignore[attr-defined]
        else:
            exec(compile(what, "<string>", "exec"), vars(main))
    except SystemExit as asked:
        if asked.code is None or isinstance(asked.code, int):
            ended.append((asked.code or 0) & 0xFF)
        raise
    ended.append(0)


def _stream(number: int, name: str, like: TextIO) -> TextIO:
    """A new one, as Python opens it at its start."""
    mode = "w" if number else "r"
    through = like.write_through  # PYTHONUNBUFFERED, which leaves stdin a buffer
    binary = open(number, f"{mode}b", 0 if through and number else -1, closefd=False)  # noqa: SIM115
    getattr(binary, "raw", binary).name = name
    by_line = not through and (os.isatty(number) or name == "<stderr>")
    stream = TextIOWrapper(binary, like.encoding, like.errors, "\n", by_line, through)
    stream.mode = mode
    return stream
