"""The root page."""

from hbmcp.paper.api.contract import pinned
from hbmcp.paper.api.routes.base import Call, Json, Routes


def root(_: Call) -> Json:
    info = pinned().document["info"]
    return {"name": info["title"], "version": info["version"], "status": "running"}


ROUTES: Routes = {"GET /": root}
