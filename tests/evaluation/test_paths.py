from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.distributions import Binned, Distribution, Empirical, PointMass
from forecaster.errors import ConfigError
from forecaster.evaluation import paths as paths_module
from forecaster.evaluation.forecast import forecast_panel
from forecaster.evaluation.paths import at_once, draw_paths, sample_paths, step_forecasts
from forecaster.evaluation.simulation import moments_after
from forecaster.evaluation.tables import Columns
from forecaster.windows.features import history_features
from forecaster.windows.waits import open_waits
from forecaster.windows.windows import Windows, last_origins
from tests.windows.test_windows import panel_of


@dataclass
class Rule:
    """A model that follows a rule: (panel, origins) -> distribution of shape (n, 1)."""

    rule: Callable[[Panel, np.ndarray], Distribution]
    look_back: int = 2
    mark_rule: Callable[[Panel, np.ndarray], np.ndarray] | None = None
    calls: list[int] = field(default_factory=list)

    @property
    def architecture(self) -> SimpleNamespace:
        return SimpleNamespace(look_back=self.look_back, horizon=1)

    def predict(self, panel: Panel, windows: Windows) -> Distribution:
        self.calls.append(windows.n_windows)
        return self.rule(panel, windows.origins)

    def predict_with_marks(
        self, panel: Panel, windows: Windows
    ) -> Iterator[tuple[Distribution, np.ndarray | None]]:
        half = windows.n_windows // 2
        for rows in (np.arange(half), np.arange(half, windows.n_windows)):
            part = windows.select(rows)
            yield self.predict(panel, part), self.predict_marks(panel, part)

    def predict_marks(self, panel: Panel, windows: Windows) -> np.ndarray | None:
        return None if self.mark_rule is None else self.mark_rule(panel, windows.origins)


def one_more(panel: Panel, origins: np.ndarray) -> Distribution:
    return PointMass(panel.y[origins][:, None] + 1)


@pytest.fixture
def visits() -> Panel:
    """Two ids on whole days of January: a on 1, 4, 6; b on 2 and 9; looked at on the 10th."""
    table = pd.DataFrame({"id": list("aaabb"), "time": [f"2024-01-{day:02}" for day in (1, 4, 6, 2, 9)]})
    panel = read_panel(table, DataSettings(kind="events", unit="day"))
    return replace(panel, as_of=np.full(2, np.datetime64("2024-01-10", "ns")))


def test_each_gap_is_forecast_from_those_drawn_before(visits: Panel) -> None:
    drawn = sample_paths(Rule(one_more), visits, last_origins(visits), None, 3, n_paths=2)
    assert drawn.shape == (2, 2, 3)
    assert drawn.tolist() == [[[3, 4, 5], [8, 9, 10]]] * 2


def test_history_goes_on_with_what_was_drawn(visits: Panel) -> None:
    def count_and_age(panel: Panel, origins: np.ndarray) -> Distribution:
        features = np.expm1(history_features(panel, origins, ("count", "age")))
        return PointMass(features.sum(axis=1, keepdims=True))

    # a: 2 events before and 5 days since the first: 7; then 3 and 12: 15; one row is enough for that
    for look_back in (1, 2, 9):
        model = Rule(count_and_age, look_back)
        drawn = sample_paths(model, visits, last_origins(visits), None, 3, n_paths=1)
        assert drawn[0, 0].tolist() == [7, 15, 31]
        assert drawn[0, 1].tolist() == [8, 17, 35]
    shorter = visits.take(np.array([2, 4]), np.array([3, 5]))
    drawn = sample_paths(Rule(count_and_age, 1), shorter, last_origins(shorter), None, 2, n_paths=1)
    assert drawn[0].tolist() == [[7, 15], [8, 17]]


def test_only_the_look_back_is_kept_and_padding_is_none_of_it(visits: Panel) -> None:
    seen = []

    def lengths(panel: Panel, origins: np.ndarray) -> Distribution:
        seen.append(panel.lengths.tolist())
        return PointMass(np.ones((len(origins), 1)))

    sample_paths(Rule(lengths, 3), visits, last_origins(visits), None, 3, n_paths=1)
    assert seen == [[3, 2]] * 2 + [[3, 3]] * 4  # each step in two pieces


def test_first_gap_is_longer_than_what_was_waited(visits: Panel) -> None:
    model = Rule(lambda _panel, origins: Empirical(np.tile([1.0, 3, 5, 9], (len(origins), 1, 1))))
    known = open_waits(visits, last_origins(visits)).known
    drawn = sample_paths(model, visits, last_origins(visits), known, 2, n_paths=400)
    assert known.tolist() == [4.5, 1.5]
    assert set(np.unique(drawn[:, 0, 0])) == {5.0, 9.0} and set(np.unique(drawn[:, 1, 0])) == {3.0, 5.0, 9.0}
    assert set(np.unique(drawn[:, :, 1])) == {1.0, 3.0, 5.0, 9.0}
    assert (drawn[:, 0, 0] == 5.0).mean() == pytest.approx(0.5, abs=0.08)


