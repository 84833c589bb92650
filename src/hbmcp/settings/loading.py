"""The settings out of all sources: which one wins, what is left out, and what a person must be told."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from pydantic import SecretStr

from hbmcp.errors import SettingsError
from hbmcp.settings import misspelt, secret_file
from hbmcp.settings.model import (
    ADDRESSES,
    BOT_TOKENS,
    CREDENTIALS,
    KEYS,
    OF_ONE,
    OF_ONE_ALONE,
    PASSWORDS,
    PROTECTIVE,
    VARIABLES,
    Settings,
    called,
    parsed,
)
from hbmcp.settings.sources import Source, command_line, env_file, environment
from hbmcp.text import named


def _union(several: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(several)))


# What protects holds once any source has said it: these are combined, and no source undoes another's.
TIGHTEN: Mapping[str, Callable[[Iterable[Any]], Any]] = {"read_only": any, "exclude_tools": _union}

# What a .env that nobody named may set: the documentation's five, and what can only protect (PROTECTIVE). Not a file of
# a password, or it could have any file of its reader's sent to the address beside it.
DOCUMENTED = ("api_url", "api_username", "api_password", "port", "log_level")
LOGIN = "hbmcp login"  # the origin of what that keeps
SHARED = ("port", "log_level")  # names that other programs use too, with other values


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    env_file_path: str | None = None,
    unused: Collection[str] = (),
    installation: str | None = None,
) -> Settings:
    """The settings of the installation, or of that of several which has this name. Raises SettingsError as `load_all`
    does, and where it isn't said which is meant."""
    return only(load_all(flags, env_file_path=env_file_path, unused=unused), installation)


def only(each: Sequence[Settings], name: str | None) -> Settings:
    """Of these settings those of the installation of this name, or of the only one. Raises SettingsError."""
    found = [one for one in each if name in (None, one.name)]
    if len(found) == 1:
        return found[0]
    names = [one.name for one in each if one.name]
    if not names:
        raise SettingsError(
            f"There is no installation {named(name or '')}: no file names any.",
            "Nothing was done.",
            "Leave --installation out, or name the file in HBMCP_INSTALLATIONS.",
        )
    said = "Several installations are set up" if name is None else f"There is no installation {named(name)}"
    raise SettingsError(f"{said}.", "Nothing was done.", f"Say --installation with one of {', '.join(names)}.")


def load_all(
    flags: Mapping[str, Any] | None = None, *, env_file_path: str | None = None, unused: Collection[str] = ()
) -> list[Settings]:
    """The settings of each installation, of which there is one where no file names several. `flags` are those of the
    command line by field, None meaning not given.

    `env_file_path` names a .env, or "none"; without it that of the working directory counts, which may be anybody's.
    `unused` are fields that the command has no use for, and doesn't read.

    Raises SettingsError that names every variable with a bad value, and never quotes the value of a secret one; also
    where both the paper exchange and a real API are asked for, where a credential would go to another address than it
    was given for, and where a name is misspelt without which there is a danger.
    """
    found = [env_file(env_file_path), environment(), command_line(flags or {})]
    sources = [_without(source, unused) for source in found if source]
    remarks = list(chain.from_iterable(source.remarks for source in sources))
    sources = [source if source.named else _believed(source, remarks) for source in sources]
    for ways in (PASSWORDS, BOT_TOKENS):
        sources = _one_way(sources, ways)
    settings, by = _chosen(sources)
    if settings.installations is None:
        settings, by = _of_one(settings, by, sources, remarks)
    else:
        settings, by = _of_each(settings, by, sources, remarks)
    _keys_stay(by)
    settings = _with_bot(settings, by, remarks)
    remarks += _misspelt(sources, settings.on_paper)
    if (settings.oauth_issuer is None) != (settings.oauth_audience is None):
        raise SettingsError(
            "HBMCP_OAUTH_ISSUER and HBMCP_OAUTH_AUDIENCE need each other: a token is for somebody, and from somebody.",
            "hbmcp doesn't start.",
            "Set both: the authorization server's address, and this server's own, such as https://mcp.example.com/mcp.",
        )
    settings = settings.model_copy(update={"remarks": tuple(remarks)})
    if settings.installations is None:
        return [settings]
    from hbmcp.settings.installations import several

    return [_logged_in(one) for one in several(settings)]


