"""Features: what is known of a series beyond its look-back, and the calendar.

History features, of an event that has just come, look neither at what comes after it nor at how long the
series is observed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from forecaster.data.calendar import DAY, to_wall
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError

# Numbers that each feature takes.
WIDTHS = {"count": 1, "age": 1, "mean_gap": 1, "single": 1, "hour": 2, "weekday": 7, "month": 2}

# Length of each cycle in ns, the coarsest resolution that shows it, and how many of them the data must have
# seen: a month that came once only says how late in the data an event was.
CYCLES = {
    "hour": (DAY, DAY // 24, 14),
    "weekday": (7 * DAY, DAY, 8),
    "month": (365 * DAY, DAY, 3),
}


def find_calendar(panel: Panel) -> tuple[str, ...]:
    """Calendar features that the stamps carry and that the data has seen often enough.

    Args:
        panel: Training rows.

    Returns:
        Some of ``hour``, ``weekday``, ``month``; none for times that are no dates.
    """
    if panel.kind not in ("events", "ohlc") or panel.clock.kind != "date":
        return ()
    first, last = panel.peers.lowest(panel.times), panel.peers.highest(panel.times)
    if first is None:
        return ()
    span = int((last - first).astype(np.int64))
    resolution = panel.clock.resolution or 1.0
    return tuple(
        name
        for name, (length, coarsest, least) in CYCLES.items()
        if resolution <= coarsest and span >= least * length
    )


def n_static(names: Sequence[str]) -> int:
    """Numbers that the features of these names take together."""
    return sum(WIDTHS[name] for name in names)


def history_features(panel: Panel, origins: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Features of the history up to some events.

    Args:
        panel: An events panel.
        origins: (n,) int64 flat row numbers of the events.
        names: ``count`` (log of 1 + the events before), ``age`` (log of 1 + the time since the first),
            ``mean_gap`` (log of 1 + their ratio), ``single`` (1 for a first event), and the calendar of the
            event in the zone of the data: ``hour`` and ``month`` (sine and cosine), ``weekday`` (one of
            seven).

    Returns:
        (n, n_static) float64, columns in the order of ``names``.
    """
    series = panel.series_of(origins)
    count = panel.n_before(origins, series).astype(np.float64)
    age = (panel.times[origins] - panel.first_times[series]).astype(np.float64) / (panel.unit_length or 1.0)
    columns = {
        "count": lambda: np.log1p(count),
        "age": lambda: np.log1p(age),
        "mean_gap": lambda: np.log1p(age / np.maximum(count, 1.0)),
        "single": lambda: (count == 0).astype(np.float64),
        **_calendar(panel.times[origins], panel.clock.zone),
    }
    return _joined(columns, names, len(origins))


def calendar_numbers(times: np.ndarray, zone: str | None, names: Sequence[str]) -> np.ndarray:
    """Where in the day, the week and the year some times lie.

    Args:
        times: (n,) datetime64[ns], UTC where there is a zone.
        zone: Of the data.
        names: Of ``hour`` and ``month`` (sine and cosine) and ``weekday`` (one of seven).

    Returns:
        (n, n_calendar) float64, columns in the order of ``names``.
    """
    return _joined(_calendar(times, zone), names, len(times))


def calendar_channels(names: Sequence[str]) -> tuple[str, ...]:
    """Names of the numbers that calendar features are.

    Args:
        names: As in ``calendar_numbers``.

    Returns:
        One a number.

    Example:
        >>> calendar_channels(["hour"])
        ('hour-sin', 'hour-cos')
    """
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return tuple(
        f"{name}-{part}" for name in names for part in (days if name == "weekday" else ("sin", "cos"))
    )


def check_features(panel: Panel, names: Sequence[str]) -> None:
    """Refuse features that a kind of data does not have.

    Args:
        panel: The rows.
        names: Features.

    Raises:
        ConfigError: A feature is of events and these are none, or of the calendar and times are no dates.
    """
    if panel.kind == "events":
        return
    for name in names:
        if name not in CYCLES or panel.kind == "intervals":
            kinds = "events, values and prices" if name in CYCLES else "events"
            raise ConfigError(f"--features {name}: only for {kinds}; these are {panel.kind}. Leave it out.")
        if panel.clock.kind != "date":
            raise ConfigError(f"--features {name}: the times of {panel.source} are no dates. Leave it out.")


def _joined(columns: dict[str, Callable[[], np.ndarray]], names: Sequence[str], n: int) -> np.ndarray:
    """(n, width) some features side by side."""
    parts = [columns[name]().reshape(n, WIDTHS[name]) for name in names]
    return np.concatenate(parts, axis=1) if parts else np.zeros((n, 0))


def _calendar(times: np.ndarray, zone: str | None) -> dict[str, Callable[[], np.ndarray]]:
    """Features of the wall time of some stamps."""

    def wall() -> np.ndarray:
        return to_wall(times, zone)

    def circle(share: np.ndarray) -> np.ndarray:
        return np.stack([np.sin(2 * np.pi * share), np.cos(2 * np.pi * share)], axis=1)

    def hour() -> np.ndarray:
        stamps = wall()
        return circle((stamps - stamps.astype("datetime64[D]")) / np.timedelta64(1, "D"))

    def weekday() -> np.ndarray:
        day = wall().astype("datetime64[D]").astype(np.int64)
        return np.eye(7)[(day + 3) % 7]  # 1970-01-01 was a Thursday, Monday is 0

    def month() -> np.ndarray:
        return circle(wall().astype("datetime64[M]").astype(np.int64) % 12 / 12)

    return {"hour": hour, "weekday": weekday, "month": month}
