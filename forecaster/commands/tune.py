"""`forecast tune`: search for the settings that forecast best, and train with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._config import config_options, save_settings, with_config
from forecaster.commands._going_on import GoingOn
from forecaster.commands._options import settings_options
from forecaster.commands._progress import trial_lines
from forecaster.commands._show import as_json, note, table
from forecaster.commands._source import read_source, run_name, show_reading
from forecaster.commands.train import EXIT_CODES, end, fit_and_save, show_training
from forecaster.config.facts import METRICS

if TYPE_CHECKING:
    from forecaster.data.panel import Panel
    from forecaster.tuning.tune import Plan, Tuned

# Trials that are printed; the study's file has them all.
MOST_TRIALS = 10


@click.command("tune")
@click.argument("data")
@settings_options()
@config_options
@click.option("--trials", type=click.INT, default=50, show_default=True, help="Trials of the study.")
@click.option("--timeout", type=click.FLOAT, metavar="SECONDS", help="End the search after so long.")
@click.option(
    "--metric",
    type=click.Choice(METRICS),
    default="auto",
    show_default=True,
    help="What trials are ranked by; auto: the score by which train says who is ahead.",
)
@click.option(
    "--folds", type=click.INT, default=3, show_default=True, help="Past moments each trial is scored from."
)
@click.option(
    "--batch",
    type=click.INT,
    default=4,
    show_default=True,
    help="Trials chosen at once; as many can run side by side.",
)
@click.option("--space", type=click.Path(dir_okay=False), metavar="FILE", help="TOML with what is searched.")
@click.option(
    "--study",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Keep the study in it, or go on with the one that is there.",
)
@click.option("--out", type=click.Path(file_okay=False), help="Run folder. [default: runs/DATA]")
@click.option("--no-train", is_flag=True, help="Search only.")
@click.option("--json", "json_output", is_flag=True, help="Print trials and report as JSON.")
def tune(data: str, out: str | None, no_train: bool, json_output: bool, **options: Any) -> None:
    """Search for the settings that forecast best, and train with them.

    Settings that are given stay as they are; others are searched around what the rules choose. The first
    trial has the defaults by rule. Trials are trained before, and scored after, past moments inside the
    training part: no row of the test part is read until the best settings are trained and scored on it, once.

    With --study FILE a search that was ended goes on when the same command is given again.
    """
    from forecaster.config.build import make_settings
    from forecaster.data.load import read_panel
    from forecaster.run.store import check_place

    plan_options = {
        name: options.pop(name)
        for name in ("trials", "timeout", "metric", "folds", "batch", "space", "study")
    }
    save_config = options.pop("save_config")
    given = with_config(options)
    panel = read_panel(read_source(data), make_settings(given).data)
    show_reading(panel)
    from forecaster.tuning.tune import Plan

    folder = None if no_train else Path(out) if out is not None else Path("runs") / run_name(data)
    if folder is not None:
        check_place(folder)
    tuned, caught = search(panel, given, Plan(**plan_options))
    save_settings(save_config, tuned.settings)
    if not json_output:
        show_trials(tuned)
    if caught is not None:
        if json_output:
            as_json(tree_of(tuned))
        note("Interrupted: nothing was trained with the best settings so far.")
        raise click.exceptions.Exit(EXIT_CODES[caught])
    report = None if folder is None else train_best(panel, tuned, folder, shown=not json_output)
    if json_output:
        as_json(tree_of(tuned) | ({} if report is None else {"report": report}))
    if folder is not None and report is not None:
        end(report, data, folder, caught)


def search(panel: Panel, given: Mapping[str, Any], plan: Plan) -> tuple[Tuned, str | None]:
    """Run the trials; a signal ends the search with what was found.

    Args:
        panel: All rows.
        given: Settings that are fixed.
        plan: How to search.

    Returns:
        What was found, and the signal that was caught.

    Raises:
        Exit: A second signal has come, or the first before a trial was finished.
    """
    from forecaster.errors import RunError
    from forecaster.training.interrupts import catch_interrupts
    from forecaster.tuning.tune import Tuning

    tuning = Tuning(panel, given, plan)
    note(tuning.text)
    with trial_lines() as progress, catch_interrupts() as stop:
        try:
            tuned = tuning.run(progress, stop)
        except (KeyboardInterrupt, RunError) as error:
            if stop.signal is None:
                raise
            note(str(error) or "Interrupted.")
            raise click.exceptions.Exit(EXIT_CODES[stop.signal]) from None
    if tuned.reason is not None:
        n_left = plan.trials - len(tuned.trials)
        note(f"Ended before {n_left} of {plan.trials} trials: these are the best so far.")
    return tuned, stop.signal


def train_best(panel: Panel, tuned: Tuned, folder: Path, shown: bool) -> dict[str, Any]:
    """Train with the best settings and save the run, as `forecast train` does.

    Args:
        panel: All rows.
        tuned: What was found.
        folder: Of the run.
        shown: Whether scores and forecast are printed.

    Returns:
        The report.

    Raises:
        Exit: A signal was caught.
    """
    from forecaster.forecaster import Forecaster
    from forecaster.run.find import set_latest

    forecaster = Forecaster.of(tuned.settings)

    def save() -> None:
        """Put the run in force."""
        forecaster.save(folder)
        set_latest(folder)

    caught = fit_and_save(forecaster, panel, (folder, GoingOn(None, None, None)), save)
    if shown:
        show_training(forecaster, panel, (80.0,))
    if caught is not None:
        raise click.exceptions.Exit(EXIT_CODES[caught])
    return forecaster.report


def show_trials(tuned: Tuned) -> None:
    """The best trials beside the defaults, and what made the difference.

    Args:
        tuned: What was found.
    """
    names = list(tuned.space)
    ranked = [one for one in tuned.trials if one.state == "done"]
    ranked.sort(key=lambda one: (one.score, one.number))
    shown = ranked[:MOST_TRIALS]
    shown += [one for one in ranked[MOST_TRIALS:] if one.number == 0]
    rows = [[_name(one.number), one.score, *(one.values.get(name) for name in names)] for one in shown]
    title = f"{len(tuned.trials):,} trials, {len(ranked):,} of them on all folds, best first"
    table(title, ["trial", tuned.metric, *names], rows)
    failed = [one for one in tuned.trials if one.state == "failed"]
    if failed:
        n_failed = f"{len(failed):,} trial{'s' * (len(failed) > 1)}"
        note(f"{n_failed} failed, the first with: {failed[0].error}")
    if tuned.importances:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in tuned.importances.items())
        note(f"What made the difference: {shares}")


def _name(number: int) -> str:
    """A trial as the table names it."""
    return "0 (defaults)" if number == 0 else str(number)


def tree_of(tuned: Tuned) -> dict[str, Any]:
    """What was found as plain values.

    Args:
        tuned: What was found.

    Returns:
        For JSON.
    """
    return {
        "metric": tuned.metric,
        "n_folds": tuned.n_folds,
        "settings": tuned.settings,
        "best": tuned.best.number,
        "score": tuned.best.score,
        "trials": [one.__dict__ for one in tuned.trials],
        "space": {name: part.to_json() for name, part in tuned.space.items()},
        "importances": tuned.importances,
        "reason": tuned.reason,
    }
