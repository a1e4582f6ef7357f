"""`python -m nija_plugins.scaling`: what auto-scaling does as an account grows.

Works in memory and touches nobody's state.
"""

from rich import box
from rich.console import Console
from rich.table import Table

from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.summary import get_current_tier_info, get_scaling_summary

EQUITIES = (15, 100, 250, 500, 750, 1000, 5000)
"""The balances shown, in stake currency."""


def demo(console: Console) -> None:
    """One account growing through `EQUITIES`: a table, and the full summary in between."""
    engine = AutoScalingEngine()
    table = Table(title="Auto-scaling as an account grows", box=box.SIMPLE, pad_edge=False)
    for heading in ("Equity", "Positions", "Risk", "To go"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("Tier", "Change", "Copy", "Leverage"):
        table.add_column(heading, no_wrap=True)
    for equity in EQUITIES:
        scaled, _, new = engine.check_and_scale(equity)
        info = get_current_tier_info(engine)
        progress = engine.get_progress_to_next_tier()
        table.add_row(
            f"${equity:.2f}",
            str(info["max_positions"]),
            f"{info['risk_per_trade']:.1f}%",
            f"${progress['equity_needed']:.2f}" if progress else "top",
            str(new),
            "UPGRADE" if scaled else "",
            "yes" if info["copy_trading"] else "no",
            "yes" if info["leverage_enabled"] else "no",
        )
    console.print(table)
    example = AutoScalingEngine()
    example.check_and_scale(750)
    console.print("[bold]The summary of a $750 account[/bold]\n")
    console.print(get_scaling_summary(example), highlight=False, markup=False)


if __name__ == "__main__":
    demo(Console())
