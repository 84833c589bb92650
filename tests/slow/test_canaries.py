"""A canary in every place where a secret comes in, looked for in every place where text goes out.

One world, in which all of them are planted and everything is tried, good answers and bad: PLANTED says where they come
in, `world` does it and gives what went out by place. Another place is another key of what it gives.
"""

import os
import subprocess
import sys
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import EVERY, environment, hbmcp, http_log
from tests.faulty_api import DROP, FaultyApi, Reply
from tests.file_keyring import with_keyring
from tests.server.http.authorization_server import authorization_server
from tests.server.http.clients import BUY, Raw, bearer, made, process
from tests.stdio_server import StdioServer
from tests.terminal import Terminal
from tests.test_redaction import WRITTEN

pytestmark = pytest.mark.slow

NOTIFIED = find_spec("apprise") is not None  # `make test` installs it
PLANTED = {
    name: f"cAnArY/{name}+7f=3a?9d"
    for name in (
        "password",  # HUMMINGBOT_API_PASSWORD
        "file",  # what HUMMINGBOT_API_PASSWORD_FILE names
        "keyring",
        "dotenv",  # HUMMINGBOT_API_PASSWORD in a .env that is named
        "found",  # and in one that merely lies there
        "state",  # HBMCP_STATE_URL
        "notify",  # HBMCP_NOTIFY, as a password
        "token",  # and in the path
        "proxy",
        "url",  # HUMMINGBOT_API_URL, where none belongs
        "path",  # HUMMINGBOT_API_PASSWORD_FILE, set to the password itself
        "misspelt",  # under a name that nobody reads
        "line",  # in a .env's line that can't be read
        "other",  # of another program, in the same .env
        "argument",  # on the command line
        "typed",  # into connect
        "login",  # typed into login, and not accepted
        "credentials",  # of add_credential
        "gateway",  # of set_gateway_api_keys
        "wallet",  # of add_wallet
        "unfit",  # a credential in arguments that don't fit
        "previewed",  # a credential of a call that only looks
        "chat",  # HBMCP_TELEGRAM_CHAT, set to something secret
        "telegram",  # HBMCP_TELEGRAM_URL, where none belongs
        "issuer",  # likewise HBMCP_OAUTH_ISSUER,
        "jwks",  # HBMCP_OAUTH_JWKS
        "tls",  # what HBMCP_TLS_KEY names
        "key",  # HBMCP_TLS_KEY, set to the key itself
        "shown",  # over HTTP, for an access token
        "basic",  # for the password of one who isn't asked for any
        "address",  # and in the address
        "cookie",
    )
}
PLANTED |= {
    "bot": "4711:cAnArY-bot_7f-3a_9dAAbbccddee",  # HBMCP_TELEGRAM_TOKEN
    "bot file": "4712:cAnArY-bot-file_7f-3a_9dAAbbccddee",  # what HBMCP_TELEGRAM_TOKEN_FILE names
    "bot misshapen": "cAnArY-bot-misshapen_7f/3a+9d",
}
ISSUED: dict[str, str] = {}  # access tokens, which are made anew each time
PLACES = (
    "answers",
    "protocol",
    "log",
    "screens",
    "commands",
    "welcome",
    "refusals to start",
    "tracebacks",
    "files",
    *(["notifications"] if NOTIFIED else []),
)
# Crashes at each request, and says all that it knows.
CRASHING = """
from hbmcp.api.sending import Api
async def crash(self, request, tool):
    password = self._settings.api_password.get_secret_value()
    raise RuntimeError(f"{request!r} {request.json!r} {password!r}")
Api.send = crash
from hbmcp.cli import main
main()
"""


def calls(server: StdioServer) -> Iterator[str]:
    """What is answered to every call that takes a secret, and some that don't."""
    account = {"account_name": "master_account", "connector_name": "binance"}
    keys = {"binance_api_key": PLANTED["credentials"], "binance_api_secret": PLANTED["credentials"][::-1]}
    yield server.call("add_credential", **account, credentials=keys)[0]
    yield server.call("add_credential", **account, credentials={"binance_api_key": PLANTED["previewed"]}, preview=True)[
        0
    ]
    yield server.call("add_credential", **account, credentials=PLANTED["unfit"])[0]
    yield server.call("add_credential", **account, credentials=[PLANTED["unfit"]], nonsense=PLANTED["unfit"])[0]
    yield server.call("set_gateway_api_keys", api_keys={"helius": PLANTED["gateway"]})[0]
    yield server.call("set_gateway_api_keys", api_keys={"helius": PLANTED["gateway"]}, preview=True)[0]
    yield server.call("add_wallet", chain="solana", private_key=PLANTED["wallet"])[0]
    yield server.call("add_wallet", chain=7, private_key=[PLANTED["wallet"]])[0]
    yield server.call("list_gateway_api_keys")[0]
    yield server.call("list_accounts")[0]


