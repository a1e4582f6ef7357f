"""Why entries did not happen: each refused candidate with all its reasons."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nija_plugins.entry import EntryRequest
from nija_plugins.records.decisions import decided
from nija_plugins.records.journal import Journal
from nija_plugins.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's objection: the plugin that made it (or `engine.…`) and its sentence."""

    rule: str
    sentence: str

    @property
    def of_market(self) -> bool:
        """Whether a market rule objected, rather than a money rule."""
        return self.rule.startswith("trade_filter.")


class Refusals:
    """The refusals of one run; a candidate counts once however often the engine asks again while
    its candle lasts. Bots also keep them in a journal."""

    def __init__(self, settings: Settings, journal: Journal | None) -> None:
        self.totals: dict[str, Any] = {"candidates": 0, "by_rule": {}, "records": []}
        """Plain data for reports: how many candidates were refused, how many of them each rule
        objected to, and each of them. One object that the backtest's result refers to."""
        self._settings = settings
        self._journal = journal
        self._last: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    def record(self, request: EntryRequest, ended: datetime, reasons: tuple[Reason, ...]) -> bool:
        """Keeps a refusal; False when this candidate (the candle that `ended`) was refused by the
        same rules before."""
        rules = tuple(reason.rule for reason in reasons)
        if self._last.get(request.pair) == (ended, rules):
            return False
        self._last[request.pair] = (ended, rules)
        self.totals["candidates"] += 1
        for rule in rules:
            self.totals["by_rule"][rule] = self.totals["by_rule"].get(rule, 0) + 1
        told = [(reason.rule, reason.sentence) for reason in reasons]
        if self._journal is None:
            facts = {"time": ended.isoformat(), "pair": request.pair, "score": request.score}
            self.totals["records"].append(facts | {"reasons": dict(told)})
        else:
            self._journal.record(ended, request.pair, request.score, told)
            self._log(request, ended, reasons)
        return True

    def summary(self) -> str:
        """One line: how many candidates were refused, and the rules that objected most."""
        by_rule = sorted(self.totals["by_rule"].items(), key=lambda item: -item[1])
        counts = ", ".join(f"{rule} {count}" for rule, count in by_rule)
        return f"{self.totals['candidates']} candidates refused" + (f": {counts}" * bool(counts))

    def _log(self, request: EntryRequest, ended: datetime, reasons: tuple[Reason, ...]) -> None:
        """One line with the reasons that the settings want to see."""
        market, money = self._settings.log_signal_rejections, self._settings.log_entry_block_reasons
        shown = [r for r in reasons if (market if r.of_market else money)]
        if shown:
            why = " ".join(reason.sentence for reason in shown)
            logger.info(
                decided(
                    "entry_refused",
                    f"Entry into {request.pair} refused: {why}",
                    pair=request.pair,
                    rules=[reason.rule for reason in shown],
                    score=request.score,
                    confidence=request.confidence,
                    price=request.price,
                    candle=ended,
                )
            )
