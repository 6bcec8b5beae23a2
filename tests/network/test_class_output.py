"""A softmax over classes and its loss, with numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from forecaster.network.class_output import ClassOutput
from forecaster.windows.batch import Batch


def batch(classes: list[list[int]], known: list[list[bool]]) -> Batch:
    shape = (len(classes), 1, 1)
    return Batch(
        past=np.zeros(shape, dtype=np.float32),
        observed=np.ones(shape, dtype=np.float32),
        target=np.zeros((len(classes), len(classes[0]))),
        mask=np.array(known),
        series=np.zeros(len(classes), dtype=np.int64),
        classes=np.array(classes),
    )


def test_loss_is_the_mean_of_what_the_right_classes_cost() -> None:
    output = ClassOutput(2)
    one = batch([[0], [1], [1]], [[True], [True], [False]])
    logits = np.log(np.array([[[0.8, 0.2]], [[0.5, 0.5]], [[0.9, 0.1]]]))
    given = (output.encode_batch(one), output.known(one).astype(np.float32), logits)
    loss = output.loss(*map(ops.convert_to_tensor, given))
    assert float(loss) == pytest.approx((-np.log(0.8) - np.log(0.5)) / 2, rel=1e-6)


def test_nothing_known_costs_nothing() -> None:
    output = ClassOutput(3)
    one = batch([[0]], [[False]])
    given = (output.encode_batch(one), output.known(one).astype(np.float32), np.zeros((1, 1, 3)))
    assert float(output.loss(*map(ops.convert_to_tensor, given))) == 0


def test_probabilities_sum_to_one_however_large_the_logits() -> None:
    probs = ClassOutput(3).probs(np.array([[1000.0, 1000.0, 0.0], [0.0, np.log(2), 0.0]]))
    np.testing.assert_allclose(probs, [[0.5, 0.5, 0.0], [0.25, 0.5, 0.25]])
    assert probs.dtype == np.float64


@pytest.mark.parametrize("wrong", [0, -1, True, 2.0, "3"])
def test_a_number_of_classes_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="n_classes"):
        ClassOutput(wrong)  # type: ignore[arg-type]


def test_json_gives_the_same_output() -> None:
    assert ClassOutput.from_json(ClassOutput(7).to_json()) == ClassOutput(7)
