"""Distributions: what every forecast is; NumPy only."""

from forecaster.distributions.base import Distribution
from forecaster.distributions.binned import Binned, tail_scales
from forecaster.distributions.clipped import Clipped
from forecaster.distributions.conditioned import Conditioned
from forecaster.distributions.defective import Defective
from forecaster.distributions.empirical import Empirical
from forecaster.distributions.hazard import PiecewiseHazard
from forecaster.distributions.mixture import Mixture, mixture_of
from forecaster.distributions.normal import Normal
from forecaster.distributions.normal_mixture import NormalMixture
from forecaster.distributions.parametric import Family, Parametric
from forecaster.distributions.piecewise import PiecewiseLinear
from forecaster.distributions.point_mass import PointMass, median_of
from forecaster.distributions.pointed import Pointed
from forecaster.distributions.quantiles import Quantiles
from forecaster.distributions.random_source import RandomSource
from forecaster.distributions.stacked import Stacked, concatenate
from forecaster.distributions.steps import AffineStep, LogStep, Step
from forecaster.distributions.transformed import Transformed

__all__ = [
    "AffineStep",
    "Binned",
    "Clipped",
    "Conditioned",
    "Defective",
    "Distribution",
    "Empirical",
    "Family",
    "LogStep",
    "Mixture",
    "Normal",
    "NormalMixture",
    "Parametric",
    "PiecewiseHazard",
    "PiecewiseLinear",
    "PointMass",
    "Pointed",
    "Quantiles",
    "RandomSource",
    "Stacked",
    "Step",
    "Transformed",
    "concatenate",
    "median_of",
    "mixture_of",
    "tail_scales",
]
