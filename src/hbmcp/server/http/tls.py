"""HTTPS, where a person gives a certificate."""

import ssl

from hbmcp.errors import SettingsError
from hbmcp.settings import Settings
from hbmcp.settings.model import called


def certificate(settings: Settings) -> ssl.SSLContext | None:
    """What HTTPS is spoken with; None where it isn't. Raises SettingsError for a file that can't be used, unquoted: who
    errs may have set the key where its file's name belongs."""
    if settings.tls_cert is None and settings.tls_key is None:
        return None
    if settings.tls_cert is None or settings.tls_key is None:
        missing = "tls_key" if settings.tls_key is None else "tls_cert"
        raise SettingsError(
            f"A certificate needs its key, and {called(missing)} isn't set.",
            "The server doesn't start without TLS.",
            "Set both, or neither.",
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=lambda: b"")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise SettingsError(
            f"The certificate of {called('tls_cert')} can't be used with the key of {called('tls_key')} "
            f"({error.strerror or error})."
            if isinstance(error, OSError)
            else f"The key of {called('tls_key')} can't be read: it must be a PEM file without a passphrase.",
            "The server doesn't start without TLS.",
            "Name the files of both, in PEM.",
        ) from None
    return context
