"""`forecast backtest`: rolling origins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._config import config_options, save_settings, with_config
from forecaster.commands._market import market_tables
from forecaster.commands._options import settings_options
from forecaster.commands._output import Output, output_options
from forecaster.commands._progress import counting, progress_lines
from forecaster.commands._scores import rolling_table
from forecaster.commands._show import as_json, note
from forecaster.commands._source import read_source, show_reading
from forecaster.commands._trading import TradingView, trading_options

if TYPE_CHECKING:
    from forecaster.config.settings import Settings
    from forecaster.data.panel import Panel
    from forecaster.evaluation.backtest import Backtest
    from forecaster.evaluation.origins import Origins
    from forecaster.evaluation.tables import Columns


@click.command("backtest")
@click.argument("data")
@settings_options()
@config_options
@click.option("--windows", type=click.INT, default=10, show_default=True, help="Cutoffs of every series.")
@click.option("--step-size", type=click.INT, default=1, show_default=True, help="Rows between two cutoffs.")
@click.option(
    "--refit-every",
    type=click.INT,
    default=0,
    show_default=True,
    help="Cutoffs between two trainings; 0: once.",
)
@click.option(
    "--train-size",
    type=click.INT,
    metavar="N",
    help="Latest rows of every series to train on: the origin rolls. [default: all, it expands]",
)
@trading_options
@output_options()
def backtest(
    data: str,
    windows: int,
    step_size: int,
    refit_every: int,
    train_size: int | None,
    output: Output,
    view: TradingView,
    **options: Any,
) -> None:
    """Forecast from many past moments and compare with what came.

    A forecast is made from its own series' rows up to its cutoff, by a network trained on the rows that each
    series has before its first cutoff. Where series end at different times, the network has therefore seen
    other series' rows that are later than some cutoffs.

    Of values and ohlc the baselines forecast from the same cutoffs, fitted on the rows that the network was
    trained on. With --out FILE, --json prints the scores, those of each series too.

    Of prices the model is measured against the random walk, one session ahead: errors of the close, CRPS of
    the return, directions with their interval, and every year by itself.

    Of events and intervals, steps beyond the first are drawn: each path goes on from what was drawn for it.
    """
    from forecaster.config.build import make_settings
    from forecaster.data.load import read_panel

    save_config = options.pop("save_config")
    given = with_config(options)
    settings = make_settings(given)
    panel = read_panel(read_source(data), settings.data)
    show_reading(panel)
    from forecaster.evaluation.origins import Origins
    from forecaster.evaluation.tables import Columns

    origins = Origins(windows, step_size, refit_every, train_size)
    view.check(panel, origins)
    save_settings(save_config, given)
    tested = _tested(panel, settings, origins, Columns(output.levels, output.quantiles))
    for text in tested.notes:
        note(f"Note: {text}")
    output.put(tested.frame, "Backtest")
    if output.out is not None or view.signals is not None or not output.is_json:
        is_table = output.out is None and output.is_json  # which stdout already holds
        _put_scores(tested, view, to=None if is_table else "json" if output.is_json else "text")


def _tested(panel: Panel, settings: Settings, origins: Origins, columns: Columns) -> Backtest:
    """The backtest, its progress shown: epochs here, trainings elsewhere."""
    from forecaster.cluster.backtest import backtest_by_engine
    from forecaster.config.engine import uses_ray
    from forecaster.training.fit import Hooks

    if uses_ray(settings.cluster):
        with counting() as count:

            def done(n_ended: int) -> None:
                count("trainings", n_ended, origins.n_trainings)

            return backtest_by_engine(panel, settings, origins, columns, Hooks(), done)
    with progress_lines() as progress:
        return backtest_by_engine(panel, settings, origins, columns, Hooks(progress))


def _put_scores(tested: Backtest, view: TradingView, to: str | None) -> None:
    """Scores of model and baselines, as tables, as JSON, or not at all; and the signals."""
    from forecaster.evaluation.backtest_scores import score_backtest, series_scores

    scores = score_backtest(tested)
    trading = view.put(tested, scores)
    if to is None:
        return
    for text in scores.notes:
        note(f"Note: {text}")
    rows = {"model": scores.model, **scores.baselines}
    if to == "text":
        if scores.market is not None:
            market_tables(scores.market, trading)
        else:
            rolling_table(rows, f"{len(tested.frame):,} forecasts", decider=scores.decider)
        return
    tree: dict[str, Any] = {
        "n_forecasts": len(tested.frame),
        "season_length": scores.season_length,
        "model": scores.model,
        "baselines": scores.baselines,
        "series": series_scores(tested).to_dict("records"),
    }
    if scores.market is not None:
        tree["market"] = scores.market.to_json()
    if trading is not None:
        tree["trading"] = trading.to_json()
    as_json(tree)
