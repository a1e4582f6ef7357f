"""What the checks may ask: configuration, clock and network, all replaceable in a test."""

import os
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.resolvers import StrategyResolver

from nija_plugins.doctor.finding import NotPossible
from nija_plugins.doctor.network import NoAnswer, exchange_time
from nija_plugins.settings import Settings
from nija_plugins.venue.address import DEFAULT_PORT

STRATEGY = "NijaMicro"


@dataclass(frozen=True, slots=True)
class Answer:
    """The exchange's time, and the local one just before and just after asking; all UTC."""

    time: datetime | None
    before: datetime
    after: datetime


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """One examination. `load` returns freqtrade's configuration, or raises what is wrong with it.

    `files` are the configuration files as they were named, for commands that are suggested.
    """

    load: Callable[[], dict[str, Any]]
    files: tuple[Path, ...] = ()
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Callable[[], datetime] = wall_clock
    ask_time: Callable[[Mapping[str, Any]], datetime | None] = exchange_time
    port: int = DEFAULT_PORT

    @cached_property
    def config(self) -> dict[str, Any]:
        """freqtrade's configuration. Raises NotPossible when it cannot be loaded."""
        try:
            return self.load()
        except Exception:
            raise NotPossible("the configuration cannot be loaded") from None

    @cached_property
    def settings(self) -> Settings:
        """The "nija" section. Raises NotPossible when it is not valid."""
        config = self.config
        try:
            return Settings.load(config, self.environ)
        except Exception:
            raise NotPossible("the settings are not valid") from None

    @cached_property
    def started(self) -> tuple[Any, dict[str, Any]]:
        """The strategy, and the configuration it completed, as `freqtrade trade` would see them.

        Raises whatever freqtrade or the strategy raises.
        """
        config = deepcopy(self.config)
        config["user_data_dir"] = self.user_data
        config["runmode"] = RunMode.DRY_RUN if self.dry_run else RunMode.LIVE
        config["strategy"] = STRATEGY
        return StrategyResolver.load_strategy(config), config

    @cached_property
    def strategy(self) -> Any:
        """The strategy. Raises NotPossible when it cannot be loaded."""
        try:
            return self.started[0]
        except NotPossible:
            raise
        except Exception:
            raise NotPossible("the strategy cannot be loaded") from None

    @cached_property
    def answer(self) -> Answer | NoAnswer:
        """What the exchange said when asked for its time; it is asked once."""
        section = self.exchange_section
        before = self.clock()
        try:
            return Answer(self.ask_time(section), before, self.clock())
        except NoAnswer as error:
            return error

    @property
    def dry_run(self) -> bool:
        """Whether the bot trades with play money, as freqtrade understands it."""
        return bool(self.config.get("dry_run", True))

    @property
    def exchange(self) -> str:
        """freqtrade's name of the exchange, such as `coinbase`."""
        return str(self.exchange_section["name"]).lower()

    @property
    def exchange_section(self) -> Mapping[str, Any]:
        """freqtrade's section "exchange". Raises NotPossible when it names none."""
        section = self.config.get("exchange")
        if not isinstance(section, Mapping) or not section.get("name"):
            raise NotPossible("the configuration names no exchange")
        return section

    @property
    def user_data(self) -> Path:
        """freqtrade's user directory."""
        return Path(self.config["user_data_dir"])
