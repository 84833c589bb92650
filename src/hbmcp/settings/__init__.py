"""Settings, in rising order: defaults, a .env file, the environment, flags.

The stronger wins, and nothing undoes what another source tightened. A .env that merely lies in the working directory
may be anybody's, so it is believed less. Address and credentials of the API stay together.
"""

from hbmcp.settings.loading import load, load_all, only
from hbmcp.settings.model import FLAGS, HTTP, MEMORY, VARIABLES, Settings
from hbmcp.settings.sources import NONE

__all__ = ["FLAGS", "HTTP", "MEMORY", "NONE", "VARIABLES", "Settings", "load", "load_all", "only"]
