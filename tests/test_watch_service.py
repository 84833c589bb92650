"""hbmcp watch --install and --uninstall, with stand-ins for systemctl and launchctl that note what they are told.

Neither launchd nor Docker runs here: what is written for them is held to what their documentation says.
"""

import json
import os
import plistlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from attrs import evolve
from rich.console import Console

from hbmcp.cli.watch import _table
from hbmcp.errors import ApiFailed
from hbmcp.installation.triggers.condition import Condition, Memory
from hbmcp.installation.triggers.trigger import Spec, Trigger, new
from hbmcp.watch.watcher import Seen
from tests import forked
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="the stand-ins are for Linux")

ON_A_MAC = """
import sys
from types import SimpleNamespace
from hbmcp.cli import main, service
service.sys = SimpleNamespace(platform="darwin", executable=sys.executable)
main()
"""


def hbmcp(
    home: Path, *arguments: str, program: Sequence[str] = ("-m", "hbmcp"), **environment: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HBMCP", "HUMMINGBOT"))}
    told = {**kept, "HOME": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}", **environment}
    command = [sys.executable, *program, "watch", *arguments]
    return forked.run(command, capture_output=True, text=True, env=told, cwd=home, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    for name in ("systemctl", "launchctl"):
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/told\n')
        program.chmod(0o755)
    return tmp_path


def test_is_installed_and_removed(home: Path) -> None:
    (home / "settings.env").write_text("HBMCP_PAPER=true\n")
    done = hbmcp(home, "--install", "--env-file", "settings.env")
    assert done.returncode == 0, done.stderr
    unit = home / ".config/systemd/user/hbmcp-watch.service"
    assert f'"watch" "--env-file" "{home}/settings.env"' in unit.read_text()
    assert unit.stat().st_mode & 0o077 == 0
    assert (home / "told").read_text().splitlines()[-1] == "--user enable --now hbmcp-watch.service"
    done = hbmcp(home, "--uninstall")
    assert done.returncode == 0, done.stderr
    assert not unit.exists()
    assert (home / "told").read_text().splitlines()[-1] == "--user disable --now hbmcp-watch.service"


def test_a_launchd_agent_is_what_its_documentation_says(home: Path) -> None:
    """launchd.plist(5): a label like the file's name, the program and its arguments, and when it runs; launchctl(1)."""
    (home / "settings.env").write_text("HBMCP_PAPER=true\n")
    done = hbmcp(home, "--install", "--env-file", "settings.env", program=("-c", ON_A_MAC))
    assert done.returncode == 0, done.stderr
    agent = home / "Library/LaunchAgents/org.hbmcp.watch.plist"
    assert plistlib.loads(agent.read_bytes()) == {
        "Label": agent.stem,
        "ProgramArguments": [sys.executable, "-m", "hbmcp", "watch", "--env-file", f"{home}/settings.env"],
        "RunAtLoad": True,
        "KeepAlive": True,
    }
    assert agent.stat().st_mode & 0o022 == 0, "launchd loads none that others may write"
    assert (home / "told").read_text().splitlines() == [f"load -w {agent}"]
    done = hbmcp(home, "--uninstall", program=("-c", ON_A_MAC))
    assert done.returncode == 0, done.stderr
    assert not agent.exists()
    assert (home / "told").read_text().splitlines()[-1] == f"unload -w {agent}"


def test_in_docker_watch_takes_the_place_of_serve() -> None:
    """What follows the image's name replaces CMD, and is told to ENTRYPOINT, a program that this project installs."""
    told = dict(re.findall(r"^(ENTRYPOINT|CMD) (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert json.loads(told["CMD"]) == ["serve"]
    (program,) = json.loads(told["ENTRYPOINT"])
    assert Path(program).name in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]


def test_a_service_that_would_lack_the_environment_isnt_installed(home: Path) -> None:
    done = hbmcp(home, "--install", HBMCP_PAPER="true")
    assert done.returncode != 0
    assert "HBMCP_PAPER" in done.stderr
    assert not (home / ".config").exists() or not list((home / ".config").rglob("*.service"))


def test_a_service_that_could_not_be_started_is_said_to_be_in_no_other_state(home: Path) -> None:
    (home / "bin/systemctl").write_text("#!/bin/sh\necho No bus. >&2\nexit 1\n")
    (home / "settings.env").write_text("HBMCP_PAPER=true\n")
    done = hbmcp(home, "--install", "--env-file", "settings.env")
    assert done.returncode != 0
    assert "failed: No bus. The service was neither started nor removed. Mend that" in " ".join(done.stderr.split())


def test_what_may_only_read_doesnt_watch(home: Path) -> None:
    done = hbmcp(home, HBMCP_PAPER="true", HBMCP_READ_ONLY="true")
    assert done.returncode != 0
    assert "HBMCP_READ_ONLY" in done.stderr
    assert "Nothing was started. Start it without." in done.stderr


def test_the_live_view_has_a_row_for_each_that_waits() -> None:
    when = Condition(goes="below", level=Decimal(45_000), connector_name="binance", trading_pair="BTC-USDT")
    one = Trigger(evolve(new(Spec(when=when), 0, None, None), key=7), Spec(when=when), Memory())
    shown = [Seen(one, Decimal(50_000), Decimal(45_000)), Seen(one, ApiFailed("No answer."), None)]
    console = Console(width=200, record=True, file=StringIO())
    console.print(_table({"": shown}))
    told = console.export_text()
    assert "2 triggers" in told
    assert told.count("when last price of BTC-USDT on binance is 45000 or less: tell") == 2
    assert " 50000 " in told
    assert "No answer." in told