def test_what_never_comes_stays_away(visits: Panel) -> None:
    def ends(panel: Panel, origins: np.ndarray) -> Distribution:
        return PointMass(np.where(panel.y[origins] >= 3, np.inf, 3.0)[:, None])

    drawn = sample_paths(Rule(ends), visits, last_origins(visits)[:1], None, 4, n_paths=1)
    assert drawn[0, 0].tolist() == [3, np.inf, np.inf, np.inf]


def test_gaps_are_on_the_resolution_of_the_stamps(visits: Panel) -> None:
    model = Rule(lambda _panel, origins: PointMass(np.full((len(origins), 1), 2.4)))
    assert sample_paths(model, visits, last_origins(visits), None, 2, n_paths=1)[0, 0].tolist() == [2, 2]
    intervals = panel_of([1.0, 2.0], kind="intervals")
    drawn = sample_paths(model, intervals, last_origins(intervals), None, 2, n_paths=1)
    assert drawn[0, 0].tolist() == [2.4, 2.4]


def test_memory_is_bounded_and_the_seed_decides(visits: Panel, monkeypatch) -> None:
    model = Rule(lambda _panel, origins: Empirical(np.tile(np.arange(20.0), (len(origins), 1, 1))))
    first = sample_paths(model, visits, last_origins(visits), None, 2, n_paths=10, seed=3)
    assert max(model.calls) == 10
    assert (sample_paths(model, visits, last_origins(visits), None, 2, n_paths=10, seed=3) == first).all()
    assert (sample_paths(model, visits, last_origins(visits), None, 2, n_paths=10, seed=4) != first).any()
    monkeypatch.setattr(paths_module, "MOST_WINDOWS", 10)
    model.calls.clear()
    sample_paths(model, visits, last_origins(visits), None, 2, n_paths=10)
    assert max(model.calls) == 5
    assert at_once(1, 1000) == 1


def test_moments_end_with_the_calendar(visits: Panel) -> None:
    last = np.array(["2024-01-06"] * 3, dtype="datetime64[ns]")
    later = moments_after(visits, last, np.array([2.0, np.inf, 1e12]))
    assert later[:2].astype("datetime64[D]").astype(str).tolist() == ["2024-01-08", "2024-01-06"]
    assert later[2] > np.datetime64("2250-01-01")
    counted = replace(visits, gap="calendar")
    noon = np.array(["2024-01-06T12:00"] * 2, dtype="datetime64[ns]")
    found = moments_after(counted, noon, np.array([0.0, 2.0]))
    assert found.astype("datetime64[h]").astype(str).tolist() == ["2024-01-06T12", "2024-01-08T00"]
    numbers = replace(visits, clock=replace(visits.clock, kind="integer"), unit_length=1.0)
    assert moments_after(numbers, np.array([5]), np.array([3.0])).tolist() == [8]
    reals = replace(visits, clock=replace(visits.clock, kind="float"), unit_length=1.0)
    assert moments_after(reals, np.array([0.5]), np.array([0.25])).tolist() == [0.75]


def test_steps_of_an_origin_follow_each_other(visits: Panel) -> None:
    forecast = step_forecasts(Rule(one_more), visits, last_origins(visits), 3)
    assert forecast.shape == (6, 1)
    assert forecast.median().ravel().tolist() == [3, 4, 5, 8, 9, 10]
    assert step_forecasts(Rule(one_more), visits, last_origins(visits), 1).shape == (2, 1)


def test_several_events_ahead_are_a_row_each(visits: Panel) -> None:
    table = forecast_panel([Rule(one_more)], visits, Columns((80,)), horizon=3, within=["5d", "9d", "2d"])
    assert table["unique_id"].tolist() == ["a"] * 3 + ["b"] * 3
    assert table["step"].tolist() == [1, 2, 3] * 2
    assert table["elapsed"].tolist() == [4.0] * 3 + [1.0] * 3
    assert table["last_event"].dt.day.tolist() == [6] * 3 + [9] * 3
    # a's gap of 3 is past: the event is due now, at 4.5 days on stamps of whole days; 6 and 7 follow
    assert table["next_event"].dt.strftime("%m-%d").tolist() == [
        "01-11", "01-17", "01-24", "01-17", "01-26", "02-05",
    ]  # fmt: skip
    assert table["overdue"].tolist() == [1.0, 0, 0, 0, 0, 0]
    assert table["within_9d"].tolist() == [1.0, 1.0, 0, 1.0, 0, 0]
    assert table["within_5d"].tolist() == [1.0, 0, 0, 0, 0, 0]
    assert (table["never"] == 0).all()


