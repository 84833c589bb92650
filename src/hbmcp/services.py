"""The services that have tools here: the Hummingbot API, and those beside it that the generated tools know of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Service:
    """`name` is what a tool knows it by, `title` what a sentence calls it. `url` is its address where no setting says
    another. A credential that a person gave goes into the `header`; without one, none is sent."""

    name: str
    title: str
    url: str = ""
    header: str = ""

    @property
    def begins(self) -> str:
        """Its title as the beginning of a sentence."""
        return self.title[:1].upper() + self.title[1:]

    @property
    def url_setting(self) -> str:
        """The setting that has its address."""
        return f"HBMCP_{self.name.upper()}_URL" if self.name else "HUMMINGBOT_API_URL"

    @property
    def key_setting(self) -> str:
        """The setting that has its credential."""
        return f"HBMCP_{self.name.upper()}_KEY"


HUMMINGBOT = Service("", "the Hummingbot API")
OTHERS: Mapping[str, Service] = {
    name: Service(name, **told)
    for name, told in json.loads(files("hbmcp_tools").joinpath("services.json").read_bytes()).items()
}


def service(name: str) -> Service:
    """The one whose tools know it by this name."""
    return OTHERS[name] if name else HUMMINGBOT