class World:
    """Servers, terminals and commands that were told all of it."""

    def __init__(self, api: FaultyApi, home: Path) -> None:
        self.api = api
        self.home = home
        self.out: dict[str, str] = defaultdict(str)
        (home / "cwd").mkdir()
        self.kept = {"XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"), "LOG_LEVEL": "DEBUG"}
        (home / "dotenv").write_text(self.env_lines("dotenv"))

    def env_lines(self, password: str) -> str:
        return (
            f"HUMMINGBOT_API_URL={self.api.url}\nHUMMINGBOT_API_USERNAME=me\n"
            f"HUMMINGBOT_API_PASSWORD={PLANTED[password]}\nHUMMINGBOT_API_PASSWORDS={PLANTED['misspelt']}\n"
            f"GITHUB_TOKEN={PLANTED['other']}\nHBMCP_LOGIN='{PLANTED['line']}\n"
        )

    def env(self, **settings: str) -> dict[str, str]:
        env = {**environment(**self.kept), **with_keyring(self.home / "keyring.json")}
        env["PYTHONPATH"] += f"{os.pathsep}{environment()['PYTHONPATH']}"
        del env["HBMCP_STATE_URL"]
        return {**env, **settings}

    def real(self, **settings: str) -> dict[str, str]:
        return self.env(HUMMINGBOT_API_URL=self.api.url, HUMMINGBOT_API_USERNAME="me", **settings)

    def serve(self, env: Mapping[str, str], *arguments: str, place: str = "log", crash: bool = False) -> None:
        """A server over stdio, asked in every way."""
        command = [sys.executable, "-c", CRASHING, "serve"] if crash else None
        given = ("--tools", ",".join(EVERY), *arguments)
        with StdioServer(*given, env=env, cwd=self.home / "cwd", command=command) as one:
            self.out["protocol"] += str(one.hello) + str(one.tools())
            self.out["answers"] += "\n".join(calls(one))
            self.out["protocol"] += one.close() + str(one.notifications)
        self.out[place] += "".join(one.log)

    def ask_in_telegram(self, token: str, *replies: Reply, **settings: str) -> None:
        """A call that waits for a chat, of a bot that can't be spoken to."""
        (self.home / "asking.toml").write_text('[[confirm]]\nwhen = "always"\nask = "telegram"\n')
        denied = {"ok": False, "error_code": 401, "description": f"Unauthorized: bot{token}, {token}"}
        for reply in (Reply.json(denied, 401), *replies):
            with FaultyApi() as bot:
                bot.always = reply
                chat = {"HBMCP_TELEGRAM_CHAT": "-100200300", "HBMCP_TELEGRAM_URL": bot.url, **settings}
                env = self.env(HBMCP_PAPER="true", HBMCP_POLICY=str(self.home / "asking.toml"), **chat)
                with StdioServer(env=env, cwd=self.home / "cwd") as one:
                    self.out["answers"] += one.call("place_order", **BUY, again=True)[0]
                    assert bot.arrived.wait(30)
                    self.out["answers"] += one.call("get_status")[0]
                    self.out["protocol"] += one.close() + str(one.notifications)
                self.out["log"] += "".join(one.log)
                assert f"/bot{token}/" in "".join(seen.path for seen in bot.requests)
        self.run("commands", "approvals", env=env)
        self.run("commands", "audit", "export", env=env)

    def let_in(self, *flags: str, token: str, **settings: str) -> None:
        """A server over HTTP, with that access token and whatever else is taken for one."""
        basic = b64encode(f"me:{PLANTED['basic']}".encode()).decode()
        shown = (bearer(token), bearer(token[:-1]), bearer(PLANTED["shown"]), {"authorization": f"Basic {basic}"})
        with process(*flags, env=self.env(HBMCP_PAPER="true", **settings), cwd=self.home / "cwd") as (server, url):
            for headers in shown:
                for tool, given in (("place_order", BUY | {"again": True}), ("get_status", {}), (token, {"x": token})):
                    cookies = {"cookie": f"session={quote(PLANTED['cookie'], safe='')}"}
                    self.out["answers"] += Raw(url, **headers, **cookies).call(tool, **given).text
            for secret in (token, quote(PLANTED["address"], safe="")):
                for where in ("?access_token={}", "?q={}", "/{}"):
                    self.out["answers"] += Raw(url + where.format(secret), **bearer(token)).call("get_status").text
            server.terminate()
            self.out["log"] += "".join(server.communicate(timeout=30))

    def run(self, place: str, *arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        done = hbmcp(*arguments, env=env, cwd=self.home / "cwd")
        self.out[place] += done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    home = tmp_path_factory.mktemp("canaries")
    with FaultyApi() as api:
        world = World(api, home)
        secret = home / "secret"
        secret.write_text(PLANTED["file"])
        password = world.real(HUMMINGBOT_API_PASSWORD=PLANTED["password"])

        # What the API makes of it: good answers, and a crash that tells all that was asked.
        world.serve(password)
        api.always = Reply(status=500, echo=True)
        world.serve(password)
        api.always = Reply(status=400, echo=True)
        world.serve(world.real(HUMMINGBOT_API_PASSWORD_FILE=str(secret)))
        api.always = Reply(echo=True)
        world.serve(world.env(), "--env-file", str(home / "dotenv"))
        (home / "cwd" / ".env").write_text(world.env_lines("found"))
        world.serve(world.env())
        (home / "cwd" / ".env").unlink()
        world.serve(
            {**password, "HBMCP_STATE_URL": f"postgresql://me:{quote(PLANTED['state'], safe='')}@127.0.0.1:1/x"},
        )
        proxy = f"http://me:{quote(PLANTED['proxy'], safe='')}@127.0.0.1:{api.port}"
        world.serve({**password, "HUMMINGBOT_API_URL": "http://api.example", "HTTP_PROXY": proxy, "NO_PROXY": ""})
        world.serve(world.env(HBMCP_PAPER="true", HUMMINGBOT_API_PASSWORD=PLANTED["password"]))
        world.serve(password, place="tracebacks", crash=True)
        api.always = DROP  # of which a person is told
        with FaultyApi() as receiver:
            for reply in (Reply(status=500, echo=True), Reply()) if NOTIFIED else ():
                receiver.always = reply
                me, path = (quote(PLANTED[name], safe="") for name in ("notify", "token"))
                world.serve({**password, "HBMCP_NOTIFY": f"json://me:{me}@127.0.0.1:{receiver.port}/{path}"})
            if NOTIFIED:
                world.out["notifications"] = "\n".join(one.body.decode() for one in receiver.requests)

        # Who asks a person, and who is let in.
        ways = (Reply(status=500, echo=True), Reply(body=f"<{PLANTED['bot']}".encode()), DROP)
        world.ask_in_telegram(PLANTED["bot"], *ways, HBMCP_TELEGRAM_TOKEN=PLANTED["bot"])
        bot = home / "bot"
        bot.write_text(PLANTED["bot file"])
        bot.chmod(0o600)
        world.ask_in_telegram(PLANTED["bot file"], HBMCP_TELEGRAM_TOKEN_FILE=str(bot))
        with authorization_server() as issuer:
            audience = "http://127.0.0.1:1/mcp"
            ISSUED["oauth"] = issuer.token(audience, ["hbmcp:all"])
            oauth = {"HBMCP_OAUTH_ISSUER": issuer.address, "HBMCP_OAUTH_AUDIENCE": audience}
            world.let_in(token=ISSUED["oauth"], **oauth)
        world.let_in(token=ISSUED["oauth"], **oauth)  # whose keys can't be had now
        paper = world.env(HBMCP_PAPER="true")
        for name in ("desk", "gone"):
            ISSUED[name] = made(name, env=paper, cwd=home / "cwd")
        assert world.run("commands", "token", "revoke", "gone", env=paper).returncode == 0
        for name in ("desk", "gone"):
            world.let_in(token=ISSUED[name])
        world.run("commands", "token", "list", env=paper)
        world.run("commands", "audit", "export", env=paper)

        # What a person types.
        api.always = Reply(status=401, echo=True)
        with Terminal("login", api.url, env=world.env(), cwd=home / "cwd") as person:
            person.type("Username", "me")
            person.type("Password", PLANTED["login"])
            assert person.end() == 1
        world.out["screens"] += person.screen
        api.always = Reply()
        with Terminal("login", api.url, env=world.env(), cwd=home / "cwd") as person:
            person.type("Username", "me")
            person.type("Password", PLANTED["keyring"])
            assert person.end() == 0
        world.out["screens"] += person.screen
        field = {"type": "SecretStr", "required": True}
        api.answers = {
            "/connectors/": Reply.json(["binance"]),
            "/accounts/": Reply.json(["master_account"]),
            "/connectors/binance/config-map": Reply.json({"binance_api_key": field}),
            "/accounts/add-credential/master_account/binance": Reply(status=500, echo=True),
        }
        with Terminal("connect", "binance", env=world.real(), cwd=home / "cwd") as person:
            person.type("binance_api_key", PLANTED["typed"])
            assert person.end() == 1
        world.out["screens"] += person.screen
        api.answers = {}
        api.always = Reply(status=401, echo=True)
        world.serve(world.real())

        # Commands.
        for command in ("tools", "policy show", "audit show", "audit export", "call list_accounts", "serve -h"):
            world.run("commands", *command.split(), env=password)
        for command in ("call list_accounts", "logout"):
            world.run("commands", *command.split(), env=world.real())
        for env in (password, world.real(HUMMINGBOT_API_PASSWORD_FILE=str(secret))):
            world.out["welcome"] += http_log(env, home / "cwd")

        # Secrets where none belong.
        mistakes = {
            "HUMMINGBOT_API_URL": f"http://me:{quote(PLANTED['url'], safe='')}@vps",
            "HUMMINGBOT_API_PASSWORD_FILE": PLANTED["path"],
            "HBMCP_STATE_URL": f"mysql://me:{quote(PLANTED['state'], safe='')}@vps/x",
            "HBMCP_TELEGRAM_TOKEN": PLANTED["bot misshapen"],
            "HBMCP_TELEGRAM_CHAT": PLANTED["chat"],
            "HBMCP_TELEGRAM_URL": f"https://me:{quote(PLANTED['telegram'], safe='')}@telegram.example",
            "HBMCP_NOTIFY": f"nonsense://me:{quote(PLANTED['notify'], safe='')}@vps/{quote(PLANTED['token'], safe='')}",
        }
        for name, value in mistakes.items():
            done = world.run("refusals to start", "serve", env=world.env(**{name: value}))
            assert done.returncode == 2
        (home / "tls").write_text(PLANTED["tls"])
        mistakes = {
            "HBMCP_OAUTH_ISSUER": f"https://me:{quote(PLANTED['issuer'], safe='')}@login.example",
            "HBMCP_OAUTH_JWKS": f"https://login.example/keys?key={quote(PLANTED['jwks'], safe='')}",
            "HBMCP_TLS_KEY": PLANTED["key"],
        }
        for name, value in (*mistakes.items(), ("HBMCP_TLS_KEY", str(home / "tls"))):
            both = {"HBMCP_TLS_CERT": str(home / "tls"), "HBMCP_PAPER": "true", name: value}
            done = world.run("refusals to start", "serve", "--transport", "http", "--port", "0", env=world.env(**both))
            assert done.returncode == 2
        for arguments in (("--password", PLANTED["argument"]), (f"--api-password={PLANTED['argument']}",)):
            assert world.run("refusals to start", "serve", *arguments, env=password).returncode == 2

        # What stays behind, but for what was planted there.
        planted = (secret, bot, home / "tls", home / "dotenv", home / "keyring.json")
        for file in home.rglob("*"):
            if file.is_file() and file not in planted:
                world.out["files"] += f"{file.name}: {file.read_bytes().decode('utf-8', errors='replace')}\n"
        yield world.out


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_leaves(place: str, world: Mapping[str, str]) -> None:
    text = world[place]
    assert text
    found = []
    # Of a JWT the head tells nothing; the rest of it is as secret in parts.
    parts = {f"{name} {at}": part for name, one in ISSUED.items() for at, part in enumerate(one.split(".")[-2:])}
    for name, canary in (PLANTED | parts).items():
        ways = {how: write(canary) for how, write in WRITTEN.items()}
        ways["cut short"] = canary.partition("7f")[0] if name in PLANTED else canary[:20]
        ways |= {f"{how} backwards": write(canary[::-1]) for how, write in WRITTEN.items()}
        for how, written in ways.items():
            if written in text:
                at = text.index(written)
                found.append(f"{name}, {how}: {text[max(0, at - 100) : at + 60]!r}")
    assert found == []


def test_every_place_is_searched(world: Mapping[str, str]) -> None:
    """And each has what it should: a place where nothing comes out proves nothing."""
    assert set(world) == set(PLACES)
    assert "***" in world["answers"]
    assert "***" in world["tracebacks"]
    assert "state.sqlite" in world["files"]
    assert "paper.sqlite" in world["files"]
    assert "audit" in world["files"]
    assert not NOTIFIED or "Unusual within a day" in world["notifications"]
