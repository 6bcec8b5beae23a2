from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.distributions import (
    AffineStep,
    Binned,
    Clipped,
    Distribution,
    LogStep,
    PointMass,
    Transformed,
)
from forecaster.distributions.normal_mixture import NormalMixture
from forecaster.errors import ConfigError
from forecaster.evaluation.events import event_table
from forecaster.evaluation.tables import Columns
from forecaster.windows.waits import open_waits
from forecaster.windows.windows import last_origins


def panel_of(*stamps: tuple[str, str], unit: str = "day", gap: str = "exact", **more: str) -> Panel:
    table = pd.DataFrame(stamps, columns=["id", "time"])
    return read_panel(table, DataSettings(kind="events", unit=unit, gap=gap, **more))


def minutes_panel() -> Panel:
    """Two ids; a was last seen four days before b's last event, to the minute."""
    return panel_of(
        ("a", "2024-01-01 12:30"),
        ("a", "2024-01-03 12:30"),
        ("b", "2024-01-02 09:17"),
        ("b", "2024-01-07 12:30"),
    )


def uniform(n: int, high: float = 10.0) -> Distribution:
    """Gaps of 0 to 10 units, all alike."""
    edges = np.array([-high, 0.0, high, 2 * high])
    return Binned(edges, np.broadcast_to([0.0, 1.0, 0.0], (n, 1, 3)).copy())


def table_of(panel: Panel, forecast: Distribution, columns: Columns | None = None, within=()) -> pd.DataFrame:
    return event_table(panel, last_origins(panel), forecast, columns or Columns(), within)


def test_what_has_been_waited_is_not_waited_again() -> None:
    table = table_of(minutes_panel(), uniform(2), Columns((80,), (0.25,)), ["3d", "6d", "60d"])
    assert table["unique_id"].tolist() == ["a", "b"]
    assert table["step"].tolist() == [1, 1]
    assert table["elapsed"].tolist() == [4.0, 0.0]
    # a: even over day 4 .. 10 after its last event. The stamps are whole minutes, half of one is known more.
    half = 0.5 / 1440
    assert table["within_3d"].tolist() == pytest.approx([3 / (6 - half), 0.3], abs=1e-4)
    assert table["within_6d"].tolist() == pytest.approx([1.0, 0.6], abs=1e-3)
    assert table["within_60d"].tolist() == pytest.approx([1.0, 1.0])
    assert table["overdue"].tolist() == pytest.approx([0.4, 0.0], abs=1e-3)
    assert table["never"].tolist() == [0.0, 0.0]
    minute = pd.Timedelta("1min")
    assert abs(table["next_event"] - pd.to_datetime(["2024-01-10 12:30", "2024-01-12 12:30"])).max() <= minute
    low = pd.to_datetime(["2024-01-08 02:54", "2024-01-08 12:30"])  # 4.6 days and 1 day after the last
    assert abs(table["next_event-lo-80"] - low).max() <= minute
    high = pd.to_datetime(["2024-01-12 22:06", "2024-01-16 12:30"])  # 9.4 and 9 days
    assert abs(table["next_event-hi-80"] - high).max() <= minute
    assert abs(table["q-0.25"] - pd.to_datetime(["2024-01-09 00:30", "2024-01-10 00:30"])).max() <= minute


@pytest.mark.parametrize("gap", [0.0, 0.01, 1.0, 3.99, 4.0, 500.0])
def test_no_date_lies_before_as_of(gap: float) -> None:
    table = table_of(minutes_panel(), PointMass(np.full((2, 1), gap)), Columns((50, 80, 99), (0.01, 0.9)))
    for name in table.columns:
        if name.startswith(("next_event", "q-")):
            assert (table[name] >= table["as_of"]).all(), name
    assert (table["as_of"] == pd.Timestamp("2024-01-07 12:30")).all()


def test_within_rises_with_the_duration_and_stays_a_probability() -> None:
    durations = ["1h", "1d", "2d", "1w", "30d", "9999d"]
    table = table_of(minutes_panel(), uniform(2), within=durations)
    rising = table[[f"within_{text}" for text in durations]].to_numpy()
    assert (rising >= 0).all() and (rising <= 1).all() and (np.diff(rising, axis=1) >= 0).all()


def test_days_are_counted_as_days() -> None:
    panel = panel_of(("a", "2024-01-01"), ("a", "2024-01-05"), ("b", "2024-01-09"), ("b", "2024-01-09"))
    # a has waited four whole days, the fifth at the earliest is the next
    table = table_of(panel, PointMass(np.array([[4.0], [2.0]])))
    assert table["elapsed"].tolist() == [4.0, 0.0]
    assert table["next_event"].dt.strftime("%m-%d %H").tolist()[1] == "01-11 00"
    assert (table["next_event"] >= table["as_of"]).all()
    assert (table["next_event"] == table["next_event"].dt.normalize()).all()


def test_calendar_gaps_count_from_the_day_of_the_last_event(files) -> None:
    panel = read_panel(files / "visits.csv", DataSettings(unit="day", gap="calendar"))
    table = table_of(panel, PointMass(np.array([[11.0]])))
    assert str(table["next_event"][0]) == "2015-09-19 00:00:00"
    # the day of as_of is not over: another event on it is a gap of zero
    assert open_waits(panel, last_origins(panel)).known[0] == -0.5
    soon = table_of(panel, PointMass(np.array([[0.0]])))
    assert soon["next_event"][0] == soon["as_of"][0]


