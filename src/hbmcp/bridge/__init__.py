"""One call, start to end: arguments -> request -> answer -> text, or arguments -> workflow -> text.

What isn't a read goes another way: arguments -> plan -> grant -> commit -> text.

Imported at the first call, with all that a call needs and a listing doesn't.
"""

from hbmcp.bridge.bridge import Bridge
from hbmcp.bridge.outcome import Outcome

__all__ = ["Bridge", "Outcome"]
