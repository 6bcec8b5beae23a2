"""How long the statistical baselines would take, from counts alone: what ``--baselines auto`` decides by."""

from __future__ import annotations

from typing import Literal

import numpy as np

from forecaster.baselines.statistical import Method
from forecaster.data.panel import Panel

# Baselines of other packages, which take long enough to ask.
Estimated = Method | Literal["garch"]

# Seconds of work that ``auto`` gives to the statistical baselines of one part. A training scores two, and the
# preset ``fast`` is to end within 20 s.
MOST_SECONDS = 5.0

# Seconds a row for the fit of AutoETS without season and with one (about twenty times the optimisation).
ETS_FIT_PLAIN, ETS_FIT_SEASONAL = 1e-4, 1.2e-3
# Seconds for one forecast of it.
ETS_FORECAST = 4e-4
# Seconds of the decomposition of MSTL: fixed, and a row and step of the season; of the fit after it, a row.
MSTL_FIXED, MSTL_ROW_SEASON, MSTL_FIT = 2e-3, 6e-7, 5e-5
# Seconds of a fit of Theta a row, and a row squared.
THETA_FIT, THETA_FIT_SQUARED = 5e-6, 3.2e-8
# Seconds of one forecast of it: fixed, a step, a row.
THETA_FORECAST, THETA_STEP, THETA_ROW = 8e-4, 5e-5, 3.5e-6
# Seconds of a fit of GARCH(1,1): fixed, and a row; of its forecasts, a row from the first origin to the last.
GARCH_FIT, GARCH_FIT_ROW, GARCH_ROW = 1.5e-2, 5e-6, 1.4e-5


def estimate_seconds(method: Estimated, panel: Panel, origins: np.ndarray, horizon: int) -> float:
    """About how long a statistical baseline works on some windows.

    Every series with a window is fitted once, to about the rows before its first origin; every window is one
    forecast from the rows up to its origin. The constants were measured on one core, with statsforecast 2.0
    and arch 8.0.

    Args:
        method: Which baseline.
        panel: Its season and the lengths of its series.
        origins: (n_windows,) int64 flat row numbers of what is forecast.
        horizon: Steps to forecast.

    Returns:
        Seconds.
    """
    series = panel.series_of(origins)
    rows = (origins + 1 - panel.offsets[:-1][series]).astype(np.float64)  # (n_windows,)
    fitted = np.full(panel.n_series, np.inf)
    np.minimum.at(fitted, series, rows)
    fitted = fitted[np.isfinite(fitted)]  # (n_series with windows,)
    season = panel.season_length
    if method == "garch":
        latest = np.zeros(panel.n_series)
        np.maximum.at(latest, series, rows)
        filtered = latest.sum() - fitted.sum()
        return float(GARCH_FIT * len(fitted) + GARCH_FIT_ROW * fitted.sum() + GARCH_ROW * filtered)
    if method == "auto_ets":
        a_row = ETS_FIT_SEASONAL if season > 1 else ETS_FIT_PLAIN
        return float(a_row * fitted.sum() + ETS_FORECAST * len(rows))
    if method == "mstl_auto_ets":
        decompositions = MSTL_FIXED * (len(fitted) + len(rows))
        decompositions += MSTL_ROW_SEASON * season * (fitted.sum() + rows.sum())
        return float(decompositions + MSTL_FIT * fitted.sum())
    fits = THETA_FIT * fitted.sum() + THETA_FIT_SQUARED * np.square(fitted).sum()
    return float(fits + (THETA_FORECAST + THETA_STEP * horizon) * len(rows) + THETA_ROW * rows.sum())
