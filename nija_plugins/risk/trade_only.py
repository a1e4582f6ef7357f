"""Only the assets named in trade_only are entered."""

from nija_plugins import hookimpl
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings


@hookimpl
def nija_veto(request: EntryRequest, settings: Settings) -> str | None:
    """Refuses every asset that is not listed."""
    if request.asset not in settings.trade_only:
        return f"{request.asset} is not in trade_only ({', '.join(settings.trade_only)})."
    return None
