"""The `nija` command."""

import sys
import traceback

import typer

from nija_plugins.cli.copy import copy
from nija_plugins.cli.demo import demo
from nija_plugins.cli.doctor import doctor
from nija_plugins.cli.explain import explain
from nija_plugins.cli.limits import limits
from nija_plugins.cli.offline import CONTEXT_SETTINGS, offline
from nija_plugins.cli.plugins import plugins
from nija_plugins.cli.portfolio import forget
from nija_plugins.cli.reconcile import reconcile
from nija_plugins.cli.refusals import refusals
from nija_plugins.cli.replay import replay
from nija_plugins.cli.report import report
from nija_plugins.cli.signals import signals
from nija_plugins.cli.simulate import simulate
from nija_plugins.cli.status import status
from nija_plugins.cli.trade import trade
from nija_plugins.cli.train import train
from nija_plugins.cli.unlock import unlock
from nija_plugins.redaction import masked

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
app.command()(demo)
app.command(context_settings=CONTEXT_SETTINGS)(offline)
app.command()(trade)
app.command()(doctor)
app.command()(status)
app.command()(forget)
app.command()(explain)
app.command()(signals)
app.command()(refusals)
app.command()(reconcile)
app.command()(unlock)
app.command()(plugins)
app.command()(limits)
app.command()(train)
app.command()(replay)
app.command()(report)
app.command()(simulate)
app.command()(copy)


@app.callback()
def _nija() -> None:
    """NIJA Micro: what freqtrade has no command for."""


def main() -> None:
    """The console script. What nobody foresaw ends with a traceback, without values: typer's shows
    some, and a configuration may be among them."""
    try:
        app()
    except Exception:
        sys.exit(masked(traceback.format_exc()))
