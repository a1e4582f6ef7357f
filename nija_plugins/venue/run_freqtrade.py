"""freqtrade in its own process, with an exit code that can be trusted.

    python -m nija_plugins.venue.run_freqtrade backtesting --strategy NijaMicro

runs `freqtrade.main` unmodified. freqtrade ends with 0 after some failures it only logged, and it
turns argparse's and its commands' own exit codes into 0; here those become non-zero. A code that
freqtrade itself made non-zero (130 after Ctrl-C) is passed on.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from nija_plugins import redaction
from nija_plugins.venue.verdict import Verdict, command_of

SEED_VARIABLE = "NIJA_SYNTHETIC_SEED"
"""Set while the simulated exchange serves the synthetic market."""

logger = logging.getLogger("nija_plugins.venue")


def run(arguments: Sequence[str]) -> int:
    """Run freqtrade with `arguments`; the exit code of the process that should follow."""
    redaction.remember({})  # freqtrade may log a variable's value before it loads the strategy
    verdict = Verdict(command_of(arguments))
    verdict.watch_log()
    signal.signal(signal.SIGINT, _interrupt_once())
    from freqtrade import main as freqtrade

    if verdict.command == "lookahead-analysis":
        _watch_lookahead(verdict)
    if verdict.command == "download-data" and SEED_VARIABLE in os.environ:
        _keep_apart(int(os.environ[SEED_VARIABLE]))
    try:
        freqtrade.main(list(arguments))
    except SystemExit as end:
        code = exit_code(end)
    else:
        code = 0
    reason = verdict.reason() if code == 0 else None
    if reason:
        logger.warning("Ending with 1, freqtrade would have said 0: %s", reason)
        return 1
    return code


def exit_code(end: SystemExit) -> int:
    """The code that was meant by `end`.

    freqtrade's `finally: sys.exit(None)` buries the exit of argparse or of a command, which stays
    reachable as the context of the exception.
    """
    if end.code is None and isinstance(end.__context__, SystemExit):
        return exit_code(end.__context__)
    if end.code is None:
        return 0
    return end.code if isinstance(end.code, int) else 1


def _interrupt_once() -> Any:
    """A SIGINT handler for one Ctrl-C that may arrive twice: from the terminal and forwarded."""
    last = -10.0

    def handle(_signum: int, _frame: FrameType | None) -> None:
        nonlocal last
        now = time.monotonic()
        repeated = now - last < 1.0
        last = now
        if not repeated:
            raise KeyboardInterrupt

    return handle


def _watch_lookahead(verdict: Verdict) -> None:
    """Let lookahead-analysis tell its findings, which it prints in a table and forgets."""
    from freqtrade.optimize.analysis.lookahead_helpers import LookaheadAnalysisSubFunctions

    table = LookaheadAnalysisSubFunctions.text_table_lookahead_analysis_instances

    def noted(config: dict[str, Any], lookahead_instances: list[Any], **options: Any) -> Any:
        verdict.judge_lookahead(config, lookahead_instances)
        return table(config, lookahead_instances, **options)

    # On the class, because that is where freqtrade looks it up.
    name = "text_table_lookahead_analysis_instances"
    setattr(LookaheadAnalysisSubFunctions, name, staticmethod(noted))


def _keep_apart(seed: int) -> None:
    """Let download-data refuse to add synthetic candles to real ones, and mark what it writes."""
    from freqtrade.data import history
    from freqtrade.exceptions import OperationalException

    from nija_plugins.venue.market.marker import RealCandles, mark_synthetic

    download = history.download_data_main

    def marked(config: dict[str, Any]) -> None:
        try:
            mark_synthetic(Path(config["datadir"]), seed)
        except RealCandles as error:
            raise OperationalException(str(error)) from None
        download(config)

    setattr(history, "download_data_main", marked)  # noqa: B010


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
