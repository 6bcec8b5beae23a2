"""scikit-learn's own checks; none is expected to fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from sklearn.utils.estimator_checks import parametrize_with_checks

from forecaster.sklearn import WindowClassifier, WindowRegressor


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# Checks warn on purpose of what they try.
lenient = pytest.mark.filterwarnings("ignore")
SHORT = {"units": 8, "batch_size": 32, "epochs": 20, "learning_rate": 0.02}


@parametrize_with_checks([WindowRegressor(**SHORT), WindowClassifier(**SHORT)])
@lenient
def test_estimator_passes_a_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([WindowRegressor(), WindowClassifier()])
@lenient
def test_estimator_as_it_comes_passes_it_too(estimator: Any, check: Any) -> None:
    check(estimator)
