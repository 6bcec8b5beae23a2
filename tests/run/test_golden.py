"""Runs of every format so far, kept for ever: today's program forecasts from them what theirs did.

A new format gets a folder of its own, with the same kinds of run trained by the program that writes it first;
nothing in the older folders is touched.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from forecaster.forecaster import Forecaster

GOLDEN = sorted((Path(__file__).parents[1] / "files" / "golden").glob("v*/*"))


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_golden_run_still_forecasts_what_it_did(folder: Path) -> None:
    found = Forecaster.load(folder).predict()
    expected = pd.read_csv(folder / "expected.csv")
    assert list(found.columns) == list(expected.columns)
    for name in expected:
        column = found[name]
        if column.dtype.kind == "M":
            column = column.astype("datetime64[ns]")
            expected[name] = pd.to_datetime(expected[name]).astype("datetime64[ns]")
        pd.testing.assert_series_equal(column, expected[name], check_dtype=False, rtol=1e-5)


def test_every_kind_has_a_golden_run() -> None:
    assert {path.name for path in GOLDEN} == {"events", "intervals", "prices", "values"}
