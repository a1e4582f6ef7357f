"""freqtrade, unmodified, in a process that tells its peak memory.

python -m bench.child backtesting --strategy ...
"""

import sys

from freqtrade.main import main

from bench.processes import tell

if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        tell()
