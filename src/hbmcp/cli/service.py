"""hbmcp watch as a service of the user's: a systemd user unit, or a launchd agent."""

import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

from hbmcp.errors import SettingsError
from hbmcp.private_files import write_private
from hbmcp.settings import VARIABLES, Settings

UNIT = "hbmcp-watch.service"
AGENT = "org.hbmcp.watch"
UNCHANGED = "The service was neither started nor removed."
ELSEWHERE = "un `hbmcp watch` by whatever starts programs here."


def check(told: Settings) -> None:
    """Raises SettingsError where a service wouldn't have the settings that this command has."""
    elsewhere = sorted(VARIABLES[field] for field, origin in told.origins.items() if "environment" in origin)
    if elsewhere:
        raise SettingsError(
            f"A service doesn't have the environment of this terminal, and {', '.join(elsewhere)} come from there.",
            "The service wasn't installed.",
            "Write them to a file that only you can read, and name it with --env-file.",
        )


def install(env_file: str | None, installation: str | None) -> str:
    """Write and start it; gives what was done. Raises SettingsError where there is no systemd and no launchd."""
    named = env_file not in (None, "none")
    command = [
        sys.executable,
        "-m",
        "hbmcp",
        "watch",
        "--env-file",
        str(Path(str(env_file)).resolve()) if named else "none",
        *(() if installation is None else ("--installation", installation)),
    ]
    if sys.platform == "darwin":
        file = _agent()
        plist = {"Label": AGENT, "ProgramArguments": command, "RunAtLoad": True, "KeepAlive": True}
        _write(file, plistlib.dumps(plist).decode())
        _run("launchctl", "load", "-w", str(file))
    else:
        file = _unit()
        _write(file, _unit_text(command))
        _run("systemctl", "--user", "daemon-reload")
        _run("systemctl", "--user", "enable", "--now", UNIT)
    lingers = "" if sys.platform == "darwin" else " `loginctl enable-linger` lets it run while you aren't logged in."
    return f"{file} was written and started: the triggers are watched from now on.{lingers}"


def uninstall() -> str:
    """Stop it, and remove it; gives what was done."""
    file = _agent() if sys.platform == "darwin" else _unit()
    if not file.exists():
        return f"There is no {file}: nothing was done."
    if sys.platform == "darwin":
        _run("launchctl", "unload", "-w", str(file))
    else:
        _run("systemctl", "--user", "disable", "--now", UNIT)
    file.unlink()
    return f"It was stopped, and {file} removed: only running servers watch the triggers now."


def _unit() -> Path:
    return Path.home() / ".config/systemd/user" / UNIT


def _agent() -> Path:
    return Path.home() / "Library/LaunchAgents" / f"{AGENT}.plist"


def _unit_text(command: list[str]) -> str:
    """See systemd.service(5); a percent sign and a dollar would be replaced."""
    quoted = " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in command)
    return (
        "[Unit]\nDescription=hbmcp watches triggers\nAfter=network-online.target\n\n"
        f"[Service]\nExecStart={quoted.replace('%', '%%').replace('$', '$$')}\nRestart=always\nRestartSec=5\n\n"
        "[Install]\nWantedBy=default.target\n"
    )


def _write(file: Path, text: str) -> None:
    try:
        write_private(file, text)
    except OSError as error:
        raise SettingsError(
            f"{file} can't be written: {error.strerror}.",
            "The service wasn't installed.",
            f"Let it be written there, or r{ELSEWHERE}",
        ) from None


def _run(program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise SettingsError(f"There is no {program} here.", UNCHANGED, f"R{ELSEWHERE}")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().rstrip(".") or done.returncode
        raise SettingsError(
            f"{program} {' '.join(arguments)} failed: {said}.", UNCHANGED, "Mend that, and give the command again."
        )
