from __future__ import annotations

import json
import random

import numpy as np
import pytest
import torch

from forecaster.network.architecture import Architecture, architecture_warnings
from forecaster.network.build import Segments, build_model
from forecaster.network.forward import lean_forward
from forecaster.network.placement import device_of, seeded


def inputs(architecture: Architecture, n: int = 4) -> dict[str, torch.Tensor]:
    shape = (n, architecture.look_back, architecture.n_channels)
    return {"past": torch.randn(shape), "observed": torch.ones(shape)}


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_model_has_the_shape_of_its_architecture(cell: str, bidirectional: bool) -> None:
    architecture = Architecture(
        look_back=7,
        horizon=3,
        n_channels=2,
        n_outputs=4,
        segment=3,
        cell=cell,
        units=(5, 6),
        dense_units=(8,),
        bidirectional=bidirectional,
        branches=((0,), (0, 1)),
    )
    model = build_model(architecture)
    assert architecture.n_segments == 3
    assert tuple(model(inputs(architecture)).shape) == (4, 3, 4)
    assert model.get_layer("branch_1_segments").output.shape == (None, 3, 6)
    assert model.get_layer("branch_2_segments").output.shape == (None, 3, 12)


def test_segments_hold_values_beside_flags_and_pad_on_the_left() -> None:
    past = torch.arange(1.0, 4.0).view(1, 3, 1)
    made = Segments(2)([past, torch.ones(1, 3, 1)])
    assert made.tolist() == [[[0, 0, 1, 1], [2, 1, 3, 1]]]


def test_branch_sees_only_its_channels() -> None:
    model = build_model(Architecture(4, 1, 2, 1, units=(3,), dropout=0, branches=((1,),)))
    given = inputs(Architecture(4, 1, 2, 1))
    before = model(given)
    given["past"][:, :, 0] += 5
    assert torch.equal(model(given), before)
    given["past"][:, :, 1] += 5
    assert not torch.equal(model(given), before)


def test_first_outputs_are_small() -> None:
    architecture = Architecture(24, 5, 1, 3, units=(32, 32))
    assert float(build_model(architecture)(inputs(architecture, 100)).detach().abs().max()) < 0.2


@pytest.mark.parametrize("bidirectional", [False, True])
def test_same_seed_gives_same_weights_and_another_seed_others(bidirectional: bool) -> None:
    architecture = Architecture(3, 1, 1, 1, units=(4,), bidirectional=bidirectional)
    first, again, other = (build_model(architecture, seed) for seed in (1, 1, 2))
    assert [w.path for w in first.weights] == [w.path for w in again.weights]
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])
    if bidirectional:
        assert not np.array_equal(first.get_weights()[0], first.get_weights()[3])


def test_building_leaves_other_random_numbers_alone() -> None:
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    expected = random.random(), np.random.random(), float(torch.rand(()))
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    build_model(Architecture(3, 1, 1, 1), 3)
    with seeded(9):
        torch.rand(3)
    assert (random.random(), np.random.random(), float(torch.rand(()))) == expected


def test_lean_forward_equals_the_model() -> None:
    architecture = Architecture(
        5, 2, 2, 3, segment=2, cell="gru", units=(4, 4), dense_units=(6,), branches=((0,), (1,))
    )
    model = build_model(architecture)
    given = inputs(architecture)
    forward = lean_forward(model)
    assert torch.equal(forward(given, False), model(given, training=False))


def test_lean_forward_drops_units_in_training_as_the_model_does() -> None:
    architecture = Architecture(5, 2, 1, 3, units=(4, 4))
    model, given = build_model(architecture), inputs(architecture)
    forward = lean_forward(model)
    with seeded(1):
        ours = forward(given, True)
    with seeded(1):
        theirs = model(given, training=True)
    assert torch.equal(ours, theirs)
    assert not torch.equal(ours, forward(given, False))


def test_architecture_survives_json() -> None:
    architecture = Architecture(5, 2, 2, 3, units=(4, 8), branches=((0,), (0, 1)))
    assert Architecture.from_json(json.loads(json.dumps(architecture.to_json()))) == architecture


@pytest.mark.parametrize("stored", [{"look_back": 3}, {"look_back": 3, "extra": 1}])
def test_stored_architecture_with_missing_or_unknown_fields_is_refused(stored: dict) -> None:
    with pytest.raises(ValueError, match=r"extra|missing"):
        Architecture.from_json(stored)


def test_more_than_three_recurrent_layers_are_warned_about() -> None:
    assert architecture_warnings(Architecture(3, 1, 1, 1, units=(8,) * 3)) == []
    (note,) = architecture_warnings(Architecture(3, 1, 1, 1, units=(8,) * 6))
    assert note.code == "many_layers"
    assert "--layers 6" in note.text


def test_device_of_a_model_is_where_its_weights_are() -> None:
    assert device_of(build_model(Architecture(3, 1, 1, 1), device="cpu")) == "cpu"


def test_a_linear_function_of_each_step_is_added_to_its_outputs() -> None:
    sizes = {"units": (3,), "dropout": 0.0, "decoder": "steps", "n_marks": 4, "mark_units": 2}
    plain = build_model(Architecture(5, 5, 1, 2, **sizes))
    model = build_model(Architecture(5, 5, 1, 2, linear=True, **sizes))
    given = inputs(Architecture(5, 5, 1, 2)) | {"marks": torch.ones(4, 5, dtype=torch.int32)}
    assert torch.allclose(model(given), plain(given))  # 0 before training
    weights = model.get_layer("linear")
    assert tuple(weights.kernel.shape) == (4, 2)  # value, flag and two of the mark
    weights.kernel.assign(np.array([[1.0, 0.0], [0.0, 5.0], [0.0, 0.0], [0.0, 0.0]]))
    added = (model(given) - plain(given)).detach()
    assert torch.allclose(added[:, :, 0], given["past"][:, :, 0], atol=1e-6)
    assert torch.allclose(added[:, :, 1], torch.full((4, 5), 5.0), atol=1e-6)
