"""OAuth 2.1: a client finds the authorization server by itself, and its scopes say which tools it sees."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from hbmcp.access.oauth import rights
from hbmcp.catalog import Catalog
from hbmcp.server.http.listening import listen
from tests.conftest import hbmcp
from tests.server.http.authorization_server import AuthorizationServer, authorization_server
from tests.server.http.clients import BUY, HELLO, MODES, Raw, bearer, client, on_paper, process, text

pytestmark = pytest.mark.slow

TOOLS = Catalog.load().tools


class Served(NamedTuple):
    """A server, and whose tokens it takes."""

    url: str
    issuer: AuthorizationServer
    env: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("oauth")
    with listen(0) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/mcp"
    with authorization_server() as issuer:
        env = on_paper(folder, HBMCP_OAUTH_ISSUER=issuer.address, HBMCP_OAUTH_AUDIENCE=url)
        with process("--port", str(port), env=env, cwd=folder):
            yield Served(url, issuer, env)


class Kept:
    """What the SDK's client keeps."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@asynccontextmanager
async def by_itself(url: str, mode: Any) -> AsyncIterator[Client]:
    """A client of the SDK that is told nothing but the address."""
    back: list[AuthorizationCodeResult] = []

    async def to_the_page(address: str) -> None:
        async with httpx2.AsyncClient(trust_env=False) as browser:
            where = (await browser.get(address)).headers["location"]
        said = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
        back.append(AuthorizationCodeResult(code=said["code"], state=said["state"]))

    async def called_back() -> AuthorizationCodeResult:
        return back.pop()

    metadata = OAuthClientMetadata.model_validate(
        {"redirect_uris": ["http://127.0.0.1:9/back"], "client_name": "tests", "token_endpoint_auth_method": "none"}
    )
    flow = OAuthClientProvider(url, metadata, Kept(), to_the_page, called_back)
    async with (
        httpx2.AsyncClient(auth=flow, timeout=30, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as opened,
    ):
        yield opened


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_a_client_finds_its_way_in_by_itself(mode: str, served: Served) -> None:
    """401, the resource's metadata, the server's, a registration, a code with PKCE, a token: all by the SDK."""
    served.issuer.grants = ["hbmcp:market_data"]
    async with by_itself(served.url, mode) as opened:
        names = {tool.name for tool in (await opened.list_tools()).tools}
        assert names
        assert {TOOLS[name].toolset for name in names} == {"market_data"}
        assert "switched off here" in text(await opened.call_tool("place_order", BUY))


def asked(served: Served, token: str) -> httpx.Response:
    return Raw(served.url, **bearer(token)).post("initialize", HELLO)


def test_who_shows_nothing_is_told_where_to_go(served: Served) -> None:
    answer = Raw(served.url).post("initialize", HELLO)
    assert answer.status_code == 401
    where = served.url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{where}"'
    with httpx.Client(trust_env=False) as http:
        metadata = http.get(where).json()
    assert metadata["resource"] == served.url
    assert metadata["authorization_servers"] == [served.issuer.address]
    assert "hbmcp:trading" in metadata["scopes_supported"]


def signed_with_the_public_key(served: Served) -> str:
    """The old trick: HMAC with what everybody can read."""
    public = json.dumps({"kty": "EC"}).encode()
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (
            {"alg": "HS256", "kid": "one", "typ": "JWT"},
            {"iss": served.issuer.address, "aud": served.url, "exp": 9999999999, "scope": "hbmcp:all"},
        )
    )
    signature = hmac.new(public, head + b"." + body, hashlib.sha256).digest()
    return b".".join((head, body, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()


def test_a_token_for_another_from_another_or_of_the_past_does_not_let_in(served: Served) -> None:
    issuer, scopes = served.issuer, ["hbmcp:all"]
    good = issuer.token(served.url, scopes)
    assert asked(served, good).status_code == 200
    nothing = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for bad in (
        issuer.token("http://127.0.0.1:1/mcp", scopes),
        issuer.token(served.url + "/x", scopes),
        issuer.token(served.url, scopes, aud=None),
        issuer.token(served.url, scopes, iss="https://evil.example"),
        issuer.token(served.url, scopes, iss=None),
        issuer.token(served.url, scopes, exp=1),
        issuer.token(served.url, scopes, exp=None),
        issuer.token(served.url, scopes, nbf=9999999999),
        issuer.token(served.url, scopes, key=ec.generate_private_key(ec.SECP256R1())),
        good[:-3] + "AAA",
        ".".join((nothing, good.split(".")[1], "")),
        signed_with_the_public_key(served),
        "a.b.c",
    ):
        answer = asked(served, bad)
        assert answer.status_code == 401, bad
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_without_a_scope_of_this_server_nothing_is_allowed(served: Served) -> None:
    for scopes in ([], ["other"], ["xhbmcp:all"], ["hbmcp:all:write"], ["hbmcp:"], ["hbmcp:no_such"]):
        answer = asked(served, served.issuer.token(served.url, scopes))
        assert answer.status_code == 403, scopes
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scopes", "toolsets", "acts"),
    [
        (["hbmcp:trading:read", "hbmcp:market_data"], {"trading", "market_data"}, False),
        (["hbmcp:trading"], {"trading"}, True),
        (["hbmcp:all:read"], None, False),
        (["hbmcp:all"], None, True),
    ],
)
async def test_scopes_say_which_tools_there_are(
    scopes: list[str], toolsets: set[str] | None, acts: bool, served: Served
) -> None:
    async with client(served.url, served.issuer.token(served.url, scopes)) as opened:
        names = {tool.name for tool in (await opened.list_tools()).tools}
    assert {TOOLS[name].toolset for name in names} == (
        toolsets or {"accounts", "portfolio", "trading", "market_data", "triggers"}
    )
    assert any(not TOOLS[name].reads for name in names) is acts


def test_the_rights_of_scopes() -> None:
    assert rights(["hbmcp:all:read", "hbmcp:trading"]).reads is None
    assert rights(["hbmcp:all:read", "hbmcp:trading"]).acts == {"trading"}
    assert rights(["openid", "hbmcp", "HBMCP:all"]).none


@pytest.mark.anyio
async def test_who_it_is_stands_in_the_audit(served: Served, tmp_path: Path) -> None:
    async with client(served.url, served.issuer.token(served.url, ["hbmcp:all"])) as opened:
        await opened.call_tool("place_order", {**BUY, "again": True})
    exported = json.loads(hbmcp("audit", "export", env=served.env, cwd=tmp_path).stdout)
    assert "alice@tests" in {one.get("token") for one in exported}


def test_a_key_that_the_issuer_changed_is_found(served: Served) -> None:
    """Not at once: who shows tokens with made-up keys doesn't make it ask each time."""
    old = served.issuer.token(served.url, ["hbmcp:all"])
    assert asked(served, old).status_code == 200
    served.issuer.kid, served.issuer.key = "two", ec.generate_private_key(ec.SECP256R1())
    new = served.issuer.token(served.url, ["hbmcp:all"])
    while asked(served, new).status_code != 200:
        pass
    assert asked(served, old).status_code == 401


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"HBMCP_OAUTH_ISSUER": "https://login.example"}, "need each other"),
        ({"HBMCP_OAUTH_AUDIENCE": "https://mcp.example/mcp"}, "need each other"),
        ({"HBMCP_OAUTH_ISSUER": "http://login.example", "HBMCP_OAUTH_AUDIENCE": "https://a.example"}, "must be https"),
        ({"HBMCP_OAUTH_ISUER": "https://login.example"}, "did you mean HBMCP_OAUTH_ISSUER?"),
    ],
)
def test_what_is_wrong_is_told(settings: dict[str, str], told: str, tmp_path: Path) -> None:
    env = on_paper(tmp_path, **settings)
    done = hbmcp("serve", "--transport", "http", "--port", "0", env=env, cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
