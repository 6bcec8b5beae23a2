from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from forecaster import Forecaster
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.decoder import HIDDEN_SHARE, ParallelStep, SeriesVectors
from forecaster.network.forward import lean_forward
from forecaster.network.placement import seeded
from forecaster.training import stepper as stepper_module

SIZES = {"look_back": 12, "n_channels": 1, "n_outputs": 3, "segment": 12, "cell": "gru", "units": (6,)}
PARALLEL = {**SIZES, "decoder": "parallel", "out_segment": 12, "dropout": 0.0}


def inputs(architecture: Architecture, n: int = 4) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    shape = (n, architecture.look_back, architecture.n_channels)
    given = {"past": torch.randn(shape, generator=generator), "observed": torch.ones(shape)}
    if architecture.n_series:
        given["series"] = torch.arange(n, dtype=torch.int32) % (architecture.n_series + 1)
    if architecture.n_future:
        shape = (n, architecture.horizon, architecture.n_future)
        given["future"] = torch.randn(shape, generator=generator)
    return given


def with_weights(layer: ParallelStep, shapes, **weights: np.ndarray) -> ParallelStep:
    """A layer of these weights, 0 where none are given."""
    layer.build(shapes)
    for weight in layer.weights:
        weight.assign(np.asarray(weights.get(weight.name, np.zeros(weight.shape)), dtype=np.float32))
    return layer


def test_step_of_each_segment_is_that_of_a_gated_recurrent_unit() -> None:
    layer = with_weights(
        ParallelStep(horizon=2, segment=1),
        (None, 1),
        recurrent_kernel=[[1.0, 2.0, -1.0]],  # update, reset, new
        bias=[[0.0, 0.0, 0.5], [0.0, 0.0, 0.25]],
        positions=[[0.5, -1.0, 0.25], [-0.5, 0.0, -0.25]],
    )
    made = layer(torch.tensor([[0.5]])).detach().numpy()
    # From the state 0.5 come 0.5, 1 and -0.5 + 0.25. Segment 1: update sigmoid(1) = 0.731059, reset
    # sigmoid(0) = 0.5, new tanh(0.75 - 0.5 * 0.25) = 0.554600. Segment 2: update 0.5, reset 0.731059,
    # new tanh(0.25 - 0.731059 * 0.25) = 0.067134.
    assert made.shape == (1, 2, 1)
    assert made[0, 0, 0] == pytest.approx(0.731059 * 0.5 + 0.268941 * 0.554600, abs=1e-5)
    assert made[0, 1, 0] == pytest.approx(0.5 * 0.5 + 0.5 * 0.067134, abs=1e-5)


def test_step_driven_by_position_series_and_future_equals_that_of_torch() -> None:
    random = np.random.default_rng(1)
    width, n_segments = 3, 2
    layer = ParallelStep(horizon=4, segment=2, names=("series", "future"))
    shapes = [(None, width), (None, 2), (None, 4, 1)]
    layer.build(shapes)
    layer.set_weights([random.normal(size=weight.shape) for weight in layer.weights])
    cell = torch.nn.GRUCell(n_segments + 2 + 2, width)
    ours = {weight.name: torch.tensor(np.array(weight.value.detach())) for weight in layer.weights}
    order = torch.cat([torch.arange(3, 6), torch.arange(3), torch.arange(6, 9)])  # torch: reset, update, new
    driving = torch.cat([ours["positions"], ours["series_kernel"], ours["future_kernel"]])
    with torch.no_grad():
        cell.weight_ih.copy_(driving.T[order])
        cell.weight_hh.copy_(ours["recurrent_kernel"].T[order])
        cell.bias_ih.copy_(ours["bias"][0][order])
        cell.bias_hh.copy_(ours["bias"][1][order])
    state, series, future = torch.randn(5, width), torch.randn(5, 2), torch.randn(5, 4, 1)
    made = layer([state, series, future])
    for number in range(n_segments):
        place = torch.eye(n_segments)[number].expand(5, n_segments)
        known = future[:, 2 * number : 2 * number + 2, 0]
        expected = cell(torch.cat([place, series, known], dim=1), state)
        assert torch.allclose(made[:, number], expected, atol=1e-6)


def test_horizon_that_is_no_multiple_of_the_segment_is_cut_from_the_next_one() -> None:
    short, long = (build_model(Architecture(horizon=horizon, **PARALLEL), 1) for horizon in (20, 24))
    for one, other in zip(short.weights, long.weights, strict=True):
        assert np.array_equal(one.numpy(), other.numpy())
    given = inputs(Architecture(horizon=20, **PARALLEL))
    made, longer = short(given), long(given)
    assert tuple(made.shape) == (4, 20, 3)
    assert tuple(longer.shape) == (4, 24, 3)
    assert torch.equal(made, longer[:, :20])
    assert not torch.equal(longer[:, :12], longer[:, 12:])


def test_horizon_shorter_than_the_segment_is_cut_too() -> None:
    architecture = Architecture(horizon=5, **PARALLEL)
    assert tuple(build_model(architecture)(inputs(architecture)).shape) == (4, 5, 3)


@pytest.mark.parametrize(("step", "changed"), [(0, (0, 12)), (11, (0, 12)), (12, (12, 20)), (19, (12, 20))])
def test_what_is_known_of_a_step_reaches_its_own_segment_only(step: int, changed: tuple[int, int]) -> None:
    architecture = Architecture(horizon=20, n_future=2, **PARALLEL)
    model, given = build_model(architecture, 1), inputs(architecture)
    before = model(given).detach()
    given["future"][:, step, 1] += 1
    moved = (model(given).detach() != before).any(dim=2).all(dim=0)
    begin, end = changed
    assert moved[begin:end].all()
    assert not moved[:begin].any()
    assert not moved[end:].any()


