"""freqtrade for one broker, with its key in the environment of this process alone.

python -m nija_plugins.brokers.start BROKER ENV_FILE trade --strategy NijaMicro ...
"""

import os
import sys
from pathlib import Path

from nija_plugins.brokers.credentials import environment, for_freqtrade


def run(broker: str, file: Path, arguments: list[str]) -> None:
    """Ends the process, with freqtrade's own exit code."""
    found = environment(file, os.environ)
    os.environ.update(found)
    os.environ.update(for_freqtrade(broker, found))
    from freqtrade.main import main

    main(arguments)


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
