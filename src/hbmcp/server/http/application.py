"""The application that answers over HTTP."""

from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from hbmcp.catalog import Offer
from hbmcp.server.http import doors
from hbmcp.server.protocol import build
from hbmcp.settings import Settings

if TYPE_CHECKING:
    from hbmcp.policy.model import Policy

PATH = "/mcp"
OVER_HTTP = "the hbmcp server over HTTP"

# The doors look at every path, and at more than the SDK does: names in capitals, headers that come twice.
_CHECKED_BEFORE = TransportSecuritySettings(enable_dns_rebinding_protection=False)


def application(told: Settings, offer: Offer, policy: "Policy | None") -> ASGIApp:
    """Streamable HTTP at /mcp."""
    app: ASGIApp = build(told, offer, policy, OVER_HTTP).streamable_http_app(
        streamable_http_path=PATH, transport_security=_CHECKED_BEFORE
    )
    if told.http_allowed_origins:
        app = CORSMiddleware(
            app,
            allow_origins=[page.text for page in told.http_allowed_origins],
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["mcp-session-id", "www-authenticate"],
        )
    return doors.Doors(app, doors.hosts(told), doors.origins(told))
