"""An authorization server of authlib, in a thread: codes with PKCE, client credentials, registration; its access tokens
are JWTs by RFC 9068, and its metadata, by RFC 8414, says where their keys are."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import uvicorn
from attrs import define, frozen
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, JsonRequest, OAuth2Request, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hbmcp.server.http.listening import listen

ROBOT = ("robot", "a secret of the robot's")


@frozen
class User:
    name: str

    def get_user_id(self) -> str:
        return self.name


@define
class Registered(ClientMixin):  # type: ignore[misc]
    """A client: public, or with a secret. `may` are the scopes that it can have."""

    id: str
    secret: str
    may: frozenset[str]
    redirects: tuple[str, ...] = ()

    def get_client_id(self) -> str:
        return self.id

    def get_default_redirect_uri(self) -> str:
        return self.redirects[0]

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(sorted(self.may & set(scope.split()) if scope else self.may))

    def check_redirect_uri(self, uri: str) -> bool:
        return uri in self.redirects

    def check_client_secret(self, secret: str) -> bool:
        return bool(self.secret) and secret == self.secret

    def check_endpoint_auth_method(self, method: str, _: str) -> bool:
        return method == ("client_secret_basic" if self.secret else "none")

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == ("client_credentials" if self.secret else "authorization_code")


class Asked(NamedTuple):
    """A request, whose body was read."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: dict[str, str]
    form: dict[str, Any]


class _Request(OAuth2Request):  # type: ignore[misc]
    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.method, asked.url, headers=asked.headers)
        self._asked = asked
        self.payload = BasicOAuth2Payload({**asked.query, **asked.form})

    @property
    def args(self) -> dict[str, str]:
        return self._asked.query

    @property
    def form(self) -> dict[str, Any]:
        return self._asked.form


class _Json(JsonRequest):  # type: ignore[misc]
    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.method, asked.url, headers=asked.headers)
        self.payload = BasicOAuth2Payload(asked.form)


@define
class Code:
    """That was given, and isn't taken yet."""

    code: str
    redirect_uri: str
    scope: str
    challenge: str | None
    method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class _Codes(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        said = request.payload
        challenge = (said.data.get("code_challenge"), said.data.get("code_challenge_method"))
        self.server.codes[code] = Code(code, said.redirect_uri, request.scope, *challenge)

    def query_authorization_code(self, code: str, _: Any) -> Code | None:
        found: Code | None = self.server.codes.get(code)
        return found

    def delete_authorization_code(self, code: Code) -> None:
        del self.server.codes[code.code]

    def authenticate_user(self, _: Code) -> User:
        return User("alice")


class _Pkce(CodeChallenge):  # type: ignore[misc]
    def get_authorization_code_challenge(self, code: Code) -> str | None:
        return code.challenge

    def get_authorization_code_challenge_method(self, code: Code) -> str | None:
        return code.method


class _Robots(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)


class _Registration(ClientRegistrationEndpoint):  # type: ignore[misc]
    def authenticate_token(self, _: Any) -> bool:
        return True  # whoever comes

    def get_server_metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = self.server.metadata
        return metadata

    def generate_client_secret(self, _: Any) -> str:
        return ""

    def save_client(self, info: dict[str, Any], metadata: dict[str, Any], _: Any) -> Registered:
        made = Registered(info["client_id"], "", self.server.grants, tuple(metadata["redirect_uris"]))
        self.server.clients[made.id] = made
        return made


class _Jwts(JWTBearerTokenGenerator):  # type: ignore[misc]
    def __init__(self, server: "Authlib", alg: str) -> None:
        super().__init__(server.address, alg, expires_generator=lambda *_: server.lasts)
        self._server = server

    def get_jwks(self) -> Any:
        return self._server.key

    def get_audiences(self, *_: Any) -> str:
        return self._server.audience


class Authlib(AuthorizationServer):  # type: ignore[misc]
    """Who asks is let in as alice, without a page that asks her. Tokens are for `audience`, and last so many seconds;
    clients that register can have the scopes `grants`."""

    def __init__(self, address: str, alg: str) -> None:
        super().__init__()
        self.address = address
        self.audience = ""
        self.lasts = 600
        self.grants = frozenset({"hbmcp:market_data"})
        self.clients = {ROBOT[0]: Registered(*ROBOT, frozenset({"hbmcp:all", "hbmcp:trading"}))}
        self.codes: dict[str, Code] = {}
        make = RSAKey.generate_key(2048) if alg == "RS256" else ECKey.generate_key("P-256")
        make.ensure_kid()
        self.key = make
        self.register_grant(_Codes, [_Pkce(required=True)])
        self.register_grant(_Robots)
        self.register_endpoint(_Registration)
        self.register_token_generator("default", _Jwts(self, alg))
        metadata = AuthorizationServerMetadata(
            issuer=address,
            jwks_uri=f"{address}/keys",
            authorization_endpoint=f"{address}/authorize",
            token_endpoint=f"{address}/token",
            registration_endpoint=f"{address}/register",
            response_types_supported=["code"],
            grant_types_supported=["authorization_code", "refresh_token", "client_credentials"],
            code_challenge_methods_supported=["S256"],
            token_endpoint_auth_methods_supported=["none", "client_secret_basic"],
        )
        self.metadata = dict(metadata)

    def query_client(self, client_id: str) -> Registered | None:
        return self.clients.get(client_id)

    def save_token(self, *_: Any) -> None:
        """It knows its signature again."""

    def send_signal(self, *_: Any, **__: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, asked: Asked) -> _Request:
        return _Request(asked)

    def create_json_request(self, asked: Asked) -> _Json:
        return _Json(asked)

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        if isinstance(body, dict):
            return JSONResponse(body, status, dict(headers))
        return Response(body, status, dict(headers))

    async def _authorize(self, request: Request) -> Response:
        asked = _Request(await _read(request))
        grant = self.get_authorization_grant(asked)
        answer: Response = self.create_authorization_response(asked, User("alice"), grant)
        return answer

    async def _token(self, request: Request) -> Response:
        answer: Response = self.create_token_response(await _read(request))
        return answer

    async def _register(self, request: Request) -> Response:
        answer: Response = self.create_endpoint_response("client_registration", await _read(request))
        return answer

    async def _keys(self, _: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _told(self, _: Request) -> Response:
        return JSONResponse(self.metadata)

    @property
    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route(get_well_known_url(self.address), self._told),
                Route("/keys", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/register", self._register, methods=["POST"]),
            ]
        )


async def _read(request: Request) -> Asked:
    if "json" in request.headers.get("content-type", ""):
        form = await request.json()
    else:
        form = {name: str(value) for name, value in (await request.form()).items()}
    return Asked(request.method, str(request.url), request.headers, dict(request.query_params), form)


@contextmanager
def authlib_server(alg: str) -> Iterator[Authlib]:
    with listen(0) as listener:
        server = Authlib(f"http://127.0.0.1:{listener.getsockname()[1]}", alg)
        running = uvicorn.Server(uvicorn.Config(server.application, log_level="error"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield server
        finally:
            running.should_exit = True
            thread.join()
