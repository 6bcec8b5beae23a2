from __future__ import annotations

import numpy as np
import pytest

from forecaster.evaluation.sequence_metrics import class_scores


def test_perplexity_accuracy_and_log_loss_of_symbols() -> None:
    probs = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.5, 0.25, 0.25]])
    found = class_scores(np.array([0, 1, 2]), probs)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["log_loss"] == pytest.approx(np.log(16) / 3)
    assert found["perplexity"] == pytest.approx(16 ** (1 / 3))
    assert "top_5" not in found


def test_even_probabilities_have_the_number_of_symbols_as_perplexity() -> None:
    found = class_scores(np.arange(20), np.full((20, 20), 1 / 20))
    assert found["perplexity"] == pytest.approx(20.0)


def test_the_right_symbol_is_among_the_five_likeliest() -> None:
    falling = np.arange(10, 0, -1) / 55
    found = class_scores(np.array([0, 4, 5, 9]), np.tile(falling, (4, 1)))
    assert found["top_5"] == 0.5 and found["accuracy"] == 0.25
