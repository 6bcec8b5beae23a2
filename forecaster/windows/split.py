"""Time cuts of train, valid and test, set before anything is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.config.settings import WindowSettings
from forecaster.data.clock import parse_moment
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.windows.windows import Span

Size = int | float | str | None

DEFAULT_FRACTION = 0.1


@dataclass(frozen=True)
class Split:
    """Where each series is cut.

    Attributes:
        begins: (n_series,) int64 first row.
        train_ends: (n_series,) int64 row after the last training row, where valid begins.
        valid_ends: (n_series,) int64 row after the last validation row, where test begins.
        test_ends: (n_series,) int64 row after the last row.
        leaky: True for random windows, which share rows with those they are scored on.
        train_as_of: Moment up to which series of events are known in the training part, where one moment
            cuts all of them; None where each is cut at a row of its own. Like ``Panel.times``, (n_series,)
            or one for all.
        valid_as_of: Likewise, of the validation part.
        as_of: Moment up to which each series is known; None where it ends with its last row.
        embargo: Rows after each cut that belong to no part.
    """

    begins: np.ndarray
    train_ends: np.ndarray
    valid_ends: np.ndarray
    test_ends: np.ndarray
    leaky: bool = False
    train_as_of: Any = None
    valid_as_of: Any = None
    as_of: np.ndarray | None = None
    embargo: int = 0

    @property
    def train(self) -> Span:
        """Rows that everything is fitted on."""
        return Span(self.begins, self.train_ends, self.train_as_of)

    @property
    def before_test(self) -> Span:
        """Training and validation rows."""
        return Span(self.begins, self.valid_ends, self.valid_as_of)

    @property
    def valid(self) -> Span:
        """Rows that choose the best weights."""
        return self._after(self.train_ends, self.valid_ends, self.valid_as_of, self.train_as_of)

    @property
    def test(self) -> Span:
        """Rows that are scored, once."""
        return self._after(self.valid_ends, self.test_ends, self.as_of, self.valid_as_of)

    def _after(self, cuts: np.ndarray, ends: np.ndarray, as_of: Any, since: Any) -> Span:
        """Rows from the embargo after some cuts on."""
        return Span(np.minimum(cuts + self.embargo, ends), ends, as_of, since)

    @property
    def everything(self) -> Span:
        """All rows, for the final fit."""
        return Span(self.begins, self.test_ends, self.as_of)


def make_split(panel: Panel, settings: WindowSettings, *, least_train: int) -> Split:
    """Cuts of every series by the sizes that are set.

    A series too short to hold a part out keeps all its rows for training.

    Args:
        panel: The rows.
        settings: ``test_size``, ``valid_size``, ``horizon`` and ``split``.
        least_train: Rows of a series that training needs at least.

    Returns:
        The cuts; test, or valid and test, are empty where there are too few rows.

    Raises:
        ConfigError: A size was asked for that no series can hold out, or it is no size.
    """
    begins, ends, peers = panel.offsets[:-1], panel.offsets[1:], panel.peers
    test_begins, valid_as_of = _part_begins(panel, ends, settings.test_size, settings.horizon, least_train)
    wanted = settings.test_size not in (None, 0)
    if wanted and not (peers.any((test_begins < ends).any()) and peers.any((test_begins > begins).any())):
        raise ConfigError(
            f"{panel.source}: --test-size {settings.test_size} does not leave both rows to hold out and "
            f"{least_train} rows for training in any series; the longest has {peers.highest(panel.lengths)}. "
            f"Change it, or lower --look-back."
        )
    valid_begins, train_as_of = _part_begins(
        panel, test_begins, settings.valid_size, settings.horizon, least_train
    )
    if not peers.any((valid_begins > begins).any()):
        valid_begins = test_begins
    if peers.all((valid_begins == test_begins).all()):
        train_as_of = valid_as_of
    leaky = settings.split == "random"
    if peers.all((test_begins == ends).all()):  # nothing is held out: all parts end where the file does
        valid_as_of = panel.as_of
        train_as_of = valid_as_of if peers.all((valid_begins == ends).all()) else train_as_of
    known = _observed(panel, train_as_of), _observed(panel, valid_as_of)
    embargo = usual_embargo(panel, settings)
    return Split(begins, valid_begins, test_begins, ends, leaky, known[0], known[1], panel.as_of, embargo)


def usual_embargo(panel: Panel, settings: WindowSettings) -> int:
    """Rows left out after a cut: as set, else the horizon of prices, whose returns lean on each other.

    Args:
        panel: Its kind decides.
        settings: ``embargo`` and ``horizon``.

    Returns:
        Rows of each series, 0 for other kinds.

    Raises:
        ConfigError: Fewer are asked for than a forecast of prices is long.
    """
    least = settings.horizon if panel.kind == "ohlc" else 0
    if settings.embargo is None:
        return least
    if settings.embargo < least:
        raise ConfigError(
            f"--embargo {settings.embargo}: below --horizon {settings.horizon}, so parts of prices would "
            f"touch. Raise it to {settings.horizon} at least, or leave it out."
        )
    return settings.embargo


def _observed(panel: Panel, moment: Any) -> Any:
    """Up to when each series is known before a cut: no longer than it was observed; None for no events."""
    if moment is None or panel.kind != "events":
        return None
    return moment if panel.as_of is None else np.minimum(panel.as_of, moment)


def _part_begins(
    panel: Panel, ends: np.ndarray, size: Size, horizon: int, least: int
) -> tuple[np.ndarray, Any]:
    """(n_series,) row at which a part of ``size`` before ``ends`` begins, and the moment that cuts all there.

    A date, or a share of the time that events with ids span, cuts every series there; rows are held out
    only of series that keep ``least`` rows before them.
    """
    begins = panel.offsets[:-1]
    by_span = panel.kind == "events" and "id" in panel.columns and not isinstance(size, int)
    cuts, moment = _cut(panel, ends, size, horizon, by_span)
    cuts = np.clip(cuts, begins, ends)
    if by_span or isinstance(size, str):
        return cuts, moment
    return np.where(cuts - begins >= np.minimum(least, ends - begins), cuts, ends), None


def _cut(panel: Panel, ends: np.ndarray, size: Size, horizon: int, by_span: bool) -> tuple[np.ndarray, Any]:
    """(n_series,) row at which the part begins, wherever that is, and the last moment before it."""
    if isinstance(size, str):
        moment = parse_moment(size, panel.clock, "--test-size or --valid-size")
        return np.minimum(first_row_at(panel, moment), ends), _just_before(panel, moment)
    if size is not None and (size < 0 or (isinstance(size, float) and size >= 1)):
        raise ConfigError(
            f"--test-size or --valid-size {size}: neither a fraction below 1, nor a number of rows, nor a "
            f"date. Give 0.2, 60 or 2019-01-01."
        )
    if by_span:
        return _cut_by_span(panel, ends, DEFAULT_FRACTION if size is None else float(size))
    lengths = panel.lengths
    if size is None:
        rows = np.maximum(horizon, np.round(DEFAULT_FRACTION * lengths).astype(np.int64))
    elif isinstance(size, int):
        rows = np.full(panel.n_series, size, dtype=np.int64)
    else:
        rows = np.round(size * lengths).astype(np.int64)
    return ends - rows, None


def _just_before(panel: Panel, moment: Any) -> Any:
    """The last moment that stamps could show before this one."""
    cell = panel.clock.resolution
    if cell is None or panel.clock.kind == "float":
        return moment
    return moment - (np.timedelta64(int(cell), "ns") if panel.clock.kind == "date" else int(cell))


def _cut_by_span(panel: Panel, ends: np.ndarray, fraction: float) -> tuple[np.ndarray, Any]:
    """(n_series,) first row in the last ``fraction`` of the file's time before the latest of ``ends``."""
    kept = ends > panel.offsets[:-1]
    latest = panel.peers.highest(panel.times[ends[kept] - 1])
    if latest is None or fraction == 0:
        return ends, None
    span = panel.peers.highest(panel.times) - panel.peers.lowest(panel.times)
    moment = _on_grid(panel, latest - _share(span, fraction))
    return np.minimum(first_row_at(panel, moment, after=True), ends), moment


