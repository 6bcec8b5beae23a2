"""Backtests by the engine that is set."""

from __future__ import annotations

from collections.abc import Callable

from forecaster.cluster.tasks import ray_tasks
from forecaster.config.engine import uses_ray
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.evaluation.backtest import Backtest, run_backtest
from forecaster.evaluation.origins import Origins
from forecaster.evaluation.tables import Columns
from forecaster.training.fit import Hooks


def backtest_by_engine(
    panel: Panel,
    settings: Settings,
    origins: Origins,
    columns: Columns,
    hooks: Hooks,
    done: Callable[[int], None] | None = None,
) -> Backtest:
    """``run_backtest`` here, or with every training and the forecasts by it as one task of Ray.

    Args:
        panel: As in ``run_backtest``.
        settings: Likewise; ``cluster`` says where.
        origins: Likewise.
        columns: Likewise.
        hooks: Progress of trainings here.
        done: Called after every training on Ray with how many have ended.

    Returns:
        The table and how it was made.

    Raises:
        ConfigError: As in ``run_backtest``; or ray is not installed, or does not begin.
        RunError: Workers were lost again and again.
    """
    if not uses_ray(settings.cluster):
        return run_backtest(panel, settings, origins, columns, hooks)
    origins.check()
    columns.check()
    with ray_tasks(settings.cluster, done) as run:
        return run_backtest(panel, settings, origins, columns, hooks, run)
