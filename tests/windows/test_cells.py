from __future__ import annotations

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.distributions.steps import AffineStep, LogStep
from forecaster.windows.cells import FURTHEST, POINT_WIDTH, normalised_cells, target_cell
from forecaster.windows.outcomes import Outcomes
from forecaster.windows.windows import Span
from tests.windows.conftest import events_of
from tests.windows.test_windows import everything, panel_of

# z = (log y - 1) / 2
STEPS = [LogStep(0.5), AffineStep(1.0, 2.0)]


def outcome(y: float, is_open: bool = False, elapsed: float = -np.inf) -> Outcomes:
    return Outcomes(np.array([[y]]), np.array([[is_open]]), np.array([[elapsed]]), np.array([[np.inf]]))


def z(y: float) -> float:
    return (np.log(y) - 1) / 2


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (outcome(7.0), (z(6.5), z(7.5), -np.inf)),
        (outcome(0.0), (-FURTHEST, z(0.5), -np.inf)),  # a zero gap is less than half a day
        (outcome(7.0, elapsed=3.5), (z(6.5), z(7.5), z(3.5))),
        (outcome(3.5, True), (z(3.5), np.inf, -np.inf)),
        (outcome(3.5, True, 1.5), (z(3.5), np.inf, z(1.5))),
        (outcome(0.0, True), (-FURTHEST, np.inf, -np.inf)),  # nothing waited, nothing known
        (outcome(-0.5, True), (-FURTHEST, np.inf, -np.inf)),
        (outcome(np.nan), (np.nan, np.nan, np.nan)),
    ],
)
def test_cells_of_whole_days(found: Outcomes, expected: tuple[float, float, float]) -> None:
    cells = normalised_cells(found, STEPS, 1.0)
    assert cells.shape == (1, 1, 3) and cells.dtype == np.float64
    np.testing.assert_allclose(cells[0, 0], expected, rtol=1e-12)


def test_real_numbers_lie_in_cells_of_one_width() -> None:
    low, high, waited = normalised_cells(outcome(7.0), STEPS, 0.0)[0, 0]
    assert (low + high) / 2 == pytest.approx(z(7.0)) and high - low == pytest.approx(POINT_WIDTH)
    assert np.isneginf(waited)


def test_zero_of_real_numbers_lies_at_the_floor_of_the_logarithm() -> None:
    low, high, _ = normalised_cells(outcome(0.0), STEPS, 0.0)[0, 0]
    assert (low + high) / 2 == pytest.approx(z(0.5)) and high - low == pytest.approx(POINT_WIDTH)


def test_narrow_cells_are_widened_about_their_middle() -> None:
    low, high, _ = normalised_cells(outcome(10_000.0), STEPS, 1.0)[0, 0]
    assert high - low == pytest.approx(POINT_WIDTH) and (low + high) / 2 == pytest.approx(z(10_000.0))


def test_without_a_logarithm_a_cell_may_reach_below_all() -> None:
    cells = normalised_cells(outcome(0.0, elapsed=0.5), [AffineStep(4.0, 2.0)], 1.0)
    assert cells[0, 0].tolist() == [-FURTHEST, -1.75, -1.75]


def test_cell_of_events_is_that_of_their_stamps(customers: Panel) -> None:
    assert target_cell(customers, everything(customers)) == 1.0
    fine = events_of({"a": [0.5, 1.25]}, unit="s")
    assert target_cell(fine, everything(fine)) == 0.0


def test_cell_of_intervals_is_that_of_training_values() -> None:
    panel = panel_of([1.0, 3, 2, 5, 2.125, 1.7], kind="intervals")
    assert target_cell(panel, Span(np.array([0]), np.array([4]))) == 1.0
    assert target_cell(panel_of([1.0, 2.0]), everything(panel_of([1.0, 2.0]))) is None
