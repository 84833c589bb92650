"""A PostgreSQL of the tests' own, from the binaries of the system's package."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
import pytest
from attrs import define, field

from tests.fork_server import ends_with_its_parent

USER = "hbmcp"
PASSWORD = "correct-horse"
ABSENT = "PostgreSQL isn't installed: no initdb in /usr/lib/postgresql/*/bin or on the PATH (Debian: postgresql)"


@define
class Cluster:
    """A server that listens on a socket in `folder`, and nowhere else."""

    folder: Path
    _start: Callable[[], "subprocess.Popen[bytes]"]
    _process: "subprocess.Popen[bytes]" = field(init=False)
    _numbers: Iterator[int] = field(factory=count)

    def start(self) -> None:
        """Returns once it answers."""
        self._process = self._start()
        _wait(self, self._process)

    def end(self) -> None:
        """At once, whoever is connected."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=30)

    def restart(self) -> None:
        self.end()
        self.start()

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://{USER}:{password}@/{database}?host={self.folder}"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes what it is sent, and answers nothing, until it thaws."""
        with psycopg.connect(self.url("postgres")) as connection:
            rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid != pg_backend_pid()").fetchall()
        everyone = [self._process.pid, *(pid for (pid,) in rows)]
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in everyone:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


def binaries() -> Path | None:
    """Where initdb and postgres are; the newest."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda found: int(found.parts[-3]))
    on_path = shutil.which("initdb")
    found = packaged[-1] if packaged else Path(on_path).resolve() if on_path else None
    return found and found.parent


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Started, and gone at the end. Skips the test where PostgreSQL isn't installed."""
    programs = binaries()
    if programs is None:
        pytest.skip(ABSENT)
    # Not pytest's folder: its path may be too long for a socket, and another user can't reach it.
    folder = Path(tempfile.mkdtemp(prefix="hbmcp-pg-"))
    user = _user()
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        folder.chmod(0o755)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    data = folder / "data"
    wanted = ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={secret}", "--no-sync", "--encoding=UTF8"]
    made: list[str | Path] = [programs / "initdb", f"--pgdata={data}", *wanted, "--no-instructions"]
    subprocess.run(made, user=user, cwd=folder, check=True, capture_output=True)
    told = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]

    def start() -> "subprocess.Popen[bytes]":
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(
                [programs / "postgres", "-D", data, *told],
                user=user,
                cwd=folder,
                stdout=log,
                stderr=log,
                preexec_fn=partial(ends_with_its_parent, signal.SIGQUIT),
            )

    found = Cluster(folder, start)
    try:
        found.start()
        yield found
    finally:
        found.end()
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str | None:
    """Whom it runs as: it refuses to as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _wait(started: Cluster, server: "subprocess.Popen[bytes]") -> None:
    while True:
        try:
            psycopg.connect(started.url("postgres")).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None:
                raise AssertionError((started.folder / "log").read_text()) from None
            time.sleep(0.1)
