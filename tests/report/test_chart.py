from __future__ import annotations

import re

import numpy as np

from forecaster.report.chart import SMALL, Chart, Size
from forecaster.report.ticks import Axis, number_axis

# Ten units a step from left to right, and from bottom to top.
SQUARE = Size(140, 140, left=40, right=20, top=20, bottom=20)


def square() -> Chart:
    axis = Axis(0.0, 10.0, ((0.0, "0"), (10.0, "10")))
    return Chart(axis, axis, SQUARE)


def test_places_run_from_left_to_right_and_from_bottom_to_top() -> None:
    chart = square()
    assert chart.across(10) == 120 and chart.up(0) == 120 and chart.up(10) == 20
    assert chart.across(0) == chart.left == 2 * 7.2 + 14


def test_a_missing_number_breaks_a_line() -> None:
    chart = square()
    chart.line(np.arange(5.0), np.array([0.0, 1.0, np.nan, 3.0, 4.0]), "history")
    (path,) = re.findall(r'd="([^"]+)"', chart.parts[0])
    assert re.sub(r"[\d. ]+", "", path) == "MLML"


def test_a_band_leaves_out_what_is_missing() -> None:
    chart = square()
    upper = np.array([2.0, np.inf, 4.0])
    chart.band(np.arange(3.0), (np.zeros(3), upper), "band0")
    (points,) = re.findall(r'points="([^"]+)"', chart.parts[0])
    assert len(points.split()) == 4


def test_an_interval_without_end_is_not_drawn() -> None:
    chart = square()
    chart.post(5.0, (1.0, float("inf")), "band0")
    assert not chart.parts
    chart.post(5.0, (0.0, 10.0), "band0", "80 %")
    assert 'y="20.0"' in chart.parts[0] and 'height="100.0"' in chart.parts[0]


def test_bars_stand_on_zero() -> None:
    chart = square()
    chart.bars(np.array([0.0, 5.0, 10.0]), np.array([10.0, 0.0]), "ours")
    assert re.findall(r'height="([\d.]+)"', chart.parts[0]) == ["100.0", "0.0"]


def test_a_drawing_says_what_it_is_and_escapes_names() -> None:
    chart = Chart(number_axis(0, 1), number_axis(0, 1), SMALL, ("<x>", "y & z"))
    chart.line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "history", "<script>")
    svg = chart.draw('A "title"', "rises", "wide")
    assert svg.startswith(
        '<svg viewBox="0 0 460 290" role="img" aria-label="A &quot;title&quot;. rises" class="wide">'
    )
    assert "<script>" not in svg and "&lt;script&gt;" in svg and "y &amp; z" in svg
    assert "style=" not in svg  # the page's policy forbids it


def test_a_legend_that_does_not_fit_beside_the_label_goes_below_it() -> None:
    for label, row in (("y", "13"), ("a label that takes nearly all of the width", "30")):
        chart = Chart(number_axis(0, 1), number_axis(0, 1), SMALL, ("", label))
        chart.line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "history", "history of it")
        assert f'y="{row}">history of it</text>' in chart.draw("x")


def test_labels_that_would_run_into_each_other_are_left_out() -> None:
    crowded = Axis(0.0, 10.0, tuple((float(step), "a long label") for step in range(11)))
    svg = Chart(crowded, number_axis(0, 1), SMALL).draw("x")
    assert svg.count("a long label") == 4
