"""live_trading = false refuses every live entry."""

from nija_plugins import hookimpl
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings


@hookimpl
def nija_veto(request: EntryRequest, settings: Settings) -> str | None:
    """Refuses live entries while the switch is off; dry-runs and backtests go on."""
    if request.mode == "live" and not settings.live_trading:
        return "Live trading is switched off (live_trading is false)."
    return None
