"""`nija hyperopt`: freqtrade's own, on a Dask cluster."""

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from nija_plugins.cli.offline import run_offline, run_on_terminal
from nija_plugins.venue.server import VenueError

CONTEXT_SETTINGS = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    # What follows the first word that is not nija's is freqtrade's.
    "allow_interspersed_args": False,
}
PROGRAM = "nija_plugins.sweep.hyperopt"


def hyperopt(
    ctx: typer.Context,
    scheduler: Annotated[
        str, typer.Option(help="A Dask cluster that is running: tcp://10.0.0.5:8786.")
    ],
    offline: Annotated[
        bool, typer.Option("--offline", help="Against the simulated exchange, as nija offline.")
    ] = False,
) -> None:
    """Run freqtrade's hyperopt with its epochs on the workers of a Dask cluster.

    As many at once as the cluster has threads; a worker that dies costs an epoch's time, not the
    run. Candles, strategy and plugins go there through Dask. nija's options come first, every
    other one is freqtrade's:

    nija hyperopt --scheduler tcp://10.0.0.5:8786 --strategy NijaMicro --epochs 200
    """
    program = (PROGRAM, scheduler)
    arguments = ["hyperopt", *ctx.args]
    try:
        if offline:
            code = run_offline(arguments, port=0, program=program)
        else:
            code = run_on_terminal([sys.executable, "-m", *program, *arguments], os.environ)
    except VenueError as error:
        shown = Console(stderr=True)
        shown.print(f"[bold red]nija hyperopt:[/] {error}", soft_wrap=True, highlight=False)
        code = 1
    raise typer.Exit(code)
