"""The variables that lead an unmodified freqtrade to the simulated exchange."""

from collections.abc import Mapping


def freqtrade_environment(url: str, market: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that lead freqtrade to `url`, on top of `environ`.

    `market` names the database of a dry run: trades of one market make no sense in another.

    Both exchanges' addresses are set: whatever the configuration names, nothing leaves loopback.
    """
    prefix = "FREQTRADE__EXCHANGE__CCXT_CONFIG__"
    addresses = ("rest", "public", "private", "zendesk")
    variables = {f"{prefix}URLS__API__{name}": url for name in addresses}
    # Nobody has to be spared here.
    variables[f"{prefix}enableRateLimit"] = "false"
    # There is no account behind the simulated exchange, and its trades are nobody's record.
    variables["FREQTRADE__DRY_RUN"] = "true"
    if "FREQTRADE__DB_URL" not in environ:
        variables["FREQTRADE__DB_URL"] = f"sqlite:///tradesv3.offline-{market}.sqlite"
    return variables
