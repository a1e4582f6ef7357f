"""What the AI filter is worth on candles it had not seen: walk-forward, window by window.

Each quarter's candidates are judged by the model of that quarter, which learned from what was over
before it began. Results are in R: units of what the planned stop would have lost, fees included.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from nija_plugins import answers
from nija_plugins.candles.days import from_hours
from nija_plugins.candles.history import CANDLES, History
from nija_plugins.guard import Hooks, PluginFailure
from nija_plugins.market import add_view
from nija_plugins.report.words import NOTHING
from nija_plugins.settings import Settings
from nija_plugins.trade_filter.features import NAMES
from nija_plugins.trade_filter.model import Model, TooFew
from nija_plugins.trade_filter.samples import samples
from nija_plugins.trade_filter.training import NotEnough, Trainer, fitted
from nija_plugins.trade_filter.windows import Window, windows_between

HOUR = 3600
RESAMPLES = 2000


@dataclass(frozen=True)
class Quarter:
    """One window: how many candidates it learned from, `winners` of them, and what it said of the
    quarter's own: a row each with `entered`, `pair`, `r`, `score`, `chance`, `rank`, `base` (the
    share of winners it had learned from). `problem` says why there is no model."""

    window: Window
    learned: int
    winners: int
    judged: pd.DataFrame
    problem: str | None = None


def walk(
    history: History,
    *,
    tested: dict[str, pd.DataFrame] | None = None,
    shuffled: int | None = None,
) -> Iterator[tuple[Quarter, int]]:
    """Every quarter of `history`, in order, each with how many there are.

    `tested` are other samples than the candidates, by pair; `shuffled` is a seed with which the
    labels learned from are dealt out anew.
    """
    candles = {pair: history.before(pair, _after(history)) for pair in history.pairs}
    candles = {pair: frame for pair, frame in candles.items() if len(frame)}
    if not candles:
        return
    if tested is None:
        tested = {p: samples(f, history.fee, history.time_stop) for p, f in candles.items()}
    first = min(frame["date"].iloc[0] for frame in candles.values())
    windows = windows_between(first, history.ends, history.time_stop)
    trainers = {pair: Trainer(history, pair, until=windows[-1].opens) for pair in candles}
    random = np.random.default_rng(shuffled)
    for window in windows:
        learned = next(iter(trainers.values())).training_set(window)
        found, problems = [], []
        for pair, trainer in trainers.items():
            try:
                model = trainer.model(window)
                if shuffled is not None:
                    model = fitted(learned.assign(r=random.permutation(learned["r"])))
            except (NotEnough, TooFew) as reason:
                problems.append(str(reason))
                continue
            found.append(_judged(tested[pair], pair, window, model))
        won = int((learned["r"] > 0).sum())
        judged = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
        judged = judged.assign(base=won / max(1, len(learned)))
        problem = None if found else problems[0]
        yield Quarter(window, len(learned), won, judged, problem), len(windows)


def _judged(table: pd.DataFrame, pair: str, window: Window, model: Model) -> pd.DataFrame:
    begin, end = window.opens.timestamp(), window.closes.timestamp()
    rows = table[(table["entered"] >= begin) & (table["entered"] < end)].assign(pair=pair)
    features = rows[list(NAMES)].to_numpy(dtype=float)
    scores = model.score(features) if len(rows) else np.array([])
    return rows.assign(score=scores, chance=model.win_probability(scores), rank=model.rank(scores))


def candidates_with_votes(
    history: History, hooks: Hooks, settings: Settings
) -> dict[str, pd.DataFrame]:
    """The candidates of each pair, with `votes`: the sum of all votes on them."""
    found = {}
    for pair in history.pairs:
        candles = history.before(pair, _after(history))
        table = samples(candles, history.fee, history.time_stop)
        votes = _votes(candles, pair, hooks, settings)
        found[pair] = table.assign(votes=votes.to_numpy()[_signal_rows(candles, table)])
    return found


def own_signals(history: History, hooks: Hooks, settings: Settings) -> dict[str, pd.DataFrame]:
    """What NIJA itself would enter, if it had any number of positions: score and reward over risk
    above their minimums. With `b`, the reward over risk after fees."""
    off = settings.model_copy(update={"ai_trade_filter": False})
    found = {}
    for pair in history.pairs:
        candles = history.before(pair, _after(history))
        view = add_view(from_hours(candles[CANDLES]), pair, hooks, off)
        fee = history.fee
        gain = (1 + view["nija_target"]) * (1 - fee) - (1 + fee)
        b = gain / ((1 + fee) - (1 - view["nija_stop"]) * (1 - fee))
        good = view["nija_candidate"] & (view["nija_score"] >= settings.min_signal_score)
        good &= (b >= settings.min_risk_reward) & view["nija_problem"].isna()
        table = samples(candles, fee, history.time_stop, where=good)
        found[pair] = table.assign(b=b.to_numpy()[_signal_rows(candles, table)])
    return found


def _signal_rows(candles: pd.DataFrame, table: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Positions of the candles after which the samples were entered; candles are consecutive."""
    first = int(candles["date"].iloc[0].timestamp())
    rows: npt.NDArray[np.int64] = (table["entered"].to_numpy() - first) // HOUR - 1
    return rows


