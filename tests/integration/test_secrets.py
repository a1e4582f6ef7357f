"""Recognisable secrets through every path of the real bot and of the commands; afterwards all that
was written is searched for them: files as bytes, archives unpacked, the log at its most talkative,
output, exceptions, and what a person was told."""

import json
import logging
import shutil
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.commands.arguments import Arguments
from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting
from typer.testing import CliRunner

from nija_plugins.cli import app
from nija_plugins.research.engine import simulated
from nija_plugins.research.entries import always_enter
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.market.files import write_synthetic_candles
from nija_plugins.venue.venue import Credentials
from tests.integration.engine import FIRST, SEED
from tests.integration.live import Home, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC = "BTC/USD"

MARKED = {
    "FREQTRADE__EXCHANGE__PASSWORD": "MARKED-password",
    "FREQTRADE__EXCHANGE__UID": "MARKED-uid",
    "FREQTRADE__TELEGRAM__TOKEN": "12345:MARKED-telegram",
    "FREQTRADE__TELEGRAM__CHAT_ID": "MARKED-chat",
    "FREQTRADE__DISCORD__WEBHOOK_URL": "http://127.0.0.1:1/discord/MARKED-discord",
    "FREQTRADE__API_SERVER__PASSWORD": "MARKED-api",
    "FREQTRADE__API_SERVER__JWT_SECRET_KEY": "MARKED-jwt" + "0" * 32,
    "FREQTRADE__API_SERVER__WS_TOKEN": "MARKED-ws" + "0" * 32,
    "FREQTRADE__COINGECKO__API_KEY": "MARKED-coingecko",
    "FREQTRADE__WEBHOOK__URL": "http://127.0.0.1:1/hook/MARKED-hook",
}
"""None of them is needed for what a test does; all of them are in the bot's hands."""

SECTIONS = {
    "telegram": {"enabled": False},
    "discord": {"enabled": False},
    "api_server": {
        "enabled": False,
        "listen_ip_address": "127.0.0.1",
        "listen_port": 8080,
        "username": "freqtrader",
    },
    # Nobody answers there, and freqtrade's log says so, with the address.
    "webhook": {"enabled": True, "retries": 0, "status": {"text": "{status}"}},
}
"""What else freqtrade wants to know of them."""

TALKS = """
import logging, os
from nija_plugins import hookimpl

SAID = os.environ["EVERYTHING"]

"""
LOGS = "logging.getLogger('plugin').warning('config: %s', SAID); logging.warning('{}', SAID)"

PLUGINS = {
    "raises": TALKS + "@hookimpl\ndef nija_veto():\n    raise RuntimeError(SAID)\n",
    "raises at an event": TALKS + "@hookimpl\ndef nija_equity():\n    raise RuntimeError(SAID)\n",
    "refuses": TALKS + "@hookimpl\ndef nija_veto():\n    return 'No, for ' + SAID\n",
    "answers": TALKS + "@hookimpl\ndef nija_stake():\n    return SAID\n",
    "logs": TALKS + f"@hookimpl\ndef nija_veto():\n    {LOGS}\n",
}
"""What a careless plugin does with what it finds in the environment."""


@dataclass
class Spy:
    """Everything that is said, and what must not be in it."""

    secrets: list[str] = field(default_factory=lambda: list(MARKED.values()))
    heard: list[str] = field(default_factory=list)

    def hear(self, error: BaseException) -> None:
        """An exception, as it would be printed; what it hides behind it goes to the log alone."""
        self.heard.append(str(error))

    def keep(self, credentials: Credentials) -> None:
        """The key of an account, and each line of it."""
        lines = (one for one in credentials.secret.splitlines() if not one.startswith("-----"))
        self.secrets += [credentials.key, *lines]

    def found_in(self, text: str) -> set[str]:
        return {secret for secret in self.secrets if secret in text} | (
            {"MARKED"} if "MARKED" in text else set()
        )


