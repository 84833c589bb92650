"""What an OAuth client must know of this server, the protected resource: whose tokens it takes (RFC 9728)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from mcp.server.auth.settings import AuthSettings
from starlette.routing import Route

from hbmcp.server.switchboard import Switchboard


class ProtectedResource(NamedTuple):
    """Where its metadata is, and what who shows no token is told of that; nothing where there is no issuer."""

    routes: Sequence[Route] = ()
    challenge: Mapping[str, str] = {}

    @classmethod
    def of(cls, board: Switchboard) -> "ProtectedResource":
        """Of a server with these settings and tools."""
        told = board.settings
        if told.oauth_issuer is None or told.oauth_audience is None:
            return cls()
        settings = AuthSettings.model_validate(
            {
                "issuer_url": told.oauth_issuer,
                "resource_server_url": told.oauth_audience,
                "validate_token_resource": False,  # who verifies a token looks at its audience
            }
        )
        assert settings.resource_server_url is not None
        toolsets = dict.fromkeys(tool.toolset for line in board.lines.values() for tool in line.offer.tools)
        routes = create_protected_resource_routes(
            settings.resource_server_url,
            [settings.issuer_url],
            scopes_supported=[f"hbmcp:{name}" for name in toolsets],
            resource_name="hbmcp",
        )
        return cls(routes, {"resource_metadata": str(build_resource_metadata_url(settings.resource_server_url))})
