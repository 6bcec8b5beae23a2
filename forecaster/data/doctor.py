"""The event doctor: what the timestamps of events can tell, and what stands in the way."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from forecaster.data.bursts import SHORT, find_burstiness, may_be_short, relative_gaps, short_share
from forecaster.data.calendar import DAY
from forecaster.data.panel import Note, Panel
from forecaster.data.parts import in_parts, positive_median
from forecaster.data.units import in_words, propose_unit, resolution_words
from forecaster.data.whole import Whole

# Bursts are worth a word where both are exceeded, and there are gaps enough to tell.
_BURSTY, _MANY_SHORT, _LEAST_GAPS = 0.3, 0.4, 20


@dataclass(frozen=True)
class EventFacts:
    """What the events of a panel are like; NaN where there is nothing to measure.

    Attributes:
        resolution: What the stamps are to their resolution, in words.
        resolution_share: Resolution over the median gap above zero; 0 for real numbers.
        time_zone: Zone of the stamps, in words.
        unit: Unit of the gaps.
        unit_proposed: The unit that the data propose, and why.
        span: From the first event of all to the end of observation, in the unit.
        n_events: Number of events.
        n_series: Number of series.
        median_events: Median number of events of a series.
        most_events: Largest number.
        n_single: Series with one event.
        n_gaps: Closed intervals.
        n_zero: Those that are zero.
        n_ties: Events at the stamp of the event before in their series.
        n_merged: Events that were merged with the one before in reading.
        n_open: Open intervals: the last one of every series.
        open_share: Their share of all intervals.
        median_gap: Median of the closed intervals, in the unit.
        median_wait: Median of the open ones, in the unit.
        burstiness: (s - m) / (s + m) of mean m and standard deviation s of gaps over the mean of their
            series: -1 where all are alike, 0 for exponential ones, towards 1 for bursts.
        short_share: Share of the same gaps under a tenth of their median.
        burst_share: Share of them under a tenth of their mean: 0.1 for exponential ones.
        n_measured: Number of these gaps: of series with three at least.
    """

    resolution: str
    resolution_share: float
    time_zone: str
    unit: str
    unit_proposed: str
    span: float
    n_events: int
    n_series: int
    median_events: float
    most_events: int
    n_single: int
    n_gaps: int
    n_zero: int
    n_ties: int
    n_merged: int
    n_open: int
    open_share: float
    median_gap: float
    median_wait: float
    burstiness: float
    short_share: float
    burst_share: float
    n_measured: int

    def to_json(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)

    def rows(self) -> list[list[str]]:
        """Names and values as people read them."""
        zeros = f"{self.n_zero:,} of {self.n_gaps:,} gaps are zero{_percent(self.n_zero, self.n_gaps)}"
        coarse = (
            f", {100 * self.resolution_share:.3g}% of the median gap" if self.resolution_share > 0 else ""
        )
        waited = f"median {_length(self.median_wait, self.unit)}, of closed ones "
        return [
            ["resolution", self.resolution + coarse],
            ["time zone", self.time_zone],
            ["unit proposed", self.unit_proposed],
            ["span", _length(self.span, self.unit)],
            ["events per series", f"median {self.median_events:,.6g}, most {self.most_events:,}"],
            [
                "one event only",
                f"{self.n_single:,} of {self.n_series:,} series{_percent(self.n_single, self.n_series)}",
            ],
            ["ties", f"{self.n_ties:,} kept, {self.n_merged:,} merged; {zeros}"],
            [
                "open intervals",
                f"{self.n_open:,} ({self.open_share:.0%} of all), {waited}"
                f"{_length(self.median_gap, self.unit)}",
            ],
            ["bursts", self._burst_words()],
        ]

    def _burst_words(self) -> str:
        """The burstiness in words."""
        if not self.n_measured:
            return "too few gaps to tell"
        shown = round(self.burstiness, 2) + 0.0  # never -0.00
        short = f"{self.short_share:.0%} of gaps under a tenth of the median"
        return f"burstiness {shown:.2f} (-1 regular, 0 random, 1 bursts), {short}"


def examine_events(panel: Panel) -> EventFacts:
    """What the events of a panel are like.

    Args:
        panel: Of kind ``events``, as it was read; at least one event a series.

    Returns:
        The facts.

    Raises:
        ValueError: The panel is of another kind.
    """
    if panel.kind != "events" or panel.as_of is None or panel.unit_length is None:
        raise ValueError(f"a panel of kind {panel.kind} has no events")
    gaps = _closed(panel)
    inner = np.ones(panel.n_rows, dtype=bool)
    inner[panel.offsets[:-1]] = False
    steps = np.diff(panel.times)[inner[1:]]
    waits = _in_units(panel.as_of - panel.times[panel.offsets[1:] - 1], panel)
    relative = relative_gaps(panel)
    return EventFacts(
        resolution=resolution_words(panel.clock.kind, panel.clock.resolution),
        resolution_share=_cell(panel) / positive_median(gaps),
        time_zone=_zone_words(panel),
        unit=panel.unit,
        unit_proposed=_proposed(panel, steps),
        span=float(_in_units(np.array([panel.as_of.max() - panel.times.min()]), panel)[0]),
        n_events=panel.n_rows,
        n_series=panel.n_series,
        median_events=float(np.median(panel.lengths)),
        most_events=int(panel.lengths.max()),
        n_single=int((panel.lengths == 1).sum()),
        n_gaps=len(gaps),
        n_zero=int((gaps == 0).sum()),
        n_ties=int((steps == steps.dtype.type(0)).sum()),
        n_merged=sum(note.count or 0 for note in panel.repairs if note.code == "ties"),
        n_open=panel.n_series,
        open_share=panel.n_series / (len(gaps) + panel.n_series),
        median_gap=float(np.median(gaps)) if len(gaps) else float("nan"),
        median_wait=float(np.median(waits)),
        burstiness=find_burstiness(relative),
        short_share=short_share(relative, np.median),
        burst_share=short_share(relative, np.mean),
        n_measured=len(relative),
    )


def warn_of_events(panel: Panel, whole: Whole | None = None) -> tuple[Note, ...]:
    """What a user should know before training on these events; empty where all is well.

    Args:
        panel: Of kind ``events``, as it was read.
        whole: Facts of the data set that it is a part of, which decide how many series are many; None for a
            whole one.

    Returns:
        Warnings: series with one event, coarse stamps, bursts. Ties are said where they are read.
    """
    notes = []
    n_single = int((panel.lengths == 1).sum())
    of_all, n_all = (n_single, panel.n_series) if whole is None else (whole.n_single, whole.n_series)
    if n_single and n_all > 1 and 2 * of_all > n_all:
        text = (
            "more than half of the series have one event and are forecast by what the others did; bring "
            "their earlier events, if there are any"
        )
        notes.append(Note("single_events", text, n_single))
    share = _coarse_share(panel) if panel.gap == "exact" else 0.0
    if share > SHORT:
        words = resolution_words(panel.clock.kind, panel.clock.resolution)
        text = (
            f"stamps are {words}, {share:.0%} of the median gap above zero; "
            "nothing finer can be learnt. Bring finer stamps, if there are any"
        )
        notes.append(Note("coarse_stamps", text))
    relative = relative_gaps(panel) if may_be_short(panel, _MANY_SHORT) else np.empty(0)
    burstiness, burst_share = find_burstiness(relative), short_share(relative, np.mean)
    if burstiness > _BURSTY and burst_share > _MANY_SHORT and len(relative) >= _LEAST_GAPS:
        text = (
            f"events come in bursts (burstiness {burstiness:.2f}): {burst_share:.0%} of gaps are "
            "under a tenth of the mean. A longer --look-back shows where a burst stands, and --count-per "
            "forecasts counts in place of times"
        )
        notes.append(Note("bursts", text))
    return tuple(notes)


def _closed(panel: Panel) -> np.ndarray:
    """(n_gaps,) gaps between events, series end to end."""
    inner = np.ones(panel.n_rows, dtype=bool)
    inner[panel.offsets[:-1]] = False
    return np.asarray(panel.y[inner])


def _cell(panel: Panel) -> float:
    """Resolution of the stamps in units; 0 for real numbers."""
    return 0.0 if panel.clock.resolution is None else panel.clock.resolution / (panel.unit_length or 1.0)


def _coarse_share(panel: Panel) -> float:
    """Resolution over the median gap above zero; 0 where it is sure to be under ``SHORT``."""
    gaps, most = panel.y, 1.001 * _cell(panel) / SHORT

    def count(part: slice) -> tuple[int, int]:
        """Gaps above zero, and those of them that are near it; the first of a series is not a number."""
        positive = gaps[part] > 0
        return int(np.count_nonzero(positive)), int(np.count_nonzero(positive & (gaps[part] < most)))

    counts = in_parts(count, len(gaps))
    n_positive, n_near = (sum(part[place] for part in counts) for place in (0, 1))
    if 2 * n_near < n_positive:  # then the median is far above, and need not be found
        return 0.0
    return _cell(panel) / positive_median(gaps) if n_positive else 0.0


def _in_units(lengths: np.ndarray, panel: Panel) -> np.ndarray:
    """Differences of times in the unit of the panel."""
    numbers = lengths.astype(np.int64) if panel.clock.kind == "date" else lengths
    return np.asarray(numbers.astype(np.float64) / (panel.unit_length or 1.0))


def _proposed(panel: Panel, steps: np.ndarray) -> str:
    """The unit that the data propose, and why."""
    if panel.clock.kind != "date":
        return "none, as times are numbers"
    unit, reason = propose_unit(steps.astype(np.int64), panel.clock.resolution)
    return f"{unit}, as {reason}"


def _zone_words(panel: Panel) -> str:
    """The zone of the stamps, and what is to be known of it."""
    if panel.clock.kind != "date":
        return "none, as times are numbers"
    if any(note.code == "offsets" for note in panel.repairs):
        return f"{panel.clock.zone}, as stamps have several offsets; --tz names their zone"
    if panel.clock.zone is not None:
        return panel.clock.zone
    if (panel.clock.resolution or 0) >= DAY:
        return "none named, and none needed for days"
    return "none named; a gap over a change of clocks is an hour off if these are local times (--tz)"


def _percent(part: int, whole: int) -> str:
    """A share in brackets; empty where there is nothing to divide by."""
    return f" ({part / whole:.0%})" if whole else ""


def _length(value: float, unit: str) -> str:
    """A length of time in words."""
    return "unknown" if np.isnan(value) else f"{value:,.4g} {in_words(unit)}".rstrip()
