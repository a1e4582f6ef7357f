"""Which runs of freqtrade that ended with 0 count as failed."""

import logging
import sys
from types import SimpleNamespace

import pytest

from nija_plugins.venue.run_freqtrade import exit_code
from nija_plugins.venue.verdict import Verdict, command_of


class TestVerdict:
    """The evidence against a run."""

    @pytest.mark.parametrize(
        ("signals", "biased", "failed", "reason"),
        [
            (9, False, True, "lookahead-analysis found 9 usable trades of Toy, it needs 10"),
            (20, True, False, "lookahead-analysis found a bias in Toy"),
            (20, False, True, "lookahead-analysis could not check Toy"),
            (20, False, False, None),
        ],
    )
    def test_lookahead_verdicts(
        self, signals: int, biased: bool, failed: bool, reason: str | None
    ) -> None:
        analysis = SimpleNamespace(
            strategy_obj={"name": "Toy"},
            failed_bias_check=failed,
            current_analysis=SimpleNamespace(total_signals=signals, has_bias=biased),
        )
        verdict = Verdict("lookahead-analysis")
        verdict.judge_lookahead({"strategy": "Toy", "minimum_trade_amount": 10}, [analysis])
        assert verdict.reason() == reason

    def test_a_strategy_that_lookahead_analysis_left_out(self) -> None:
        verdict = Verdict("lookahead-analysis")
        verdict.judge_lookahead({"strategy_list": ["Absent"], "minimum_trade_amount": 10}, [])
        assert verdict.reason() == "lookahead-analysis did not check Absent"

    @pytest.mark.parametrize(
        ("command", "name", "level", "fails"),
        [
            ("backtesting", "freqtrade.strategy", logging.ERROR, True),
            ("backtesting", "freqtrade.strategy", logging.WARNING, False),
            ("backtesting", "asyncio", logging.ERROR, False),
            ("trade", "freqtrade.exchange", logging.ERROR, False),
            ("trade", "freqtrade", logging.ERROR, True),
        ],
    )
    def test_which_log_records_count(
        self, command: str, name: str, level: int, fails: bool
    ) -> None:
        original = logging.getLogRecordFactory()
        try:
            verdict = Verdict(command)
            verdict.watch_log()
            logging.getLogger(name).log(level, "What happened\nand where")
        finally:
            logging.setLogRecordFactory(original)
        assert verdict.reason() == ("What happened" if fails else None)

    def test_an_exit_buried_by_another(self) -> None:
        """freqtrade's `finally: sys.exit(None)` hides the code of argparse."""
        with pytest.raises(SystemExit) as caught:
            try:
                sys.exit(2)
            finally:
                sys.exit(None)
        assert exit_code(caught.value) == 2
        assert exit_code(SystemExit(None)) == 0
        assert exit_code(SystemExit("a message")) == 1

    def test_command(self) -> None:
        assert command_of(["-v", "trade", "--strategy", "Toy"]) == "trade"
        assert command_of(["--version"]) is None
