"""The settings: what each is called, which values it takes, and what it means where nobody sets it."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo

from hbmcp.services import OTHERS, Service
from hbmcp.settings.hosts import Host, Origin, is_loopback, read_host, read_origin

MEMORY = ":memory:"  # HBMCP_PAPER_DB: no file

FLAGS = {
    "port": "--port",
    "http_host": "--host",
    "http_allowed_hosts": "--allowed-hosts",
    "http_allowed_origins": "--allowed-origins",
    "http_metrics": "--metrics",
    "tls_cert": "--tls-cert",
    "tls_key": "--tls-key",
    "log_level": "--log-level",
    "toolsets": "--toolsets",
    "tools": "--tools",
    "exclude_tools": "--exclude-tools",
    "plugins": "--plugin",
    "discovery": "--discovery",
    "read_only": "--read-only",
    "compare_api": "--no-compare-api",
    "installations": "--installations",
    "structured": "--structured",
    "paper": "--paper",
    "paper_balance": "--paper-balance",
    "paper_db": "--paper-db",
    "paper_reset": "--paper-reset",
    "paper_speed": "--paper-speed",
}
OAUTH = ("oauth_issuer", "oauth_audience", "oauth_jwks")
# Of a server over HTTP alone.
HTTP = (
    "port",
    "http_host",
    "http_allowed_hosts",
    "http_allowed_origins",
    "http_metrics",
    "tls_cert",
    "tls_key",
    *OAUTH,
)
PASSWORDS = ("api_password", "api_password_file")  # two ways to say the same
BOT_TOKENS = ("telegram_token", "telegram_token_file")  # likewise
CREDENTIALS = ("api_username", *PASSWORDS)
PROTECTIVE = ("read_only", "exclude_tools", "paper")  # can only protect, where they are set at all
REAL = {"api_url", *CREDENTIALS, "installations"}  # who sets one of these means the real API
TELEGRAM = (*BOT_TOKENS, "telegram_chat", "telegram_user", "telegram_url")
PAPER = ("paper", "paper_balance", "paper_db", "paper_reset", "paper_speed")
# Of one installation, so that none of them says which of several it is of. Who reads what a bot hears takes it from all
# others.
OF_ONE_ALONE = ("paper_reset", "paper_speed")  # no table of a file of installations can say these
OF_ONE = ("api_url", *CREDENTIALS, "installation", *PAPER, *TELEGRAM)

LEVELS = {"WARN": "WARNING", "FATAL": "CRITICAL"}  # as Python's logging calls them too
_PAGES = ("/docs", "/redoc", "/openapi.json")  # of the API, as a browser's address bar has them
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_BEFORE_ADDRESS = re.compile(r",(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_HOST = re.compile(r"[\w.\-]+|[0-9a-f:.]+(%\w+)?", re.IGNORECASE)
_BOT_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,100}", re.ASCII)


def _listed(value: Any) -> Any:
    """ "a, b" -> ("a", "b")"""
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def _level(value: Any) -> Any:
    name = value.strip().upper() if isinstance(value, str) else value
    return LEVELS.get(name, name)


def _base_url(value: Any, login: str = "HUMMINGBOT_API_USERNAME and HUMMINGBOT_API_PASSWORD") -> Any:
    """An API's address without a slash at its end; `login` are the settings that hold what it asks for. Raises
    ValueError, without quoting it: it may hold a password."""
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value.strip())
    except ValueError:  # its words may quote a password
        raise ValueError("its host can't be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must be an address such as http://localhost:8000")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"it must not hold a username or password; set {login} instead")
    if parts.query or parts.fragment:
        raise ValueError("it must have nothing after its path")
    if not _HOST.fullmatch(parts.hostname):
        raise ValueError("its host can't be read")
    if page := next((page for page in _PAGES if parts.path.rstrip("/").endswith(page)), None):
        raise ValueError(f"it ends in {page}, a page of the API; leave that out")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("its port must be a number from 0 to 65535") from None
    return value.strip().rstrip("/")


def _page_url(value: Any) -> Any:
    """An address that is https, or on this machine. Raises ValueError."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("its host can't be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("it must be an address such as https://login.example.com, with nothing after its path")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("it must be https")
    return text


