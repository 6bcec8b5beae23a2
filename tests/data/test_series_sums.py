import numpy as np
import pytest

from forecaster.data import parts
from forecaster.data.series_sums import series_sums


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of seven rows, so that series lie in several and parts have several."""
    in_parts = parts.in_parts
    monkeypatch.setattr("forecaster.data.series_sums.in_parts", lambda work, n: in_parts(work, n, 7))


def test_sums_are_those_of_a_loop_whatever_part_rows_lie_in() -> None:
    random = np.random.default_rng(0)
    y = random.normal(size=200)
    y[random.random(200) < 0.2] = np.nan
    begins = random.integers(0, 180, 40)
    ends = begins + random.integers(-3, 20, 40)  # some are empty, some overlap
    counts, plain, squares = series_sums(lambda rows, _: (y[rows], y[rows] ** 2), begins, ends)
    for place, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        own = y[begin:end][~np.isnan(y[begin:end])] if end > begin else np.zeros(0)
        assert counts[place] == len(own)
        assert plain[place] == pytest.approx(own.sum())
        assert squares[place] == pytest.approx((own**2).sum())


def test_numbers_are_asked_for_with_the_series_of_each_row() -> None:
    begins = np.arange(10) * 5
    counts, of_series = series_sums(lambda _, series: (series.astype(float),), begins, begins + 5)
    assert counts.tolist() == [5] * 10
    assert of_series.tolist() == [5.0 * series for series in range(10)]


def test_nothing_adds_up_to_nothing() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert [part.tolist() for part in series_sums(lambda rows, _: (rows * 1.0,), none, none)] == [[], []]
