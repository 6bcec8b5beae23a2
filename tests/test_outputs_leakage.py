"""No output of a row may depend on a row after it, nor anything that is fitted on rows after a cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.forecaster import Forecaster

TINY: dict[str, Any] = {"epochs": 1, "units": 6, "layers": 2, "threads": 1, "look_back": 8, "batch_size": 4}
CUT = 41


def table(n_rows: int = 70) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x, z = rng.normal(size=(2, n_rows))
    word = rng.choice(["a", "b", "c"], n_rows)
    return pd.DataFrame({"x": x, "z": z, "word": word, "y": np.cumsum(x), "tag": np.where(x > 0, "p", "n")})


def changed(frame: pd.DataFrame) -> pd.DataFrame:
    """The same up to the cut, and other inputs after it."""
    other = frame.copy()
    other.loc[CUT:, ["x", "z"]] = 9.0
    other.loc[CUT:, "word"] = "c"
    return other


@pytest.mark.parametrize(
    "settings",
    [
        {"outputs": "y", "past": "x,z"},
        {"outputs": "y", "past": "x,z", "stateful": True},
        {"outputs": "y", "past": "x", "mark": "word", "stateful": True},
        {"outputs": "tag", "past": "x", "mark": "word", "bidirectional": False},
        {"outputs": "tag", "past": "x", "mark": "word", "stateful": True},
    ],
)
def test_later_rows_change_no_earlier_output(settings: dict[str, Any]) -> None:
    run = Forecaster(**TINY, **settings).fit(table())
    before = run.predict(table())
    after = run.predict(changed(table()))
    shorter = run.predict(table().iloc[:CUT])
    last = before.columns[-1]
    assert before[last][:CUT].tolist() == after[last][:CUT].tolist()
    assert np.allclose(before[last][:CUT], shorter[last], rtol=0, atol=1e-6)
    assert before[last][CUT:].tolist() != after[last][CUT:].tolist()


@pytest.mark.parametrize("settings", [{}, {"stateful": True}])
def test_rows_of_the_test_part_change_nothing_that_is_fitted(settings: dict[str, Any]) -> None:
    held_out = {"test_size": 70 - CUT, "valid_size": 8, "final_fit": False}
    runs = []
    for frame in (table(), changed(table())):
        frame.loc[CUT:, "y"] = frame["x"][CUT:] * 100
        runs.append(Forecaster(outputs="y", past="x,z", **TINY, **held_out, **settings).fit(frame))
    assert runs[0].report["scores"]["test"] != runs[1].report["scores"]["test"]
    assert runs[0].report["scores"]["valid"] == runs[1].report["scores"]["valid"]
    pd.testing.assert_frame_equal(runs[0].predict(table()), runs[1].predict(table()))


def test_inputs_of_the_test_part_change_no_network_of_tags_that_looks_at_rows_behind() -> None:
    held_out = {"test_size": 70 - CUT, "valid_size": 8, "final_fit": False}
    settings = {"outputs": "tag", "past": "x,z", **TINY, **held_out}
    runs = [Forecaster(**settings).fit(frame) for frame in (table(), changed(table()))]
    pd.testing.assert_frame_equal(runs[0].predict(table()), runs[1].predict(table()))
