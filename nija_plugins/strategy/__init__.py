"""The adapter: freqtrade's callbacks on one side, NIJA's hooks on the other, nothing else.

hyperopt pickles a strategy's modules by value into its workers, so nothing here lives at module
level but names; the plugin manager and all memory of a run are rebuilt where they are needed.
"""

from nija_plugins.strategy.entries import Entries
from nija_plugins.strategy.exits import Exits
from nija_plugins.strategy.looking import Looking
from nija_plugins.strategy.loop import Loop


class NijaStrategy(Looking, Loop, Entries, Exits):
    """What every NIJA strategy does. A subclass says what it trades on and how it leaves."""
