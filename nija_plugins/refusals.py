"""Why entries did not happen: each refused candidate with all its reasons."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's objection: the plugin that made it and its sentence."""

    rule: str
    sentence: str

    @property
    def of_market(self) -> bool:
        """Whether a market rule objected, rather than a money rule."""
        return self.rule.startswith("trade_filter.")


class Refusals:
    """The refusals of one run, counted by rule; a candidate counts once however often the engine
    asks again while its candle lasts."""

    def __init__(self) -> None:
        self.totals: dict[str, Any] = {"candidates": 0, "by_rule": {}}
        """Plain data for reports: refused candidates, and how many of them each rule objected to.
        Kept as one object that the backtest's result refers to."""
        self._last: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    def record(self, request: EntryRequest, ended: datetime, reasons: tuple[Reason, ...]) -> bool:
        """Counts a refusal; False when this candidate was refused for the same rules before."""
        rules = tuple(reason.rule for reason in reasons)
        if self._last.get(request.pair) == (ended, rules):
            return False
        self._last[request.pair] = (ended, rules)
        self.totals["candidates"] += 1
        for rule in rules:
            self.totals["by_rule"][rule] = self.totals["by_rule"].get(rule, 0) + 1
        return True


def log_refusal(request: EntryRequest, reasons: tuple[Reason, ...], settings: Settings) -> None:
    """One line with the reasons that the settings want to see."""
    shown = [
        reason.sentence
        for reason in reasons
        if (
            settings.log_signal_rejections if reason.of_market else settings.log_entry_block_reasons
        )
    ]
    if shown:
        logger.info("Entry into %s refused: %s", request.pair, " ".join(shown))
