"""Rows of prices by ticker, date and line, as messages name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.data.calendar import DAY
from forecaster.data.clock import moment_text
from forecaster.data.panel import Clock
from forecaster.data.rows import Order
from forecaster.data.table import Table

_MOST = 5


@dataclass(frozen=True)
class RowNames:
    """What rows in the order of the panel are called.

    Attributes:
        times: (n_rows,).
        offsets: (n_series + 1,).
        clock: Of the times.
        tickers: (n_series,) str; None where the file names none.
        origin: The table and the order of its rows; None where rows were merged, so that lines are not known.
    """

    times: np.ndarray
    offsets: np.ndarray
    clock: Clock
    tickers: np.ndarray | None
    origin: tuple[Table, Order] | None = None

    def first(
        self,
        rows: np.ndarray,
        days: np.ndarray | None = None,
        ends: Sequence[str] = (),
        n_rows: int | None = None,
        with_line: bool = False,
    ) -> str:
        """The first five of some rows, then how many more there are.

        Args:
            rows: (n,) row numbers, rising, at least one.
            days: (n,) datetime64[D] to name in place of the rows' own times.
            ends: What to write behind each, perhaps nothing.
            n_rows: How many there are when ``rows`` are the first of more.
            with_line: Whether to say in which line the first one stands.

        Returns:
            For example ``AAPL 2000-06-21 2:1, AAPL 2005-02-28 2:1``.
        """
        shown = rows[:_MOST]
        words = []
        for place, row in enumerate(shown):
            time = self.times[row] if days is None else days[place].astype("datetime64[ns]")
            day = str(time)[:10] if days is not None else self._moment(time)
            parts = (self.ticker(int(row)), day, ends[place] if ends else "")
            words.append(" ".join(part for part in parts if part))
        more = (len(rows) if n_rows is None else n_rows) - len(shown)
        text = ", ".join(words) + (f" and {more:,} more" if more > 0 else "")
        if with_line and self.origin is not None:
            table, order = self.origin
            text += f"; the first is {table.place(order.row(int(rows[0])))}"
        return text

    def ticker(self, row: int) -> str:
        """Ticker of a row; empty where the file names none."""
        if self.tickers is None:
            return ""
        return str(self.tickers[np.searchsorted(self.offsets, row, side="right") - 1])

    def _moment(self, time: np.generic) -> str:
        """A time as text; of daily rows the day alone."""
        text = str(moment_text(self.clock, time))
        is_daily = self.clock.step == "B" or (self.clock.resolution or 0) >= DAY
        return text[:10] if self.clock.kind == "date" and is_daily else text
