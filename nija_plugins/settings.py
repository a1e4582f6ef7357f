"""The "nija" section of the configuration: every setting, its unit, its default, its bounds.

Percentages are written as percentages (18 means 18%). A setting is overridden by the environment
variable of the same name in capitals. Nothing here is changed after the start.
"""

import json
import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isclose
from pathlib import Path
from typing import Any, Literal, get_origin

from freqtrade.exceptions import OperationalException
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from nija_plugins.brief import brief, printable
from nija_plugins.redaction import masked

AccountMode = Literal["MASTER_ONLY", "MASTER_FOLLOW", "INDEPENDENT"]

EXPORTED = "NIJA_EXPORTED"
"""Environment variable that lists what NIJA itself exported, as JSON: never read back."""


class SettingsError(OperationalException):
    """A setting that cannot be used; the message names the key and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))


class PluginSettings(BaseModel):
    """`nija.plugins`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    disable: tuple[str, ...] = Field(default=(), strict=False)
    """Names of default plugins not to load; `nija plugins` lists them."""
    enable: tuple[str, ...] = Field(default=(), strict=False)
    """Optional plugins to load, each in the place of a default one: "regime.mixture"."""


class Settings(BaseModel):
    """All settings, validated and frozen. Money is in stake currency (USD)."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True
    )

    # Who trades, where
    micro_capital_mode: bool = True
    """True: the tier table decides positions and risk. False: the two settings below do."""
    mode: AccountMode = "MASTER_ONLY"
    """MASTER_FOLLOW: this account follows a leader, enters its copies and no signal of its own.
    INDEPENDENT: every broker has its own tier, limits and positions; in the other two all brokers
    are one portfolio."""
    portfolio_url: SecretStr | None = None
    """Where the portfolio's ledger is, when not in a file in user_data: a database's address with
    its password, such as postgresql://nija:password@host/nija."""
    primary_broker: Literal["COINBASE", "KRAKEN"] = "COINBASE"
    secondary_broker: Literal["COINBASE", "KRAKEN"] = "KRAKEN"
    """`nija trade` starts the primary, which must have a key, and the secondary if it has one; with
    the same name twice only that broker."""
    exchange_priority: tuple[Literal["COINBASE", "KRAKEN"], ...] = Field(
        ("COINBASE", "KRAKEN"), strict=False, min_length=1
    )
    live_trading: bool = True
    """False refuses every live entry; dry-run and backtests go on."""
    pro_mode: bool = True
    """True: size on the whole equity. False: on free cash."""
    copy_trading: bool = False
    """Whether this account may be copied: the tier decides, and COPY_TRADING=false in the
    environment forbids it. Without tiers (micro_capital_mode false) true allows it."""
    leverage_enabled: bool = False
    """Without tiers: whether futures are traded with leverage. With tiers they decide; only an
    explicit LEVERAGE_ENABLED=false in the environment, where false is nobody's default, ends it."""
    max_leverage: float = Field(2, ge=1, le=5)
    """Largest leverage, as a multiple of the margin; 1 is none."""
    arbitrage: Literal[False] = False
    """NIJA has no arbitrage; true is refused."""
    trade_only: tuple[str, ...] = Field(("BTC", "ETH", "SOL"), strict=False, min_length=1)
    """Base currencies that may be entered."""

    # How much
    min_balance_to_trade: float = Field(15, gt=0)
    """Smallest equity to start with; once started, less the downgrade buffer."""
    min_balance_coinbase: float = Field(10, gt=0)
    min_balance_kraken: float = Field(50, gt=0)
    min_trade_size: float = Field(5, gt=0)
    max_positions: int = Field(2, ge=1, le=6)
    """STARTER's row of the tier table; a lower value caps every tier."""
    risk_per_trade: float = Field(3, gt=0, le=5)
    """Percent of equity at risk; STARTER's row, a lower value caps every tier."""
    max_position_pct: float = Field(18, gt=0, le=100)
    min_lot_max_pct: float = Field(40, gt=0, le=100)
    """Largest share of equity the smallest tradable lot may take on a tiny account."""
    max_asset_pct: float = Field(36, gt=0, le=100)
    """Largest share of equity in one asset; on one broker it bounds the smallest lot."""
    position_sizer: Literal["HYBRID", "KELLY", "VOLATILITY", "EQUITY"] = "HYBRID"
    """HYBRID blends the three legs by the weights below; the others use one leg alone."""
    kelly_weight: float = Field(0.30, ge=0, le=1)
    volatility_weight: float = Field(0.40, ge=0, le=1)
    equity_weight: float = Field(0.30, ge=0, le=1)
    downgrade_buffer: float = Field(5, ge=0, lt=100)
    """Percent below a tier's minimum at which the tier is left; 0 is strict."""

    # Limits
    daily_max_loss: float = Field(6, gt=0, lt=100)
    max_drawdown: float = Field(12, gt=0, lt=100)
    drawdown_pause_days: float | None = Field(None, gt=0, le=36_500)
    """After so many days the drawdown lock ends by itself; null: a person ends it."""
    max_consecutive_losses: int = Field(3, ge=1)
    """So many losing trades in a row pause entries for 24 hours."""
    auto_shutoff_on_errors: bool = True
    """True: 3 incidents within an hour lock entries until a person unlocks."""
    force_cash_buffer: float = Field(15, ge=0, lt=100)
    """Percent of equity that stays in cash."""

    # The market
    min_signal_score: float = Field(0.75, ge=0, le=1)
    min_ai_confidence: float = Field(0.70, ge=0, le=1)
    """Rank among the scores the filter gave to candidates it had not learned from."""
    min_risk_reward: float = Field(1.8, ge=0)
    market_regime_engine: bool = True
    """False: every candle's regime is unknown, and all voters weigh the same."""
    signal_ensemble: bool = True
    """False: the strongest single vote is the score, and one family is enough."""
    ai_trade_filter: bool = True
    """False: no filter is asked, and its two rules are inactive."""

    # What is said, what a start clears
    log_signal_rejections: bool = True
    """Log entries that market rules refuse."""
    log_entry_block_reasons: bool = True
    """Log entries that money rules refuse."""
    reset_strategy_state: bool = True
    """True: /start after /stop forgets votes and caches, and analyses every pair again."""
    clear_entry_blocks: bool = True
    """True: a start cancels entry orders that rest from before it; they hold slots and cash."""
    flush_cached_balances: bool = True
    """True: a start reads the balances before its first decision, however new they are."""

    plugins: PluginSettings = PluginSettings()

    _forbidden: frozenset[str] = PrivateAttr(default=frozenset())

    def forbids(self, name: str) -> bool:
        """Whether the environment itself switches off what a tier would unlock; `name` is
        `copy_trading` or `leverage_enabled`, which ship as false and mean "the tier decides"."""
        return name in self._forbidden

    @field_validator("trade_only")
    @classmethod
    def _upper_case_assets(cls, assets: tuple[str, ...]) -> tuple[str, ...]:
        for asset in assets:
            if not asset.isalnum() or asset != asset.upper():
                raise ValueError(f"{brief(asset)} is not a currency code such as BTC")
        return assets

    @field_validator("force_cash_buffer")
    @classmethod
    def _a_percentage(cls, buffer: float) -> float:
        # Of all percentages the only one of which a fraction allows more.
        if 0 < buffer < 1:
            raise ValueError(f"{buffer:g} is a percentage: {buffer:.0%} is {buffer * 100:g} here")
        return buffer

    @field_validator("portfolio_url")
    @classmethod
    def _a_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            # It brings SQLAlchemy, and most commands of `nija` do without.
            from nija_plugins.brokers.database import ledger_url

            ledger_url(url.get_secret_value(), Path())
        return url

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> "Settings":
        total = self.kelly_weight + self.volatility_weight + self.equity_weight
        if not isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(
                "kelly_weight, volatility_weight and equity_weight must sum to 1, "
                f"they sum to {total:g}"
            )
        return self

    @classmethod
    def load(cls, config: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of a freqtrade `config`, overridden by `environ`.

        Raises SettingsError naming the key (or the environment variable) and what is wrong.
        """
        section = config.get("nija", {})
        if not isinstance(section, Mapping):
            raise SettingsError('Setting "nija" must be an object of settings, such as {}.')
        overrides, origin = _overrides(environ)
        try:
            settings = cls.model_validate({**section, **overrides})
        except ValidationError as error:
            raise SettingsError(_explain(error, origin)) from None
        settings._forbidden = frozenset(
            name for name in UNLOCKED_BY_TIER if overrides.get(name) is False
        )
        return settings


UNLOCKED_BY_TIER = ("copy_trading", "leverage_enabled")
"""Settings that ship as false and that a tier unlocks."""

ALIASES: Mapping[str, str] = {
    "MINIMUM_TRADING_BALANCE": "min_balance_to_trade",
    "MIN_CASH_TO_BUY": "min_trade_size",
    "MAX_CONCURRENT_POSITIONS": "max_positions",
}
"""Second names under which the environment may carry a setting; the plain name wins."""

SECRET = frozenset({"portfolio_url"})
"""Settings whose value no message repeats."""


def sources(config: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Where each setting's value comes from: `default`, `config`, or a variable's name."""
    origin = dict.fromkeys(Settings.model_fields, "default")
    origin |= dict.fromkeys(config.get("nija", {}), "config")
    return origin | _overrides(environ)[1]


def environment_name(setting: str) -> str:
    """`max_position_pct` → `MAX_POSITION_PCT`."""
    return setting.upper()


def exported_by_nija(environ: Mapping[str, str]) -> dict[str, str]:
    """What NIJA itself put into `environ`; a value changed since then is the user's again."""
    try:
        exported = json.loads(environ.get(EXPORTED, "{}"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(exported, dict):
        return {}
    return {name: value for name, value in exported.items() if environ.get(name) == value}


def _overrides(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Typed values of the settings that the environment names, and which variable named each."""
    ours = exported_by_nija(environ)
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    names = dict(ALIASES) | {
        environment_name(s): s for s in Settings.model_fields if s != "plugins"
    }
    for name, setting in names.items():
        if name in environ and name not in ours:
            values[setting] = parse_setting(setting, environ[name])
            origin[setting] = name
    if values.get("leverage_enabled") is False:
        values["max_leverage"], origin["max_leverage"] = 1, origin["leverage_enabled"]
    return values, origin


def misspelt(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables of `environ` that set nothing, but look like one that would, with its name."""
    known = [*ALIASES, *map(environment_name, Settings.model_fields)]
    unknown = [name for name in environ if name.isupper() and "_" in name and name not in known]
    found = {name: get_close_matches(name, known, n=1, cutoff=0.9) for name in unknown}
    return {name: close[0] for name, close in found.items() if close}


def never_entered(settings: Settings, pairs: Iterable[str]) -> list[str]:
    """The pairs whose base currency trade_only does not name; often one of them is misspelt."""
    return [pair for pair in pairs if pair.partition("/")[0] not in settings.trade_only]


LONGEST_NAME = 80
"""Of a setting that is none, so many characters are told."""

_WORDS: Mapping[str, Any] = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def parse_setting(setting: str, text: str) -> Any:
    """Text, such as the environment's, as the type `setting` expects; left as text where it does
    not fit."""
    field = Settings.model_fields[setting]
    text = text.strip()
    if get_origin(field.annotation) is tuple:
        return tuple(part.strip(' "') for part in text.strip("[]").split(",") if part.strip())
    if isinstance(field.default, bool):
        return _WORDS.get(text.lower(), text)
    if isinstance(field.default, str):
        return text
    if text.lower() in {"", "null", "none"}:
        return None
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _explain(error: ValidationError, origin: Mapping[str, str]) -> str:
    """Pydantic's findings as one sentence per key, without its jargon."""
    lines = []
    for finding in error.errors():
        key = ".".join(printable(str(part))[:LONGEST_NAME] for part in finding["loc"])
        where = f'Setting "nija.{key}"' if key else 'Section "nija"'
        if key in origin:
            where = f'Environment variable {origin[key]} (setting "nija.{key}")'
        if finding["type"] == "extra_forbidden":
            known = nearest(key, list(Settings.model_fields))
            hint = f'did you mean "{known}"?' if known else "`nija status` lists every setting."
            lines.append(f"{where} is unknown: {hint}")
        else:
            message = finding["msg"].removeprefix("Value error, ")
            message = message.replace("a valid tuple", 'a list such as ["BTC", "ETH"]')
            given = "" if isinstance(finding["input"], dict | Settings) else finding["input"]
            got = f" (got {brief(given)})" if key and key not in SECRET else ""
            lines.append(f"{where}: {message}{got}.")
    return "\n".join(lines)


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that `word` was probably meant to be, or None."""
    found = get_close_matches(word, known, n=1, cutoff=0.5)
    return found[0] if found else None
