from __future__ import annotations

import numpy as np
import pytest
import torch

from forecaster.network.number_output import NumberOutput
from forecaster.windows.batch import Batch


def batch_of(numbers: list[list[list[float]]]) -> Batch:
    values = np.array(numbers)
    mask = np.isfinite(values).any(axis=2)
    empty = np.zeros((*mask.shape, 1), dtype=np.float32)
    return Batch(
        empty, empty, np.zeros(mask.shape), mask, np.zeros(len(mask), dtype=np.int64), numbers=values
    )


def test_numbers_are_learnt_in_units_of_their_spread_beside_which_are_known() -> None:
    output = NumberOutput((10.0, 0.0), (2.0, 5.0))
    encoded = output.encode_batch(batch_of([[[12.0, np.nan], [np.nan, np.nan]]]))
    assert encoded.dtype == np.float32 and encoded.shape == (1, 2, 4)
    assert encoded.tolist() == [[[1, 0, 1, 0], [0, 0, 0, 0]]]


def test_loss_is_the_mean_square_over_the_numbers_that_are_known() -> None:
    output = NumberOutput((0.0, 0.0), (1.0, 1.0))
    batch = batch_of([[[1.0, 2.0], [3.0, np.nan], [np.nan, np.nan]]])
    y = torch.tensor(output.encode_batch(batch))
    loss = output.loss(y, torch.tensor(batch.mask, dtype=torch.float32), torch.zeros(1, 3, 2))
    assert float(loss) == pytest.approx((1 + 4 + 9) / 3)


def test_what_is_not_known_carries_no_gradient() -> None:
    output = NumberOutput((0.0, 0.0), (1.0, 1.0))
    batch = batch_of([[[1.0, np.nan]]])
    found = torch.zeros(1, 1, 2, requires_grad=True)
    output.loss(torch.tensor(output.encode_batch(batch)), torch.ones(1, 1), found).backward()
    assert found.grad is not None and found.grad.tolist() == [[[-2.0, 0.0]]]


def test_outputs_come_back_in_the_unit_of_the_data() -> None:
    output = NumberOutput((10.0, -1.0), (2.0, 5.0))
    assert output.numbers(np.array([[1.0, 2.0]])).tolist() == [[12.0, 9.0]]
    assert NumberOutput.from_json(output.to_json()) == output


@pytest.mark.parametrize(
    ("loc", "scale"), [((), ()), ((1.0,), (0.0,)), ((1.0,), (1.0, 2.0)), ((np.nan,), (1.0,))]
)
def test_scales_that_are_none_are_refused(loc: tuple[float, ...], scale: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="deviations"):
        NumberOutput(loc, scale)
