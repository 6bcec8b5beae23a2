from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import forecaster
from forecaster.config.build import make_settings
from forecaster.config.facts import METRICS
from forecaster.data.load import read_panel
from forecaster.errors import ConfigError, RunError
from forecaster.training.interrupts import StopFlag
from forecaster.tuning import search
from forecaster.tuning.folds import make_folds
from forecaster.tuning.trial import Outcome, Work, fold_score, run_trial
from forecaster.tuning.tune import Plan, Tuned, Tuning

# Of trials that train in a blink.
QUICK: dict[str, Any] = {"epochs": 1, "ensemble": 1, "threads": 1, "season": 1, "horizon": 2}


def waves(n_series: int = 2, n_rows: int = 80) -> pd.DataFrame:
    """Noisy sines, one a series."""
    rng, step = np.random.default_rng(0), np.arange(n_rows)
    return pd.concat(
        pd.DataFrame(
            {
                "unique_id": f"s{number}",
                "ds": step,
                "y": 10 + np.sin(step / 2 + number) + 0.1 * rng.normal(size=n_rows),
            }
        )
        for number in range(n_series)
    ).drop(columns=[] if n_series > 1 else ["unique_id"])


def quick(data: pd.DataFrame | None = None, **more: Any) -> Tuned:
    """A search of three trials."""
    options = {"trials": 3, "folds": 2, **QUICK, **more}
    return forecaster.tune(waves() if data is None else data, **options)


def outline(tuned: Tuned) -> list[tuple[Any, ...]]:
    """All of the trials but how long they took."""
    return [(one.number, one.values, one.state, one.score, one.error) for one in tuned.trials]


@pytest.fixture(scope="module")
def found() -> Tuned:
    return quick()


def test_the_first_trial_has_the_defaults_by_rule(found: Tuned) -> None:
    panel = read_panel(waves())
    folds = make_folds(panel, make_settings(QUICK), 2)
    chosen = folds.latest.settings
    first = found.trials[0].values
    assert first["look_back"] == chosen.window.look_back
    assert (first["units"],) == chosen.network.units
    assert first["learning_rate"] == chosen.training.learning_rate
    # and its score is that of settings that are left open
    scores = run_trial(Work.of(folds, "auto"), {}, ()).scores
    assert found.trials[0].score == pytest.approx(np.mean(scores), rel=1e-12)
    assert found.best.score <= found.trials[0].score


def test_the_same_seeds_find_the_same_trials(found: Tuned) -> None:
    assert outline(quick()) == outline(found)
    assert outline(quick(seed=1)) != outline(found)


def test_rows_of_the_test_part_change_nothing(found: Tuned) -> None:
    data = waves()
    late = data["ds"] >= 72  # the last tenth of 80 rows
    changed = data.assign(y=data["y"].where(~late, data["y"] * 3 + 5))
    assert outline(quick(changed)) == outline(found)
    changed = data.assign(y=data["y"].where(data["ds"] != 71, 3.0))
    assert outline(quick(changed)) != outline(found)


def test_folds_lie_before_the_test_part_and_before_each_other() -> None:
    folds = make_folds(read_panel(waves()), make_settings(QUICK), 3)
    # 80 rows, a tenth held out each time: 8, then 7 of 72, then 6 of 65
    assert [panel.lengths.tolist() for panel in folds.panels] == [[72, 72], [65, 65], [59, 59]]
    assert folds.latest.parts.test.n_windows == 2 * 6 and folds.earliest.parts.test.n_windows == 2 * 5


def test_folds_of_a_part_that_begins_at_a_date_have_sizes_of_their_own() -> None:
    data = waves().assign(ds=lambda table: pd.Timestamp("2024-01-01") + pd.to_timedelta(table["ds"], "D"))
    panel = read_panel(data)
    folds = make_folds(panel, make_settings({**QUICK, "test_size": "2024-03-01"}), 2)
    assert [one.lengths[0] for one in folds.panels] == [60, 54]
    everything = make_folds(panel, make_settings({**QUICK, "test_size": 0}), 1)
    assert everything.panels[0].n_rows == panel.n_rows and everything.latest.parts.test.n_windows > 0


