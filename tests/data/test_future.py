from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.future import check_ahead, lacks_future, read_future
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import DataError

SETTINGS = DataSettings(kind="values", future_known="promo")


def read(columns: dict[str, Any], **settings: Any) -> Panel:
    return read_panel(pd.DataFrame(columns), SETTINGS.model_copy(update=settings))


# Of series a the two last days have no target, of b only the last.
ENDED = {
    "id": list("aaaabbb"),
    "ds": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"] * 2)[:7],
    "y": [1.0, 2, None, None, 5, 6, None],
    "promo": [0, 1, 2, 3, 4, 5, 6],
}


def without_end() -> Panel:
    return read({name: [part[place] for place in (0, 1, 4, 5)] for name, part in ENDED.items()})


def codes(notes: Any) -> list[tuple[str, int | None]]:
    return [(note.code, note.count) for note in notes]


def test_rows_without_a_target_at_the_end_are_the_future() -> None:
    panel = read(ENDED)
    assert panel.values.tolist() == [[1, 0], [2, 1], [5, 4], [6, 5]]
    assert panel.ahead is not None
    assert panel.ahead.values.tolist() == [[2], [3], [6]]
    assert panel.ahead.offsets.tolist() == [0, 2, 3]
    assert codes(panel.repairs) == [("future_rows", 3)] and panel.warnings == ()
    two = read({**ENDED, "z": ENDED["y"]}, target=("y", "z"))
    assert two.ahead is not None and two.ahead.offsets.tolist() == [0, 2, 4, 5, 6]
    assert two.ahead.values.ravel().tolist() == [2, 3, 2, 3, 6, 6]


def test_they_are_missing_values_where_nothing_is_known_in_advance() -> None:
    panel = read(ENDED, future_known=None, past=("promo",))
    assert (panel.n_rows, panel.ahead, codes(panel.warnings)) == (7, None, [("missing_values", 3)])
    empty = {**ENDED, "promo": [0, 1, None, None, 4, 5, None]}
    assert (read(empty).n_rows, read(empty).ahead) == (7, None)
    never = {**ENDED, "y": [1, 2, 3, 4, None, None, None]}  # a series without any target is left as it is
    assert read(never).offsets.tolist() == [0, 4, 7]


def test_the_future_goes_away_when_the_last_rows_do() -> None:
    panel = read(ENDED)
    begins, ends = panel.offsets[:-1], panel.offsets[1:]
    assert panel.take(begins + 1, ends).ahead is panel.ahead
    assert panel.take(begins, ends - 1).ahead is None


def test_a_file_is_matched_by_id_and_time() -> None:
    panel = without_end()
    days = pd.to_datetime(
        ["2024-01-04", "2024-01-03", "2024-01-03", "2024-01-04", "2024-01-02", "2024-01-03"]
    )
    future = pd.DataFrame({"id": list("bbaaac"), "ds": days, "promo": [7.0, 6, 2, 3, 9, 1], "y": 0, "x": 0})
    ahead, notes = read_future(future, SETTINGS, panel, 2)
    assert ahead.values.ravel().tolist() == [2, 3, 6, 7]
    assert ahead.offsets.tolist() == [0, 2, 4]
    assert codes(notes) == [("future_ids", 1), ("future_columns", 1)]
    again, _ = read_future(future.drop(columns=["x", "y"]), SETTINGS, panel, 1)
    assert again.values.ravel().tolist() == [2, 6]


def test_a_file_without_ids_serves_every_target() -> None:
    days = pd.date_range("2024-01-01", periods=4)
    panel = read({"ds": days[:2], "y": [1, 2], "z": [3, 4], "promo": [0, 1]}, target=("y", "z"))
    ahead, _ = read_future(pd.DataFrame({"ds": days[2:], "promo": [5, 6]}), SETTINGS, panel, 2)
    assert ahead.values.ravel().tolist() == [5, 6, 5, 6]


@pytest.mark.parametrize("step", [3, 0.1])
def test_times_may_be_numbers(step: float) -> None:
    times = step * np.arange(8) + 0.7 * (step < 1)
    panel = read({"t": times[:6], "y": range(6), "promo": range(6)})
    ahead, _ = read_future(pd.DataFrame({"t": times[6:], "promo": [8, 9]}), SETTINGS, panel, 2)
    assert ahead.values.ravel().tolist() == [8, 9]


def test_rows_without_times_follow_in_their_order() -> None:
    panel = read({"id": list("aab"), "y": [1, 2, 3], "promo": [0, 1, 0]})
    ahead, _ = read_future(pd.DataFrame({"id": list("bab"), "promo": [4, 5, 6]}), SETTINGS, panel, 2)
    np.testing.assert_array_equal(ahead.values.ravel(), [5, np.nan, 4, 6])


def test_zones_of_data_and_future_are_compared() -> None:
    zoned = pd.date_range("2024-03-30", periods=4, tz="Europe/Paris")
    panel = read({"ds": zoned[:2], "y": [1, 2], "promo": [0, 1]})
    ahead, _ = read_future(pd.DataFrame({"ds": zoned[2:], "promo": [5, 6]}), SETTINGS, panel, 2)
    assert ahead.values.ravel().tolist() == [5, 6]
    with pytest.raises(DataError, match="is not written as the times of data are"):
        read_future(pd.DataFrame({"ds": zoned[2:].tz_localize(None), "promo": [5, 6]}), SETTINGS, panel, 2)


def test_columns_that_are_needed_are_named() -> None:
    with pytest.raises(DataError) as caught:
        read_future(pd.DataFrame({"ds": ["2024-01-03"], "x": [1]}), SETTINGS, without_end(), 2, "a1")
    assert str(caught.value) == (
        "data: a1 needs columns ds, id, promo; id, promo missing. Bring a file with all of them."
    )


def test_what_is_missing_is_named() -> None:
    panel = read(ENDED)
    assert (lacks_future(panel, 1), lacks_future(panel, 2)) == (False, True)
    check_ahead(panel, 1, "a.csv")
    with pytest.raises(DataError) as caught:
        check_ahead(panel, 3, "a.csv")
    assert str(caught.value) == (
        "a.csv: no value of promo for a at 2024-01-05, nor for 2 other rows. Give each series the 3 rows "
        "after its last one."
    )
    assert lacks_future(without_end(), 1)
    assert not lacks_future(read(ENDED, future_known=None), 1)


def test_rows_with_one_time_follow_the_setting() -> None:
    future = pd.DataFrame({"id": list("ab"), "ds": ["2024-01-03"] * 2, "promo": [1, 2]})
    twice = pd.concat([future, future.assign(promo=3)])
    with pytest.raises(DataError, match="is there already in this series"):
        read_future(twice, SETTINGS, without_end(), 1)
    last = SETTINGS.model_copy(update={"duplicates": "last"})
    assert read_future(twice, last, without_end(), 1)[0].values.ravel().tolist() == [3, 3]
