"""The HTTP side of the Hummingbot API, and of services beside it. Each module answers one question:

apis        which API is a tool's request for? (Apis)
connection  how is it reached: pool, login, TLS, or the paper exchange?
login       which password, where `hbmcp login` keeps it?
proxy       which proxy stands between, by the environment?
sending     how is a request sent: in its time, once unless it is a read? (Api)
retries     when is a read tried again?
attempt     is a request out, and how is it stopped?
one_answer  does an answer belong to its request?
failures    what is known where no answer came that can be read?
"""

from hbmcp.api.apis import Apis
from hbmcp.api.sending import Api

__all__ = ["Api", "Apis"]
