"""The `nija` command."""

import typer

from nija_plugins.cli.offline import CONTEXT_SETTINGS, offline

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command(context_settings=CONTEXT_SETTINGS)(offline)


@app.callback()
def _nija() -> None:
    """NIJA Micro: what freqtrade has no command for."""


def main() -> None:
    """The console script."""
    app()
