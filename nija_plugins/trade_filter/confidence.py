"""The AI filter must rank the entry high enough; what it does not know is not entered."""

from nija_plugins import hookimpl
from nija_plugins.entry import EntryRequest
from nija_plugins.settings import Settings


@hookimpl
def nija_veto(request: EntryRequest, settings: Settings) -> str | None:
    """Refuses a confidence below min_ai_confidence, or none. Inactive without a filter."""
    if request.confidence is None:
        return request.doubt
    if not request.confidence >= settings.min_ai_confidence:
        return (
            f"The AI filter's confidence is {request.confidence:.2f}, below "
            f"{settings.min_ai_confidence:g}."
        )
    return None
