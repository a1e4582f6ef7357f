"""A veto: no entry while the weekend lasts."""

from nija_plugins import hookimpl
from nija_plugins.entry import EntryRequest


@hookimpl
def nija_veto(request: EntryRequest) -> str | None:
    """Refuses on Saturday and Sunday, UTC."""
    if request.time.weekday() >= 5:
        return f"It is {request.time:%A}: the weekend is too thin to enter."
    return None
