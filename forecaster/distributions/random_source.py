"""RandomSource: what a distribution draws with."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class RandomSource(Protocol):
    """A numpy ``Generator``, or whatever else has independent numbers in these two ways."""

    def random(self, size: tuple[int, ...], /) -> np.ndarray:
        """Even numbers in [0, 1), of shape ``size``."""

    def standard_normal(self, size: tuple[int, ...], /) -> np.ndarray:
        """Normal numbers of mean 0 and variance 1, of shape ``size``."""
