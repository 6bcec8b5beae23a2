from __future__ import annotations

import numpy as np
import pytest

from forecaster.report.ticks import Axis, date_axis, number_axis


def labels(axis: Axis) -> list[str]:
    return [text for _, text in axis.ticks]


def seconds(text: str) -> float:
    return float(np.datetime64(text, "s").astype(np.int64))


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 10, 6, ["0", "2", "4", "6", "8", "10"]),
        (95, 705, 6, ["200", "400", "600"]),
        (-0.13, 0.07, 5, ["-0.10", "-0.05", "0.00", "0.05"]),
        (0, 1_500_000, 4, ["0", "500,000", "1,000,000", "1,500,000"]),
        (0, 1, 5, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (0, 4e-9, 5, ["0", "1e-09", "2e-09", "3e-09", "4e-09"]),
        (0, 3e8, 4, ["0", "1e+08", "2e+08", "3e+08"]),
    ],
)
def test_numbers_are_round(low: float, high: float, most: int, expected: list[str]) -> None:
    assert labels(number_axis(low, high, most)) == expected


def test_whole_numbers_are_labelled_alone_where_nothing_is_between() -> None:
    assert labels(number_axis(0.5, 3.5, 7, is_whole=True)) == ["1", "2", "3"]
    assert labels(number_axis(0, 2, 7, is_whole=True)) == ["0", "1", "2"]


def test_years_have_no_comma() -> None:
    assert labels(number_axis(1995, 2005, 3, plain=True)) == ["1995", "2000", "2005"]


@pytest.mark.parametrize("value", [0.0, 5.0, -1e12])
def test_one_number_alone_has_an_axis_around_it(value: float) -> None:
    axis = number_axis(value, value)
    assert axis.low < value < axis.high and axis.ticks


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("1950-01-01", "1961-12-01", ["1950", "1952", "1954", "1956", "1958", "1960"]),
        ("1800-01-01", "1990-01-01", ["1800", "1850", "1900", "1950"]),
        ("2024-01-15", "2024-06-10", ["2024-02", "2024-03", "2024-04", "2024-05", "2024-06"]),
        ("2024-01-01", "2024-01-20", ["2024-01-01", "2024-01-08", "2024-01-15"]),
        (
            "2024-01-01T00:00",
            "2024-01-01T11:00",
            ["01-01 00:00", "01-01 02:00", "01-01 04:00", "01-01 06:00"],
        ),
        ("2024-01-01T00:00:00", "2024-01-01T00:00:08", ["00:00:00", "00:00:02", "00:00:04", "00:00:06"]),
    ],
)
def test_dates_are_at_round_moments(low: str, high: str, expected: list[str]) -> None:
    found = labels(date_axis(seconds(low), seconds(high)))
    assert found[: len(expected)] == expected
    assert len(found) <= 6


def test_a_single_moment_has_an_axis_around_it() -> None:
    at = seconds("2024-01-01")
    axis = date_axis(at, at)
    assert axis.low < at < axis.high and axis.ticks
