"""The paper exchange as a Hummingbot API, in a process of its own."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import PASSWORD, USERNAME, environment
from tests.forked import Popen


def start_paper(
    folder: Path, *, port: int, database: str, program: Sequence[str] = ("-m", "hbmcp"), **variables: str
) -> tuple["subprocess.Popen[str]", int]:
    """The process, once it answers, and its port; 0 is any."""
    process = Popen(
        [sys.executable, *program, "paper", "--port", str(port), "--paper-db", database],
        env=environment(
            HUMMINGBOT_API_USERNAME=USERNAME, HUMMINGBOT_API_PASSWORD=PASSWORD, LOG_LEVEL="ERROR", **variables
        ),
        cwd=folder,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
    assert found
    return process, int(found[1])
