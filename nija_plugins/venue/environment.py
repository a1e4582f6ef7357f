"""The variables that lead an unmodified freqtrade to the simulated exchange."""

from collections.abc import Mapping

OFFLINE = "tradesv3.offline-"
"""How a database of trades begins that were made at the simulated exchange; the market follows."""


def addresses(url: str) -> dict[str, str]:
    """ccxt's `urls.api` for the simulated exchange at `url`, whichever exchange is asked. Kraken
    Futures' end with a slash, and share two names with Kraken's."""
    slashed = dict.fromkeys(("public", "private", "charts", "history"), f"{url}/")
    return {"rest": url, "zendesk": url, **slashed}


def freqtrade_environment(url: str, market: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that lead freqtrade to `url`, on top of `environ`.

    `market` names the database of a dry run: trades of one market make no sense in another.

    All exchanges' addresses are set: whatever the configuration names, nothing leaves loopback.
    """
    prefix = "FREQTRADE__EXCHANGE__CCXT_CONFIG__"
    variables = {f"{prefix}URLS__API__{name}": one for name, one in addresses(url).items()}
    # Nobody has to be spared here.
    variables[f"{prefix}enableRateLimit"] = "false"
    # There is no account behind the simulated exchange, and its trades are nobody's record.
    variables["FREQTRADE__DRY_RUN"] = "true"
    if "FREQTRADE__DB_URL" not in environ:
        variables["FREQTRADE__DB_URL"] = f"sqlite:///{OFFLINE}{market}.sqlite"
    return variables
