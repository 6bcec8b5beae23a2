"""Times in a zone: wall times put into it, and stamps that name an offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecaster.config.data_settings import DataSettings
from forecaster.data.panel import Note, TimeKind
from forecaster.data.table import Table
from forecaster.errors import ConfigError, DataError


@dataclass(frozen=True)
class Stamps:
    """The times of all rows.

    Attributes:
        values: (n_rows,) datetime64[ns] (UTC when ``zone`` is set), int64 or float64.
        kind: Which of the three.
        zone: Zone that dates are shown in.
        notes: How they were read, where there was a choice.
    """

    values: np.ndarray
    kind: TimeKind
    zone: str | None = None
    notes: tuple[Note, ...] = ()


def localize(table: Table, name: str, dates: np.ndarray, zone: str | None, notes: tuple[Note, ...]) -> Stamps:
    """Dates without a zone, put into the zone of the settings.

    Args:
        table: The file, for messages.
        name: The column.
        dates: (n_rows,) datetime64[ns] wall times.
        zone: Zone they are in; None when not known.
        notes: How they were read.

    Returns:
        Times in UTC, or as they are without a zone.

    Raises:
        ConfigError: The zone is not known.
        DataError: A time does not exist there, or occurs twice.
    """
    if zone is None:
        return Stamps(dates, "date", None, notes)
    check_zone(zone)
    local = pd.DatetimeIndex(dates)
    placed = local.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    wrong = np.asarray(placed.isna())
    if wrong.any():
        row = int(np.argmax(wrong))
        try:
            local[row].tz_localize(zone, ambiguous=True)
            what = "occurs twice"
        except ValueError:
            what = "does not exist"
        raise DataError(
            f"{table.place(row, name)}: '{table.field(row, name)}' {what} in {zone}, where clocks change. "
            "Write the stamps with an offset, such as 2021-12-04T09:30+01:00."
        )
    moments = np.asarray(placed.tz_convert("UTC").tz_localize(None), dtype="datetime64[ns]")
    return Stamps(moments, "date", zone, notes)


def with_offsets(dates: np.ndarray, offsets: list[str], settings: DataSettings) -> Stamps:
    """Dates in UTC with the zone of the settings, their one offset, or UTC.

    Args:
        dates: (n_rows,) datetime64[ns] in UTC.
        offsets: All that occur, such as ``+02:00`` or ``Z``.
        settings: With the zone to show.

    Returns:
        The times.

    Raises:
        ConfigError: The zone is not known.
    """
    if settings.tz is not None:
        check_zone(settings.tz)
        return Stamps(dates, "date", settings.tz)
    shown = {"UTC" if offset in "Zz" else _colon(offset) for offset in offsets}
    shown = {"UTC" if offset == "+00:00" else offset for offset in shown}
    if len(shown) == 1:
        return Stamps(dates, "date", shown.pop())
    text = "stamps have several offsets; dates are shown in UTC. --tz names their zone"
    note = Note("offsets", text, len(shown))
    return Stamps(dates, "date", "UTC", (note,))


def check_zone(zone: str) -> None:
    """Refuse a time zone that is not known.

    Args:
        zone: IANA name or offset.

    Raises:
        ConfigError: It is neither.
    """
    try:
        pd.Timestamp("2020-01-01").tz_localize(zone)
    except (KeyError, ValueError, OSError, TypeError):
        raise ConfigError(
            f"--tz {zone} is not a time zone. Use a name such as Europe/Paris, or +02:00."
        ) from None


def _colon(offset: str) -> str:
    """``+0200`` and ``+02`` as ``+02:00``."""
    digits = offset[1:].replace(":", "").ljust(4, "0")
    return f"{offset[0]}{digits[:2]}:{digits[2:]}"