def test_bins_have_a_probability_at_each_step() -> None:
    def low_or_high(_panel: Panel, origins: np.ndarray) -> Distribution:
        return Binned(np.array([0.0, 5, 10]), np.broadcast_to([0.25, 0.75], (len(origins), 1, 2)).copy())

    panel = panel_of([1.0, 2.0], kind="intervals")
    table = forecast_panel([Rule(low_or_high)], panel, Columns(()), horizon=3)
    assert table["p-1"][0] == pytest.approx(0.25)
    assert table["p-2"].tolist() == pytest.approx([0.75] * 3, abs=0.08)
    assert (table["p-1"] + table["p-2"]).tolist() == pytest.approx([1.0] * 3)


def test_intervals_go_on_for_as_long_as_asked() -> None:
    panel = panel_of([1.0, 2.0], [5.0], kind="intervals")
    table = forecast_panel([Rule(one_more)], panel, Columns(()), horizon=3)
    assert table["unique_id"].tolist() == ["s0"] * 3 + ["s1"] * 3
    assert table["forecast"].tolist() == [3, 4, 5, 6, 7, 8]
    assert table["ds"].tolist() == [2, 3, 4, 1, 2, 3]
    assert len(forecast_panel([Rule(one_more)], panel, Columns(()))) == 2
    with pytest.raises(ConfigError, match="--horizon 0: Give 1 at least"):
        forecast_panel([Rule(one_more)], panel, Columns(()), horizon=0)


def test_values_are_forecast_no_further_than_trained_for(tiny_panel: Panel) -> None:
    with pytest.raises(ConfigError, match="--horizon 2: the run was trained for 1 step"):
        forecast_panel([Rule(one_more)], tiny_panel, Columns(()), horizon=2)


# Marks.


@pytest.fixture
def marked(visits: Panel) -> Panel:
    """The marks of a are x, y, x; those of b x, y."""
    return replace(visits, marks=np.array([0, 1, 0, 0, 1]), mark_names=("x", "y"))


def the_other_mark(panel: Panel, origins: np.ndarray) -> np.ndarray:
    assert panel.marks is not None
    return np.eye(2)[1 - panel.marks[origins]][:, None]


def test_marks_are_forecast_from_those_drawn_before(marked: Panel) -> None:
    def long_after_y(panel: Panel, origins: np.ndarray) -> Distribution:
        assert panel.marks is not None
        return PointMass(np.where(panel.marks[origins] == 1, 9.0, 1.0)[:, None])

    drawn = draw_paths(Rule(long_after_y, 2, the_other_mark), marked, last_origins(marked), None, 3, 2)
    assert drawn.gaps.tolist() == [[[1, 9, 1], [9, 1, 9]]] * 2
    assert drawn.marks is not None and drawn.marks.shape == (2, 3, 2)
    assert drawn.marks[:, :, 1].tolist() == [[1, 0, 1], [0, 1, 0]]


def test_marks_are_drawn_with_their_probabilities(marked: Panel) -> None:
    def mostly_y_after_x(panel: Panel, origins: np.ndarray) -> np.ndarray:
        assert panel.marks is not None
        return np.array([[0.2, 0.8], [1.0, 0.0]])[panel.marks[origins]][:, None]

    model = Rule(one_more, 2, mostly_y_after_x)
    drawn = draw_paths(model, marked, last_origins(marked)[:1], None, 3, n_paths=2000)
    assert drawn.marks is not None
    # the last mark of a is x: y with 0.8, then 0.2 * 0.8, then 0.84 * 0.8
    assert drawn.marks[0, :, 1].tolist() == pytest.approx([0.8, 0.16, 0.672], abs=0.03)
    assert drawn.marks.sum(axis=2).ravel().tolist() == pytest.approx([1.0] * 3)


def test_paths_that_ended_say_nothing_of_marks(marked: Panel) -> None:
    def ends_after_y(panel: Panel, origins: np.ndarray) -> Distribution:
        assert panel.marks is not None
        return PointMass(np.where(panel.marks[origins] == 1, np.inf, 1.0)[:, None])

    def half(panel: Panel, origins: np.ndarray) -> np.ndarray:
        assert panel.marks is not None
        return np.array([[0.5, 0.5], [0.0, 1.0]])[panel.marks[origins]][:, None]

    drawn = draw_paths(Rule(ends_after_y, 2, half), marked, last_origins(marked)[:1], None, 2, n_paths=50)
    assert drawn.marks is not None
    assert np.isinf(drawn.gaps[:, 0, 1]).any() and np.isfinite(drawn.gaps[:, 0, 1]).any()
    assert drawn.marks[0, 1].tolist() == [0.5, 0.5]  # after x; after y nothing comes


def test_table_has_the_marks_of_every_step(marked: Panel) -> None:
    table = forecast_panel([Rule(one_more, 2, the_other_mark)], marked, Columns(()), horizon=2)
    assert table["next_mark"].tolist() == ["y", "x", "x", "y"]
    assert table["mark-x"].tolist() == [0, 1, 1, 0]
    table = forecast_panel([Rule(one_more, 2, the_other_mark)], marked, Columns(()), horizon=1)
    assert table["next_mark"].tolist() == ["y", "x"]
    assert at_once(1, 10, 2_000_000) == 1