def _of_one(
    settings: Settings, by: dict[str, Source], sources: Sequence[Source], remarks: list[str]
) -> tuple[Settings, dict[str, Source]]:
    """Of the one installation: on paper, or with what logs in to its API. Raises SettingsError."""
    if settings.paper and "api_url" in by:
        if not by["paper"].named or by["api_url"].named:
            raise SettingsError(
                f"The paper exchange is asked for (--paper or HBMCP_PAPER, from {by['paper'].name}), and "
                f"HUMMINGBOT_API_URL is set too (from {by['api_url'].name}).",
                "Paper and real money are never mixed in one server.",
                "Drop --paper to trade through the Hummingbot API, or unset HUMMINGBOT_API_URL to trade on paper.",
            )
        remarks.append(f"HUMMINGBOT_API_URL in {by['api_url'].name} isn't used: this server trades on paper.")
        settings, by = _chosen([_without(source, ("api_url",)) for source in sources])
    if settings.on_paper:
        remarks += [] if settings.paper else _unfilled(sources)
    else:
        _hold_together(settings, by)
    settings = _with_password(settings, remarks)
    if not settings.on_paper:
        remarks += _missing(settings)
    return settings, by


def _of_each(
    settings: Settings, by: dict[str, Source], sources: Sequence[Source], remarks: list[str]
) -> tuple[Settings, dict[str, Source]]:
    """Of all installations together. Raises SettingsError for what would be of one of them, nobody knows which."""
    stray = [field for field in OF_ONE if field in by and (by[field].named or field in PROTECTIVE)]
    if stray:
        given = ", ".join(f"{called(field)} (from {by[field].name})" for field in stray)
        raise SettingsError(
            f"Each installation in {settings.installations} has settings of its own, and {given} would be of one.",
            "hbmcp doesn't start.",
            " ".join(_where_to_say(stray, settings.installations or "")),
        )
    left = [field for field in OF_ONE if field in by]
    if left:
        names = ", ".join(VARIABLES[field] for field in left)
        remarks.append(f"Not used of {by[left[0]].name}, for a file names the installations: {names}.")
    return _chosen([_without(source, OF_ONE) for source in sources])


def _where_to_say(stray: Collection[str], file: str) -> Iterator[str]:
    """What to do with settings that are of one."""
    if set(stray) - set(OF_ONE_ALONE):
        yield f"Say it in the table of that installation in {file}, and nowhere else."
    if alone := " and ".join(called(field) for field in stray if field in OF_ONE_ALONE):
        yield f"{alone} needs a server of that exchange alone, without the file: --paper-db names it."


def _logged_in(settings: Settings) -> Settings:
    """One of several, with whether a password is kept for its address."""
    remarks: list[str] = []
    if not settings.on_paper:
        settings = _with_password(settings, remarks)
        if not (settings.api_username and (settings.api_password or settings.in_keyring)):
            remarks.append(
                f"[{settings.name}] lacks a username or a password, and "
                f"`hbmcp login --installation {settings.name}` keeps none: every call to it will fail."
            )
    return settings.model_copy(update={"remarks": (*settings.remarks, *remarks)})


def _without(source: Source, fields: Collection[str]) -> Source:
    return replace(source, values={field: value for field, value in source.values.items() if field not in fields})


def _believed(source: Source, remarks: list[str]) -> Source:
    """What is used of a .env that nobody named. Raises SettingsError as _chosen does."""
    left_out = {field: "" for field in source.values if field not in (*DOCUMENTED, *PROTECTIVE)}
    for field, value in source.values.items():
        try:
            if field in PROTECTIVE and not parsed(field, value):
                left_out[field] = ""
            elif field in SHARED:
                parsed(field, value)
        except ValueError as error:
            if field in SHARED:
                left_out[field] = f" ({error})"
            # of a name that is ours alone, _chosen tells it
    if left_out:
        names = ", ".join(f"{VARIABLES[field]}{why}" for field, why in left_out.items())
        remarks.append(
            f"Not used of {source.name}, which was found in this folder and not named: {names}. If it is yours, name "
            "it with --env-file; or ignore it with --env-file none."
        )
    return _without(source, left_out)


