"""The leader, as its copier sees it: its open trades, which of them may be copied, which closed."""

import asyncio
from dataclasses import dataclass
from typing import Any

from nija_plugins.copying.bot import Bot, Deal
from nija_plugins.copying.standing import WORD, Standing
from nija_plugins.copying.tag import Copy, MalformedCopy, TradeKey, parse
from nija_plugins.plans import KEY
from nija_plugins.scaling.tiers import sorted_tiers


@dataclass(frozen=True, slots=True)
class Led:
    """An open trade of the leader. `why_not` is a sentence when it may not be copied; `copy` is
    what a follower with the whole share would enter."""

    key: TradeKey
    pair: str
    filled: int
    copy: Copy | None
    why_not: str | None


def needed() -> str:
    """The lowest tier that may be copied, "ADVANCED, from $500"."""
    tier = next((one for one in sorted_tiers() if one.copy_trading), None)
    return f"{tier.name}, from ${tier.min_equity:,.0f}" if tier else "none in the table"


def led(leader: str, deal: Deal, notes: dict[str, Any]) -> Led | None:
    """The trade of `leader` behind `deal`, with the bot's own `notes` on it; None before it has
    filled."""
    if deal.filled is None:
        return None
    key = TradeKey(leader, deal.id, deal.opened)
    why_not = _why_not(deal, notes)
    copy = None if why_not else _copy(key, deal, notes)
    if copy is None and why_not is None:
        why_not = "the leader does not tell its plan"
    return Led(key, deal.pair, deal.filled, copy, why_not)


def _why_not(deal: Deal, notes: dict[str, Any]) -> str | None:
    if deal.short:
        return "it is a short, and followers buy"
    word = notes.get(WORD)
    if not isinstance(word, dict):
        return "the leader did not say that it may be copied"
    if word.get("copied") is not True:
        return (
            f"the leader's tier {word.get('tier') or 'none'} did not allow it when it filled "
            f"(needed: {needed()})"
        )
    return None


def _copy(key: TradeKey, deal: Deal, notes: dict[str, Any]) -> Copy | None:
    plan: Any = notes.get(KEY)
    try:
        stop, target, trail = (float(plan[name]) for name in ("stop", "target", "trail"))
        return parse(Copy(key, deal.filled or 0, deal.rate, stop, target, trail).tag)
    except (MalformedCopy, KeyError, TypeError, ValueError):
        return None


class Leader:
    """What is known of the leader. `trades` are its open ones, `standing` is what it said last;
    both are None until it has been asked."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.standing: Standing | None = None
        self.trades: dict[TradeKey, Led] | None = None
        self.dry_run = True
        self.stake_currency = ""
        self._closed: set[TradeKey] = set()
        self._turn = asyncio.Lock()  # an answer that is overtaken must not undo a newer one

    async def look(self) -> None:
        """Asks for everything. Raises BotError."""
        async with self._turn:
            await self._look()

    async def _look(self) -> None:
        facts = await self.bot.facts()
        self.standing = facts.standing
        self.dry_run, self.stake_currency = facts.dry_run, facts.stake_currency
        found: dict[TradeKey, Led] = {}
        for deal in await self.bot.open_deals():
            one = await self._led(deal)
            if one is not None:
                found[one.key] = one
        self.trades = found

    async def look_at(self, number: int) -> None:
        """Asks for one trade, of which a message told. Raises BotError."""
        async with self._turn:
            await self._look_at(number)

    async def _look_at(self, number: int) -> None:
        deal = await self.bot.deal(number)
        if deal is None or self.trades is None:
            return
        key = TradeKey(self.bot.name, deal.id, deal.opened)
        if not deal.is_open:
            self._closed.add(key)
            self.trades = {one: led for one, led in self.trades.items() if one != key}
            return
        one = await self._led(deal)
        if one is not None:
            self.trades = {**self.trades, key: one}

    async def has_closed(self, key: TradeKey) -> bool | None:
        """Whether the leader itself says that this trade is closed; None when it does not know the
        trade (another database). Raises BotError."""
        if key in self._closed:
            return True
        deal = await self.bot.deal(key.trade)
        if deal is None or deal.opened != key.opened:
            return None
        if not deal.is_open:
            self._closed.add(key)
        return not deal.is_open

    async def _led(self, deal: Deal) -> Led | None:
        known = (self.trades or {}).get(TradeKey(self.bot.name, deal.id, deal.opened))
        if known is not None and known.copy is not None:
            return known
        return led(self.bot.name, deal, await self.bot.notes(deal.id))
