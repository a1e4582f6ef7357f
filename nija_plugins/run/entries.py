"""An entry on its way: the vetoes, the place in the portfolio, and what is told of a refusal."""

import logging
from dataclasses import replace
from datetime import datetime

from nija_plugins import answers
from nija_plugins.account import Account
from nija_plugins.brokers.others import Others
from nija_plugins.brokers.portfolio import Reservation
from nija_plugins.copying.rules import LEFT_TO_THE_LEADER
from nija_plugins.entry import EntryRequest
from nija_plugins.guard import PluginFailure
from nija_plugins.records.refusals import Reason
from nija_plugins.risk import unreconciled
from nija_plugins.risk.portfolio import taken_meanwhile
from nija_plugins.run.base import RunBase

logger = logging.getLogger(__name__)


class Entries(RunBase):
    """Who may object, and who must be told."""

    def objections(self, request: EntryRequest, account: Account) -> tuple[Reason, ...]:
        """Every veto's reason; a veto that fails is one too. What a copy's leader has judged is not
        judged again."""
        reasons = []
        given = {"request": request, "account": account, "settings": self.settings}
        for plugin, answer in self.hooks.every("nija_veto", answers.reason, **given):
            if isinstance(answer, PluginFailure):
                self.hooks.report(answer)
            elif request.copy_of is not None and plugin in LEFT_TO_THE_LEADER:
                continue
            if answer is not None:
                reasons.append(Reason(plugin, str(answer)))
        return tuple(reasons)

    def reserve(self, request: EntryRequest, stake: float, account: Account) -> tuple[Reason, ...]:
        """Reserves the entry in the portfolio; else why another broker's leave no room for it."""
        if self.portfolio is None:
            return ()
        wanted = Reservation(
            account=self.portfolio.account,
            broker=self.exchange,
            pair=request.pair,
            stake=stake * request.leverage,
            cost=stake * request.cost,
            at_risk=stake * request.loss_at_stop,
            since=request.time,
        )

        def judge(others: Others) -> str | None:
            return taken_meanwhile(stake, request, replace(account, others=others), self.settings)

        sentence = self.portfolio.reserve(wanted, judge)
        return (Reason("risk.portfolio", sentence),) if sentence else ()

    def confirm(self, pair: str, now: datetime) -> bool:
        """Whether the entry is still reserved, now that its order is about to be sent."""
        if self.portfolio is None or self.portfolio.confirm(pair, now):
            return True
        logger.error("No entry into %s: it is not reserved in the portfolio (any more).", pair)
        return False

    def unreconciled(self, request: EntryRequest, account: Account) -> tuple[Reason, ...]:
        """What speaks against an entry after a close look at the exchange."""
        sentence = unreconciled.nija_veto(request, account)
        return (Reason("risk.unreconciled", sentence),) if sentence else ()

    def refuse(self, request: EntryRequest, ended: datetime, reasons: tuple[Reason, ...]) -> None:
        """Records and tells a refusal of the candidate whose candle `ended`, once."""
        if self.refusals.record(request, ended, reasons):
            sentences = tuple(reason.sentence for reason in reasons)
            self.hooks.tell("nija_entry_refused", request=request, reasons=sentences)
