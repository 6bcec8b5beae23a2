"""Baselines: forecasts without training, as distributions; no keras."""

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.choose import all_baselines, check_baselines, choose_baselines

__all__ = ["Baseline", "FittedBaseline", "all_baselines", "check_baselines", "choose_baselines"]
