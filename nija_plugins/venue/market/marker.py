"""Synthetic candles are kept apart from real ones."""

from pathlib import Path

MARKER = "SYNTHETIC.txt"
"""A file of this name says that the candles beside it never happened."""


class RealCandles(ValueError):
    """A data directory that holds candles which are not known to be synthetic."""


def mark_synthetic(datadir: Path, seed: int) -> None:
    """Mark `datadir` as a place for synthetic candles; it is made when missing.

    Raises RealCandles when it already holds candles and no such mark: freqtrade would append to
    their files, and a history that is half real is worse than none.
    """
    marker = datadir / MARKER
    if not marker.exists() and any(datadir.rglob("*-*.feather")):
        raise RealCandles(
            f"{datadir} holds candles that are not marked as synthetic, and they must not be "
            "mixed. Choose another directory with --datadir, or move them away."
        )
    datadir.mkdir(parents=True, exist_ok=True)
    marker.write_text(
        f"The candles in this directory are synthetic (seed {seed}); this market never existed.\n"
        "Delete the whole directory before downloading real ones.\n",
        encoding="utf-8",
    )
