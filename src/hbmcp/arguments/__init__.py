"""Arguments as a client sent them -> arguments as a tool's function takes them.

What models commonly send is accepted where it can mean one thing only: a number as a string, a whole number as 5.0,
JSON as a string, one value for a list, "true" for true, an enum value in another letter case, a number for a string,
null or blank text for an optional argument, which is absent then. Everything else is refused, with all problems in one
message.

Every number comes out as the Decimal that was written. JSON numbers reach a server as binary floats, whose shortest
text is what the client wrote up to 15 significant digits; beyond that the written digits are gone, so a longer one is
refused, with the advice to send it as a string.
"""

from hbmcp.arguments.checker import Checker
from hbmcp.arguments.credentials import secrets

__all__ = ["Checker", "secrets"]
