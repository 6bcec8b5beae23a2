"""Parametric: the usual families of waiting times, by scipy."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from forecaster.distributions.arrays import Index
from forecaster.distributions.base import Distribution

Family = Literal["expon", "weibull_min", "gamma", "lognorm", "lomax"]


class Parametric(Distribution):
    """A family of scipy.stats that begins at 0, with a scale and (but for ``expon``) a shape parameter."""

    def __init__(
        self, family: Family, scale: np.ndarray | float, form: np.ndarray | float | None = None
    ) -> None:
        """Take the parameters.

        Args:
            family: Name in scipy.stats.
            scale: Above 0, any shape; in the unit of X.
            form: Its shape parameter as scipy defines it, > 0; broadcasts with ``scale``, and both make the
                shape. None for ``expon``.

        Raises:
            ValueError: The family is not known, or a parameter is not above 0.
        """
        if family not in get_args(Family):
            raise ValueError(f"family {family} is none of {', '.join(get_args(Family))}")
        if (form is None) != (family == "expon"):
            raise ValueError(f"{family} takes {'no' if family == 'expon' else 'a'} form")
        self.family = family
        given = np.broadcast_arrays(scale, 1.0 if form is None else form)
        self.scale, self.form = (np.asarray(part, dtype=np.float64) for part in given)
        if not ((self.scale > 0) & (self.form > 0)).all():
            raise ValueError("scale and form must be above 0")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.scale.shape

    def _with(self, scale: np.ndarray, form: np.ndarray) -> Parametric:
        """The same family with other parameters."""
        return Parametric(self.family, scale, None if self.family == "expon" else form)

    def take(self, index: Index) -> Parametric:
        """Some of the distributions along the first axis."""
        return self._with(self.scale[index], self.form[index])

    def ravel(self) -> Parametric:
        """The same distributions along one axis."""
        return self._with(self.scale.reshape(-1), self.form.reshape(-1))

    def _call(self, name: str, *values: np.ndarray | float) -> np.ndarray:
        """A method of the family in scipy, of standardised values where it takes any."""
        from scipy import stats

        method: Any = getattr(getattr(stats, self.family), name)
        with np.errstate(all="ignore"):  # densities of 0 and inf at the ends
            return np.asarray(method(*values, *(() if self.family == "expon" else (self.form,))))

    def _standard(self, x: np.ndarray | float) -> np.ndarray:
        """X in scales."""
        return np.asarray(np.asarray(x, dtype=np.float64) / self.scale)

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``."""
        return self._call("cdf", self._standard(x))

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``; exact in the upper tail."""
        return self._call("sf", self._standard(x))

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability."""
        return np.asarray(self.scale * self._call("ppf", np.asarray(probability, dtype=np.float64)))

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability; exact in the upper tail."""
        return np.asarray(self.scale * self._call("isf", np.asarray(probability, dtype=np.float64)))

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density; inf at 0 where it grows without limit."""
        return self._call("logpdf", self._standard(x)) - np.log(self.scale)

    def mean(self) -> np.ndarray:
        """Expectation; inf where a lomax has none."""
        return np.asarray(np.broadcast_to(self.scale * self._call("mean"), self.shape)).copy()
