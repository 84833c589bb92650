"""Where a policy is read from, what several files come to, and how mistakes are told."""

import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

from hbmcp import settings
from hbmcp.errors import SettingsError
from hbmcp.policy.file import InForce, in_force, read
from hbmcp.policy.model import Limits, Names, default
from hbmcp.policy.words import rules
from hbmcp.toml_file import MOST
from tests.conftest import ROOT, environment


@pytest.fixture(autouse=True)
def _nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(("HBMCP_", "HUMMINGBOT_", "MCP_", "LOG_LEVEL")):
            monkeypatch.delenv(name)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("platformdirs.user_config_path", lambda name: tmp_path / "config" / name)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Where the user's policy is looked for."""
    (tmp_path / "config/hbmcp").mkdir(parents=True)
    return tmp_path / "config/hbmcp/policy.toml"


def held() -> InForce:
    return in_force(settings.load())


def refused() -> str:
    with pytest.raises(SettingsError) as error:
        held()
    return str(error.value)


def live(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("URL", "http://localhost:8000"), ("USERNAME", "u"), ("PASSWORD", "p")):
        monkeypatch.setenv(f"HUMMINGBOT_API_{name}", value)


def test_without_a_file_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    assert held() == InForce(default(on_paper=True), "the default, for there is no policy file", ())
    assert held().policy.limits == Limits(order=Decimal(1_000_000), day=Decimal(10_000_000))
    live(monkeypatch)
    assert held().policy.limits == Limits(order=Decimal(10_000), day=Decimal(50_000))
    assert held().policy.currency == "USDT"


def test_the_users_file_is_the_whole_truth(theirs: Path) -> None:
    theirs.write_text('currency = "USDC"\n[allow]\npairs = ["BTC-*"]\n', encoding="utf-8")
    assert held().origin == str(theirs)
    assert held().policy.limits == Limits()
    assert held().policy.allow == Names(pairs=("BTC-*",))
    assert held().policy.currency == "USDC"


