"""No entry on candles that cannot be trusted."""

from nija_plugins import hookimpl
from nija_plugins.entry import EntryRequest


@hookimpl
def nija_veto(request: EntryRequest) -> str | None:
    """Refuses when the candles behind the signal are broken, stale or missing."""
    return request.problem