def _one_way(sources: Iterable[Source], ways: Collection[str]) -> list[Source]:
    """The strongest that has a secret, or names a file of it, is the only one that has. Raises SettingsError for a
    source that does both."""
    left: list[Source] = []
    found = False
    for source in reversed(list(sources)):
        given = [VARIABLES[field] for field in ways if field in source.values]
        if len(given) > 1:
            raise SettingsError(
                f"{' and '.join(given)} are both set (from {source.name}), and only one can be right.",
                "Neither is used, so hbmcp doesn't start.",
                "Remove one.",
            )
        left.append(_without(source, ways) if found else source)
        found = found or bool(given)
    return left[::-1]


def _with_password(settings: Settings, remarks: list[str]) -> Settings:
    """With that of the file, or else whether one is kept for the address. Raises SettingsError for such a file."""
    if file := settings.api_password_file:
        password = _of_file(settings, "api_password_file", file, "password", remarks)
        return settings.model_copy(update={"api_password": password})
    if settings.on_paper or settings.api_password:
        return settings
    from hbmcp.settings import logins

    try:
        username = logins.username(settings.api_url)
    except SettingsError as error:
        remarks.append(str(error))
        return settings
    if username is None:
        return settings
    if settings.api_username not in (None, username):
        remarks.append(
            f"What `hbmcp login` keeps for this address is another user's than HUMMINGBOT_API_USERNAME says (from "
            f"{settings.origins['api_username']}), so it isn't used."
        )
        return settings
    origins = {"api_username": LOGIN, **settings.origins, "api_password": LOGIN}
    return settings.model_copy(update={"api_username": username, "in_keyring": True, "origins": origins})


def _with_bot(settings: Settings, by: Mapping[str, Source], remarks: list[str]) -> Settings:
    """With the bot's token from its file. Raises SettingsError, also for half of what a bot needs, and for a token that
    would go to another address than stands beside it."""
    if file := settings.telegram_token_file:
        name = "telegram_token_file"
        token = _of_file(settings, name, file, "bot's token", remarks)
        try:
            settings = settings.model_copy(update={"telegram_token": parsed("telegram_token", token)})
        except ValueError as error:
            raise _unusable(settings, name, error, "bot's token") from None
    if (settings.telegram_token is None) != (settings.telegram_chat is None):
        raise SettingsError(
            "HBMCP_TELEGRAM_TOKEN and HBMCP_TELEGRAM_CHAT need each other: a bot asks in one chat, and in no other.",
            "hbmcp doesn't start.",
            "Set both, or neither.",
        )
    source = next((by[field] for field in BOT_TOKENS if field in by), None)
    if source is not None and "telegram_url" in by and by["telegram_url"] != source:
        raise SettingsError(
            f"HBMCP_TELEGRAM_URL comes from {by['telegram_url'].name}, and the bot's token from {source.name}.",
            "It is sent nowhere else than where it was meant to, so hbmcp doesn't start.",
            "Give both in the same place.",
        )
    return settings


def _of_file(settings: Settings, field: str, file: str, what: str, remarks: list[str]) -> SecretStr:
    """The secret in it. Raises SettingsError."""
    name = VARIABLES[field]
    try:
        found = secret_file.read(file)
    except ValueError as error:
        raise _unusable(settings, field, error, what) from None
    if secret_file.readable_by_others(file):
        remarks.append(f"The file that {name} names can be read by other users: chmod 600 keeps it from them.")
    return found


def _unusable(settings: Settings, field: str, error: ValueError, what: str) -> SettingsError:
    return SettingsError(
        _wrong(field, error, settings.origins[field]),
        f"Without the {what} hbmcp doesn't start.",
        f"Name a file that holds the {what} alone.",
    )


def _wrong(field: str, error: ValueError, origin: str) -> str:
    return f"{called(field)}: {error} (from {origin})."


