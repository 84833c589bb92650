"""What goes on beside the calls to an installation: its triggers are watched, and people asked in its chat."""

from collections.abc import Callable, Sequence

from hbmcp.approving.chat import Chat
from hbmcp.bridge import Bridge
from hbmcp.installation.installation import all_of
from hbmcp.settings import Settings
from hbmcp.watch.watcher import Seen, Watcher


class Background:
    """Of one bridge; `kind` says what runs it, and `show` is given what each round of the watch saw."""

    def __init__(
        self, bridge: Bridge, settings: Settings, kind: str, show: Callable[[Sequence[Seen]], object] | None = None
    ) -> None:
        self._chat = Chat.of(bridge, settings)
        self._watcher = Watcher(bridge, kind, show=show)

    async def run(self) -> None:
        """Until it is cancelled; then others watch and speak."""
        await all_of(self._watcher.run(), *(() if self._chat is None else (self._chat.run(),)))

    def stop(self) -> None:
        """From now on no trigger begins to fire."""
        self._watcher.stop()

    @property
    def fires(self) -> float:
        """Seconds that triggers get that are firing, before they are broken off; 0 where none is."""
        return self._watcher.patience

    @property
    def carries(self) -> bool:
        """Whether a call is under way that was approved in the chat."""
        return self._chat is not None and self._chat.carries > 0
