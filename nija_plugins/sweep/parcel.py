"""What a worker needs besides a case, as one value that travels through Dask: configuration without
secrets, strategy, plugins and candles. No worker reads a path of the machine that sends it."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from nija_plugins import manager
from nija_plugins.redaction import INSTEAD, without_secrets
from nija_plugins.settings import SECRET, Settings

STRATEGY = "NijaMicro"
CONFIGURATION = "user_data/config.json"
PARAMETERS = f"user_data/strategies/{STRATEGY}.json"
"""Where hyperopt leaves what it chose, and freqtrade looks for it."""
TIMEFRAMES = ("1h", "1d")
SERVED = ("BTC", "ETH", "SOL")
"""What the simulated exchange, whose rules and fees a backtest needs, lists."""
NOT_SENT = (
    *("telegram", "api_server", "webhook", "discord", "external_message_consumer", "db_url"),
    *("user_data_dir", "datadir", "strategy_path", "add_config_files", "config_files"),
    *("logfile", "log_config", "bot_name"),
)
"""What a backtest has no use for, and paths of this machine."""
WARM_UP = timedelta(days=30)
"""719 hours before the first traded one; freqtrade would begin later without saying so."""
FULL_WARM_UP = timedelta(days=60)
"""With it the 50-day average is there from the first hour, too."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """`files` are texts and `candles` feather files, each under its path or name. `code` is what
    `code_of` says here, `basis` a hash of all of it."""

    files: tuple[tuple[str, str], ...]
    candles: tuple[tuple[str, bytes], ...]
    code: str
    basis: str


@dataclass(frozen=True, slots=True)
class Span:
    """Days that the candles of every pair cover: from `first` 00:00 until `end` 00:00 (UTC)."""

    first: date
    end: date


def code_of(plugins: Path, section: Mapping[str, Any]) -> str:
    """A hash of NIJA's code, freqtrade's version, installed plugin packages and the plugin files in
    the folder `plugins`, with the settings `section`. Raises PluginError and SettingsError."""
    settings = Settings.load({"nija": section}, {})
    ours = manager.fingerprint(manager.build(settings, plugins), settings)
    return hashlib.sha256(f"{version('freqtrade')} {ours}".encode()).hexdigest()


def section_of(config: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Any:
    """Every setting as it would count here, the environment's included; no secret one."""
    return Settings.load(config, environ).model_dump(mode="json", exclude=set(SECRET))


def pack(config: Mapping[str, Any], section: Mapping[str, Any], datadir: Path) -> Parcel:
    """The parcel for `config` (as `cli.configuration.load` returns it) with the settings `section`
    and the candles in `datadir`. Raises ValueError, PluginError and SettingsError."""
    user_data = Path(config["user_data_dir"])
    strategies, plugins = user_data / "strategies", user_data / "plugins"
    files = {CONFIGURATION: json.dumps(_plain(config, section), sort_keys=True)}
    for folder in (strategies, plugins):
        for file in sorted(folder.rglob("*.py")):
            name = f"user_data/{folder.name}/{file.relative_to(folder).as_posix()}"
            files[name] = file.read_text(encoding="utf-8")
    if (chosen := strategies / f"{STRATEGY}.json").is_file():
        files[PARAMETERS] = chosen.read_text(encoding="utf-8")
    candles = tuple(_candles(config, datadir))
    code = code_of(plugins, section)
    digest = hashlib.sha256(code.encode())
    for name, text in files.items():
        digest.update(name.encode() + b"\0" + text.encode() + b"\0")
    for name, content in candles:
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return Parcel(tuple(files.items()), candles, code, digest.hexdigest())


def span(parcel: Parcel) -> Span:
    """What all hourly candles of `parcel` cover. Raises ValueError when one file is unreadable."""
    first, last = [], []
    for name, content in parcel.candles:
        if name.endswith("-1h.feather"):
            try:
                dates = pd.read_feather(BytesIO(content), columns=["date"])["date"]
                first.append(dates.iloc[0])
                last.append(dates.iloc[-1])
            except Exception as error:  # somebody's file
                raise ValueError(f"{name} holds no candles: {type(error).__name__}.") from None
    begin, end = max(first).ceil("D"), (min(last) + pd.Timedelta(hours=1)).floor("D")
    return Span(begin.date(), end.date())


def _plain(config: Mapping[str, Any], section: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that is sent: no secret, and no path but relative ones."""
    kept = {name: value for name, value in config.items() if name not in NOT_SENT}
    clean = without_secrets({**kept, "nija": dict(section)})
    clean["exchange"] = {n: v for n, v in clean["exchange"].items() if v != INSTEAD}
    plain: dict[str, Any] = json.loads(json.dumps(clean, default=str))
    return plain


def _candles(config: Mapping[str, Any], datadir: Path) -> Iterator[tuple[str, bytes]]:
    pairs = config["exchange"].get("pair_whitelist") or []
    if not pairs:
        raise ValueError('There is no pair to trade: set "exchange.pair_whitelist".')
    for pair in pairs:
        if str(pair).partition("/")[0] not in SERVED:
            raise ValueError(
                f"{pair} cannot be swept: the simulated exchange, whose rules a backtest needs, "
                f"has {', '.join(SERVED)}. Take it out of exchange.pair_whitelist."
            )
        for timeframe in TIMEFRAMES:
            file = datadir / f"{str(pair).replace('/', '_')}-{timeframe}.feather"
            if not file.is_file():
                others = sorted(datadir.parent.glob(f"*/{file.name}"))
                advice = (
                    f"There is one in {others[0].parent}: --datadir {others[0].parent}."
                    if others
                    else "Fetch candles with: freqtrade download-data --timeframes "
                    f"{' '.join(TIMEFRAMES)} --days 900 (before it, `nija offline` makes "
                    "synthetic ones), or name their folder with --datadir."
                )
                raise ValueError(f"{file} is missing. {advice}")
            yield file.name, file.read_bytes()
