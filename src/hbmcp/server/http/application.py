"""The application that answers over HTTP."""

from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

from hbmcp.server.http.doors import doors
from hbmcp.server.http.entrance import Entrance, NoTokenInAddress, Verify
from hbmcp.server.http.health import LIVES, READY, Health
from hbmcp.server.http.hearing import Hearing
from hbmcp.server.http.patience import MOST, WholeBody
from hbmcp.server.http.protected_resource import ProtectedResource
from hbmcp.server.http.sessions import SessionsOfEach
from hbmcp.server.protocol import build
from hbmcp.server.switchboard import Switchboard

PATH = "/mcp"
IDLE = 30 * 60.0  # seconds after which a session of 2025 that nobody uses ends, and its id gets 404
SESSIONS = 2_000  # at once; who would begin another gets 503

# The doors look at every path, and at more than the SDK does: names in capitals, headers that come twice.
_CHECKED_BEFORE = TransportSecuritySettings(enable_dns_rebinding_protection=False)


def application(board: Switchboard, verify: Verify | None) -> ASGIApp:
    """Streamable HTTP at /mcp, for those whose access token `verify` knows; without it for whoever calls."""
    resource = ProtectedResource.of(board)
    server = build(board)
    app: ASGIApp = server.streamable_http_app(
        streamable_http_path=PATH,
        transport_security=_CHECKED_BEFORE,
        max_request_body_size=MOST,
        session_idle_timeout=IDLE,
        max_sessions=SESSIONS,
        custom_starlette_routes=[*Health(board).routes, *resource.routes, *_numbers(board)],
    )
    app = Hearing(SessionsOfEach(app, server.session_manager), board)
    if verify is None:
        app = WholeBody(app)
    else:
        is_open = {LIVES, READY, *(route.path for route in resource.routes)}.__contains__
        app = Entrance(app, verify, is_open, resource.challenge)
    app = NoTokenInAddress(app)
    settings = board.settings
    if settings.http_allowed_origins:
        app = CORSMiddleware(
            app,
            allow_origins=[page.text for page in settings.http_allowed_origins],
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["mcp-session-id", "www-authenticate"],
        )
    return doors(app, settings)


def _numbers(board: Switchboard) -> list[Route]:
    if not board.settings.http_metrics:
        return []
    from hbmcp.server.http.metrics import Metrics

    return Metrics(board).routes
