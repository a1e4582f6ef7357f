"""The real bot in dry-run: what a user of NijaMicro relies on while money is at stake.

freqtrade's own Worker over the simulated exchange, one iteration a call (see `live`). Signals come
from NIJA's own voters in one test, from a scripted plugin in the others; the rules are always ours.
"""
