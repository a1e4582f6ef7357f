"""Limits that grow with the account."""

from nija_plugins.scaling.brokers import integrate_with_broker_manager
from nija_plugins.scaling.default import auto_scale, get_auto_scaling_engine
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.summary import get_current_tier_info, get_scaling_summary
from nija_plugins.scaling.tiers import SCALING_TIERS, ScalingTier

__all__ = [
    "SCALING_TIERS",
    "AutoScalingEngine",
    "ScalingTier",
    "auto_scale",
    "get_auto_scaling_engine",
    "get_current_tier_info",
    "get_scaling_summary",
    "integrate_with_broker_manager",
]
