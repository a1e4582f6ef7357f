"""`nija doctor`: one question a function, each answered with a tick, a warning or a cross.

A check is a function of a `Context` that yields `Finding`s; `CHECKS` lists them in the order they
are shown. A check changes nothing, and what it cannot know it says.
"""

from nija_plugins.doctor.context import Context
from nija_plugins.doctor.examination import CHECKS, examine
from nija_plugins.doctor.finding import Finding, Level

__all__ = ["CHECKS", "Context", "Finding", "Level", "examine"]
