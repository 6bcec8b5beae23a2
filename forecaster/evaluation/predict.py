"""What a trained run of any kind says of some rows, as a table."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forecaster.data.load import Source
from forecaster.evaluation.forecast import forecast_panel, panel_ahead
from forecaster.evaluation.sequence_continuation import Continued, refuse_forecasts, refuse_symbols
from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.evaluation.sequence_tables import predict_sequences
from forecaster.evaluation.tables import Columns
from forecaster.evaluation.trained_run import AnyRun, forecasts


@dataclass(frozen=True)
class Wanted:
    """What is asked for; see ``Forecaster.predict``.

    Attributes:
        levels: Central intervals in percent.
        quantiles: Quantile levels in (0, 1).
        as_of: Moment to look forward from, or a file with one for each id; None for the latest.
        within: Durations.
        future: Rows after the last ones; None for those at the end of the data.
        symbols: How many steps, and how symbols are drawn.
    """

    levels: tuple[float, ...]
    quantiles: tuple[float, ...]
    as_of: str | None
    within: tuple[str, ...]
    future: Source | None
    symbols: Continued


def predict_table(run: AnyRun, data: Source | None, wanted: Wanted) -> tuple[pd.DataFrame, list[str]]:
    """What comes after the last row, or what sequences are.

    Args:
        run: A trained run.
        data: Rows, read as the training data was; those that the run keeps when None.
        wanted: What is asked for.

    Returns:
        The table, and sentences on what should be known of the rows.

    Raises:
        DataError: The data cannot be read.
        ConfigError: Something asked for does not fit the run.
        RunError: The run holds no rows to go on from.
    """
    asked = wanted.symbols
    if isinstance(run, SequenceRun):
        refuse_forecasts(
            run,
            {
                "quantile": wanted.quantiles,
                "as_of": wanted.as_of,
                "within": wanted.within,
                "future": wanted.future,
            },
        )
        return predict_sequences(run, data, asked)
    trained = forecasts(run, "predict")
    refuse_symbols(trained, asked)
    panel, notes = panel_ahead(trained, data, wanted.as_of, wanted.future)
    columns = Columns(wanted.levels, wanted.quantiles, trained.point)
    steps = trained.settings.window.horizon if asked.horizon is None else asked.horizon
    seed = trained.settings.training.seed if asked.seed is None else asked.seed
    table = forecast_panel(trained.models, panel, columns, horizon=steps, within=wanted.within, seed=seed)
    return table, notes
