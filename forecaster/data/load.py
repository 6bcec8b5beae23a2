"""A user's file or frame -> Panel: the door of the package."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO

import pandas as pd

from forecaster.config.data_settings import DataSettings
from forecaster.data.counts import count_events
from forecaster.data.date_time import join_date_and_time
from forecaster.data.detect import detect
from forecaster.data.events import read_events
from forecaster.data.folder import has_manifest, is_folder, read_manifest
from forecaster.data.intervals import read_intervals
from forecaster.data.ohlc import read_ohlc
from forecaster.data.panel import Panel
from forecaster.data.read import read_table
from forecaster.data.sequences import read_sequences
from forecaster.data.table import Table
from forecaster.data.test_series import with_test_series
from forecaster.data.values import read_values
from forecaster.data.whole import Whole
from forecaster.errors import ConfigError

Source = str | os.PathLike[str] | pd.DataFrame | pd.Series | BinaryIO

# Roles whose columns are read as text in a file for a run, whatever they hold.
TEXTS = ("id", "mark", "label", "tag")

_READERS = {
    "events": read_events,
    "intervals": read_intervals,
    "values": read_values,
    "ohlc": read_ohlc,
    "sequences": read_sequences,
}


def read_panel(
    source: Source,
    settings: DataSettings | None = None,
    columns: Mapping[str, str] | None = None,
    run: str = "the run",
    levels: Mapping[str, tuple[str, ...]] | None = None,
    whole: Whole | None = None,
    moments: Table | None = None,
) -> Panel:
    """All series of a file or a frame, checked and in order.

    Args:
        source: CSV, TSV, their gzip, or Parquet, by path or URL; a folder of Parquet parts; ``-`` is standard
            input; a DataFrame or an open binary file.
        settings: What the user said about it; None for all defaults.
        columns: ``Panel.columns`` of a trained run, to read the next file the same way; ``settings``
            should then have its kind and unit too.
        run: That run in messages.
        levels: ``Panel.levels`` of it.
        whole: Facts of the data set that the file is a part of, which then hold for it; None for a whole one.
        moments: Rows of the file that ``settings.as_of`` names, where it was read before.

    Returns:
        The panel, with what was decided in ``why``, what was changed in ``repairs`` and what should
        be known in ``warnings``.

    Raises:
        ConfigError: A setting is not possible with this data.
        DataError: The data cannot be read as they stand; the message names the physical line.

    Example:
        >>> frame = pd.DataFrame({"ds": ["2020-01-01", "2020-01-02"], "y": [1.0, 3.0]})
        >>> read_panel(frame).y
        array([1., 3.])
    """
    settings = settings or DataSettings()
    if columns is None and is_folder(source) and has_manifest(name := str(source)):
        said = DataSettings.model_validate(read_manifest(name).settings)
        settings = said.model_copy(update=settings.model_dump(exclude_unset=True))
    texts = [name for role, name in (columns or {}).items() if role in TEXTS]
    table = read_table(source, settings, [*texts, *(levels or {})])
    table = join_date_and_time(table, settings)
    found = replace(detect(table, settings, columns, run, levels), whole=whole, moments=moments)
    if settings.count_per is not None:
        panel = count_events(table, found, settings)
    else:
        panel = _READERS[found.kind](table, found, settings)
    panel = replace(panel, why=f"{table.source}: read as {found.kind}, {found.why}")
    return panel if settings.test is None else hold_out(panel, settings.test, settings)


def hold_out(panel: Panel, test: Source, settings: DataSettings) -> Panel:
    """A panel and the series of another file, which are scored and never trained on.

    Args:
        panel: To train on.
        test: The other file or frame.
        settings: What the user said about the first.

    Returns:
        Both in one panel; its goal says which series are held out.

    Raises:
        ConfigError: The panel is of no sequences, or holds out series already.
        DataError: The other file cannot be read, or does not fit.
    """
    name = test if isinstance(test, str | os.PathLike) else "the test data"
    if panel.goal is None:
        raise ConfigError(
            f"--test {name}: {panel.kind} are held out by time. Give --test-size, or score the run on the "
            f"file: forecast evaluate {name}"
        )
    if panel.goal.held_out is not None:
        raise ConfigError(f"--test {settings.test}: series are held out already, by {name}. Give one.")
    alike = settings.model_copy(update={"test": None, "kind": panel.kind})
    return with_test_series(panel, read_panel(test, alike, panel.columns, panel.source))
