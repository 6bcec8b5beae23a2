from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from forecaster.data.panel import Ahead, Clock, Panel
from forecaster.errors import RunError
from forecaster.run.context import context_bytes, read_context
from forecaster.run.facts import panel_facts
from tests.windows.test_windows import panel_of


def there_and_back(panel: Panel, n_rows: int, folder: Path) -> Panel:
    for name, data in context_bytes(panel, n_rows).items():
        (folder / name).write_bytes(data)
    return read_context(folder, json.loads(json.dumps(panel_facts(panel), allow_nan=False)))


def assert_same(found: Panel, expected: Panel) -> None:
    for field in dataclasses.fields(Panel):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(other, np.ndarray):
            assert one.dtype == other.dtype, field.name
            assert one.shape == other.shape, field.name
            assert one.tolist() == other.tolist() or one.tobytes() == other.tobytes(), field.name
        elif isinstance(other, Ahead):
            assert one.offsets.tolist() == other.offsets.tolist()
            assert one.values.tobytes() == other.values.tobytes()
        else:
            assert one == other, field.name


def test_whole_panel_comes_back_bit_for_bit(tiny_panel: Panel, tmp_path: Path) -> None:
    found = there_and_back(tiny_panel, 10, tmp_path)
    assert_same(found, tiny_panel)
    assert found.values.tobytes() == tiny_panel.values.tobytes()


def test_last_rows_of_every_series_are_kept(tiny_panel: Panel, tmp_path: Path) -> None:
    found = there_and_back(tiny_panel, 2, tmp_path)
    assert found.offsets.tolist() == [0, 2, 4]
    assert found.y.tolist() == [2.0, 3.0, 10.0, 20.0]
    assert found.times[1] == np.datetime64("2024-01-01T02", "ns")


def test_facts_are_those_of_the_whole_series(tiny_panel: Panel) -> None:
    table = pq.read_table(io.BytesIO(context_bytes(tiny_panel, 2)["series.parquet"])).to_pydict()
    assert table["unique_id"] == ["a", "b"]
    assert table["n_rows"] == [3, 2]
    assert table["n_context"] == [2, 2]
    assert [stamp.hour for stamp in table["first"]] == [0, 0]
    assert [stamp.hour for stamp in table["last"]] == [2, 1]


def with_covariates(panel: Panel) -> Panel:
    """The tiny panel, its second channel known in advance: for two steps of a, one of b."""
    return dataclasses.replace(
        panel,
        values=np.column_stack([panel.values, [0.0, 1, 0, 1, 0]]),
        channels=("y", "x", "day=a"),
        future_known=(1, 2),
        ahead=Ahead(np.array([[1.5, 0], [np.nan, 1], [2.5, 1]]), np.array([0, 2, 3])),
        static=np.array([[3.0, np.nan], [1e9 + 0.01, 0.0]]),
        static_names=("size", "ä"),
        levels={"day": ("a",)},
    )


def test_covariates_come_back_bit_for_bit(tiny_panel: Panel, tmp_path: Path) -> None:
    panel = with_covariates(tiny_panel)
    assert_same(there_and_back(panel, 10, tmp_path), panel)
    table = pq.read_table(tmp_path / "series.parquet").to_pydict()
    assert table["ahead_day=a"] == [[0.0, 1.0], [1.0]]
    assert table["static_size"] == [3.0, 1e9 + 0.01]
    shorter = there_and_back(dataclasses.replace(panel, ahead=None), 0, tmp_path)
    assert (shorter.n_rows, shorter.ahead, shorter.future_known) == (0, None, (1, 2))


