"""hbmcp watch --install and --uninstall, with a stand-in for systemctl that notes what it is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forked
from tests.forked import HBMCP

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="launchd, of which there is none where tests run")


def hbmcp(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HBMCP", "HUMMINGBOT"))}
    told = {**kept, "HOME": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}", **environment}
    command = [*HBMCP, "watch", *arguments]
    return forked.run(command, capture_output=True, text=True, env=told, cwd=home, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    systemctl = tmp_path / "bin/systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/told\n')
    systemctl.chmod(0o755)
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


def test_a_service_that_would_lack_the_environment_isnt_installed(home: Path) -> None:
    done = hbmcp(home, "--install", HBMCP_PAPER="true")
    assert done.returncode != 0
    assert "HBMCP_PAPER" in done.stderr
    assert not (home / ".config").exists() or not list((home / ".config").rglob("*.service"))


def test_what_may_only_read_doesnt_watch(home: Path) -> None:
    done = hbmcp(home, HBMCP_PAPER="true", HBMCP_READ_ONLY="true")
    assert done.returncode != 0
    assert "HBMCP_READ_ONLY" in done.stderr
