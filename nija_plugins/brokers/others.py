"""What the other brokers of the portfolio add to an account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """A position of another broker, or an entry that is reserved; `value` in stake currency."""

    broker: str
    pair: str
    value: float

    @property
    def asset(self) -> str:
        """The base currency, `BTC` for `BTC/USD`."""
        return self.pair.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Others:
    """The other brokers together, in stake currency, as each of them last told.

    `worst_case` and `free_cash` are less what reserved entries would lose and cost; `held` counts
    those entries as positions. `brokers` is how many others there are; `room` how much of
    `equity` - `worst_case` belongs to those that are alive and can raise their stops; `silent` are
    those without a sign of life, `silent_equity` is their part of `equity`. `unknown` is true while
    nobody could be asked.
    """

    equity: float = 0.0
    worst_case: float = 0.0
    free_cash: float = 0.0
    held: tuple[Held, ...] = ()
    brokers: int = 0
    room: float = 0.0
    silent: tuple[str, ...] = ()
    silent_equity: float = 0.0
    unknown: bool = False


ALONE = Others()
"""A portfolio of one broker."""
