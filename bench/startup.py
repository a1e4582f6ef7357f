"""What a start costs: importing and constructing a strategy, as freqtrade does it, in a process.

python -m bench.startup STRATEGY USER_DATA
"""

import sys
from pathlib import Path
from time import perf_counter

from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.resolvers import StrategyResolver

from bench.processes import tell

if __name__ == "__main__":
    strategy, user_data = sys.argv[1:]
    config = Configuration(
        {
            "config": [str(Path(user_data) / "config.json")],
            "user_data_dir": user_data,
            "strategy": strategy,
        },
        RunMode.BACKTEST,
    ).get_config()
    began = perf_counter()
    StrategyResolver.load_strategy(config)
    tell(construction=perf_counter() - began)