@pytest.fixture
def spy() -> Spy:
    return Spy()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """freqtrade's own log file, with tracebacks, as talkative as it can be."""
    root, path = logging.getLogger(), tmp_path / "freqtrade.log"
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    for noisy in ("hypothesis", "numba", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    yield path
    root.removeHandler(handler)
    root.setLevel(level)
    handler.close()


def given(
    spy: Spy,
    monkeypatch: pytest.MonkeyPatch,
    credentials: Credentials,
    *,
    escaped: bool = False,
) -> None:
    """The keys in the environment, where the documentation puts them."""
    secret = credentials.secret.replace("\n", "\\n") if escaped else credentials.secret
    variables = {**MARKED, "FREQTRADE__EXCHANGE__KEY": credentials.key}
    variables["FREQTRADE__EXCHANGE__SECRET"] = secret
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    everything = " and ".join(variables.values())
    monkeypatch.setenv("EVERYTHING", f"{everything} and {list(variables.values())}")
    spy.keep(credentials)


def marked_sections() -> dict[str, Any]:
    """The same secrets as sections of a configuration."""
    sections: dict[str, Any] = deepcopy(SECTIONS)
    for name, value in MARKED.items():
        section, key = name.removeprefix("FREQTRADE__").lower().split("__")
        sections.setdefault(section, {})[key] = value
    sections["exchange"] |= {"key": "MARKED-key", "secret": "MARKED-secret"}
    return sections


def searched(
    folder: Path, spy: Spy, capfd: pytest.CaptureFixture[str], home: Home | None = None
) -> str:
    """All that was said, after making sure that no secret is in it, nor in a file of `folder`."""
    told = [*home.sent, *home.records.lines] if home else []
    said = "\n".join([*spy.heard, *told, *capfd.readouterr()])
    assert not spy.found_in(said)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            for name, content in contents(path):
                assert not spy.found_in(content.decode("utf-8", "replace")), name
    return said


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file's bytes, and those of what is packed in it."""
    yield str(path), path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                yield f"{path}: {name}", packed.read(name)


@pytest.mark.parametrize("what", PLUGINS)
def test_a_plugin_that_tells_them(
    what: str,
    home: Home,
    spy: Spy,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    exchange = "coinbase" if what in ("raises", "refuses") else "kraken"
    given(spy, monkeypatch, home.account(exchange))
    home.plugin("scripted", script({BTC: [4]}, stop=0.04))
    home.plugin("careless", PLUGINS[what])
    bot = home.start(exchange=exchange, dry_run=False, **SECTIONS).at(4)
    bot.at(4, 10)
    said = searched(home.path, spy, capfd, home)
    told = said + log.read_text()
    assert "***" in told, "it was said, and struck out"
    assert "Could not call webhook url" in told
    assert (home.user_data / "nija_account.sqlite").stat().st_size
    assert what == "logs" or not home.books(exchange).orders


FAILING = {
    "wrong signature": "",
    "no signature at all": "",
    "may withdraw": "may withdraw money",
    "a plugin's file": 'Plugin file "careless.py" cannot be loaded: RuntimeError: ***',
    "a setting": 'Setting "nija.mode"',
    "a setting's name": 'Setting "nija.***" is unknown',
    "freqtrade's schema": "***",
}
"""Starts that fail, each with what is said."""


@pytest.mark.parametrize("what", FAILING)
def test_a_start_that_fails(
    what: str,
    exchange: str,
    home: Home,
    spy: Spy,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    changes = dict(SECTIONS)
    if what == "may withdraw":
        home.keys[exchange] = home.venue.open_account(exchange, may_withdraw=True, USD="100")
    account = home.account(exchange)
    if what == "wrong signature":
        account = replace(
            account, secret=home.venue.open_account(exchange, "other", USD="1").secret
        )
    elif what == "no signature at all":
        account = replace(account, secret="MARKED-no-key")
    elif what == "a plugin's file":
        home.plugin("careless", TALKS + "raise RuntimeError(SAID)")
    elif what == "a setting":
        changes["nija"] = {"mode": account.key}
    elif what == "a setting's name":
        changes["nija"] = {account.key: 1}
    given(spy, monkeypatch, account, escaped=exchange == "kraken")
    if what == "freqtrade's schema":
        monkeypatch.setenv("FREQTRADE__API_SERVER__JWT_SECRET_KEY", "MARKED-short")
    with pytest.raises(Exception) as failure:
        home.start(exchange=exchange, dry_run=False, **changes).at(4)
    if what != "freqtrade's schema":  # its own exception is its own, and masked in the log
        spy.hear(failure.value)
    logging.getLogger("freqtrade").error("%s", failure.value, exc_info=failure.value)
    (home.user_data / "config.json").unlink()  # the user's own
    said = searched(home.path, spy, capfd, home)
    assert FAILING[what] in said + log.read_text()


COMMANDS = (
    ("doctor",),
    ("doctor", "--json"),
    ("status",),
    ("status", "--json"),
    ("plugins",),
    ("plugins", "--json"),
    ("refusals",),
    ("refusals", "--json"),
    ("reconcile",),
    ("unlock",),
    ("explain", "--equity", "100", "--pair", BTC, "--price", "50000", "--stop", "4%"),
)


def test_the_commands_beside_the_bot(
    home: Home,
    spy: Spy,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    given(spy, monkeypatch, home.account("coinbase"))
    home.plugin("scripted", script({BTC: [4]}, stop=0.04))
    home.plugin("careless", PLUGINS["refuses"])
    home.start(dry_run=False, db_url=f"sqlite:///{home.path / 'trades.sqlite'}", **SECTIONS).at(4)
    monkeypatch.chdir(home.path)
    for command in COMMANDS:
        home.clock.sleep(1)
        result = CliRunner().invoke(app, list(command), env={"COLUMNS": "220"})
        assert result.exit_code in (0, 1), (command, result.output)
        assert "Traceback" not in result.output
        spy.heard.append(result.output)
    assert any("No, for ***" in told for told in spy.heard), "nija refusals has it"
    searched(home.path, spy, capfd, home)


BROKEN = {
    "half a line": '{"exchange": {"name": "coinbase", "key": "MARKED-key"\n "secret": 1}}',
    "a list": '[{"exchange": {"key": "MARKED-key"}}]',
    "no exchange": '{"exchange": "MARKED-key"}',
    "text for a section": '{"exchange": {"key": "MARKED-key"}, "nija": "MARKED-key"}',
    "not text": "MARKED-key \udcff",
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_configuration_that_cannot_be_read(
    what: str,
    home: Home,
    spy: Spy,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    config = home.user_data / "config.json"
    monkeypatch.chdir(home.path)
    for command in (*COMMANDS, ("replay", "--from", "2025-03-04", "--to", "2025-03-05")):
        config.write_text(BROKEN[what], errors="surrogateescape")
        result = CliRunner().invoke(app, list(command), env={"COLUMNS": "220"})
        assert result.exit_code in (1, 2) or command[0] == "explain", (command, result.output)
        assert result.exception is None or isinstance(result.exception, SystemExit), command
        spy.heard.append(result.output)
    config.unlink()
    searched(home.path, spy, capfd, home)


def test_a_replay(
    home: Home,
    spy: Spy,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    given(spy, monkeypatch, home.venue.open_account("coinbase", "own"))
    (home.user_data / "config.json").write_text(
        json.dumps({"add_config_files": ["../config.micro_capital.json"], **SECTIONS})
    )
    home.plugin("careless", PLUGINS["raises at an event"])
    monkeypatch.chdir(home.path)
    asked = ("replay", "--from", "2024-03-04", "--to", "2024-03-04T06:00", "--iterations", "1")
    result = CliRunner().invoke(app, [*asked, "--live", "--json"], env={"AI_TRADE_FILTER": "false"})
    assert result.exit_code == 0, result.output
    spy.heard.append(result.output)
    assert (home.path / ".nija/replay/config.json").is_file()
    assert "***" in (home.path / ".nija/replay/replay.log").read_text()
    searched(home.path, spy, capfd, home)


def test_a_backtest(
    house: Path,
    tmp_path: Path,
    spy: Spy,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """freqtrade exports its configuration with the result; it knows some secrets' names only."""
    given(spy, monkeypatch, Credentials("coinbase", "MARKED-key", "MARKED-secret"))
    (house / "user_data/plugins/careless.py").write_text(PLUGINS["refuses"])
    shutil.copy(always_enter.__file__, house / "user_data/plugins")
    own = house / "user_data/config.json"
    own.write_text(json.dumps(json.loads(own.read_text()) | marked_sections()))
    end = FIRST + timedelta(days=90)
    write_synthetic_candles(house / "user_data/data/coinbase", FIRST, end, seed=SEED)
    monkeypatch.chdir(house)
    asked = ["backtesting", "--strategy", "NijaMicro", "--export", "trades", "--cache", "none"]
    with simulated(SyntheticCandles(SEED)):
        asked += ["--timerange", f"{FIRST + timedelta(days=60):%Y%m%d}-"]
        parsed = Arguments(asked).get_parsed_arg()
        Backtesting(Configuration(parsed, RunMode.BACKTEST).get_config()).start()
    Backtesting.cleanup()
    own.unlink()
    (result,) = (house / "user_data/backtest_results").glob("*.zip")
    told = b"".join(content for _, content in contents(result))
    assert b"REDACTED" in told
    assert b"No, for ***" in told
    searched(tmp_path, spy, capfd)
