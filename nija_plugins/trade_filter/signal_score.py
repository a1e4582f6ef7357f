"""The ensemble must be convinced."""

from nija_plugins import hookimpl
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings


@hookimpl
def nija_veto(request: EntryRequest, settings: Settings) -> str | None:
    """Refuses a score below min_signal_score."""
    if not request.score >= settings.min_signal_score:
        return f"The signal score {request.score:.3f} is below {settings.min_signal_score:g}."
    return None
