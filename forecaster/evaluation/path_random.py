"""Random numbers of drawn paths: each origin has its own, whichever others are drawn from with it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from forecaster.data.panel import Panel
from forecaster.training.own_random import OwnRandom


class PathDraw:
    """The random numbers of one draw on each path, whichever windows are forecast at once."""

    def __init__(self, own: OwnRandom, n_paths: int, number: int) -> None:
        """Take whose numbers these are.

        Args:
            own: Of n origins.
            n_paths: Paths from each.
            number: Of the draw, from 0.
        """
        self._own, self._n_paths, self._number = own, n_paths, number
        self._tables: dict[tuple[bool, int], np.ndarray] = {}

    @property
    def n_numbers(self) -> int:
        """Numbers in a table: n_paths * n."""
        return self._n_paths * self._own.n_series

    def of(self, first: int = 0) -> WindowRandom:
        """What the forecasts of some windows draw with.

        Args:
            first: Number of the first of these windows: of n, if all paths are drawn from each, or of
                n_paths * n, path by path, if one is.

        Returns:
            The numbers of the windows from there on, the same whichever are asked for at other times.
        """
        return WindowRandom(self, first)

    def table(self, normal: bool, number: int) -> np.ndarray:
        """(n_paths * n,) even or normal numbers, path by path.

        Args:
            normal: Whether they are normal.
            number: Of the table, from 0.
        """
        if (normal, number) not in self._tables:
            numbers = self._own.normal if normal else self._own.uniform
            self._tables[normal, number] = numbers(self._n_paths, self._number, number).T.ravel()
        return self._tables[normal, number]


class WindowRandom:
    """A ``RandomSource`` of consecutive windows: each time that it is asked it goes on to the next table."""

    def __init__(self, draw: PathDraw, first: int) -> None:
        """Take the draw, and the number of the first window."""
        self._draw, self._first, self._tables = draw, first, itertools.count()

    def random(self, size: tuple[int, ...], /) -> np.ndarray:
        """Even numbers in [0, 1): (n_paths, n_windows, 1), or (1, n_windows, 1)."""
        return self._next(False, size)

    def standard_normal(self, size: tuple[int, ...], /) -> np.ndarray:
        """Normal numbers of mean 0 and variance 1, shaped likewise."""
        return self._next(True, size)

    def _next(self, normal: bool, size: tuple[int, ...]) -> np.ndarray:
        """The numbers of these windows in the next table."""
        table = self._draw.table(normal, next(self._tables)).reshape(size[0], -1)
        return table[:, self._first : self._first + size[1]].reshape(size)


def path_draws(panel: Panel, origins: np.ndarray, n_paths: int, seed: int) -> Iterator[PathDraw]:
    """Draws on the paths from some origins, one after the other.

    Args:
        panel: Rows that the origins lie in.
        origins: (n,) int64 flat row numbers.
        n_paths: Paths from each.
        seed: Of the draws.

    Yields:
        Random numbers, as often as they are asked for: those of an origin follow from the seed, the id of its
        series and the number of rows that the series has before it, and from nothing else.
    """
    series = panel.series_of(origins)
    own = OwnRandom(seed, panel.ids[series], panel.n_before(origins, series))
    for number in itertools.count():
        yield PathDraw(own, n_paths, number)
