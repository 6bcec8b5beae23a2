"""Random numbers of a series' own: the same alone and among others, in any order, in any part of a file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forecaster.data.id_hash import hash_ids


class OwnRandom:
    """Random numbers of some series, each of them its own.

    They follow from the seed, the id of the series, the place in it and the number of the draw and of the
    table, and from nothing else: those of any other have nothing in common with them.

    Source:
        Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011: the generator
        Philox enciphers a counter under a key. Seed and id are the key; table, draw and place are where the
        counter begins.
    """

    def __init__(self, seed: int, ids: np.ndarray, places: np.ndarray | None = None) -> None:
        """Take who the numbers are for.

        Args:
            seed: Not negative.
            ids: (n,) str, of the series.
            places: (n,) int64, not negative: where in the series; 0 when None.
        """
        self._names = hash_ids(ids)
        self._places = np.zeros(len(ids), dtype=np.int64) if places is None else places
        self._philox = np.random.Philox(seed)
        self._generator = np.random.Generator(self._philox)
        self._start = self._philox.state  # its key has two words, its counter four

    @property
    def n_series(self) -> int:
        """How many rows the numbers have, one for each id that was given."""
        return len(self._names)

    def uniform(self, n: int, draw: int = 0, table: int = 0) -> np.ndarray:
        """Even numbers in [0, 1).

        Args:
            n: Of each series; the first ones are the same for any ``n``.
            draw: Which draw, not negative.
            table: Which numbers of that draw, not negative.

        Returns:
            (n_series, n).
        """
        return self._rows(lambda row: self._generator.random(out=row), n, draw, table)

    def normal(self, n: int, draw: int = 0, table: int = 0) -> np.ndarray:
        """Normal numbers of mean 0 and variance 1, of a table that no even ones are taken from.

        Args:
            n: As in ``uniform``.
            draw: As in ``uniform``.
            table: As in ``uniform``.

        Returns:
            (n_series, n).
        """
        return self._rows(lambda row: self._generator.standard_normal(out=row), n, draw, table)

    def _rows(self, fill: Callable[[np.ndarray], object], n: int, draw: int, table: int) -> np.ndarray:
        """(n_series, n), each row filled from where the numbers of its series begin."""
        rows = np.empty((self.n_series, n))
        start = self._start["state"]
        start["counter"][1:3] = table, draw
        for row, name, place in zip(rows, self._names, self._places, strict=True):
            start["key"][1], start["counter"][3] = name, place
            self._philox.state = self._start
            fill(row)
        return rows
