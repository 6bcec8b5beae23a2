"""Training and use of networks whose state is carried over from window to window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.forecaster import Forecaster
from forecaster.network.build import build_model, with_weights_of
from forecaster.network.forward import lean_forward
from forecaster.training import sequence_networks
from forecaster.training.checkpoint import Checkpoint
from forecaster.training.interrupts import StopFlag
from forecaster.training.sequence_networks import SequenceNetworks, stream_groups
from forecaster.training.torch_stepper import TorchStepper
from forecaster.windows.windows import Span

SETTINGS: dict[str, Any] = {
    "outputs": "y",
    "past": "x",
    "id": "unique_id",
    "stateful": True,
    "look_back": 5,
    "batch_size": 2,
    "epochs": 3,
    "units": (6, 5),
    "dropout": 0.3,
    "threads": 1,
}


def table(*lengths: int) -> pd.DataFrame:
    """Noise and its running sum; the lengths are those of the series."""
    rng = np.random.default_rng(7)
    parts = []
    for number, length in enumerate(lengths):
        x = rng.normal(size=length)
        parts.append(pd.DataFrame({"unique_id": f"s{number}", "x": x, "y": np.cumsum(x)}))
    return pd.concat(parts, ignore_index=True)


ROWS = (40, 33)


def trained(**settings: Any) -> Forecaster:
    return Forecaster(**(SETTINGS | settings)).fit(table(*ROWS))


def networks_of(run: Forecaster) -> SequenceNetworks:
    inside = run._run
    assert isinstance(inside, SequenceRun)
    return inside.networks


@pytest.fixture(scope="module")
def run() -> Forecaster:
    return trained()


def panel_of(*lengths: int) -> Panel:
    return read_panel(table(*lengths), DataSettings(outputs=("y",), past=("x",), id="unique_id"))


def test_the_same_seed_gives_the_same_outputs(run: Forecaster) -> None:
    new = table(17, 50)
    pd.testing.assert_frame_equal(trained().predict(new), run.predict(new))
    assert not trained(seed=1).predict(new).equals(run.predict(new))


@pytest.mark.parametrize("step", [4, 9, 13])
def test_a_training_that_is_gone_on_with_ends_with_the_same_weights(
    run: Forecaster, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoint, "every", 0.0)
    monkeypatch.setattr(Checkpoint, "share", 1e9)
    stop, done, whole = StopFlag(), [0], TorchStepper.step

    def counted(self: TorchStepper, *given: Any) -> Any:
        done[0] += 1
        if done[0] == step:  # within an epoch, in the middle of every stream
            stop.set("SIGTERM")
        return whole(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(TorchStepper, "step", counted)
        ended = Forecaster(**SETTINGS).fit(table(*ROWS), stop=stop, checkpoint=tmp_path / "run")
    assert ended.report["state"] == "interrupted"
    again = Forecaster(**SETTINGS).fit(table(*ROWS), resume=tmp_path / "run")
    assert again.report["state"] == "finished"
    mine, theirs = networks_of(again).tensors(), networks_of(run).tensors()
    assert mine.keys() == theirs.keys()
    assert all(mine[name].tobytes() == theirs[name].tobytes() for name in mine)


def one_pass(networks: SequenceNetworks, panel: Panel, series: int) -> np.ndarray:
    """Outputs of a series by a network as long as it is."""
    rows = slice(int(panel.offsets[series]), int(panel.offsets[series + 1]))
    length = rows.stop - rows.start
    sizes = {**networks.architecture.to_json(), "look_back": length, "horizon": length}
    long = with_weights_of(build_model(type(networks.architecture).from_json(sizes)), networks.models[0])
    shift, scale = networks.normaliser.covariate_shift, networks.normaliser.covariate_scale
    past = ((panel.values[rows] - shift) / scale).astype(np.float32)[None]
    import torch

    with torch.no_grad():
        given = {"past": torch.from_numpy(past), "observed": torch.ones(past.shape)}
        found = np.array(lean_forward(long)(given, False))
    return networks._read(found)[0]


LIMITS: dict[str, dict[str, int]] = {
    "as it is": {},
    "short windows": {"STEPS_AT_ONCE": 7},
    "few rows at once": {"ROWS_AT_ONCE": 60},
    "many parts": {"NUMBERS_AT_ONCE": 20},
    "many outputs": {"MOST_NUMBERS": 40},
}


@pytest.mark.parametrize("limit", LIMITS)
def test_outputs_are_those_of_one_pass_over_each_series(
    run: Forecaster, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in LIMITS[limit].items():
        monkeypatch.setattr(sequence_networks, name, value)
    networks, panel = networks_of(run), panel_of(31, 1, 90, 12)
    index, found = networks.predict(panel, Span(panel.offsets[:-1], panel.offsets[1:]))
    assert index.tolist() == list(range(134))
    wanted = np.concatenate([one_pass(networks, panel, series) for series in range(4)])
    assert np.allclose(found, wanted, rtol=0, atol=1e-5)


def test_a_later_part_of_a_series_goes_on_from_its_beginning(run: Forecaster) -> None:
    networks, panel = networks_of(run), panel_of(31, 20)
    whole = networks.predict(panel, Span(panel.offsets[:-1], panel.offsets[1:]))[1]
    index, part = networks.predict(panel, Span(np.array([20, 31]), np.array([31, 31])))
    assert index.tolist() == list(range(20, 31))
    assert np.allclose(part, whole[20:31], rtol=0, atol=1e-6)


def test_series_go_side_by_side_up_to_so_many_rows() -> None:
    panel = panel_of(4, 5, 30, 2, 3)
    span = Span(panel.offsets[:-1], panel.offsets[1:])
    assert [group.tolist() for group in stream_groups(panel, span, 10)] == [[0, 1], [2], [3, 4]]


def test_nothing_to_look_at_gives_no_row(run: Forecaster) -> None:
    panel = panel_of(5)
    index, found = networks_of(run).predict(panel, Span(panel.offsets[:-1], panel.offsets[:-1]))
    assert index.shape == (0,) and found.shape == (0, 1)


def test_a_long_series_comes_in_parts_of_bounded_size(run: Forecaster) -> None:
    panel = panel_of(300_000)
    span = Span(panel.offsets[:-1], panel.offsets[1:])
    sizes = [len(index) for index, _ in networks_of(run).parts(panel, span)]
    assert sum(sizes) == 300_000
    assert max(sizes) <= sequence_networks.NUMBERS_AT_ONCE