def test_one_that_is_named_takes_its_place(theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs.write_text("[limits]\norder = 1\n", encoding="utf-8")
    mine = tmp_path / "mine.toml"
    mine.write_text("[limits]\nday = 2\n", encoding="utf-8")
    monkeypatch.setenv("HBMCP_POLICY", str(tmp_path / "here/../mine.toml"))
    assert settings.load().policy == str(tmp_path / "here/../mine.toml")
    assert held().policy.limits == Limits(day=Decimal(2))
    mine.unlink()
    assert "mine.toml can't be read (No such file or directory)" in refused()


def test_a_dotenv_that_nobody_named_names_no_policy(theirs: Path, tmp_path: Path) -> None:
    theirs.write_text("[limits]\norder = 1\n", encoding="utf-8")
    (tmp_path / "loose.toml").write_text("", encoding="utf-8")
    Path(".env").write_text("HBMCP_POLICY=../loose.toml\n", encoding="utf-8")
    assert held().policy.limits == Limits(order=Decimal(1))
    assert any("HBMCP_POLICY" in remark for remark in settings.load().remarks)
    assert in_force(settings.load(env_file_path=".env")).policy.limits == Limits()


def test_a_misspelt_setting_keeps_it_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HBMCP_POLICIES", "x.toml")
    with pytest.raises(SettingsError, match="did you mean HBMCP_POLICY"):
        settings.load()


def test_that_of_the_working_directory_only_tightens(theirs: Path) -> None:
    theirs.write_text(
        '[allow]\npairs = ["BTC-*"]\n[deny]\ntools = ["a"]\n[limits]\norder = 10\nday = 20\n'
        '[budgets.trial]\naccount = "x"\namount = 1\n',
        encoding="utf-8",
    )
    Path("hbmcp.toml").write_text(
        'currency = "JPY"\n[allow]\npairs = ["*"]\nexchanges = ["binance"]\n[deny]\ntools = ["b", "a"]\n'
        '[limits]\norder = 5\nday = 1_000_000\nleverage = 3\n[budgets.trial]\naccount = "x"\namount = 1000\n',
        encoding="utf-8",
    )
    found = held()
    here = Path("hbmcp.toml").absolute()
    assert found.origin == f"{theirs}, tightened by {here}"
    assert found.policy.currency == "USDT"
    assert any("not set its currency: its limits are taken as USDT" in remark for remark in found.remarks)
    assert found.policy.limits == Limits(order=Decimal(5), day=Decimal(20), leverage=Decimal(3))
    assert found.policy.allows == (Names(pairs=("BTC-*",)), Names(pairs=("*",), exchanges=("binance",)))
    assert found.policy.deny == Names(tools=("a", "b"))
    assert [budgets["trial"].amount for budgets in found.policy.budget_lists] == [1, 1000]


def test_that_of_the_working_directory_tightens_the_defaults_too() -> None:
    Path("hbmcp.toml").write_text("[limits]\norder = 5\nday = 1e12\n", encoding="utf-8")
    assert held().policy.limits == Limits(order=Decimal(5), day=Decimal(10_000_000))


@pytest.mark.parametrize("table", ["state", "installation", "policy", "http", "notify", "settings"])
def test_that_of_the_working_directory_sets_nothing_else(table: str) -> None:
    Path("hbmcp.toml").write_text(f'[{table}]\nurl = "sqlite:////tmp/x"\n', encoding="utf-8")
    assert f"hbmcp.toml: there is no {table}" in refused()


def test_one_that_is_named_and_lies_here_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("hbmcp.toml").write_text('currency = "EUR"\n[budgets.b]\naccount = "x"\namount = 1\n', encoding="utf-8")
    monkeypatch.setenv("HBMCP_POLICY", str(Path("hbmcp.toml").absolute()))
    assert (held().policy.currency, len(held().policy.budgets)) == ("EUR", 1)


def test_all_mistakes_of_all_files_are_told_at_once(theirs: Path) -> None:
    theirs.write_text(
        'curency = "USDT"\n[limts]\n[limits]\nordr = 1\nday = -1\nhour = nan\nleverage = inf\nposition = "much"\n'
        'open_orders = 1.5\naccount = true\n[allow]\nexchange = []\npairs = "BTC-*"\ntools = [1, ""]\n'
        "[budgets.trial]\namout = 1\n[budgets]\nother = 3\n",
        encoding="utf-8",
    )
    Path("hbmcp.toml").write_text('currency = "usdt"\ndeny = []\n', encoding="utf-8")
    told = refused()
    for mistake in (
        f"{theirs}: there is no curency; did you mean currency?",
        "there is no limts; did you mean limits?",
        "there is no limits.ordr; did you mean order?",
        "limits.day must be a number above 0.",
        "limits.hour must be a number above 0.",
        "limits.leverage must be a number above 0.",
        "limits.position must be a number above 0.",
        "limits.open_orders must be a whole number above 0.",
        "limits.account must be a number above 0.",
        "there is no allow.exchange; did you mean exchanges?",
        'allow.pairs must be a list, such as ["BTC-*"].',
        "allow.tools.1 must be text.",
        "allow.tools.1 must be text.",
        "there is no budgets.trial.amout; did you mean amount?",
        "budgets.trial.account is missing.",
        "budgets.other must be a table, [budgets.other].",
        f"{Path('hbmcp.toml').absolute()}: currency must be a token in capitals, such as USDT.",
        "deny must be a table, [deny].",
    ):
        assert mistake in told
    assert told.endswith("hbmcp doesn't start without the policy that was meant. Correct the file.")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[limits\n", "isn't TOML"),
        (b"[limits]\norder = 1\norder = 2\n", "isn't TOML"),
        (b"# \n# \xe9\n", "isn't UTF-8 text, from line 2 on"),
        (b"\xff\xfe[\x00", "isn't UTF-8 text"),
        (b"x = " + b"[" * 90_000, "isn't TOML"),
        (b"[limits]\norder = " + b"9" * 5_000, "isn't TOML"),
        (b"[limits]\norder = 1e99999999999999999999\n", "limits.order must be a number above 0|isn't TOML"),
        (b"#" * (MOST + 1), "it isn't a policy"),
    ],
)
def test_a_file_that_is_no_policy_is_told(content: bytes, told: str, theirs: Path) -> None:
    theirs.write_bytes(content)
    with pytest.raises(SettingsError, match=rf"policy\.toml:? ?.*({told})"):
        held()


def test_a_byte_order_mark_does_no_harm(theirs: Path) -> None:
    theirs.write_bytes(b"\xef\xbb\xbf[limits]\r\norder = 7\r\n")
    assert held().policy.limits == Limits(order=Decimal(7))


def test_what_is_no_file_is_told(theirs: Path) -> None:
    theirs.mkdir()
    assert "policy.toml isn't a file" in refused()
    theirs.rmdir()
    theirs.symlink_to("nowhere")  # somebody meant something
    assert "policy.toml can't be read (No such file or directory)" in refused()
    theirs.unlink()
    os.mkfifo(theirs)  # would never answer
    assert "policy.toml isn't a file" in refused()