def test_never_has_no_date() -> None:
    table = table_of(minutes_panel(), PointMass(np.array([[np.inf], [1e12]])))
    assert table["next_event"].isna().all()
    assert table["never"].tolist() == [1.0, 0.0]


def test_heavy_tail_is_not_never() -> None:
    logs = Binned(np.array([-1.0, 0, 1, 2]), np.broadcast_to([0.0, 0.5, 0.5], (2, 1, 3)).copy())
    table = table_of(minutes_panel(), Transformed(logs, [LogStep(1e-3)]))
    assert table["never"].tolist() == [0.0, 0.0]


def random_mixture(rng: np.random.Generator, n: int) -> Distribution:
    """Log-normal mixtures of all sizes, of which a share never comes."""
    weights = rng.dirichlet(np.full(4, 0.5), size=(n, 1))
    loc, scale = rng.normal(0, 2, size=(n, 1, 3)), rng.uniform(0.05, 3, size=(n, 1, 3))
    mixture = NormalMixture(loc, scale, weights[..., :3], weights[..., 3])
    return Clipped(Transformed(mixture, [LogStep(1e-3), AffineStep(np.zeros((1, 1)), np.ones((1, 1)))]))


@pytest.mark.parametrize("seed", range(12))
def test_table_of_any_mixture_is_sound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    stamps = np.datetime64("2024-01-01", "m") + rng.integers(0, 60 * 24 * 400, size=n)
    panel = panel_of(*[(f"s{number:02}", str(stamp)) for number, stamp in enumerate(stamps)], id="id")
    durations = ["90d", "1h", "7d", "12h", "7d", "9999d"]
    paths = rng.gamma(0.5, 20, size=(50, n, 3))
    paths[rng.random(paths.shape) < 0.1] = np.inf
    columns = Columns((50, 80), (0.01,))
    table = event_table(panel, last_origins(panel), random_mixture(rng, n), columns, durations, paths)
    dates = [name for name in table.columns if name.startswith(("next_event", "q-"))]
    for name in dates:
        assert ((table[name] >= table["as_of"]) | table[name].isna()).all()
    assert table.loc[table["never"] > 0.5, "next_event"].isna().all()
    assert (table["next_event-lo-80"] <= table["next_event-lo-50"]).sum() >= table["next_event-lo-50"].count()
    rising = table[["within_1h", "within_12h", "within_7d", "within_90d", "within_9999d"]].to_numpy()
    assert (rising >= 0).all() and (rising <= 1).all() and (np.diff(rising, axis=1) >= 0).all()
    assert (rising[:, -1] <= 1 - table["never"] + 1e-9).all()
    assert table["overdue"].between(0, 1).all() and (table.loc[table["step"] > 1, "overdue"] == 0).all()
    for name in ["within_7d", "never"]:
        steps = np.diff(table[name].to_numpy().reshape(n, 3), axis=1)
        assert (steps <= 0).all() if name == "within_7d" else (steps >= 0).all()
    moments = table["next_event"].to_numpy().reshape(n, 3)
    later = np.isnat(moments[:, 1:]) | (moments[:, 1:] >= moments[:, :-1])
    assert later.all()


def test_paths_are_counted_by_what_has_come_in_all() -> None:
    panel = panel_of(("a", "2024-01-01 00:00"), ("a", "2024-01-02 12:30"))
    # four paths of two gaps: the second event after 3, 5, 9 days, and never
    paths = np.array([[[1.0, 2.0]], [[1.0, 4.0]], [[4.0, 5.0]], [[2.0, np.inf]]])
    table = event_table(panel, last_origins(panel), uniform(1), Columns((), (0.25, 0.75)), ["4d"], paths)
    second = table.iloc[1]
    assert second["within_4d"] == 0.25
    assert second["never"] == 0.25
    assert second["next_event"] == pd.Timestamp("2024-01-07 12:30")
    assert second["q-0.25"] == pd.Timestamp("2024-01-05 12:30")
    assert second["q-0.75"] == pd.Timestamp("2024-01-11 12:30")
    assert (second["step"], second["elapsed"], second["overdue"]) == (2, 0.0, 0.0)


def test_numbers_as_times_stay_numbers() -> None:
    table = pd.DataFrame({"id": ["a", "a", "b"], "time": [10, 13, 20]})
    panel = read_panel(table, DataSettings(kind="events"))
    found = table_of(panel, PointMass(np.array([[9.0], [5.0]])), within=["2.5", "4"])
    assert found["as_of"].tolist() == [20, 20]
    assert found["next_event"].tolist() == [22.0, 25.0]
    assert found["within_4"].tolist() == [1.0, 0.0]
    for text in ("7d", "0", "-3", "inf"):
        with pytest.raises(ConfigError, match=f"--within {text}: times are plain numbers here"):
            table_of(panel, uniform(2), within=[text])


def test_a_later_as_of_waits_longer() -> None:
    panel = minutes_panel()
    later = replace(panel, as_of=panel.as_of + np.timedelta64(1, "D"))
    assert open_waits(later, last_origins(later)).elapsed.tolist() == [5.0, 1.0]


def test_other_kinds_have_no_open_interval(tiny_panel: Panel) -> None:
    with pytest.raises(ValueError, match="no open interval"):
        open_waits(tiny_panel, last_origins(tiny_panel))
