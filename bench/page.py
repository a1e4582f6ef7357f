"""The figures as a table of docs/performance.md, beside their targets, and as a picture."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.parts import exponent
from bench.processes import ROOT

PAGE = ROOT / "docs/performance.md"
PICTURE = ROOT / "docs/img/performance.png"
BEGIN, END = "<!-- written by make bench -->", "<!-- end -->"


def write(facts: Mapping[str, Any]) -> None:
    """Puts the figures between the marks of the page; what people wrote around them stays."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{generated(facts)}\n{END}{after}")
    if "growth" in facts:
        _draw(facts["growth"])


def generated(facts: Mapping[str, Any]) -> str:
    """Machine, table, and the seconds behind the ratios."""
    machine = facts["machine"]
    lines = [
        f"{facts['date']}, {machine['processor']}, {machine['cores']} cores, load "
        f"{machine['load']:.1f} at the start; Python {facts['python']}, freqtrade "
        f"{version('freqtrade')}, pandas {version('pandas')}; {facts['candles']}, "
        f"{facts['rounds']}; `{facts['command']}`.",
        "",
        "| what | target | measured | |",
        "|---|---|---|---|",
        *(f"| {what} | {target} | {found} | {met} |" for what, target, found, met in rows(facts)),
        "",
        *_seconds(facts),
    ]
    if "growth" in facts:
        lines += ["", "![Seconds and megabytes against pairs and years](img/performance.png)"]
    return "\n".join(lines)


NO = "**no**"
Row = tuple[str, str, str, str]


def rows(facts: Mapping[str, Any]) -> Iterator[Row]:
    """What was measured beside its target."""
    yield from _backtests(facts.get("backtests"))
    yield from _hyperopts(facts.get("hyperopts"))
    yield from _growth(facts.get("growth"))
    yield from _replays(facts.get("replays"))
    yield from _starts(facts.get("starts"))
    yield from _reports(facts.get("reports"))
    yield from _sweeps(facts.get("sweeps"))


def _most(what: str, limit: float, found: float, form: str) -> Row:
    return (
        what,
        f"≤ {form.format(limit)}",
        form.format(found),
        NO if found > limit else "yes",
    )


def _least(what: str, limit: float, found: float, form: str) -> Row:
    return (
        what,
        f"≥ {form.format(limit)}",
        form.format(found),
        NO if found < limit else "yes",
    )


def _backtests(found: Mapping[str, Any] | None) -> Iterator[Row]:
    if not found:
        return
    for kind, name in (("wall", "wall time"), ("cpu", "processor time")):
        nothing, fifteen = found["nothing"][kind], found["fifteen"][kind]
        warm, cold = found["warm"][kind], found["cold"][kind]
        yield _most(f"backtest, {name}: warm / 15 indicators", 1.25, warm / fifteen, "{:.2f}")
        yield _most(f"backtest, {name}: warm / nothing", 1.6, warm / nothing, "{:.2f}")
        yield _most(f"backtest, {name}: cold / nothing", 3.0, cold / nothing, "{:.2f}")
    memory = found["warm"]["peak"] / found["sample"]["peak"]
    yield _most("backtest, peak memory: warm / SampleStrategy", 1.2, memory, "{:.2f}")


def _hyperopts(found: Mapping[str, Any] | None) -> Iterator[Row]:
    for jobs in (1, 2) if found else ():
        assert found is not None
        ratio = found[f"SampleStrategy -j {jobs}"] / found[f"NijaMicro -j {jobs}"]
        yield _least(f"hyperopt epochs/s, -j {jobs}: NIJA / SampleStrategy", 1.0, ratio, "{:.2f}")


def _growth(found: Mapping[str, Any] | None) -> Iterator[Row]:
    for size in ("pairs", "years") if found else ():
        assert found is not None
        for what, name in (("wall", "time"), ("peak", "memory")):
            yield _most(
                f"{name} against {size} ({', '.join(found[size])}): exponent",
                1.1,
                exponent(found[size], what),
                "{:.2f}",
            )


def _replays(found: Mapping[str, Any] | None) -> Iterator[Row]:
    for name, facts in (found or {}).items():
        strategy, pairs, _, times = name.split()
        if strategy == "NijaMicro":
            limit = 0.15 if pairs == "3" else 0.25
            what = f"NIJA's share of an iteration, {pairs} pairs, {times} an hour"
            yield _most(what, limit, facts["share"], "{:.0%}")
        if times == "1":
            what = f"replay, 3 pairs, candles/s: {strategy}"
            speed = facts["candles_per_second"]
            if strategy == "NijaMicro":
                yield _least(what, 20, speed, "{:.1f}")
            else:
                yield what, "", f"{speed:.1f}", "freqtrade itself"


def _starts(found: Mapping[str, Any] | None) -> Iterator[Row]:
    for kind, name in (("wall", "wall time"), ("cpu", "processor time")) if found else ():
        assert found is not None
        over = found["nija"][kind] - found["nothing"][kind]
        yield _most(f"start over freqtrade's own, {name}", 0.5, over, "{:.2f} s")
        yield _most(f"`nija --help`, {name}", 0.4, found["help"][kind], "{:.2f} s")
        yield f"an empty Python, {name}", "", f"{found['python'][kind]:.2f} s", ""


def _reports(found: Mapping[str, Any] | None) -> Iterator[Row]:
    for kind, name in (("wall", "wall time"), ("cpu", "processor time")) if found else ():
        assert found is not None
        yield _most(f"report of 5,000 trades, {name}", 5, found["report"][kind], "{:.1f} s")


def _sweeps(found: Mapping[str, Any] | None) -> Iterator[Row]:
    if not found:
        return
    over = found["one worker"] / found["without Dask"] - 1
    yield _most("sweep of 200 backtests, over a plain loop", 0.05, over, "{:.1%}")
    times = found["one worker"] / found["two workers"]
    yield _least("sweep of 200 backtests, two workers / one", 1.7, times, "{:.2f}")


def _seconds(facts: Mapping[str, Any]) -> list[str]:
    if "backtests" not in facts:
        return []
    names = {
        "nothing": "a strategy that does nothing",
        "sample": "freqtrade's SampleStrategy",
        "fifteen": "15 TA-Lib indicators, four empty callbacks",
        "warm": "NijaMicro, models on disk",
        "cold": "NijaMicro, every model fitted",
    }
    table = ["| backtest, medians | wall s | processor s | peak MB |", "|---|---|---|---|"]
    for key, name in names.items():
        one = facts["backtests"][key]
        table.append(f"| {name} | {one['wall']:.1f} | {one['cpu']:.1f} | {one['peak']:.0f} |")
    return table


def _draw(growth: Mapping[str, Any]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for axis, size in zip(axes, ("pairs", "years"), strict=True):
        sizes = [float(one) for one in growth[size]]
        for what, unit in (("wall", "seconds"), ("cpu", "processor s"), ("peak", "MB")):
            costs = [one[what] for one in growth[size].values()]
            slope = exponent(growth[size], what)
            axis.loglog(sizes, costs, "o-", label=f"{unit}, exponent {slope:.2f}")
        axis.set_xlabel(size)
        axis.set_xticks(sizes, [f"{one:g}" for one in sizes], minor=False)
        axis.minorticks_off()
        axis.legend(frameon=False)
    figure.suptitle("NijaMicro's backtest, warm: cost against size")
    Path(PICTURE).parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})
    plt.close(figure)