def test_direct_decoder_sees_the_whole_future_at_every_step() -> None:
    architecture = Architecture(horizon=4, n_future=2, n_series=2, series_units=3, dropout=0, **SIZES)
    model, given = build_model(architecture, 1), inputs(architecture)
    before = model(given).detach()
    given["future"][:, 3, 0] += 1
    assert (model(given).detach() != before).any(dim=2).all()


def test_position_and_series_tell_outputs_apart() -> None:
    architecture = Architecture(horizon=24, n_series=2, series_units=4, **PARALLEL)
    model, given = build_model(architecture, 1), inputs(architecture, 3)
    for name in ("past", "observed"):
        given[name] = given[name][:1].expand(3, -1, -1)
    made = model(given)
    assert len({tuple(row) for row in made.detach().flatten(1).tolist()}) == 3
    again = model({**given, "series": torch.zeros(3, dtype=torch.int32)})
    assert torch.allclose(again, made[:1].expand(3, -1, -1), atol=1e-6)


def test_series_are_hidden_in_training_only() -> None:
    layer = SeriesVectors(2, 1, seed=1)
    layer.build((None,))
    layer.set_weights([np.array([[0.0], [1.0]])])
    numbers = torch.ones(20_000, dtype=torch.int32)
    assert layer(numbers).detach().min() == 1.0
    assert layer(numbers, training=False).detach().min() == 1.0
    shown = layer(numbers, training=True).detach()
    assert set(shown.unique().tolist()) == {0.0, 1.0}
    # Four standard deviations of a share of 20,000.
    assert float(1 - shown.mean()) == pytest.approx(HIDDEN_SHARE, abs=4 * np.sqrt(0.09 / 20_000))
    assert not torch.equal(layer(numbers, training=True), shown)


@pytest.mark.parametrize("more", [{}, {"n_series": 3, "series_units": 4}, {"n_future": 2}])
@pytest.mark.parametrize("decoder", ["direct", "parallel"])
def test_lean_forward_equals_the_model(decoder: str, more: dict) -> None:
    architecture = Architecture(horizon=20, **{**PARALLEL, "decoder": decoder, **more})
    model, given = build_model(architecture, 1), inputs(architecture)
    assert torch.equal(lean_forward(model)(given, False), model(given, training=False))


def test_lean_forward_drops_and_hides_in_training_as_the_model_does() -> None:
    architecture = Architecture(
        horizon=20, n_series=3, series_units=4, n_future=1, **{**PARALLEL, "dropout": 0.3}
    )
    given = inputs(architecture, 64)
    made = []
    for is_lean in (True, False):
        model = build_model(architecture, 1)
        with seeded(1):
            made.append(lean_forward(model)(given, True) if is_lean else model(given, training=True))
    assert torch.equal(*made)
    assert not torch.equal(made[0], model(given, training=False))


TINY = {
    "kind": "values",
    "look_back": 12,
    "segment": 6,
    "horizon": 8,
    "season": 6,
    "units": 8,
    "epochs": 3,
    "ensemble": 1,
    "threads": 1,
    "decoder": "parallel",
    "series_units": 4,
}


def panel_of(**levels: float) -> pd.DataFrame:
    """Daily series of 60 rows, of one shape at different levels."""
    days, step = pd.date_range("2024-01-01", periods=60, freq="D"), np.arange(60)
    return pd.concat(
        pd.DataFrame({"unique_id": name, "ds": days, "y": level * (2 + np.sin(step * np.pi / 3))})
        for name, level in levels.items()
    )


@pytest.fixture(scope="module")
def trained() -> Forecaster:
    return Forecaster(**TINY).fit(panel_of(a=1.0, b=10.0))


def test_saved_run_with_parallel_decoder_and_series_vectors_predicts_the_same(
    trained: Forecaster, tmp_path: Path
) -> None:
    trained.save(tmp_path / "run")
    loaded = Forecaster.load(tmp_path / "run")
    assert (loaded.settings.network.decoder, loaded.settings.network.series_units) == ("parallel", 4)
    expected = trained.predict()
    assert len(expected) == 16
    pd.testing.assert_frame_equal(loaded.predict(), expected, rtol=1e-6)
    pd.testing.assert_frame_equal(loaded.predict(), loaded.predict(), rtol=0)


def test_unknown_ids_share_one_vector_and_known_ones_have_their_own(trained: Forecaster) -> None:
    made = trained.predict(panel_of(x=1.0, a=1.0, y=1.0))
    forecasts = {name: rows["forecast"].to_numpy() for name, rows in made.groupby("unique_id")}
    assert forecasts["x"] == pytest.approx(forecasts["y"], rel=1e-6)
    assert np.abs(forecasts["x"] / forecasts["a"] - 1).max() > 1e-4
    assert np.abs(forecasts["x"] / forecasts["a"] - 1).max() < 0.5
    assert any("2 of 3 ids were not trained on (x, y)" in note for note in trained.notes)


def test_same_seed_gives_the_same_forecasts(trained: Forecaster) -> None:
    again = Forecaster(**TINY).fit(panel_of(a=1.0, b=10.0))
    pd.testing.assert_frame_equal(again.predict(), trained.predict(), rtol=0)


def test_keras_trains_the_parallel_decoder_as_the_lean_path_does(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {**TINY, "series_units": 0, "dropout": 0.0, "final_fit": False, "clip": 0.05}
    made = []
    for lean in (True, False):
        monkeypatch.setattr(stepper_module, "on_torch", lambda lean=lean: lean)
        made.append(Forecaster(**settings).fit(panel_of(a=1.0, b=10.0)).predict())
    pd.testing.assert_frame_equal(*made, rtol=1e-3)