def test_folds_of_customers_know_what_was_known_then() -> None:
    rng = np.random.default_rng(0)
    days = rng.integers(1, 20, size=(30, 8)).cumsum(axis=1)
    data = pd.DataFrame(
        {"customer": np.repeat(np.arange(30), 8), "date": np.datetime64("2024-01-01") + days.ravel()}
    )
    panel = read_panel(data, make_settings({"kind": "events", "unit": "day"}).data)
    folds = make_folds(panel, make_settings({"kind": "events", "unit": "day"}), 2)
    for one in folds.panels:
        assert one.as_of is not None and (one.times <= one.as_of.max()).all()
    assert folds.panels[0].as_of.max() > folds.panels[1].as_of.max()
    score = fold_score(folds.panels[0], make_settings({**QUICK, "horizon": 1}), "auto", tuning_hooks())
    assert np.isfinite(score)


def tuning_hooks() -> Any:
    from forecaster.training.fit import Hooks

    return Hooks()


def test_too_few_rows_and_random_parts_are_refused() -> None:
    with pytest.raises(ConfigError, match="rows before the test part are too few to hold any out"):
        make_folds(read_panel(waves(1, 5)), make_settings({"look_back": 3}), 2)
    with pytest.raises(ConfigError, match=r"^--split random: what is tuned on random windows is leaky"):
        quick(split="random")


def test_fewer_rows_give_fewer_folds() -> None:
    assert quick(waves(1, 30), folds=40, trials=1).n_folds < 40


@pytest.mark.parametrize("metric", ["crps", "mase", "mae", "rmse", "nll"])
def test_trials_are_ranked_by_the_metric_asked_for(metric: str, found: Tuned) -> None:
    tuned = quick(metric=metric, trials=1)
    assert tuned.metric == metric and np.isfinite(tuned.best.score)
    assert found.metric == "scaled_crps"  # of several series


def test_a_metric_that_is_not_there_fails_every_trial() -> None:
    with pytest.raises(ConfigError, match=r"^All 2 trials failed, the first with: --metric log_score: the"):
        quick(metric="log_score", trials=2)


def test_a_failed_trial_is_kept_with_its_message_and_the_study_goes_on(tmp_path: Path) -> None:
    space = tmp_path / "space.toml"
    space.write_text("segment = [1, 100]\nlook_back = [4]\n")
    tuned = quick(space=space, trials=6)
    failed = [one for one in tuned.trials if one.state == "failed"]
    assert failed and failed[0].error == "--segment 100: longer than --look-back 4. Lower it."
    assert tuned.best.values["segment"] != 100
    assert tuned.table["error"].notna().sum() == len(failed) == (tuned.table["state"] == "failed").sum()


def test_the_defaults_are_tried_even_outside_of_the_space(tmp_path: Path, found: Tuned) -> None:
    space = tmp_path / "space.toml"
    space.write_text("units = [8]\ndropout = {low = 0.4, high = 0.5}\n")
    tuned = quick(space=space)
    assert tuned.trials[0].values == {name: found.trials[0].values[name] for name in ("units", "dropout")}
    assert tuned.trials[0].score == found.trials[0].score
    assert {one.values["units"] for one in tuned.trials[1:]} == {8}


def test_what_is_given_stays() -> None:
    tuned = quick(units=8, trials=2)
    assert "units" not in tuned.space and tuned.settings["units"] == 8
    assert forecaster.Forecaster(**tuned.settings).settings.network.units == (8,)


def test_the_table_has_the_best_trial_first(found: Tuned) -> None:
    table = found.table
    assert table["number"].iloc[0] == found.best.number
    assert table["score"].is_monotonic_increasing
    assert list(table.columns) == ["number", "state", "score", "seconds", *found.space, "error"]


# A study in a file.


def test_a_search_that_was_ended_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = quick(trials=6, batch=2)
    study, stop = tmp_path / "study.log", StopFlag()

    def end_in_the_second_batch(ended: int, *_: Any) -> None:
        if ended == 3:
            stop.set("SIGINT")

    part = quick(trials=6, batch=2, study=study, stop=stop, progress=end_in_the_second_batch)
    assert part.reason == "SIGINT" and outline(part) == outline(whole)[:3]
    again = quick(trials=6, batch=2, study=study)
    assert outline(again) == outline(whole)
    assert again.trials[:3] == part.trials  # which were not run again
    assert quick(trials=6, batch=2, study=study).trials == again.trials