def _state_url(value: Any, info: ValidationInfo) -> Any:
    """A database's address, of a file as _file says. Raises ValueError, without quoting it: it may hold a password."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        return value
    kind, _, rest = text.strip().partition("://")
    if kind == "sqlite":
        if len(rest) < 2 or not rest.startswith("/") or rest.endswith("/"):
            raise ValueError("after sqlite:/// it must have the path of a file, as in sqlite:////home/me/hbmcp.sqlite")
        return SecretStr(f"sqlite:///{_file(rest[1:], info)}")
    if kind.partition("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("it must be an address such as postgresql://user:password@localhost:5432/database")
    try:
        parts = urlsplit(text.strip())
        _ = parts.port
    except ValueError:
        whole = False
    else:
        host = parts.hostname or parse_qs(parts.query).get("host")
        whole = bool(host) and len(parts.path) > 1 and not parts.fragment
    if not whole:
        raise ValueError(
            "it must have a host, a port that is a number (or none) and a database's name, as in "
            "postgresql://user:password@localhost:5432/database; / ? # @ % in a password are %2F %3F %23 %40 %25"
        )
    return SecretStr(text.strip())


def _addresses(value: Any) -> Any:
    """ "ntfys://ntfy.sh/topic, tgram://…" -> both. A comma within one stays. Raises ValueError, without quoting any:
    they hold tokens."""
    if not isinstance(value, str):
        return value
    found = [one.strip(",") for part in value.split() for one in _BEFORE_ADDRESS.split(part) if one.strip(",")]
    for place, one in enumerate(found, 1):
        if not _ADDRESS.fullmatch(one):
            raise ValueError(f"its address {place} of {len(found)} must be one such as ntfys://ntfy.sh/topic")
    return tuple(map(SecretStr, found))


def _bot_token(value: Any) -> Any:
    """Raises ValueError, without quoting it."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        return value
    if not _BOT_TOKEN.fullmatch(text.strip()):
        raise ValueError("it must be a bot's token as @BotFather gives it, digits:letters")
    return SecretStr(text.strip())


def _file(value: Any, info: ValidationInfo) -> Any:
    """A path that stays right when a client starts the server elsewhere; a relative one is of the folder `beside` which
    it is said. Raises ValueError, without quoting it, also where there is none."""
    if not isinstance(value, str):
        return value
    try:
        path = Path(value.strip()).expanduser()
    except RuntimeError:
        raise ValueError("whose home ~ is can't be told") from None
    beside: Path | None = (info.context or {"beside": Path()})["beside"]
    if not path.is_absolute() and beside is None:
        raise ValueError("it must be a whole path, from / or ~ on: in which folder hbmcp starts is up to its client")
    return str((beside or Path()).absolute() / path)


def _files(value: Any, info: ValidationInfo) -> Any:
    """ "a.py, b.py" -> the paths of both. Raises ValueError as _file does."""
    return tuple(_file(one, info) for one in _listed(value)) if isinstance(value, str) else value


def _paper_db(value: Any, info: ValidationInfo) -> Any:
    """Raises ValueError as _file does."""
    return value if value in ("", MEMORY) else _file(value, info)


def _installation(value: Any) -> Any:
    """A name that can't be that of a paper exchange."""
    name = value.strip() if isinstance(value, str) else value
    if isinstance(name, str) and (not name.isprintable() or name.startswith("paper ")):
        raise ValueError("it must be a name such as home or vps-1")
    return name


def _balances(value: Any) -> Any:
    """ "USDT=100000, BTC=2" -> (("USDT", Decimal(100000)), ("BTC", Decimal(2)))"""
    if not isinstance(value, str):
        return value
    balances = []
    for pair in _listed(value):
        token, _, amount = pair.partition("=")
        try:
            units = Decimal(amount)
        except InvalidOperation:
            raise ValueError(f"{pair!r} isn't TOKEN=AMOUNT, such as USDT=100000") from None
        if not units.is_finite() or units < 0:
            raise ValueError(f"the amount of {token} must be a number, 0 or more")
        balances.append((token.strip().upper(), units))
    return tuple(balances)


def _hosts(value: Any) -> Any:
    return tuple(map(read_host, _listed(value))) if isinstance(value, str) else value


def _origins(value: Any) -> Any:
    return tuple(map(read_origin, _listed(value))) if isinstance(value, str) else value


def _host(value: Any) -> Any:
    """Where to listen: an address or a name, without a port."""
    if not isinstance(value, str):
        return value
    host = read_host(value)
    if host.port is not None:
        raise ValueError("it must have no port, for MCP_SERVER_PORT (--port) has that")
    return host.name


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _header(value: str) -> str:
    """What can be sent in a header. Raises ValueError, without quoting it."""
    text = value.strip()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("it must be one line of ASCII characters")
    return text


