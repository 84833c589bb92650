"""The same with an authorization server of another package, and both kinds of signatures that are common."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import jwt
import pytest

from hbmcp.catalog import Catalog
from hbmcp.server.http.listening import listen
from tests.conftest import hbmcp
from tests.server.http.authlib_server import ROBOT, Authlib, authlib_server
from tests.server.http.clients import BUY, HELLO, MODES, Raw, bearer, client, on_paper, process, text
from tests.server.http.test_oauth import by_itself

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

TOOLS = Catalog.load().tools


class Served(NamedTuple):
    """A server, and whose tokens it takes."""

    url: str
    issuer: Authlib
    env: dict[str, str]


@pytest.fixture(scope="module", params=["RS256", "ES256"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("authlib")
    (folder / "policy.toml").write_text('[[confirm]]\nwhen = "over 100"\nask = "terminal"\n')
    with listen(0) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/mcp"
    with authlib_server(request.param) as issuer:
        issuer.audience = url
        named = {"HBMCP_OAUTH_ISSUER": issuer.address, "HBMCP_OAUTH_AUDIENCE": url}
        env = on_paper(folder, HBMCP_POLICY=str(folder / "policy.toml"), **named)
        with process("--port", str(port), env=env, cwd=folder):
            yield Served(url, issuer, env)


def token(issuer: Authlib, scope: str = "hbmcp:trading", secret: str = ROBOT[1]) -> httpx.Response:
    """What the issuer answers a program that asks for itself."""
    asked = {"grant_type": "client_credentials", "scope": scope}
    with httpx.Client(trust_env=False) as http:
        return http.post(f"{issuer.address}/token", data=asked, auth=(ROBOT[0], secret))


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_finds_its_way_in_by_itself(mode: str, served: Served) -> None:
    async with by_itself(served.url, mode) as opened:
        names = {tool.name for tool in (await opened.list_tools()).tools}
        assert {TOOLS[name].toolset for name in names} == {"market_data"}
        assert "switched off here" in text(await opened.call_tool("place_order", BUY))


async def test_a_program_comes_in_by_its_own_credentials(served: Served, tmp_path: Path) -> None:
    answer = token(served.issuer).json()
    async with client(served.url, answer["access_token"]) as opened:
        assert {TOOLS[tool.name].toolset for tool in (await opened.list_tools()).tools} == {"trading"}
        assert not (await opened.call_tool("place_order", {**BUY, "again": True})).is_error
    exported = json.loads(hbmcp("audit", "export", env=served.env, cwd=tmp_path).stdout)
    assert "robot" in {one.get("token") for one in exported}
    assert token(served.issuer, secret="another").status_code == 401


async def test_what_it_issues_for_others_or_for_the_past_does_not_let_in(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def status(scope: str = "hbmcp:trading") -> int:
        made = token(served.issuer, scope).json()["access_token"]
        return Raw(served.url, **bearer(made)).post("initialize", HELLO).status_code

    assert status() == 200
    assert status("openid") == 403
    with monkeypatch.context() as changed:
        changed.setattr(served.issuer, "audience", "https://other.example/mcp")
        assert status() == 401
    with monkeypatch.context() as changed:
        changed.setattr(served.issuer, "lasts", -60)
        assert status() == 401


async def test_an_approval_ends_with_the_oauth_token_that_called(served: Served) -> None:
    made = token(served.issuer).json()["access_token"]
    ends = jwt.decode(made, options={"verify_signature": False})["exp"]
    async with client(served.url, made) as opened:
        waits = text(await opened.call_tool("place_order", {**BUY, "amount": "0.01", "again": True}))
    found = re.search(r"waits for a person's approval, id \w+, until (\S+)\.", waits)
    assert found, waits
    assert abs(datetime.fromisoformat(found[1]).timestamp() - ends) < 1
