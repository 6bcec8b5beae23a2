from __future__ import annotations

import math
import sys

import click
import pytest

from forecaster.commands._fit import fitting, sparkline
from forecaster.commands._show import table

HEADER = ["id", "aaaa", "bbbb", "cccc"]
ROWS = [["x", "1", "2", "3"]]


@pytest.mark.parametrize(
    ("width", "kept"), [(20, [0, 1, 2, 3]), (19, [0, 1, 2]), (14, [0, 1, 2]), (3, [0, 1])]
)
def test_columns_go_from_the_right_until_the_rest_fits(width: int, kept: list[int]) -> None:
    assert fitting(HEADER, ROWS, width) == kept  # 2 + 4 + 4 + 4 and two spaces between


def test_named_columns_go_first() -> None:
    assert fitting(HEADER, ROWS, 14, ["aaaa"]) == [0, 2, 3]


@pytest.mark.parametrize("width", [30, 60, 80])
def test_table_on_a_terminal_is_no_wider_and_says_what_is_missing(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    names = [f"column_{number}" for number in range(10)]
    table("", names, [[1.5] * 10])
    printed = capsys.readouterr()
    assert max(map(len, click.unstyle(printed.out).splitlines())) <= width and "column_0" in printed.out
    assert printed.err.startswith(f"Not shown, as the terminal is {width} characters wide: column_")


def test_blocks_go_from_the_lowest_to_the_highest() -> None:
    assert sparkline([0.0, 1, 2, 3, 4, 5, 6, 7], [7.0, 0.0], 40) == "▁▂▃▄▅▆▇█|█▁"
    assert sparkline([0.0, math.nan, 7.0], [], 40) == "▁ █|"
    assert sparkline([5.0, 5.0], [5.0], 40) == "▅▅|▅"


def test_the_latest_history_and_the_nearest_forecast_are_shown() -> None:
    assert sparkline([9.0, 9, 9, 0, 7], [7.0, 0, 9, 9, 9], 5) == "▁█|█▁"
    assert len(sparkline([1.0] * 500, [2.0] * 500, 60)) == 60
