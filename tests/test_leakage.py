"""Nothing that is fitted, chosen or forecast before a cut may depend on a row after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.baselines import all_baselines
from forecaster.config.build import make_settings
from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.evaluation.backtest import backtest
from forecaster.evaluation.job import train_run
from forecaster.evaluation.origins import Origins
from forecaster.evaluation.tables import Columns
from forecaster.training.fit import Hooks, training_source
from forecaster.training.prepare import Prepared, prepare
from forecaster.windows.outcomes import gather_outcomes
from forecaster.windows.windows import windows_at
from tests.conftest import TINY

N_ROWS = 80
HORIZON = 3
HEADS: dict[str, dict[str, str]] = {
    "point": {"head": "point"},
    "quantile": {"head": "quantile"},
    "bins": {"task": "classify"},
}


def values_table(n_series: int = 2) -> pd.DataFrame:
    """Daily series of ``N_ROWS`` days with a weekly season, a trend and noise."""
    rng = np.random.default_rng(3)
    step = np.arange(N_ROWS)
    return pd.concat(
        pd.DataFrame(
            {
                "unique_id": f"s{number}",
                "ds": pd.date_range("2024-01-01", periods=N_ROWS),
                "y": 50 + number + step / 9 + 5 * np.sin(step * 2 * np.pi / 7) + rng.normal(size=N_ROWS),
            }
        )
        for number in range(n_series)
    )


def values_panel() -> Panel:
    return read_panel(values_table())


def events_table() -> pd.DataFrame:
    """Events of twenty ids on whole days."""
    rng = np.random.default_rng(4)
    rows = []
    for number in range(20):
        days = rng.integers(2, 15, size=12).cumsum()
        rows += [(f"c{number}", np.datetime64("2024-01-01") + day) for day in days]
    return pd.DataFrame(rows, columns=["customer", "date"])


def read_events(table: pd.DataFrame, as_of: str | None = None) -> Panel:
    return read_panel(table, DataSettings(kind="events", unit="day", as_of=as_of))


def events_panel() -> Panel:
    """Events of twenty ids; the last day of the file is the same whatever is changed."""
    return read_events(events_table())


def settings_of(panel: Panel, **more: Any) -> Any:
    """A tiny network; events are cut at two dates."""
    given: dict[str, Any] = {**TINY, "final_fit": False, "look_back": 6, **more}
    if panel.kind == "events":
        given |= {"valid_size": "2024-03-10", "test_size": "2024-03-25"}
    else:
        given |= {"horizon": HORIZON}
    return make_settings(given)


def mutated(panel: Panel, begins: np.ndarray) -> Panel:
    """Other values, all finite, in every row from ``begins`` on of each series."""
    values = panel.values.copy()
    for begin, end in zip(begins, panel.offsets[1:], strict=True):
        values[begin:end] = -1000.0 * (1 + np.arange(end - begin))[:, None]
    return replace(panel, values=values)


PANELS = pytest.mark.parametrize("make", [values_panel, events_panel], ids=["values", "events"])


def prepared_twice(make: Any, **more: Any) -> tuple[Prepared, Prepared]:
    """A panel, and the same with another test part."""
    panel = make()
    first = prepare(panel, settings_of(panel, **more))
    changed = mutated(panel, first.split.valid_ends)
    assert (changed.values != panel.values).any()
    return first, prepare(changed, settings_of(panel, **more))


@PANELS
def test_test_rows_move_no_cut_window_default_or_season(make) -> None:
    first, second = prepared_twice(make)
    assert first.parts.test.n_windows > 0 and first.parts.valid.n_windows > 0
    for name in ("begins", "train_ends", "valid_ends", "test_ends"):
        assert getattr(first.split, name).tolist() == getattr(second.split, name).tolist()
    for name in ("train", "valid", "test"):
        assert getattr(first.parts, name).starts.tolist() == getattr(second.parts, name).starts.tolist()
    assert first.defaults == second.defaults
    assert first.settings == second.settings
    assert first.panel.season_length == second.panel.season_length


@PANELS
def test_windows_of_a_part_end_before_the_next_part(make) -> None:
    prepared = prepare(make(), settings_of(make()))
    split, parts, horizon = prepared.split, prepared.parts, prepared.settings.window.horizon
    for windows, ends in ((parts.train, split.train_ends), (parts.valid, split.valid_ends)):
        series = prepared.panel.series_of(windows.origins)
        last_target = np.minimum(windows.origins + horizon, windows.limits[series] - 1)
        assert (windows.limits == ends).all()
        assert (last_target < ends[series]).all()


@pytest.mark.parametrize("head", HEADS)
@PANELS
def test_test_rows_change_no_trained_number(make, head: str) -> None:
    panel = make()
    settings = settings_of(panel, **HEADS[head])
    begins = prepare(panel, settings).split.valid_ends
    first = train_run(panel, settings, Hooks())
    second = train_run(mutated(panel, begins), settings, Hooks())
    assert first.report["shipped"] == "first fit"
    tensors, again = first.models[0].tensors(), second.models[0].tensors()
    assert tensors.keys() == again.keys()
    for name, tensor in tensors.items():
        assert tensor.tobytes() == again[name].tobytes(), name
    assert first.models[0].normaliser.target_scale == second.models[0].normaliser.target_scale
    assert first.models[0].normaliser.input_scale == second.models[0].normaliser.input_scale
    assert first.models[0].head.to_json() == second.models[0].head.to_json()  # edges, residuals
    assert first.report["scores"]["valid"]["model"] == second.report["scores"]["valid"]["model"]
    assert first.report["scores"]["valid"]["baselines"] == second.report["scores"]["valid"]["baselines"]
    assert first.report["scores"]["test"]["model"] != second.report["scores"]["test"]["model"]


# Events that come at other times, or not at all: open intervals and what had been waited change with them.

TEST_BEGINS = "2024-03-25"
WAITING = pytest.mark.parametrize("head", ["mixture", "hazard", "bins"])


def with_other_events_after(begin: str) -> Panel:
    """The same events before a day; afterwards most are gone, and the others come later."""
    table = events_table()
    is_late = table["date"] >= np.datetime64(begin)
    table.loc[is_late, "date"] += np.timedelta64(2, "D")
    kept = ~is_late | (np.arange(len(table)) % 3 == 0)
    return read_events(table[kept], as_of="2024-06-30")


def assert_same_fit(first: Any, second: Any) -> None:
    """The same weights, scales, bins and features, bit for bit."""
    tensors, again = first.tensors(), second.tensors()
    assert tensors.keys() == again.keys()
    for name, tensor in tensors.items():
        assert tensor.tobytes() == again[name].tobytes(), name
    assert first.head.to_json() == second.head.to_json()
    assert first.normaliser.static_shift.tolist() == second.normaliser.static_shift.tolist()


@WAITING
def test_later_events_change_no_number_that_open_intervals_were_trained_with(head: str) -> None:
    panels = events_panel(), with_other_events_after(TEST_BEGINS)
    first, second = (train_run(panel, settings_of(panel, head=head), Hooks()) for panel in panels)
    assert first.report["scores"]["valid"]["n_open"] > 0
    assert_same_fit(first.models[0], second.models[0])
    assert first.report["scores"]["valid"]["model"] == second.report["scores"]["valid"]["model"]
    assert first.report["scores"]["valid"]["baselines"] == second.report["scores"]["valid"]["baselines"]
    assert first.report["scores"]["test"]["model"] != second.report["scores"]["test"]["model"]


def test_open_intervals_of_training_end_at_the_cut_whatever_comes() -> None:
    panels = events_panel(), with_other_events_after(TEST_BEGINS)
    parts = [prepare(panel, settings_of(panel)).parts for panel in panels]
    for name in ("train", "valid"):
        outcomes = [
            gather_outcomes(panel, getattr(part, name)) for panel, part in zip(panels, parts, strict=True)
        ]
        assert outcomes[0].censored.sum() == 20
        for field in ("y", "censored", "elapsed", "until"):
            one, other = (getattr(outcome, field) for outcome in outcomes)
            assert one.tolist() == other.tolist(), (name, field)


def test_longer_observation_changes_the_final_fit_but_not_the_first() -> None:
    panels = read_events(events_table(), "2024-06-30"), read_events(events_table(), "2024-12-31")
    first, second = (train_run(one, settings_of(one), Hooks()) for one in panels)
    assert_same_fit(first.models[0], second.models[0])
    assert first.report["scores"]["valid"]["model"] == second.report["scores"]["valid"]["model"]
    shipped, again = (
        train_run(one, settings_of(one, final_fit=True), Hooks()).models[0].tensors() for one in panels
    )
    assert any(shipped[name].tobytes() != again[name].tobytes() for name in shipped)


def test_longer_observation_changes_no_input_of_the_network() -> None:
    panels = read_events(events_table(), "2024-06-30"), read_events(events_table(), "2024-12-31")
    batches = []
    for panel in panels:
        prepared = prepare(panel, settings_of(panel, features="count,age,mean_gap,single,weekday"))
        source = training_source(prepared.panel, prepared.parts, prepared.settings)
        batches.append(source.gather_all()[0])
    for name in ("past", "observed", "static"):
        one, other = (batch.inputs[name] for batch in batches)
        assert one.tobytes() == other.tobytes(), name


@pytest.mark.parametrize("names", ["standard", "minmax", "log,standard", "level,log", "standard,last"])
def test_rows_after_training_change_no_weight_under_any_transform(names: str) -> None:
    panel = values_panel()
    settings = settings_of(panel, transforms=names, scope="panel", valid_size=0)
    begins = prepare(panel, settings).split.train_ends
    first = train_run(panel, settings, Hooks()).models[0]
    second = train_run(mutated(panel, begins), settings, Hooks()).models[0]
    for name, tensor in first.tensors().items():
        assert tensor.tobytes() == second.tensors()[name].tobytes(), name


def test_final_fit_does_use_the_last_rows() -> None:
    panel = values_panel()
    settings = settings_of(panel, final_fit=True)
    begins = prepare(panel, settings).split.valid_ends
    first = train_run(panel, settings, Hooks())
    second = train_run(mutated(panel, begins), settings, Hooks())
    assert first.report["shipped"] == "final fit on all rows"
    weights, others = first.models[0].tensors(), second.models[0].tensors()
    assert any(weights[name].tobytes() != others[name].tobytes() for name in weights)
    # the scores are those of the first fit all the same
    assert first.report["scores"]["valid"] == second.report["scores"]["valid"]


@PANELS
def test_baselines_forecast_from_rows_before_the_origin_alone(make) -> None:
    panel = replace(make(), season_length=7)
    ends = panel.offsets[1:] - 5
    origins = ends - 1
    changed = mutated(panel, ends)
    for one, other in zip(all_baselines(panel), all_baselines(changed), strict=True):
        before = one.fit(panel, ends, 6, 2).predict(panel, origins)
        after = other.fit(changed, ends, 6, 2).predict(changed, origins)
        levels = np.array([0.1, 0.5, 0.9])
        assert np.array_equal(before.quantile(levels), after.quantile(levels), equal_nan=True), one.name


def test_model_forecasts_from_rows_before_the_origin_alone() -> None:
    panel = values_panel()
    model = train_run(panel, settings_of(panel), Hooks()).models[0]
    origins = panel.offsets[1:] - 11
    changed = mutated(panel, origins + 1)
    one, other = (
        model.predict(rows, windows_at(rows, origins, 6, HORIZON)).quantile(np.array([0.1, 0.5]))
        for rows in (panel, changed)
    )
    assert np.array_equal(one, other)


def test_covariates_are_seen_up_to_the_origin_or_over_the_horizon_and_no_further() -> None:
    rng = np.random.default_rng(5)
    table = values_table().assign(past=rng.normal(size=2 * N_ROWS), known=rng.normal(size=2 * N_ROWS))
    panel = read_panel(table, DataSettings(past="past", future_known="known"))
    model = train_run(panel, settings_of(panel), Hooks()).models[0]
    origin = np.array([60])

    def forecast(channel: int, begin: int, end: int) -> np.ndarray:
        """Medians after row 60 with other numbers in some rows of a channel."""
        values = panel.values.copy()
        values[begin:end, channel] += 5.0
        windows = windows_at(panel, origin, 6, HORIZON)
        return model.predict(replace(panel, values=values), windows).quantile(np.array([0.5]))

    same = forecast(0, 0, 0)
    assert not np.array_equal(forecast(1, 60, 61), same)
    assert np.array_equal(forecast(1, 61, 160), same)
    assert not np.array_equal(forecast(2, 60 + HORIZON, 61 + HORIZON), same)
    assert np.array_equal(forecast(2, 61 + HORIZON, 160), same)


def test_later_numbers_beside_the_target_change_no_trained_number() -> None:
    rng = np.random.default_rng(5)
    table = values_table().assign(past=rng.normal(size=2 * N_ROWS), known=rng.normal(size=2 * N_ROWS))
    panel = read_panel(table, DataSettings(past="past", future_known="known"))
    settings = settings_of(panel, decoder="parallel", features="weekday", min_history=1)
    begins = prepare(panel, settings).split.train_ends
    first, second = (
        training_source(one, prepare(one, settings).parts, prepare(one, settings).settings)
        for one in (panel, mutated(panel, begins))
    )
    assert first.normaliser.covariate_scale.tolist() == second.normaliser.covariate_scale.tolist()
    one, other = first.gather_all()[0], second.gather_all()[0]
    assert one.future is not None and other.future is not None
    assert one.future.shape[2] == 2 + 7
    assert np.array_equal(one.future, other.future) and np.array_equal(one.past, other.past)


@pytest.mark.parametrize("head", ["quantile", "bins"])
@pytest.mark.parametrize("refit", [0, 1])
def test_rows_after_a_cutoff_change_no_backtest_forecast_up_to_it(refit: int, head: str) -> None:
    panel = values_panel()
    settings = settings_of(panel, season=7, **HEADS[head])
    origins = Origins(n_windows=4, step_size=2, refit=refit)
    # cutoffs of a series lie 3, 5, 7 and 9 rows before its last one; change what comes after the second
    changed = mutated(panel, panel.offsets[1:] - 1 - 7 + 1)
    first, second = (
        backtest(rows, settings, origins, Columns((80,), (0.3,)), Hooks()) for rows in (panel, changed)
    )
    cutoffs = sorted(first["cutoff"].unique())
    assert [str(day)[:10] for day in cutoffs] == ["2024-03-11", "2024-03-13", "2024-03-15", "2024-03-17"]
    early = first["cutoff"] <= cutoffs[1]
    forecast = [name for name in first.columns if name.startswith(("forecast", "q-", "p-"))]
    pd.testing.assert_frame_equal(first.loc[early, forecast], second.loc[early, forecast], check_exact=True)
    assert (first.loc[~early, "forecast"] != second.loc[~early, "forecast"]).any()


def test_events_with_ids_are_split_at_one_moment_for_all() -> None:
    panel = events_panel()
    for given in ({}, {"test_size": 0.2, "valid_size": 0.1}, {"test_size": "2024-03-20"}):
        split = prepare(panel, make_settings({**TINY, "look_back": 4, **given})).split
        latest = earliest = None
        for span in (split.train, split.valid, split.test):
            used = span.ends > span.begins
            assert used.any()
            earliest = panel.times[span.begins[used]].min()
            if latest is not None:
                assert latest < earliest
            latest = panel.times[span.ends[used] - 1].max()


def test_default_season_is_found_on_training_rows() -> None:
    step = np.arange(200)
    y = np.sin(step * 2 * np.pi / 12)
    y[160:] = np.random.default_rng(0).normal(size=40) * 50
    panel = read_panel(pd.DataFrame({"step": step, "y": y}))
    prepared = prepare(panel, make_settings({**TINY, "test_size": 40, "valid_size": 20}))
    assert prepared.panel.season_length == 12
