"""Where a paper exchange is kept."""

from pathlib import Path

from hbmcp.settings import Settings


def place_of(settings: Settings) -> str:
    """The file of its state, or MEMORY."""
    if settings.paper_db:
        return settings.paper_db
    from platformdirs import user_data_path

    return str(user_data_path("hbmcp") / "paper.sqlite")


def files_beside(place: Path) -> Path:
    """The folder of its controllers and scripts, under the name of its file."""
    return place.with_suffix(".files")
