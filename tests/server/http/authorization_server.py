"""An OAuth 2.1 authorization server in a thread: the SDK's own, with tokens that are JWTs and a page of its keys."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from mcp.server.auth.provider import AccessToken, AuthorizationCode, AuthorizationParams, RefreshToken
from mcp.server.auth.routes import create_auth_routes
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hbmcp.server.http.listening import listen


class AuthorizationServer:
    """Who asks is let in as alice, without a page that asks her. `grants` are the scopes that a client gets."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.grants = ["hbmcp:market_data"]
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.kid = "one"
        self._clients: dict[str, OAuthClientInformationFull] = {}
        self._codes: dict[str, AuthorizationCode] = {}

    def token(self, audience: str, scopes: list[str], key: Any = None, **changed: Any) -> str:
        """Signed by this server, or with another key."""
        claims = {
            "iss": self.address,
            "aud": audience,
            "sub": "alice",
            "client_id": "tests",
            "scope": " ".join(scopes),
            "exp": int(time.time()) + 600,
            **changed,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key or self.key, algorithm="ES256", headers={"kid": self.kid})

    # As the SDK calls them.
    # ruff: noqa: ARG002

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self._clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        assert client_info.client_id
        self._clients[client_info.client_id] = client_info

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        assert client.client_id
        code = AuthorizationCode(
            code=secrets.token_urlsafe(),
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            client_id=client.client_id,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        self._codes[code.code] = code
        return f"{params.redirect_uri}?code={code.code}&state={params.state}"

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        return self._codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        del self._codes[authorization_code.code]
        made = self.token(str(authorization_code.resource), self.grants, client_id=client.client_id)
        return OAuthToken(access_token=made, token_type="Bearer", expires_in=600, scope=" ".join(self.grants))

    async def load_refresh_token(self, client: OAuthClientInformationFull, refresh_token: str) -> RefreshToken | None:
        return None

    async def exchange_refresh_token(self, *_: Any) -> OAuthToken:
        raise NotImplementedError

    async def load_access_token(self, token: str) -> AccessToken | None:
        return None

    async def revoke_token(self, token: Any) -> None:
        raise NotImplementedError

    async def keys(self, _: Request) -> JSONResponse:
        key = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
        return JSONResponse({"keys": [{**key, "kid": self.kid, "use": "sig", "alg": "ES256"}]})

    async def metadata(self, _: Request) -> JSONResponse:
        """Beside the SDK's own, which knows of no keys."""
        return JSONResponse({"issuer": self.address, "jwks_uri": f"{self.address}/keys"})

    @property
    def application(self) -> Starlette:
        settings = AuthSettings.model_validate({"issuer_url": self.address, "resource_server_url": None})
        registration = ClientRegistrationOptions(enabled=True)
        routes = create_auth_routes(self, settings.issuer_url, client_registration_options=registration)  # type: ignore[arg-type]
        own = [
            Route("/keys", self.keys),
            Route("/.well-known/openid-configuration", self.metadata),
        ]
        return Starlette(routes=[*own, *routes])


@contextmanager
def authorization_server() -> Iterator[AuthorizationServer]:
    with listen(0) as listener:
        server = AuthorizationServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
        running = uvicorn.Server(uvicorn.Config(server.application, log_level="error"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield server
        finally:
            running.should_exit = True
            thread.join()