def test_a_study_of_something_else_is_refused(tmp_path: Path) -> None:
    study = tmp_path / "study.log"
    quick(trials=1, study=study)
    with pytest.raises(ConfigError, match=r"study\.log: a study with other data\. Search as it does,"):
        quick(waves(n_rows=70), trials=1, study=study)
    with pytest.raises(ConfigError, match="a study with other settings, space"):
        quick(trials=1, study=study, units=8)


@pytest.mark.parametrize(
    "content", ["a,b\n1,2\n", "a,b\n", "no end", "[1, 2]\n", '{"op_code": 99}\n', "{}\n"]
)
def test_a_file_that_is_no_study_is_refused_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    study = tmp_path / "study.log"
    study.write_text(content)
    with pytest.raises(ConfigError, match=r"study\.log: no study, or a damaged one\. Name another file"):
        quick(trials=1, study=study)
    assert study.read_text() == content


def test_two_searches_do_not_share_a_file(tmp_path: Path) -> None:
    study = tmp_path / "study.log"

    def search_again(*_: Any) -> None:
        with pytest.raises(RunError, match=r"another process is writing here.*choose another --study"):
            quick(trials=1, study=study)

    quick(trials=1, study=study, progress=search_again)


# Trials that are ended early, with scores made up.


def made_up(monkeypatch: pytest.MonkeyPatch, outcome: Any) -> list[tuple[float, ...]]:
    """Trials that train nothing; the limits that each was given."""
    limits: list[tuple[float, ...]] = []

    def run(_work: Work, values: Any, given: Any, _stop: Any) -> Outcome:
        limits.append(tuple(given))
        return outcome(len(limits) - 1, values)

    monkeypatch.setattr(search, "run_trial", run)
    return limits


def test_trials_behind_half_of_the_finished_ones_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = made_up(monkeypatch, lambda number, _: Outcome((float(number), float(number) + 2)))
    tuned = quick(trials=8, batch=3)
    # five are needed: the third batch, of trials 6 and 7, knows the six before
    assert limits[:6] == [()] * 6
    assert limits[6:] == [(2.5, 3.5)] * 2  # medians of 0 .. 5 after the first fold, and of means 1 .. 6
    assert tuned.best.number == 0


def test_a_trial_above_the_limit_is_not_scored_further() -> None:
    folds = make_folds(read_panel(waves()), make_settings(QUICK), 2)
    work = Work.of(folds, "mae")
    whole = run_trial(work, {}, ())
    assert len(whole.scores) == 2 and not whole.is_pruned
    pruned = run_trial(work, {}, (whole.scores[0] / 2, 0.0))
    assert pruned.is_pruned and pruned.scores == whole.scores[:1]
    assert not run_trial(work, {}, (whole.scores[0] * 2, 0.0)).is_pruned  # the last fold ends nothing


def test_what_sets_the_scores_apart_is_told_with_enough_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up(monkeypatch, lambda _, values: Outcome((values["dropout"],) * 2))
    tuned = quick(trials=12)
    assert next(iter(tuned.importances)) == "dropout"
    assert sum(tuned.importances.values()) == pytest.approx(1)


def test_all_failing_is_an_error_and_so_is_no_trial_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up(monkeypatch, lambda *_: Outcome(error="MemoryError: too large"))
    with pytest.raises(ConfigError, match=r"^All 3 trials failed, the first with: MemoryError: too large$"):
        quick()
    made_up(monkeypatch, lambda *_: Outcome(is_stopped=True))
    stop = StopFlag("max_seconds")
    with pytest.raises(RunError, match=r"^Ended by max_seconds before a trial was finished; nothing is"):
        quick(stop=stop)


def test_a_trial_that_is_ended_from_outside_says_nothing() -> None:
    folds = make_folds(read_panel(waves()), make_settings(QUICK), 1)
    assert run_trial(Work.of(folds, "mae"), {}, (), StopFlag("SIGINT")).is_stopped


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(trials=0), "--trials 0: below 1. Raise it."),
        (Plan(folds=0), "--folds 0: below 1. Raise it."),
        (Plan(batch=-1), "--batch -1: below 1. Raise it."),
        (Plan(timeout=0), "--timeout 0: not above 0. Raise it, or leave it out."),
        (
            Plan(metric="mape"),
            f"--metric mape: unknown. There are {', '.join(METRICS)}.",
        ),
    ],
)
def test_a_plan_that_is_none_is_refused(plan: Plan, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Tuning(read_panel(waves()), {}, plan)
    assert str(caught.value) == message
