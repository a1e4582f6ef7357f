"""Which account `nija report` and `nija simulate` speak of."""

from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from nija_plugins.cli.configuration import load
from nija_plugins.report.performance import Performance
from nija_plugins.research import result as results
from nija_plugins.settings import Settings

USER_DATA = Path("user_data")

ResultArgument = Annotated[
    Path | None,
    typer.Argument(help="A backtest's zip, or a folder of them; else the newest backtest."),
]
DatabaseOption = Annotated[
    str | None, typer.Option(help="A bot's trades instead: sqlite:///tradesv3.sqlite.")
]
StrategyOption = Annotated[
    str | None, typer.Option(help="Which one, when the result holds several.")
]


def of_result(path: Path | None, strategy: str | None, datadir: Path | None) -> Performance:
    """The backtest in the zip `path`, or the newest in that folder; None is freqtrade's own folder.
    Raises ResultError."""
    from nija_plugins.report.from_result import performance

    path = path or USER_DATA / "backtest_results"
    found = results.found(path, strategy)
    return performance(found, datadir or USER_DATA / "data" / found.exchange)


def of_database(url: str, files: list[Path], datadir: Path | None) -> Performance:
    """The bot whose trades are in the database `url`. Raises ValueError and OperationalException
    when it, or what is beside it, cannot be read."""
    from nija_plugins.cli.database import open_trades_database
    from nija_plugins.memory.store import MemoryUnusable
    from nija_plugins.report.from_database import performance

    config = load(files) | {"db_url": url}
    settings = Settings.load(config)
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(f'--db "{url}" is no database: say sqlite:///FILE.') from None
    local = parsed.get_backend_name() == "sqlite" and parsed.database
    open_trades_database(config)
    candles = datadir or Path(config["user_data_dir"]) / "data" / config["exchange"]["name"]
    file = Path(str(parsed.database)) if local else None
    try:
        return performance(config, settings, _snapshot(config), file, candles)
    except (MemoryUnusable, SQLAlchemyError) as error:
        raise ValueError(str(error).splitlines()[0]) from None


def _snapshot(config: dict[str, Any]) -> Any:
    from nija_plugins.cli.database import memory_of

    store = memory_of(config)
    return store.snapshot() if store.path.exists() else None  # a command makes no file
