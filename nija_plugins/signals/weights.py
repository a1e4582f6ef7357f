"""How much each family's evidence is worth in each regime, from 0 (ignored) to 1 (fully).

Two families at full strength score the mean of their weights, and an entry needs 0.75. Hence:
breakouts weigh most and go with anything that confirms them, volume included; a trend goes with its
momentum; a pullback weighs too little to take part, because it was measured to pay no more than an
ordinary bar (docs/market.md); no two families reach the threshold while the market falls.
"""

from collections.abc import Mapping
from types import MappingProxyType

from nija_plugins.view import Family, Regime

_COLUMNS = (
    Family.TREND,
    Family.MOMENTUM,
    Family.BREAKOUT,
    Family.MEAN_REVERSION,
    Family.VOLUME,
    Family.HIGHER_TIMEFRAME,
)

# fmt: off
_ROWS: Mapping[Regime, tuple[float, ...]] = MappingProxyType({
    #                      trend  moment. breakout reversion volume daily
    Regime.TRENDING_UP:   (0.85,  0.90,   1.00,    0.40,     0.50,  0.70),
    Regime.BREAKOUT:      (0.75,  0.85,   1.00,    0.20,     0.50,  0.70),
    Regime.RANGING:       (0.60,  0.70,   1.00,    0.40,     0.50,  0.70),
    Regime.TRENDING_DOWN: (0.30,  0.30,   0.60,    0.20,     0.40,  0.30),
    Regime.CRISIS:        (0.00,  0.00,   0.30,    0.20,     0.20,  0.00),
    # The regime engine is off: all weigh the same.
    Regime.UNKNOWN:       (1.00,  1.00,   1.00,    1.00,     1.00,  1.00),
})
# fmt: on

WEIGHTS: Mapping[Regime, Mapping[Family, float]] = MappingProxyType(
    {
        regime: MappingProxyType(dict(zip(_COLUMNS, row, strict=True)))
        for regime, row in _ROWS.items()
    }
)
"""regime → family → weight."""