def test_one_that_cannot_be_read_is_not_passed_over(theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs.write_text("", encoding="utf-8")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:  # root may read everything
        patch.setattr(Path, "open", denied)
        assert "policy.toml can't be read (Permission denied)" in read(theirs).told[0]
    monkeypatch.setattr("hbmcp.policy.file.os.lstat", denied)
    assert "can't be known (Permission denied)" in refused()


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_one_that_others_can_change_is_told(theirs: Path) -> None:
    theirs.write_text("", encoding="utf-8")
    theirs.chmod(0o600)
    assert not held().remarks
    theirs.chmod(0o666)
    assert "Other users can change" in held().remarks[0]


def test_the_example_of_the_readme_is_one(theirs: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    theirs.write_text(example, encoding="utf-8")
    assert held().policy.limits.day_loss == 500


def test_servers_of_tests_read_no_policy_of_the_user() -> None:
    assert Path(environment()["XDG_CONFIG_HOME"]) != Path.home() / ".config"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('confirm = "sometimes"', 'confirm.1.when must be "always", "never" or "over 500".'),
        ('confirm = "over -1"', 'confirm.1.when must be "always", "never" or "over 500".'),
        ("confirm = true", 'confirm must be "always", "never" or "over 500", or tables, [[confirm]].'),
        ('[[confirm]]\nask = "client"', "confirm.1.when is missing."),
        ('[[confirm]]\nwhen = "always"\neffects = ["open"]', "confirm.1.effects.1: Input should be 'opens'"),
        ('[[confirm]]\nwhen = "always"\npair = ["BTC-*"]', "there is no confirm.1.pair; did you mean pairs?"),
        ('[[confirm]]\nwhen = "always"\nminutes = 0', "confirm.1.minutes must be a number above 0."),
    ],
)
def test_mistakes_in_when_a_person_is_asked_are_told(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(written, encoding="utf-8")
    mistakes, found = read(file)
    assert found is None
    assert len(mistakes) == 1
    assert said in mistakes[0]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[limits]\norders_a_minute = true", "limits.orders_a_minute must be a whole number above 0."),
        ('[limits]\nopen_orders = "5"', "limits.open_orders must be a whole number above 0."),
        ("[limits]\nleverage = -3", "limits.leverage must be a number above 0."),
        ("[limits]\norder = 1e400", "limits.order must be a number below 1e30."),
        ("[limits]\nday = " + "9" * 500, "limits.day must be a number below 1e30."),
        ("[limits]\norder = 1e99999999999999999999", "limits.order must be a number above 0."),
        ("order = 5", "there is no order outside of [limits]."),
        ('[budgets.x]\naccount = "a"\namount = 1\nstarts = "soon"', "budgets.x.starts must be a time, such as 2026-"),
        ('[budgets.x]\naccount = "a"\namount = 1\nends = 12', "budgets.x.ends must be a time, such as 2026-"),
        (
            '[budgets.x]\naccount = "a"\namount = 1\nstarts = 2027-01-02\nends = 2027-01-01T00:00:00Z',
            "budgets.x must end after it starts.",
        ),
        ("[limits]\nday = 1\n[limits]\norder = 1", "isn't TOML: Cannot declare ('limits',) twice (at line 3"),
        ("\n\n[limits]\norder = " + "9" * 5000, "isn't TOML that can be read, line 4: a number is too long"),
    ],
)
def test_a_mistake_is_told_with_its_key_or_its_line(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(written, encoding="utf-8")
    mistakes, found = read(file)
    assert found is None
    assert len(mistakes) == 1
    assert said in mistakes[0]


def test_times_of_a_budget_may_be_dates_and_text(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[budgets.x]\naccount = "a"\namount = 1\nstarts = 2027-01-01\nends = "2027-01-02T00:00:00Z"')
    mistakes, found = read(file)
    assert mistakes == []
    assert found is not None
    assert str(found.budgets["x"].starts) == "2027-01-01 00:00:00"


def test_a_file_in_the_working_directory_can_only_have_more_asked(theirs: Path) -> None:
    theirs.write_text('[[confirm]]\nwhen = "over 500"\n', encoding="utf-8")
    Path("hbmcp.toml").write_text('[[confirm]]\nwhen = "never"\ncant_ask = "rely"\n', encoding="utf-8")
    assert [[rule.when for rule in rules] for rules in held().policy.confirm_lists] == [["over 500"], ["never"]]
    told = list(rules(held().policy))
    assert "confirm.1 = over 500 USDT: by the client, within 5 min and 1 %" in told
    assert "confirm.2 = never" in told


def test_what_no_exchange_and_no_pair_is_called_is_told_with_its_place(theirs: Path) -> None:
    theirs.write_text(
        """
        allow = { exchanges = ["binance*", "500", "a, b"], pairs = ["BTC-*", "BTCUSDT", "*", "xyz:TSLA-USD"] }
        deny = { pairs = ["ETH/USDT"] }
        confirm = [{ when = "never" }, { when = "always", exchanges = ["BTC-USDT", "solana-mainnet-beta", "0x?"] }]
        [profiles.bot.allow]
        pairs = ["500"]
        """
    )
    assert held().remarks == (
        f"{theirs}: allow.exchanges has 500, which no exchange is called: they are such as binance_perpetual.",
        f'{theirs}: allow.exchanges has "a, b", which no exchange is called: they are such as binance_perpetual.',
        f"{theirs}: allow.pairs has BTCUSDT, which no pair is called: they are such as BTC-USDT, or BTC-*.",
        f"{theirs}: deny.pairs has ETH/USDT, which no pair is called: they are such as BTC-USDT, or BTC-*.",
        f"{theirs}: confirm.2.exchanges has BTC-USDT, which no exchange is called: they are such as binance_perpetual.",
        f"{theirs}: profiles.bot.allow.pairs has 500, which no pair is called: they are such as BTC-USDT, or BTC-*.",
    )
