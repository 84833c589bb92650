"""The password that `hbmcp login` keeps, asked for when it is needed: the keyring may want to be unlocked first."""

import asyncio
from concurrent.futures import Future
from threading import Thread

from pydantic import SecretStr

from hbmcp.errors import NOTHING_SENT, NotConfigured, SettingsError
from hbmcp.redaction import hide_login
from hbmcp.settings import Settings

PATIENCE = 20.0  # seconds for a person to unlock it


class Login:
    """The login of an API. Use it inside one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asked: Future[SecretStr] | None = None

    async def complete(self) -> Settings:
        """The settings with the password in them, if there is one. Raises NotConfigured."""
        if not self._settings.in_keyring:
            return self._settings
        if self._asked is None:
            self._asked = self._ask()
        asked = self._asked
        try:
            async with asyncio.timeout(PATIENCE):
                password = await asyncio.wrap_future(asked)
        except TimeoutError:
            raise NotConfigured(
                f"The system's keyring didn't give the API's password within {PATIENCE:.0f} s.",
                NOTHING_SENT,
                "A person must unlock it; then call again.",
            ) from None
        except SettingsError as error:
            self._asked = None  # the next call asks again
            raise NotConfigured(error.happened, NOTHING_SENT, error.advice) from None
        hide_login(self._settings.api_username or "", password.get_secret_value())
        return self._settings.model_copy(update={"api_password": password})

    def _ask(self) -> Future[SecretStr]:
        from hbmcp.settings import logins

        asked: Future[SecretStr] = Future()
        asked.set_running_or_notify_cancel()  # who stops waiting doesn't stop others

        def ask() -> None:
            try:
                asked.set_result(logins.password(self._settings.api_url, self._settings.api_username or ""))
            except BaseException as error:
                asked.set_exception(error)

        Thread(target=ask, name="keyring", daemon=True).start()  # not one of asyncio's, whose end a process waits for
        return asked
