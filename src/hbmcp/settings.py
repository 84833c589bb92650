"""Settings: defaults, then the environment, then .env in the working directory, then flags; the later wins."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from hbmcp.errors import SettingsError

MEMORY = ":memory:"  # HBMCP_PAPER_DB: no file

FLAGS = {
    "port": "--port",
    "log_level": "--log-level",
    "toolsets": "--toolsets",
    "tools": "--tools",
    "exclude_tools": "--exclude-tools",
    "read_only": "--read-only",
    "paper": "--paper",
    "paper_balance": "--paper-balance",
    "paper_db": "--paper-db",
    "paper_reset": "--paper-reset",
    "paper_speed": "--paper-speed",
}
REAL = {"api_url", "api_username", "api_password"}  # who sets one of these means the real API


def _listed(value: Any) -> Any:
    """ "a, b" -> ("a", "b")"""
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def _level(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _base_url(value: Any) -> Any:
    """The API's address without a slash at its end. Raises ValueError, without quoting it: it may hold a password."""
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value.strip())
    except ValueError:  # its words may quote a password
        raise ValueError("its host can't be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must be an address such as http://localhost:8000")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "it must not hold a username or password; set HUMMINGBOT_API_USERNAME and HUMMINGBOT_API_PASSWORD instead"
        )
    if parts.query or parts.fragment:
        raise ValueError("it must have nothing after its path")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("its port must be a number from 0 to 65535") from None
    return value.strip().rstrip("/")


def _state_url(value: Any) -> Any:
    """A database's address. Raises ValueError, without quoting it: it may hold a password."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        return value
    kind, _, rest = text.strip().partition("://")
    if kind == "sqlite":
        if len(rest) < 2 or not rest.startswith("/") or rest.endswith("/"):
            raise ValueError("after sqlite:/// it must have the path of a file, as in sqlite:////home/me/hbmcp.sqlite")
        return SecretStr(text.strip())
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


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """What hbmcp was told. An empty variable counts as not set."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    api_url: Annotated[str, BeforeValidator(_base_url)] = Field(
        default="http://localhost:8000", validation_alias="HUMMINGBOT_API_URL"
    )
    api_username: str | None = Field(default=None, validation_alias="HUMMINGBOT_API_USERNAME")
    api_password: SecretStr | None = Field(default=None, validation_alias="HUMMINGBOT_API_PASSWORD")
    # 0 is any free port.
    port: int = Field(default=3000, ge=0, le=65535, validation_alias="MCP_SERVER_PORT")
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_level)] = Field(
        default="INFO", validation_alias="LOG_LEVEL"
    )
    toolsets: Names = Field(default=(), validation_alias="HBMCP_TOOLSETS")
    tools: Names = Field(default=(), validation_alias="HBMCP_TOOLS")
    exclude_tools: Names = Field(default=(), validation_alias="HBMCP_EXCLUDE_TOOLS")
    read_only: bool = Field(default=False, validation_alias="HBMCP_READ_ONLY")
    paper: bool = Field(default=False, validation_alias="HBMCP_PAPER")
    paper_balance: Annotated[tuple[tuple[str, Decimal], ...], NoDecode, BeforeValidator(_balances)] = Field(
        default=(), validation_alias="HBMCP_PAPER_BALANCE"
    )
    # None is a file in the user's data folder, MEMORY is none.
    paper_db: str | None = Field(default=None, validation_alias="HBMCP_PAPER_DB")
    paper_reset: bool = Field(default=False, validation_alias="HBMCP_PAPER_RESET")
    paper_speed: float = Field(default=1, gt=0, le=100_000, validation_alias="HBMCP_PAPER_SPEED")
    # None is the API's address.
    installation: Annotated[str | None, BeforeValidator(_installation)] = Field(
        default=None, validation_alias="HBMCP_INSTALLATION"
    )
    # None is a SQLite file in the user's data folder.
    state_url: Annotated[SecretStr | None, BeforeValidator(_state_url)] = Field(
        default=None, validation_alias="HBMCP_STATE_URL"
    )

    @property
    def on_paper(self) -> bool:
        """Whether the tools act on the paper exchange: asked for, or nothing said of a real API."""
        return self.paper or not self.model_fields_set & REAL

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The first wins: flags, .env, environment."""
        return init_settings, dotenv_settings, env_settings


def load(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings; `flags` are those given on the command line, None meaning not given.

    Raises SettingsError that names every variable with a bad value, and never quotes the value of a secret one; also
    where both the paper exchange and a real API are asked for.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        told = Settings(**given)
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_told(problem["loc"], problem["msg"]) for problem in error.errors(include_input=False))
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f".env can't be read ({type(error).__name__}).", advice="Make it a UTF-8 text file, or remove it."
        ) from None
    if told.paper and "api_url" in told.model_fields_set:
        raise SettingsError(
            "The paper exchange is asked for (--paper or HBMCP_PAPER), and HUMMINGBOT_API_URL is set too.",
            "Paper and real money are never mixed in one server.",
            "Drop --paper to trade through the Hummingbot API, or unset HUMMINGBOT_API_URL to trade on paper.",
        )
    return told


def _told(place: tuple[int | str, ...], problem: str) -> str:
    name = str(place[0]) if place else "settings"
    for field, info in Settings.model_fields.items():
        if name in (field, info.validation_alias):
            flag = f" ({FLAGS[field]})" if field in FLAGS else ""
            name = f"{info.validation_alias}{flag}"
    return f"{name}: {problem.removeprefix('Value error, ')}."