def _on_grid(panel: Panel, moment: Any) -> Any:
    """The last moment up to this one that stamps could show: what has been waited is counted in them."""
    cell = panel.clock.resolution
    if cell is None or panel.clock.kind == "float":
        return moment
    if panel.clock.kind == "date":
        return np.datetime64(int(moment.astype(np.int64)) // int(cell) * int(cell), "ns")
    return np.int64(moment // cell * cell)


def _share(span: Any, fraction: float) -> Any:
    """``fraction`` of a span of time, in its own type."""
    if isinstance(span, np.timedelta64):
        return np.timedelta64(int(span.astype(np.int64) * fraction), "ns")
    return span * fraction


def first_row_at(panel: Panel, moment: object, *, after: bool = False) -> np.ndarray:
    """First row of every series at or after a moment.

    Args:
        panel: The rows, in time order within a series.
        moment: Of the type of ``panel.times``.
        after: Strictly after it.

    Returns:
        (n_series,) int64 flat row numbers; the end of the series where no row is that late.
    """
    early = panel.times <= moment if after else panel.times < moment
    counts = np.concatenate([[0], np.cumsum(early)])
    rows: np.ndarray = panel.offsets[:-1] + (counts[panel.offsets[1:]] - counts[panel.offsets[:-1]])
    return rows