def test_facts_of_earlier_versions_have_no_covariates(tiny_panel: Panel, tmp_path: Path) -> None:
    there_and_back(tiny_panel, 10, tmp_path)
    facts = panel_facts(tiny_panel)
    for name in ("future_known", "static_names", "levels"):
        del facts[name]
    assert_same(read_context(tmp_path, facts), tiny_panel)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"static_names": ["size", "other"]}, r"series.parquet: column 'static_other' is missing"),
        ({"future_known": [0, 1]}, r"column 'ahead_y' holds no lists of numbers"),
        ({"future_known": [3]}, r"spec.json: panel: Value error, future_known is channel 3 of 3"),
        ({"future_known": 1}, r"spec.json: panel.future_known: .*, not 1\."),
        ({"levels": {"day": [1]}}, r"spec.json: panel.levels.day.0: .*, not 1\."),
        ({"levels": ["day"]}, r"spec.json: panel.levels: "),
    ],
)
def test_covariates_that_do_not_fit_are_refused(
    tiny_panel: Panel, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    there_and_back(with_covariates(tiny_panel), 10, tmp_path)
    with pytest.raises(RunError, match=message):
        read_context(tmp_path, {**panel_facts(with_covariates(tiny_panel)), **change})


def cut_events() -> Panel:
    """Events of two series, of which only the last two and one were handed on; with marks."""
    days = np.datetime64("2024-01-01", "ns") + np.array([0, 3, 4, 9, 6]) * np.timedelta64(1, "D")
    whole = Panel(
        kind="events",
        values=np.array([[np.nan, 5.0], [3.0, 6.0], [1.0, np.nan], [5.0, 7.0], [np.nan, 8.0]]),
        offsets=np.array([0, 4, 5]),
        times=days,
        ids=np.array(["x", "y"], dtype=object),
        channels=("gap", "amount"),
        target=0,
        clock=Clock("date", resolution=86_400e9),
        unit="day",
        unit_length=86_400e9,
        as_of=np.array(["2024-01-15", "2024-01-08"], dtype="datetime64[ns]"),
        marks=np.array([0, 1, -1, 0, 1]),
        mark_names=("visit", "call"),
    )
    return whole.take(np.array([2, 4]), np.array([4, 5]))


def test_events_cut_off_before_are_known_when_read_again(tmp_path: Path) -> None:
    panel = cut_events()
    assert_same(there_and_back(panel, 5, tmp_path), panel)
    shorter = there_and_back(panel, 1, tmp_path)
    assert shorter.n_earlier is not None and shorter.n_earlier.tolist() == [3, 0]
    assert shorter.first_times.astype("datetime64[D]").astype(str).tolist() == ["2024-01-01", "2024-01-07"]
    assert shorter.marks is not None and shorter.marks.tolist() == [0, 1]
    assert shorter.mark_names == ("visit", "call")


def test_intervals_cut_off_are_counted_when_read_again(tmp_path: Path) -> None:
    panel = panel_of([3.0, 4, 5, 6], [7.0, 8], kind="intervals")
    found = there_and_back(panel, 2, tmp_path)
    assert found.y.tolist() == [5, 6, 7, 8]
    assert found.n_before(found.offsets[1:]).tolist() == [4, 2]


def test_first_and_n_rows_are_of_the_whole_series_of_events() -> None:
    table = pq.read_table(io.BytesIO(context_bytes(cut_events(), 1)["series.parquet"])).to_pydict()
    assert table["n_rows"] == [4, 1]
    assert table["n_context"] == [1, 1]
    assert [stamp.day for stamp in table["first"]] == [1, 7]
    assert [stamp.day for stamp in table["last"]] == [10, 7]


def test_events_without_rows_still_know_when_they_began(tmp_path: Path) -> None:
    found = there_and_back(cut_events(), 0, tmp_path)
    assert found.n_rows == 0
    assert found.n_before(found.offsets[1:]).tolist() == [4, 1]
    assert found.first_times.astype("datetime64[D]").astype(str).tolist() == ["2024-01-01", "2024-01-07"]


@pytest.mark.parametrize("names", [[], ["visit"], ["visit", 2]])
def test_marks_without_names_are_refused(tmp_path: Path, names: list[object]) -> None:
    there_and_back(cut_events(), 1, tmp_path)
    with pytest.raises(RunError, match=r"marks and the names of spec.json do not fit|panel.mark_names.1: "):
        read_context(tmp_path, {**panel_facts(cut_events()), "mark_names": names})


def test_rows_can_be_read_by_others(tiny_panel: Panel) -> None:
    frame = pq.read_table(io.BytesIO(context_bytes(tiny_panel, 1)["context.parquet"])).to_pandas()
    assert list(frame.columns) == ["unique_id", "ds", "channel_y", "channel_x"]
    assert frame["unique_id"].tolist() == ["a", "b"]


def test_events_keep_as_of_and_an_empty_series(tmp_path: Path) -> None:
    stamps = np.array(["2024-01-01T09:00:00.000000001", "2024-01-03"], dtype="datetime64[ns]")
    panel = Panel(
        kind="events",
        values=np.array([[np.nan], [1.625]]),
        offsets=np.array([0, 2, 2]),
        times=stamps,
        ids=np.array(["x", "ÿ=é"], dtype=object),
        channels=("gap",),
        target=0,
        clock=Clock("date", zone="Europe/Paris"),
        unit="day",
        unit_length=np.float64(86_400e9),
        as_of=np.array(["2024-01-05", "2024-01-05"], dtype="datetime64[ns]"),
        gap="calendar",
    )
    assert_same(there_and_back(panel, 8, tmp_path), panel)


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        ("integer", np.array([2**62, 2**62 + 1])),
        ("float", np.array([0.1, 0.30000000000000004])),
    ],
)
def test_number_times_keep_their_bits(kind: str, times: np.ndarray, tmp_path: Path) -> None:
    panel = Panel(
        kind="ohlc",
        values=np.array([[1e9 + 0.01], [-0.0]]),
        offsets=np.array([0, 2]),
        times=times,
        ids=np.array(["series"], dtype=object),
        channels=("close",),
        target=0,
        clock=Clock(kind, step=1, weekmask="1111100"),
        closes=np.array([5e-324, np.inf]),
    )
    found = there_and_back(panel, 2, tmp_path)
    assert_same(found, panel)
    assert found.values.tobytes() == panel.values.tobytes()


