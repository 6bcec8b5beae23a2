"""Scores of sequences do not depend on the parts in which they are made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster.evaluation import sequence_scores
from forecaster.forecaster import Forecaster
from forecaster.training import sequence_networks

TINY = {"epochs": 1, "units": 4, "layers": 1, "threads": 1, "look_back": 8}


def turns() -> pd.DataFrame:
    """Four symbols, and whether each is one of the last two, in two series."""
    marks = np.random.default_rng(3).integers(0, 4, size=90)
    high = np.where(marks > 1, "yes", "no")
    return pd.DataFrame({"id": np.arange(90) // 45, "note": np.array(list("abcd"))[marks], "high": high})


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize("goal", [{"mark": "note"}, {"mark": "note", "outputs": "high"}])
def test_scores_are_those_of_all_rows_at_once(
    stateful: bool, goal: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = turns()
    trained = Forecaster(**TINY, **goal, id="id", stateful=stateful).fit(table)
    whole = trained.evaluate(table)
    monkeypatch.setattr(sequence_scores, "NUMBERS_AT_ONCE", 12)
    monkeypatch.setattr(sequence_networks, "MOST_NUMBERS", 40)
    monkeypatch.setattr(sequence_networks, "NUMBERS_AT_ONCE", 8)
    parts = trained.evaluate(table)
    assert parts["n_windows"] == whole["n_windows"] == (90 if "outputs" in goal else 88)
    assert parts["model"] == pytest.approx(whole["model"], rel=1e-5)
    assert parts["baselines"]["frequencies"] == pytest.approx(whole["baselines"]["frequencies"])
    assert parts["confusion"] == whole["confusion"]