def _chosen(sources: Iterable[Source]) -> tuple[Settings, dict[str, Source]]:
    """The settings of these sources, the strongest last, and which one set each. Raises SettingsError."""
    values: dict[str, Any] = {}
    by: dict[str, Source] = {}
    problems = []
    for field in VARIABLES:
        setting = [source for source in sources if field in source.values]
        if not setting:
            continue
        by[field] = setting[-1]
        try:
            if combine := TIGHTEN.get(field):
                each = [_parsed(source, field) for source in setting]
                values[field] = combine(each)
                by[field] = ([source for source, value in zip(setting, each, strict=True) if value] or setting)[-1]
            else:
                values[field] = _parsed(setting[-1], field)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError("\n".join(problems))
    origins = {field: source.name for field, source in by.items()}
    services = {field: values.pop(field) for field in (*ADDRESSES, *KEYS) if field in values}
    return Settings.model_construct(**values, services=services, origins=origins), by


def _parsed(source: Source, field: str) -> Any:
    """Raises ValueError, with the names of the setting and of where it comes from."""
    try:
        return parsed(field, source.values[field], source.folder)
    except ValueError as error:
        raise ValueError(_wrong(field, error, source.name)) from None


def _hold_together(settings: Settings, by: Mapping[str, Source]) -> None:
    """Credentials go to the address that stands beside them, or to the default one if none does; nowhere else."""
    for field in CREDENTIALS:
        if field not in by:
            continue
        source = by[field]
        meant = _parsed(source, "api_url") if "api_url" in source.values else Settings.model_fields["api_url"].default
        if meant != settings.api_url:
            raise SettingsError(
                f"HUMMINGBOT_API_URL comes from {by['api_url'].name}, and {VARIABLES[field]} from {source.name}, where "
                "another address, or none, stands beside it.",
                "It is sent nowhere else, so hbmcp doesn't start.",
                "Give address, username and password in the same place; --env-file none ignores a .env.",
            )


def _keys_stay(by: Mapping[str, Source]) -> None:
    """A service's credential goes to the address that stands beside it, or to its own. Raises SettingsError."""
    for key in KEYS.keys() & by.keys():
        address = key.removesuffix("_key") + "_url"
        if address in by and by[address] != by[key]:
            raise SettingsError(
                f"{VARIABLES[address]} comes from {by[address].name}, and {VARIABLES[key]} from {by[key].name}.",
                "It is sent nowhere else than where it was meant to, so hbmcp doesn't start.",
                "Give both in the same place.",
            )


def _missing(settings: Settings) -> list[str]:
    given = {"api_username": settings.api_username, "api_password": settings.api_password or settings.in_keyring}
    missing = _not_set(field for field, value in given.items() if not value)
    if not missing:
        return []
    return [
        f"{missing}: every call to the Hummingbot API will fail. Set what is missing beside HUMMINGBOT_API_URL, or "
        "keep it with `hbmcp login`, and start again."
    ]


def _unfilled(sources: Iterable[Source]) -> list[str]:
    """Who names the API's credentials, and leaves them empty, may not expect the paper exchange."""
    unfilled = {field for source in sources for field in source.unfilled}
    missing = _not_set(field for field in CREDENTIALS if field in unfilled)
    if not missing:
        return []
    return [
        f"{missing}, so this server trades on paper. To act on a Hummingbot API, set HUMMINGBOT_API_URL and both "
        "beside it, and start again."
    ]


def _not_set(fields: Iterable[str]) -> str:
    names = [VARIABLES[field] for field in fields]
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} not set (or not filled in)" if names else ""


def _misspelt(sources: Iterable[Source], on_paper: bool) -> list[str]:
    """Remarks on names that nobody reads. Raises SettingsError where going on without one is a danger."""
    remarks = []
    for source in sources:
        for name in source.names:
            setting = misspelt.meant(name)
            if setting is None:
                continue
            near = f"; did you mean {setting}?" if setting else "."
            problem = f"{name}, from {source.name}, is no setting of hbmcp{near}"
            if danger := misspelt.danger(setting, on_paper):
                raise SettingsError(problem, f"{danger}, so hbmcp doesn't start.", "Correct the name, or remove it.")
            remarks.append(f"{problem} It is ignored.")
    return remarks
