"""What README and the welcome tell a person to give to a client, given to it."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hbmcp import settings
from hbmcp.cli.welcome import entry, welcome
from tests.conftest import PASSWORD, ROOT, USERNAME, connected, environment
from tests.faulty_api import FaultyApi, Reply
from tests.forked import HBMCP, Popen
from tests.stdio_server import StdioServer

README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:3000/mcp"


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in settings.VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)


def commands(client: str) -> Iterator[list[str]]:
    """Every `client mcp add` of README and of the welcome, in words."""
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith(f"{client} mcp add"):
                yield shlex.split(line)
    said = welcome(ADDRESS, settings.load(), None)
    yield shlex.split(re.search(rf"{client} mcp add .*", said)[0])  # type: ignore[index]


def test_readme_gives_each_server_of_a_client_a_name_of_its_own() -> None:
    for client, servers in (("claude", 3), ("gemini", 2)):
        *readme, _ = commands(client)
        assert len({name for words in readme for name in words if re.fullmatch("hummingbot(-.*)?", name)}) == servers


def test_an_option_that_takes_all_that_follows_it_comes_after_the_name() -> None:
    for words in commands("claude"):
        if "--env" in words:
            name = next(place for place, word in enumerate(words) if word.startswith("hummingbot"))
            assert name < words.index("--env") < words.index("--")


@pytest.mark.parametrize("client", ["claude", "gemini"])
def test_the_real_client_takes_them(client: str, tmp_path: Path) -> None:
    if not (program := shutil.which(client)):
        pytest.skip(f"{client} isn't installed")
    given: Counter[str] = Counter()
    for words in commands(client):
        name = next(word for word in words if word.startswith("hummingbot"))
        home = tmp_path / "home" / str(given[name])  # who gives a name twice has two users
        given[name] += 1
        home.mkdir(parents=True, exist_ok=True)
        env = environment(HOME=str(home), USERPROFILE=str(home), GEMINI_CLI_HOME=str(home))
        done = subprocess.run(
            [program, *words[1:]],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        written = "".join(path.read_text() for path in home.rglob("*.json"))
        assert all(f'"{word}"' in written for word in words if word.startswith(("hummingbot", "http:", "/path"))), words


def started(told: settings.Settings, env_file: str | None, tmp_path: Path, **filled_in: str) -> StdioServer:
    """The server that a client starts from the entry, elsewhere and with nothing of this environment."""
    made = json.loads(json.dumps(entry(told, env_file)))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    return StdioServer(
        env=environment(**{**made.get("env", {}), **filled_in}),
        cwd=elsewhere,
        command=[made["command"], *made["args"]],
    )


def test_the_entry_starts_the_server_that_runs(api: FaultyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMMINGBOT_API_URL", api.url)
    monkeypatch.setenv("HUMMINGBOT_API_USERNAME", USERNAME)
    monkeypatch.setenv("HUMMINGBOT_API_PASSWORD", PASSWORD)
    monkeypatch.setenv("HBMCP_EXCLUDE_TOOLS", "get_ticker")
    monkeypatch.setenv("HBMCP_INSTALLATION", "home")
    told = settings.load({"toolsets": "market_data,bots", "tools": "list_accounts", "read_only": True, "port": 3001})
    made = entry(told, None)
    assert PASSWORD not in str(made)
    assert made["env"] == {
        "HUMMINGBOT_API_URL": api.url,
        "HUMMINGBOT_API_USERNAME": "…",
        "HUMMINGBOT_API_PASSWORD": "…",
        "HBMCP_INSTALLATION": "home",
    }
    filled_in = {"HUMMINGBOT_API_USERNAME": USERNAME, "HUMMINGBOT_API_PASSWORD": PASSWORD}
    with started(told, None, tmp_path, **filled_in) as server:
        tools = server.tools()
        api.then(Reply.json(["master_account"]))
        assert server.call("list_accounts") == ('["master_account"]', False)
    assert "list_bots" in tools
    assert "get_ticker" not in tools
    assert all(tool["annotations"]["readOnlyHint"] for tool in tools.values())


def test_the_entry_names_the_file_that_the_server_was_given(api: FaultyApi, tmp_path: Path) -> None:
    Path("mine.env").write_text(
        f"HUMMINGBOT_API_URL={api.url}\nHUMMINGBOT_API_USERNAME={USERNAME}\nHUMMINGBOT_API_PASSWORD={PASSWORD}\n"
        "HBMCP_TOOLS=list_accounts\n"
    )
    told = settings.load({"log_level": "debug"}, env_file_path="mine.env")
    made = entry(told, "mine.env")
    assert made["args"][2:] == ["serve", "--env-file", str(tmp_path / "mine.env"), "--log-level", "DEBUG"]
    assert "env" not in made
    with started(told, "mine.env", tmp_path) as server:
        assert set(server.tools()) == {"list_accounts"}
        api.then(Reply.json(["master_account"]))
        assert server.call("list_accounts") == ('["master_account"]', False)


@pytest.mark.parametrize(
    ("flags", "args"),
    [
        ({}, ["--paper"]),
        ({"paper": True, "paper_reset": True}, ["--paper"]),
        ({"paper_db": "x.sqlite"}, ["--paper", "--paper-db", "x.sqlite"]),
        ({"paper_db": ":memory:", "paper_speed": 60.0}, ["--paper", "--paper-db", ":memory:", "--paper-speed", "60.0"]),
        (
            {"paper_balance": "USDT=5,BTC=1"},
            ["--paper", "--paper-balance", "USDT=5", "--paper-balance", "BTC=1"],
        ),
    ],
)
def test_an_entry_on_paper_stays_on_paper(flags: dict[str, Any], args: list[str], tmp_path: Path) -> None:
    made = entry(settings.load(flags), None)
    assert made["args"][3:] == [str(tmp_path / "x.sqlite") if one == "x.sqlite" else one for one in args]
    assert "env" not in made


def test_a_running_server_prints_it(tmp_path: Path) -> None:
    process = Popen(
        [*HBMCP, "serve", "--transport", "http", "--port", "0", "--toolsets", "bots"],
        env=connected("http://vps:8000"),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr
    try:
        first = process.stderr.readline()
        text = "".join(iter(process.stderr.readline, "}\n"))
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert "LIVE on the Hummingbot API at vps:8000" in first
    (one,) = json.loads(text[text.index("{") :] + "}")["mcpServers"].values()
    assert one["env"]["HUMMINGBOT_API_URL"] == "http://vps:8000"
    assert one["args"][-2:] == ["--toolsets", "bots"]
    assert PASSWORD not in text


def test_make_serve_names_the_env_file(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()

    def serve() -> str:
        alone = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        said = subprocess.run(
            ["make", "-n", "serve"], cwd=tmp_path, env=alone, capture_output=True, encoding="utf-8", check=True
        )
        return said.stdout.splitlines()[-1].strip()

    assert serve().endswith("serve --transport http")
    (tmp_path / ".env").touch()
    assert serve().endswith("serve --transport http --env-file .env")