Discovery = Literal["off", "search", "toolsets"]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Settings(BaseModel):
    """What hbmcp was told. Only `load` reads it from anywhere."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True)

    api_url: Annotated[str, BeforeValidator(_base_url)] = Field(
        default="http://localhost:8000", validation_alias="HUMMINGBOT_API_URL"
    )
    api_username: str | None = Field(default=None, validation_alias="HUMMINGBOT_API_USERNAME")
    api_password: SecretStr | None = Field(default=None, validation_alias="HUMMINGBOT_API_PASSWORD")
    api_password_file: Annotated[str | None, BeforeValidator(_file)] = Field(
        default=None, validation_alias="HUMMINGBOT_API_PASSWORD_FILE"
    )
    # 0 is any free port.
    port: int = Field(default=3000, ge=0, le=65535, validation_alias="MCP_SERVER_PORT")
    http_host: Annotated[str, BeforeValidator(_host)] = Field(default="127.0.0.1", validation_alias="HBMCP_HTTP_HOST")
    # By which names clients call the server, beside the loopback's and that of http_host.
    http_allowed_hosts: Annotated[tuple[Host, ...], BeforeValidator(_hosts)] = Field(
        default=(), validation_alias="HBMCP_HTTP_ALLOWED_HOSTS"
    )
    # Which web pages may call it, beside the loopback's.
    http_allowed_origins: Annotated[tuple[Origin, ...], BeforeValidator(_origins)] = Field(
        default=(), validation_alias="HBMCP_HTTP_ALLOWED_ORIGINS"
    )
    http_metrics: bool = Field(default=False, validation_alias="HBMCP_HTTP_METRICS")
    # Files of the certificate, with those that lead to a known one, and of its key; without both it speaks plain HTTP.
    tls_cert: Annotated[str | None, BeforeValidator(_file)] = Field(default=None, validation_alias="HBMCP_TLS_CERT")
    tls_key: Annotated[str | None, BeforeValidator(_file)] = Field(default=None, validation_alias="HBMCP_TLS_KEY")
    # Whose OAuth access tokens let in; for whom they must be issued, which is this server's address as clients know it;
    # and where the issuer's keys are, None where its metadata says.
    oauth_issuer: Annotated[str | None, BeforeValidator(_page_url)] = Field(
        default=None, validation_alias="HBMCP_OAUTH_ISSUER"
    )
    oauth_audience: Annotated[str | None, BeforeValidator(_page_url)] = Field(
        default=None, validation_alias="HBMCP_OAUTH_AUDIENCE"
    )
    oauth_jwks: Annotated[str | None, BeforeValidator(_page_url)] = Field(
        default=None, validation_alias="HBMCP_OAUTH_JWKS"
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_level)] = Field(
        default="INFO", validation_alias="LOG_LEVEL"
    )
    toolsets: Names = Field(default=(), validation_alias="HBMCP_TOOLSETS")
    tools: Names = Field(default=(), validation_alias="HBMCP_TOOLS")
    exclude_tools: Names = Field(default=(), validation_alias="HBMCP_EXCLUDE_TOOLS")
    # Files of Python that hold tools of one's own, which are run.
    plugins: Annotated[tuple[str, ...], BeforeValidator(_files)] = Field(default=(), validation_alias="HBMCP_PLUGINS")
    # How a client comes by the tools that aren't listed.
    discovery: Annotated[Discovery, BeforeValidator(_lower)] = Field(default="off", validation_alias="HBMCP_DISCOVERY")
    read_only: bool = Field(default=False, validation_alias="HBMCP_READ_ONLY")
    # Whether the API's own contract is compared with the one that the tools were made from.
    compare_api: bool = Field(default=True, validation_alias="HBMCP_COMPARE_API")
    # Whether reads answer in JSON that fits an outputSchema, for programs, in place of text for models.
    structured: bool = Field(default=False, validation_alias="HBMCP_STRUCTURED")
    paper: bool = Field(default=False, validation_alias="HBMCP_PAPER")
    paper_balance: Annotated[tuple[tuple[str, Decimal], ...], BeforeValidator(_balances)] = Field(
        default=(), validation_alias="HBMCP_PAPER_BALANCE"
    )
    # None is a file in the user's data folder, MEMORY is none.
    paper_db: Annotated[str | None, BeforeValidator(_paper_db)] = Field(default=None, validation_alias="HBMCP_PAPER_DB")
    paper_reset: bool = Field(default=False, validation_alias="HBMCP_PAPER_RESET")
    paper_speed: float = Field(default=1, gt=0, le=100_000, validation_alias="HBMCP_PAPER_SPEED")
    # None is the API's address.
    installation: Annotated[str | None, BeforeValidator(_installation)] = Field(
        default=None, validation_alias="HBMCP_INSTALLATION"
    )
    # A file that names several installations; what is said here holds for each.
    installations: Annotated[str | None, BeforeValidator(_file)] = Field(
        default=None, validation_alias="HBMCP_INSTALLATIONS"
    )
    # None is a SQLite file in the user's data folder.
    state_url: Annotated[SecretStr | None, BeforeValidator(_state_url)] = Field(
        default=None, validation_alias="HBMCP_STATE_URL"
    )

    # None is policy.toml in the user's configuration folder, if it is there.
    policy: Annotated[str | None, BeforeValidator(_file)] = Field(default=None, validation_alias="HBMCP_POLICY")
    # Who is told of what is unusual, as addresses of apprise.
    notify: Annotated[tuple[SecretStr, ...], BeforeValidator(_addresses)] = Field(
        default=(), validation_alias="HBMCP_NOTIFY"
    )
    # The bot by which a person is asked, whom in: the one chat, and of those in it this user alone, if one is named.
    telegram_token: Annotated[SecretStr | None, BeforeValidator(_bot_token)] = Field(
        default=None, validation_alias="HBMCP_TELEGRAM_TOKEN"
    )
    telegram_token_file: Annotated[str | None, BeforeValidator(_file)] = Field(
        default=None, validation_alias="HBMCP_TELEGRAM_TOKEN_FILE"
    )
    telegram_chat: int | None = Field(default=None, validation_alias="HBMCP_TELEGRAM_CHAT")
    telegram_user: int | None = Field(default=None, gt=0, validation_alias="HBMCP_TELEGRAM_USER")
    # Of a Bot API server of one's own.
    telegram_url: Annotated[str, BeforeValidator(_page_url)] = Field(
        default="https://api.telegram.org", validation_alias="HBMCP_TELEGRAM_URL"
    )
    # What that file calls this one; "" where there is none.
    name: str = ""
    # Whether `hbmcp login` keeps the password for this address and username: it is asked for when it is needed.
    in_keyring: bool = False
    # What is set of services beside the Hummingbot API, by field: geckoterminal_url.
    services: Mapping[str, str] = {}
    # What set each field, and what a person must be told of it all when hbmcp starts.
    origins: Mapping[str, str] = {}
    remarks: tuple[str, ...] = ()

    def address_of(self, service: Service) -> str:
        """Where a service is."""
        return self.services.get(f"{service.name}_url", service.url) if service.name else self.api_url

    def key_of(self, service: Service) -> SecretStr | None:
        """What is sent to another service that wants to know who asks."""
        key = self.services.get(f"{service.name}_key")
        return SecretStr(key) if key else None

    @property
    def called_from_here(self) -> bool:
        """Whether a person lets in only who calls this machine by the loopback's names: nobody from a container,
        through a proxy, or from a web page elsewhere."""
        hosts = (*self.http_allowed_hosts, *(origin.host for origin in self.http_allowed_origins))
        return all(map(is_loopback, (self.http_host, *(host.name for host in hosts))))

    @property
    def paper_place(self) -> str:
        """The file that the paper exchange is kept in, or MEMORY."""
        if self.paper_db:
            return self.paper_db
        from platformdirs import user_data_path

        return str(user_data_path("hbmcp") / "paper.sqlite")

    @property
    def on_paper(self) -> bool:
        """Whether the tools act on the paper exchange: asked for, or nothing said of a real API."""
        return self.paper or not self.model_fields_set & REAL

    @property
    def in_memory(self) -> bool:
        """Whether they act on a paper exchange that no other process sees, and that ends with this one, whatever is
        kept elsewhere."""
        return self.on_paper and self.paper_place == MEMORY

    @property
    def compares(self) -> bool:
        """Whether the API may be of another version, and is looked at: the paper exchange is of this one."""
        return self.compare_api and not self.on_paper


# Of services beside the Hummingbot API: field -> variable.
ADDRESSES = {f"{one.name}_url": one.url_setting for one in OTHERS.values()}
KEYS = {f"{one.name}_key": one.key_setting for one in OTHERS.values() if one.header}
VARIABLES = {
    **{name: str(info.validation_alias) for name, info in Settings.model_fields.items() if info.validation_alias},
    **ADDRESSES,
    **KEYS,
}


def called(field: str) -> str:
    """A setting as a person knows it: LOG_LEVEL (--log-level)."""
    return f"{VARIABLES[field]} ({FLAGS[field]})" if field in FLAGS else VARIABLES[field]


def parsed(field: str, value: Any, beside: Path | None = None) -> Any:
    """What a setting's text means; relative paths in it are of the folder `beside` it. Raises ValueError with what is
    wrong, which never quotes the value of a secret."""
    if field in KEYS:
        return _header(value)
    if field in ADDRESSES:
        return _base_url(value, KEYS.get(field.removesuffix("_url") + "_key", "nothing"))
    try:
        return getattr(Settings.model_validate({VARIABLES[field]: value}, context={"beside": beside}), field)
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]["msg"]
    raise ValueError(problem.removeprefix("Value error, "))
