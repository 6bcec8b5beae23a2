"""How wide a mixture must be for windows that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecaster.distributions import mixture_of
from forecaster.network.heads import MixtureHead

# Factors that are tried, and how far their logarithm is thought to be from 0 before anything is seen.
FACTORS = np.exp(np.linspace(-0.5, 1.0, 31))
PRIOR_SPREAD = 0.25
# Mass below which a window counts as impossible, whatever the factor.
LEAST_MASS = 1e-12


def widen(head: MixtureHead, outputs: Sequence[np.ndarray], cell: np.ndarray) -> MixtureHead:
    """The head whose forecasts of held-out windows are as wide as what came.

    Args:
        head: Of trained networks.
        outputs: Of each network for the windows, (n, 1, n_outputs).
        cell: (n, 1, 3) limits of their targets; see ``Batch``. NaN where nothing is known.

    Returns:
        The same head with the factor that has the highest likelihood, drawn towards 1 as few windows ask
        for.

    Source:
        Temperature scaling: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks",
        ICML 2017; here of the standard deviations, with a log-normal prior.
    """
    known = np.isfinite(cell[:, 0, 0])
    if not known.any():
        return head
    cell, outputs = cell[known], [one[known] for one in outputs]
    costs = [_loss(replace(head, widening=float(factor)), outputs, cell) for factor in FACTORS]
    prior = 0.5 * (np.log(FACTORS) / PRIOR_SPREAD) ** 2
    return replace(head, widening=float(FACTORS[np.argmin(costs + prior)]))


def _loss(head: MixtureHead, outputs: Sequence[np.ndarray], cell: np.ndarray) -> float:
    """Minus the log likelihood of what came, given what had been waited."""
    forecast = mixture_of([head.distribution(one) for one in outputs])
    low, high, waited = np.moveaxis(cell, -1, 0)
    is_open = np.isposinf(high)
    mass = forecast.mass(low, np.where(is_open, low, high))
    reached = np.where(is_open, forecast.survival(low), mass)
    left = np.where(np.isfinite(waited), forecast.survival(np.where(np.isfinite(waited), waited, 0.0)), 1.0)
    lost = np.log(np.maximum(left, LEAST_MASS)) - np.log(np.maximum(reached, LEAST_MASS))
    return float(lost.sum())
