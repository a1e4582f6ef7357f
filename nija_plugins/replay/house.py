"""Where a replayed bot lives: the user's strategy, plugins and configuration, and nothing it could
harm. State files, database, log and candles are the replay's own."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from freqtrade.commands.arguments import Arguments

from nija_plugins.doctor.network import NEVER_SENT
from nija_plugins.redaction import without_secrets
from nija_plugins.venue.environment import addresses
from nija_plugins.venue.market.candles import CandleSource
from nija_plugins.venue.market.files import store_candles
from nija_plugins.venue.venue import Credentials

HISTORY = timedelta(days=900)
"""Candles before a replay: what the AI filter learns from, and daily averages."""
TAKEN = ("strategies", "plugins", "hyperopts")
SECRETS = frozenset({*NEVER_SENT, "api_key", "key"})
LEFT_OUT = (
    "add_config_files",
    "api_server",
    "config_files",
    "discord",
    "external_message_consumer",
    "original_config",
    "telegram",
    "webhook",
)
"""Nobody outside is told of a replay, and nobody outside leads it."""

LOG_FILE = "replay.log"


@dataclass(frozen=True, slots=True)
class House:
    """`folder` holds `user_data` with `candles`, the database and the log."""

    folder: Path
    exchange: str

    @property
    def user_data(self) -> Path:
        return self.folder / "user_data"

    @property
    def candles(self) -> Path:
        return self.user_data / "data" / self.exchange

    @property
    def log(self) -> Path:
        return self.folder / LOG_FILE

    @property
    def database(self) -> str:
        """As SQLAlchemy writes it."""
        return f"sqlite:///{self.folder / 'trades.sqlite'}"

    def arguments(self, command: str, *more: str) -> dict[str, Any]:
        """What freqtrade's command line would make of this house."""
        given = [command, "--strategy", "NijaMicro", "--userdir", str(self.user_data)]
        given += ["--config", str(self.folder / "config.json"), "--datadir", str(self.candles)]
        parsed: dict[str, Any] = Arguments([*given, *more]).get_parsed_arg()
        return parsed


def build(
    folder: Path,
    config: Mapping[str, Any],
    source: CandleSource,
    first: datetime,
    last: datetime,
    url: str,
    account: Credentials | None,
) -> House:
    """A new house in `folder`, in place of an earlier one, for a bot that trades `config` from
    `first` to `last` (UTC) on the simulated exchange at `url`; live on `account` where there is
    one. The user's own keys are not taken along."""
    shutil.rmtree(folder, ignore_errors=True)
    house = House(folder.absolute(), config["exchange"]["name"])
    for name in TAKEN:
        origin = Path(config["user_data_dir"]) / name
        if origin.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(origin, house.user_data / name, ignore=ignore)
    store_candles(source, house.candles, first - HISTORY, last)
    kept = without_secrets({name: one for name, one in config.items() if name not in LEFT_OUT})
    exchange = {
        **{name: value for name, value in kept["exchange"].items() if name not in SECRETS},
        "key": account.key if account else "",
        "secret": account.secret if account else "",
        "ccxt_config": {
            "urls": {"api": addresses(url)},
            # ccxt's throttle would wait for a clock that stands still.
            "enableRateLimit": False,
            "timeout": 10_000,
            "timeout_on_exit": 0,
        },
        "ccxt_async_config": {},
        "ccxt_sync_config": {},
        "markets_refresh_interval": 10**6,
    }
    # Another ledger than the house's own would be that of the real bots.
    nija = {name: one for name, one in kept.get("nija", {}).items() if name != "portfolio_url"}
    changed = {
        "nija": nija,
        "exchange": exchange,
        "dry_run": account is None,
        "db_url": house.database,
    }
    plain = json.dumps(kept | changed | {"user_data_dir": str(house.user_data)}, default=str)
    (house.folder / "config.json").write_text(plain)
    return house
