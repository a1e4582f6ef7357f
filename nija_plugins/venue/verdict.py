"""Did a freqtrade command that ended with 0 really succeed?"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

LONG_RUNNING = frozenset({"trade", "webserver"})
"""Commands that log errors and recover. Only what ends them counts; for all others, which do one
thing and stop, any logged error means that the thing was not done as asked."""
GAVE_UP = ("Another running instance of freqtrade Hyperopt detected",)
"""Beginnings of messages below ERROR with which freqtrade gives up and still says 0."""
NOT_FREQTRADE = ("asyncio",)
"""Loggers whose errors are about clean-up, such as sessions left open, not about the result."""


class Verdict:
    """Collects the evidence while freqtrade runs."""

    def __init__(self, command: str | None) -> None:
        self.command = command
        self._evidence: list[str] = []

    def reason(self) -> str | None:
        """Why the run failed, None when nothing speaks against it."""
        return self._evidence[0] if self._evidence else None

    def watch_log(self) -> None:
        """See every record from now on.

        Through the record factory: handlers do not survive freqtrade's reconfiguration of logging.
        """
        make = logging.getLogRecordFactory()

        def watched(*args: Any, **options: Any) -> logging.LogRecord:
            record = make(*args, **options)
            self._judge(record)
            return record

        logging.setLogRecordFactory(watched)

    def _judge(self, record: logging.LogRecord) -> None:
        if record.name.startswith(NOT_FREQTRADE):
            return
        failed = record.levelno >= logging.ERROR
        # Only freqtrade.main logs under this name, and only about what ended the process.
        counts = record.name == "freqtrade" or self.command not in LONG_RUNNING
        if (failed and counts) or str(record.msg).startswith(GAVE_UP):
            self._evidence.append(_first_line(record))

    def judge_lookahead(self, config: Mapping[str, Any], analyses: Sequence[Any]) -> None:
        """Count a bias, a check that could not be made, and a strategy that was left out."""
        wanted = config.get("strategy_list") or [config.get("strategy")]
        checked = {analysis.strategy_obj["name"] for analysis in analyses}
        for name in wanted:
            if name not in checked:
                self._evidence.append(f"lookahead-analysis did not check {name}")
        for analysis in analyses:
            name, found = analysis.strategy_obj["name"], analysis.current_analysis
            if found.total_signals < config["minimum_trade_amount"]:
                self._evidence.append(
                    f"lookahead-analysis found {found.total_signals} usable trades of {name}, "
                    f"it needs {config['minimum_trade_amount']}"
                )
            elif found.has_bias:
                self._evidence.append(f"lookahead-analysis found a bias in {name}")
            elif analysis.failed_bias_check:
                self._evidence.append(f"lookahead-analysis could not check {name}")


def command_of(arguments: Sequence[str]) -> str | None:
    """freqtrade's subcommand, None when there is none (`--version`)."""
    return next((one for one in arguments if not one.startswith("-")), None)


def _first_line(record: logging.LogRecord) -> str:
    return (record.getMessage().splitlines() or [""])[0]
