"""hbmcp policy."""

import os
import stat
import sys
import tomllib
from contextlib import aclosing
from functools import partial
from pathlib import Path

import anyio
import pytest
from typer.testing import CliRunner

from hbmcp import settings
from hbmcp.bridge import Bridge, Outcome
from hbmcp.catalog import Catalog
from hbmcp.cli.app import application
from hbmcp.cli.call import read_arguments
from hbmcp.cli.opening import unapproved
from hbmcp.errors import SettingsError
from hbmcp.identity import Identity
from hbmcp.policy.confirmation.passphrase import KEY
from hbmcp.policy.file import in_force, read
from hbmcp.store import Store
from tests import forked
from tests.conftest import connected, environment, hbmcp
from tests.faulty_api import FaultyApi
from tests.stdio_server import StdioServer

ORDER = ["account_name=master_account", "connector_name=binance", "side=BUY", "order_type=MARKET", "amount=0.01"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The policy that is meant, which isn't there yet."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment(HBMCP_PAPER_DB=":memory:", HBMCP_STATE_URL=f"sqlite:///{tmp_path}/s").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HBMCP_POLICY", str(tmp_path / "new/policy.toml"))
    return tmp_path / "new/policy.toml"


def run(*arguments: str, said: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(application(), ["policy", *arguments], input=said)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of our own")
def test_init_asks_five_questions_and_writes_a_file_for_its_user_alone(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    file = tmp_path / "config/policy.toml"
    env = environment(HBMCP_POLICY=str(file))

    def init(*answers: str) -> tuple[int, str]:
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        done = forked.run(
            [*forked.HBMCP, "policy", "init"],
            env=env, cwd=tmp_path, stdin=theirs, capture_output=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    code, told = init("5,000", "lots", "none", "binance*, kucoin", "", "250.5")
    assert code == 0
    assert "isn't a number above 0, nor none" in told
    assert f"Written to {file}" in told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]
    table = tomllib.loads(file.read_text("utf-8"))
    assert table["limits"] == {"order": 5000, "day_loss": 250.5}
    assert table["allow"] == {"exchanges": ["binance*", "kucoin"]}
    before = file.read_bytes()
    code, told = init("n")
    assert (code, file.read_bytes()) == (1, before)
    assert "Replace it?" in told
    assert init("y", "", "", "all", "BTC-USDT", "")[0] == 0
    table = tomllib.loads(file.read_text("utf-8"))
    assert (table["limits"], table["allow"]) == ({"order": 10000, "day": 50000}, {"pairs": ["BTC-USDT"]})
    os.close(ours)
    os.close(theirs)


def test_init_asks_only_a_person(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    done = hbmcp("policy", "init", env=environment(HBMCP_POLICY=str(file)), cwd=tmp_path)
    assert (done.returncode, file.exists()) == (2, False)
    assert "asks a person, at a terminal" in done.stderr


def test_all_that_init_has_only_in_comments_may_be_set(tmp_path: Path) -> None:
    """The comments of the file are its documentation."""
    from hbmcp.policy.model import Budget, Confirm, Limits, Names
    from hbmcp.policy.template import Answers, written

    lines = written(Answers(None, None, (), (), None)).splitlines()
    file = tmp_path / "all.toml"
    text = "\n".join(line.removeprefix("# ") if " = " in line or line.startswith("# [") else line for line in lines)
    file.write_text(text, encoding="utf-8")
    mistakes, found = read(file)
    assert mistakes == []
    assert found is not None
    assert found.allow.model_fields_set == set(Names.model_fields)
    assert found.limits.model_fields_set == set(Limits.model_fields)
    assert [budget.model_fields_set for budget in found.budgets.values()] == [set(Budget.model_fields)]
    assert [rule.model_fields_set for rule in found.confirm] == [set(Confirm.model_fields)]


def test_check_names_every_mistake(file: Path, tmp_path: Path) -> None:
    assert run("check") == (1, f"{file} can't be read (No such file or directory).\n")
    write(file, "[limits]\nordr = 1\nday = 0\n")
    code, told = run("check")
    assert code == 1
    assert told.splitlines() == [
        f"{file}: limits.day must be a number above 0.",
        f"{file}: there is no limits.ordr; did you mean order?",
    ]
    write(file, "[limits]\norder = 1_500\n[deny]\npairs = ['X-*']\n")
    assert run("check") == (0, f"No mistake. What holds, {file}: order 1,500 USDT; 1 more rule.\n")
    other = tmp_path / "other.toml"
    write(other, "[limit]")
    assert run("check", str(other)) == (1, f"{other}: there is no limit; did you mean limits?\n")
    write(other, "")
    assert run("check", str(other)) == (0, f"{other} has no mistake: no limits.\n")


def test_show_prints_what_holds_and_where_from(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        file,
        '[allow]\npairs = ["BTC-*", "ETH-USDT"]\n[limits]\norder = 1500\n[budgets.trial]\naccount = "a"\namount = 9\n',
    )
    write(Path("hbmcp.toml"), "[limits]\nleverage = 3\n[allow]\npairs = ['BTC-*']\n")
    code, told = run("show")
    assert code == 0
    assert told.startswith(
        f"The policy, {file}, tightened by {Path('hbmcp.toml').absolute()}:\n"
        "  allow.pairs = BTC-*, ETH-USDT\n"
        "  allow.pairs = BTC-*\n"
        "  limits.order = 1,500 USDT\n"
        "  limits.leverage = 3\n"
        "  budgets.trial = 9 USDT at a\n"
        "Limits: 0 of at most 9 USDT sent to open at a.\n"
    )
    monkeypatch.delenv("HBMCP_POLICY")
    Path("hbmcp.toml").unlink()
    monkeypatch.setattr("platformdirs.user_config_path", lambda _: Path("nowhere"))
    assert run("show")[1].startswith(
        "The policy, the default, for there is no policy file:\n  limits.order = 1,000,000 USDT\n"
    )


def test_that_nobody_can_approve_is_said_until_a_passphrase_is_set(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HBMCP_PAPER_DB", str(tmp_path / "paper.sqlite"))
    write(file, '[[profiles.bot.confirm]]\nwhen = "always"\nask = "terminal"\n')
    approvals = partial(CliRunner().invoke, application(), ["approvals"])
    told = settings.load(unused=settings.HTTP)
    nobody = "no passphrase is set, without which nobody approves anything: `hbmcp approvals passphrase` sets it."
    for said in (run("check")[1], run("show")[1], approvals().output, *unapproved(told, in_force(told).policy)):
        assert nobody in said
    monkeypatch.setenv("HBMCP_PAPER_DB", ":memory:")
    monkeypatch.delenv("HBMCP_STATE_URL")
    assert "asks at a terminal, and nobody can be: this paper exchange is in memory" in run("check")[1]
    monkeypatch.setenv("HBMCP_PAPER_DB", str(tmp_path / "paper.sqlite"))
    monkeypatch.setenv("HBMCP_STATE_URL", f"sqlite:///{tmp_path}/s")

    async def keep() -> None:
        async with aclosing(Store.open(told, Identity.of(told))) as store:
            await store.save_key(KEY, "a hash")

    anyio.run(keep)
    for said in (run("check")[1], run("show")[1], approvals().output):
        assert "passphrase" not in said
    write(file, '[[confirm]]\nwhen = "always"\n')
    assert "passphrase" not in run("check")[1]


@pytest.mark.parametrize(
    ("cant_ask", "became"),
    [
        (("refuse",), "refused."),
        (("rely",), "sent without asking."),
        (("rely", "refuse"), 'refused, but where cant_ask is "rely".'),
    ],
)
def test_without_a_bot_it_is_told_what_becomes_of_what_is_asked_for(
    file: Path, cant_ask: tuple[str, ...], became: str
) -> None:
    write(file, "".join(f'[[confirm]]\nwhen = "always"\nask = "telegram"\ncant_ask = "{one}"\n' for one in cant_ask))
    told = settings.load(unused=settings.HTTP)
    said = unapproved(told, in_force(told).policy)
    assert said == [
        "The policy asks in Telegram, and nobody can be: no Telegram bot is set here (HBMCP_TELEGRAM_TOKEN, "
        f"HBMCP_TELEGRAM_CHAT). What it asks for so is {became}"
    ]


@pytest.mark.parametrize("command", [("approvals",), ("audit", "show"), ("halt", "--yes"), ("token", "list")])
def test_what_a_paper_exchange_in_memory_has_no_other_command_looks_at(file: Path, command: tuple[str, ...]) -> None:
    """Though what is remembered of it is in a file."""
    write(file, "")
    refused = CliRunner().invoke(application(), command).exception
    assert isinstance(refused, SettingsError)
    assert str(refused).startswith("A paper exchange in memory is its server's alone: no other command sees it")


def test_in_memory_a_call_never_waits_for_another_terminal(file: Path) -> None:
    write(file, '[[confirm]]\nwhen = "always"\nask = "terminal"\n')
    told = settings.load(unused=settings.HTTP)
    assert told.state_url is not None

    async def call() -> Outcome:
        bridge = Bridge(Catalog.load().choose(), told, policy=in_force(told).policy)
        try:
            return await bridge.call("place_order", read_arguments([*ORDER, "trading_pair=BTC-USDT"], None))
        finally:
            await bridge.aclose()

    outcome = anyio.run(call)
    assert outcome.is_error
    assert "nobody can be: this paper exchange is in memory" in outcome.text
    assert "in memory" in run("check")[1]


def test_test_tells_the_verdict_and_sends_nothing(file: Path) -> None:
    write(file, '[allow]\npairs = ["BTC-*"]\n[deny]\ntools = ["cancel_order", "get_ticker"]\n')
    code, told = run("test", "place_order", "trading_pair=BTC-USDT", *ORDER)
    assert code == 0
    assert "The policy allows it." in told
    code, told = run("test", "place_order", "trading_pair=ETH-USDT", "preview=false", *ORDER)
    assert code == 1
    assert "It would be refused: The policy refuses BUY 0.01 ETH-USDT" in told
    code, told = run("test", "cancel_order", "order_id=x")
    assert code == 1
    assert "cancel_order is switched off here: the policy denies it" in told
    assert run("test", "get_accounts") == (0, "get_accounts only reads, and is allowed.\n")
    assert run("test", "get_ticker")[0] == 1


def test_a_call_from_the_terminal_stands_under_the_same_policy(file: Path) -> None:
    write(file, '[allow]\npairs = ["BTC-*"]\n')
    result = CliRunner().invoke(application(), ["call", "place_order", "trading_pair=ETH-USDT", *ORDER])
    assert result.exit_code == 1
    assert "The policy refuses BUY 0.01 ETH-USDT" in result.output
    assert "Nothing was sent. A person set this in the policy." in result.output


def test_test_takes_no_secret_and_needs_none(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HBMCP_TOOLS", "add_credential,add_wallet")
    write(file, '[deny]\naccounts = ["other"]\n')
    keys = 'credentials={"binance_api_key": "CANARY"}'
    for tool, argument in (("add_credential", keys), ("add_wallet", "private_key=CANARY")):
        with pytest.raises(SettingsError, match="is a secret, and a command line is seen by others") as error:
            run("test", tool, argument)
        assert "Leave it out" in str(error.value)
    given = ("connector_name=binance", "account_name=master_account")
    code, told = run("test", "add_credential", *given)
    assert (code, "The policy allows it" in told) == (0, True)
    assert run("test", "add_credential", "connector_name=binance", "account_name=other")[0] == 1
    assert run("test", "add_wallet", "chain=solana")[0] == 0


def test_a_server_says_what_holds_and_does_not_start_on_a_mistake(api: FaultyApi, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    env = connected(api.url, HBMCP_POLICY=str(policy))
    write(policy, "[limits]\norder = 700\n[deny]\ntools = ['place_order']\n")
    done = hbmcp("serve", env=env, cwd=tmp_path)
    assert f"Policy, {policy}: order 700 USDT; 1 more rule." in done.stderr
    write(policy, "[limits]\nordr = 700\n")
    done = hbmcp("serve", env=env, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no limits.ordr; did you mean order?" in done.stderr
    assert hbmcp("tools", env=env, cwd=tmp_path).returncode == 2
    assert hbmcp("call", "get_accounts", env=env, cwd=tmp_path).returncode == 2


def test_a_client_is_offered_and_allowed_what_the_policy_leaves(file: Path, tmp_path: Path) -> None:
    write(file, '[allow]\npairs = ["BTC-*"]\n[deny]\ntools = ["close_positions"]\n')
    order = dict(argument.split("=") for argument in ORDER)
    with StdioServer(env=environment(HBMCP_POLICY=str(file), HBMCP_PAPER_DB=":memory:"), cwd=tmp_path) as server:
        assert {"place_order", "close_position"} <= server.tools().keys()
        assert not {"close_positions", "add_credential", "delete_account"} & server.tools().keys()
        text, failed = server.call("close_positions", loss_over=5)
        assert failed
        assert "the policy denies it" in text
        text, failed = server.call("place_order", trading_pair="ETH-USDT", **order)
        assert failed
        assert "the pair ETH-USDT isn't among the pairs that it allows (BTC-*)" in text
        text, failed = server.call("place_order", trading_pair="BTC-USDT", **order)
        assert not failed, text
