from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from forecaster.errors import RunError
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.run.implied import check_networks, implied_shapes
from forecaster.run.spec import ArchitectureSpec, HeadSpec, ModelSpec, NormaliserSpec

BASE: dict[str, Any] = {"look_back": 8, "horizon": 5, "n_channels": 3, "n_outputs": 2, "units": (4, 3)}
EXTRAS: list[dict[str, Any]] = [
    {},
    {"segment": 3, "dense_units": (6, 5), "bidirectional": True},
    {"branches": ((0,), (1, 2)), "n_static": 2, "linear": True, "dropout": 0.0},
    {"n_marks": 4, "mark_units": 3, "branches": ((0, 1), (2,)), "segment": 2},
    {"n_series": 7, "series_units": 2, "n_future": 3, "dense_units": (4,), "recurrent_dropout": 0.1},
    {"n_future": 2, "linear": True, "n_static": 1, "bidirectional": True, "n_series": 2, "series_units": 1},
]


@pytest.mark.parametrize(
    ("cell", "decoder", "extra"),
    list(product(("lstm", "gru", "rnn"), ({}, {"decoder": "parallel", "out_segment": 2}), EXTRAS)),
)
def test_implied_shapes_are_those_of_the_built_network(
    cell: str, decoder: dict[str, Any], extra: dict[str, Any]
) -> None:
    network = Architecture(**{**BASE, "cell": cell, **decoder, **extra})
    built = sorted(tuple(weight.shape) for weight in build_model(network).weights)
    assert sorted(implied_shapes(ArchitectureSpec(**network.to_json()))) == built


def model(n_members: int = 1, **changes: Any) -> ModelSpec:
    network = Architecture(look_back=3, horizon=1, n_channels=1, n_outputs=1, units=(2,), cell="rnn")
    normaliser = NormaliserSpec(
        steps=(),
        residual="none",
        season_length=1,
        target=0,
        n_channels=1,
        input_scale=(0.0, 1.0),
        target_scale=(0.0, 1.0),
    )
    return ModelSpec(
        architecture=ArchitectureSpec(**{**network.to_json(), **changes}),
        head=HeadSpec(name="point"),
        normaliser=normaliser,
        n_members=n_members,
    )


# A plain layer of 2 units reads a value and a flag: (2, 2), (2, 2), (2,); the output (2, 1), (1,).
SHAPES: list[Any] = [[2, 2], [2, 2], [2], [2, 1], [1]]


def header(shapes: list[Any]) -> dict[str, Any]:
    return {f"member0/network0/{place:03d}": {"shape": shape} for place, shape in enumerate(shapes)}


def test_file_with_all_shapes_is_taken() -> None:
    check_networks(header(SHAPES), [model()], "w")


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (SHAPES[:-1], "no tensor member0/network0/004"),
        ([*SHAPES[:3], [2, 2], [1]], "tensor member0/network0/003 is .2, 2., which the networks"),
        ([*SHAPES[:3], [True, 1], [1]], "no tensor member0/network0/003"),
        ([*SHAPES[:3], 7, [1]], "no tensor member0/network0/003"),
    ],
)
def test_missing_and_wrong_tensors_are_named(shapes: list[Any], message: str) -> None:
    with pytest.raises(RunError, match=message):
        check_networks(header(shapes), [model()], "w")


def test_networks_that_the_file_lacks_are_never_built() -> None:
    for hostile in (model(n_members=100), model(units=(1,) * 100), model(units=(100_000,) * 100)):
        with pytest.raises(RunError, match="member0/network"):
            check_networks(header(SHAPES), [hostile], "w")