def test_no_rows_at_all(tiny_panel: Panel, tmp_path: Path) -> None:
    found = there_and_back(tiny_panel, 0, tmp_path)
    assert found.values.shape == (0, 2)
    assert found.times.dtype == np.dtype("datetime64[ns]")
    assert found.offsets.tolist() == [0, 0, 0]
    assert found.ids.tolist() == ["a", "b"]


def test_missing_file_is_named(tiny_panel: Panel, tmp_path: Path) -> None:
    there_and_back(tiny_panel, 1, tmp_path)
    (tmp_path / "context.parquet").unlink()
    with pytest.raises(RunError, match=r"context.parquet: the file is missing"):
        read_context(tmp_path, panel_facts(tiny_panel))


def test_file_of_another_kind_is_named(tiny_panel: Panel, tmp_path: Path) -> None:
    there_and_back(tiny_panel, 1, tmp_path)
    (tmp_path / "series.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(RunError, match=r"series.parquet: not a Parquet file"):
        read_context(tmp_path, panel_facts(tiny_panel))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": ["y"]}, r"context.parquet: has the columns"),
        ({"target": 2}, r"spec.json: panel: .*target is channel 2 of 2"),
        ({"kind": "other"}, r"spec.json: panel.kind: .*, not 'other'\."),
        ({"clock": {"kind": "date", "code": "x"}}, r"spec.json: panel.clock.code: "),
        ({"clock": {"kind": "date", "step": "3parsecs"}}, r"panel.clock: .*not a step: 3parsecs"),
        ({"clock": {"kind": "float", "step": -1.0}}, r"panel.clock: .*the step -1 is none of float times"),
        ({"clock": {"kind": "date", "weekmask": "0000000"}}, r"panel.clock.weekmask: "),
        ({"clock": {"kind": "date", "zone": "Europe/Nowhere"}}, r"panel.clock: .*Nowhere is not a time zone"),
        ({"clock": {"kind": "date", "zone": "dateutil//etc/passwd"}}, r"panel.clock.zone: "),
        ({"channels": ["y", "y"]}, r"panel: .*channels holds a name twice"),
        ({"clock": {"kind": "date"}}, r"panel: .*the clock of values has no step"),
        ({"season_length": 0}, r"panel.season_length: .*, not 0\."),
        ({"unit_length": "1"}, r"panel.unit_length: .*, not '1'\."),
        ({"clock": {"kind": "integer", "step": 1}}, r"'ds' is timestamp\[ns\], not int64"),
        ({"colour": "red"}, r"spec.json: panel.colour: "),
    ],
)
def test_facts_that_do_not_fit_are_refused(
    tiny_panel: Panel, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    there_and_back(tiny_panel, 1, tmp_path)
    with pytest.raises(RunError, match=message):
        read_context(tmp_path, {**panel_facts(tiny_panel), **change})


def test_rows_of_another_run_are_refused(tiny_panel: Panel, tmp_path: Path) -> None:
    there_and_back(tiny_panel, 1, tmp_path)
    (tmp_path / "context.parquet").write_bytes(context_bytes(tiny_panel, 2)["context.parquet"])
    with pytest.raises(RunError, match=r"context.parquet: 4 rows, series.parquet says 2"):
        read_context(tmp_path, panel_facts(tiny_panel))
