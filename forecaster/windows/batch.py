"""Batch: what the network is given at once, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from forecaster.data.peers import ALONE, Peers


@dataclass(frozen=True)
class Batch:
    """Some windows, normalised and gathered.

    Attributes:
        past: (batch, look_back, n_channels) float32, normalised, 0 where nothing was observed.
        observed: (batch, look_back, n_channels) float32, 1 where ``past`` is real, 0 where it is padding
            or missing.
        target: (batch, horizon) float64, normalised as the network learns it; 0 where masked.
        mask: (batch, horizon) bool, where a target is known.
        series: (batch,) int64 index of the series in the panel.
        cell: (batch, horizon, 3) float64, of waiting times, normalised like ``target``: what the target is
            above, what it is at most (inf while the interval is open), and what it was known to exceed from
            the start (-inf for nothing). NaN where nothing is known. None for other targets.
        static: (batch, n_static) float32 history features and static numbers, normalised; None without any.
        marks: (batch, look_back) int32 category of each event, 1 .. n_marks, 0 where there is none or it is
            not known; None without marks.
        next_mark: (batch, horizon) int32 those of the targets, likewise.
        series_number: (batch,) int32 number of each window's series among those trained on, from 1; 0 for
            others. None for networks that do not tell series apart.
        future: (batch, horizon, n_future) float32 what is known of the steps to come, normalised; None
            without.
        carries: (batch,) float32, of windows of streams, 1 where the state goes on, 0 where it begins anew;
            None for windows that stand alone.
        classes: (batch, horizon) int64 class of each target, 0 where masked; None for numbers.
        numbers: (batch, horizon, n_outputs) float64 targets of sequences of which several numbers are learnt,
            in the unit of the data, NaN where not known; None for others.
    """

    past: np.ndarray
    observed: np.ndarray
    target: np.ndarray
    mask: np.ndarray
    series: np.ndarray
    cell: np.ndarray | None = None
    static: np.ndarray | None = None
    marks: np.ndarray | None = None
    next_mark: np.ndarray | None = None
    series_number: np.ndarray | None = None
    future: np.ndarray | None = None
    carries: np.ndarray | None = None
    classes: np.ndarray | None = None
    numbers: np.ndarray | None = None

    def take(self, index: np.ndarray | slice) -> Batch:
        """Some of the windows.

        Args:
            index: Positions or a slice along the first axis.

        Returns:
            A new batch; views where ``index`` is a slice.
        """
        parts: dict[str, Any] = {}
        for field in fields(self):
            part = getattr(self, field.name)
            parts[field.name] = None if part is None else part[index]
        return Batch(**parts)

    @property
    def inputs(self) -> dict[str, np.ndarray]:
        """What the network takes, by the name of its input."""
        parts = {
            "past": self.past,
            "observed": self.observed,
            "static": self.static,
            "marks": self.marks,
            "series": self.series_number,
            "future": self.future,
            "carries": self.carries,
        }
        if self.past.shape[2] == 0:  # sequences of marks alone
            parts["past"] = parts["observed"] = None
        return {name: part for name, part in parts.items() if part is not None}


def join_batches(batches: Sequence[Batch]) -> Batch:
    """Batches of the same inputs, one after the other.

    Args:
        batches: One at least.

    Returns:
        One batch of all their windows.
    """
    if len(batches) == 1:
        return batches[0]
    parts: dict[str, Any] = {}
    for field in fields(Batch):
        found = [getattr(batch, field.name) for batch in batches]
        parts[field.name] = None if any(part is None for part in found) else np.concatenate(found)
    return Batch(**parts)


class BatchSource(Protocol):
    """A set of windows that can be gathered in any order."""

    @property
    def n_windows(self) -> int:
        """Number of windows of this holder."""

    @property
    def peers(self) -> Peers:
        """Who holds the windows before and after these."""

    def batches(self, batch_size: int, order: np.ndarray | None = None) -> Iterator[Batch]:
        """The windows in ``order`` (as they are when None), ``batch_size`` at a time.

        Args:
            batch_size: Windows of every batch but the last.
            order: (n,) int64 positions in 0 .. n_windows - 1.
        """


@dataclass(frozen=True)
class Gathered:
    """Windows that are gathered already, as a source."""

    batch: Batch

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return len(self.batch.mask)

    @property
    def peers(self) -> Peers:
        """Nobody holds others."""
        return ALONE

    def batches(self, batch_size: int, order: np.ndarray | None = None) -> Iterator[Batch]:
        """The windows in ``order`` (as they are when None), ``batch_size`` at a time.

        Args:
            batch_size: Windows of every batch but the last.
            order: (n,) int64 positions in 0 .. n_windows - 1.

        Yields:
            Parts of the batch.
        """
        ordered = self.batch if order is None else self.batch.take(order)
        for begin in range(0, len(ordered.mask), batch_size):
            yield ordered.take(slice(begin, begin + batch_size))