def _votes(candles: pd.DataFrame, pair: str, hooks: Hooks, settings: Settings) -> pd.Series:
    total = pd.Series(0.0, index=candles.index)
    given = {"dataframe": from_hours(candles), "pair": pair, "settings": settings}
    for _, answer in hooks.every("nija_votes", answers.votes(candles.index), **given):
        if isinstance(answer, PluginFailure):
            raise answer
        for vote in answer or []:
            total += vote.score.fillna(0.0)
    return total


def _after(history: History) -> pd.Timestamp:
    return history.ends + pd.Timedelta(seconds=HOUR)


@dataclass(frozen=True)
class Interval:
    """A mean with the 95% interval of its bootstrap."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        if not np.isfinite(self.mean):
            return NOTHING
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            return f"{self.mean:+.2f}"
        return f"{self.mean:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"


@dataclass(frozen=True)
class Figures:
    """What passing some candidates and refusing the others came to."""

    candidates: int
    share: float
    win_passed: float
    win_refused: float
    passed: Interval
    refused: Interval
    difference: Interval


def figures(judged: pd.DataFrame, passes: npt.NDArray[np.bool_], seed: int = 1) -> Figures:
    """`judged` split by `passes`; intervals from resampling whole weeks, since candidates of one
    week are one opinion said several times."""
    r = judged["r"].to_numpy(dtype=float)
    _, week = np.unique(judged["entered"].to_numpy() // (7 * 24 * HOUR), return_inverse=True)
    weeks = week.max() + 1
    sums = {
        kind: (np.bincount(week, r * kept, weeks), np.bincount(week, kept, weeks))
        for kind, kept in (("passed", passes.astype(float)), ("refused", (~passes).astype(float)))
    }
    drawn = np.random.default_rng(seed).integers(0, weeks, (RESAMPLES, weeks))
    with np.errstate(invalid="ignore"):
        means = {
            kind: total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
            for kind, (total, count) in sums.items()
        }
        now = {kind: total.sum() / count.sum() for kind, (total, count) in sums.items()}
    means["difference"] = means["passed"] - means["refused"]
    now["difference"] = now["passed"] - now["refused"]
    spans = {kind: _interval(float(now[kind]), values) for kind, values in means.items()}
    won = r > 0
    return Figures(
        candidates=len(r),
        share=float(passes.mean()),
        win_passed=float(won[passes].mean()) if passes.any() else float("nan"),
        win_refused=float(won[~passes].mean()) if (~passes).any() else float("nan"),
        passed=spans["passed"],
        refused=spans["refused"],
        difference=spans["difference"],
    )


def _interval(mean: float, resampled: npt.NDArray[np.float64]) -> Interval:
    """Resamples without a single one of a kind have no mean."""
    known = resampled[np.isfinite(resampled)]
    if not len(known):
        return Interval(mean, float("nan"), float("nan"))
    return Interval(mean, *map(float, np.quantile(known, [0.025, 0.975])))


def same_share(values: pd.Series, passes: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """As many of the highest `values` as `passes` lets through; of equal ones the earlier."""
    order = np.argsort(-values.to_numpy(dtype=float), kind="stable")
    chosen = np.zeros(len(values), dtype=bool)
    chosen[order[: int(passes.sum())]] = True
    return chosen


def at_random(judged: pd.DataFrame, count: int, seed: int = 1) -> Interval:
    """The mean R of `count` candidates drawn at random; of none it is NaN."""
    if not count:
        return Interval(float("nan"), float("nan"), float("nan"))
    r = judged["r"].to_numpy(dtype=float)
    random = np.random.default_rng(seed)
    means = [random.choice(r, count, replace=False).mean() for _ in range(RESAMPLES)]
    return Interval(float(np.mean(means)), *map(float, np.quantile(means, [0.025, 0.975])))


def auc(judged: pd.DataFrame, by: str = "rank") -> float:
    """The area under the ROC curve of `by`: 0.5 is no skill. NaN where all won or all lost."""
    won = judged["r"] > 0
    return float(roc_auc_score(won, judged[by])) if won.nunique() == 2 else float("nan")


def brier(judged: pd.DataFrame, by: str) -> float:
    """Mean squared error of the probabilities `by` (Brier, 1950)."""
    return float(((judged["r"] > 0) - judged[by]).pow(2).mean())
