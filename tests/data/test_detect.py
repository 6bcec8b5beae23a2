from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.detect import Detection, detect
from forecaster.data.read import read_table
from forecaster.errors import DataError

DAYS = [str(day)[:10] for day in pd.date_range("2020-01-01", periods=6)]
ODD_DAYS = ["2020-01-01", "2020-01-05", "2020-01-06", "2020-02-09", "2020-02-11", "2020-03-01"]


def found(columns: dict[str, Any], trained: dict[str, str] | None = None, **settings: Any) -> Detection:
    chosen = DataSettings(**settings)
    return detect(read_table(pd.DataFrame(columns), chosen), chosen, trained)


@pytest.mark.parametrize(
    ("columns", "kind", "roles"),
    [
        ({"time": ODD_DAYS}, "events", {"time": "time"}),
        ({"customer_id": list("aabbcc"), "date": ODD_DAYS, "amount": range(6)}, "events",
         {"id": "customer_id", "time": "date"}),
        ({"unique_id": list("aaabbb"), "ds": DAYS, "y": range(6)}, "values",
         {"id": "unique_id", "time": "ds", "target": "y"}),
        ({"item_id": list("aaabbb"), "timestamp": DAYS, "target": range(6)}, "values",
         {"id": "item_id", "time": "timestamp", "target": "target"}),
        ({"date": DAYS, "co2": range(6)}, "values", {"time": "date", "target": "co2"}),
        ({"date": DAYS, "HUFL": range(6), "OT": range(6)}, "values", {"time": "date", "target": "OT"}),
        ({"eruptions": range(6), "waiting": range(6)}, "intervals", {"target": "waiting"}),
        ({"x": range(6)}, "values", {"target": "x"}),
        ({"year": range(1700, 1706), "value": range(6)}, "values", {"time": "year", "target": "value"}),
        ({"when_seen": DAYS, "b": range(6)}, "values", {"time": "when_seen", "target": "b"}),
        ({"ds": DAYS, "o": [1.0] * 6, "h": [1.0] * 6, "l": [1.0] * 6, "c": [1.0] * 6}, "ohlc",
         {"time": "ds", "open": "o", "high": "h", "low": "l", "close": "c"}),
        ({"用户": list("aabbcc"), "消费时间": ODD_DAYS}, "events", {"id": "用户", "time": "消费时间"}),
    ],
)  # fmt: skip
def test_kind_and_roles_are_found(columns: dict[str, Any], kind: str, roles: dict[str, str]) -> None:
    detection = found(columns)
    assert (detection.kind, detection.columns) == (kind, roles)
    assert detection.why.startswith("because ")


def test_row_numbers_are_no_ids() -> None:
    detection = found({"time": ODD_DAYS, "id": list("abcdef")})
    assert "id" not in detection.columns
    assert detection.why.endswith("; 'id' is another in every row, so it names no series")
    assert found({"time": ODD_DAYS, "customer_id": list("abcdef")}).columns["id"] == "customer_id"
    assert found({"time": ODD_DAYS, "id": list("abcdef")}, id="id").columns["id"] == "id"


def test_target_named_as_interval_on_odd_days_is_intervals() -> None:
    columns = {"date": ODD_DAYS, "interval_days": range(6)}
    assert found(columns, target="interval_days").kind == "intervals"
    assert found(columns).kind == "events"


def test_few_rows_are_values_only_with_a_usual_name() -> None:
    assert found({"date": DAYS[:2], "sales": [1, 2]}).kind == "values"
    assert found({"date": DAYS[:2], "amount": [1, 2]}).kind == "events"


@pytest.mark.parametrize(
    ("columns", "settings", "message"),
    [
        ({"ds": DAYS, "a": range(6), "b": range(6)}, {},
         "data: several columns could be the target: a, b. Name one with --target."),
        ({"order_date": DAYS, "ship_date": DAYS}, {},
         "data: several columns could be the time: order_date, ship_date. Name one with --time."),
        ({"ds": DAYS, "y": range(6)}, {"target": "close"},
         "data: column 'close' is missing; found ds, y. Name the target with --target."),
        ({"ds": DAYS, "y": range(6)}, {"time": "date"},
         "data: column 'date' is missing; found ds, y. Name another with --time."),
        ({"ds": DAYS, "name": list("abcdef")}, {"kind": "values"},
         "data: no column of numbers; found ds, name. Name the target with --target."),
        ({"name": list("abcdef")}, {"kind": "events"},
         "data: no column holds timestamps; found name. Name it with --time."),
        ({"month": ["1-01"] * 6, "value": range(6)}, {},
         "data: column 'month' is named as a time, but '1-01' is no date. Name its format with "
         "--time-format, or remove the column to count the rows."),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_an_error(
    columns: dict[str, Any], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError) as caught:
        found(columns, **settings)
    assert str(caught.value) == message


def test_columns_of_a_run_are_found_again() -> None:
    trained = {"id": "name", "time": "ds", "target": "b"}
    columns = {"ds": DAYS, "name": list("abcdef"), "a": range(6), "b": range(6)}
    detection = found(columns, trained)
    assert (detection.kind, detection.columns, detection.targets) == ("values", trained, ("b",))
    with pytest.raises(DataError) as caught:
        found({"ds": DAYS, "a": range(6)}, trained)
    assert str(caught.value) == (
        "the run: trained on b, ds, name; data lacks b, name. Use a file with all of them."
    )
