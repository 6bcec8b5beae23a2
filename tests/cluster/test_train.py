from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster import Forecaster
from forecaster.cluster.session import Session
from forecaster.cluster.train import parts_of
from forecaster.config.build import make_settings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.network.heads import PointHead
from forecaster.run.load import load_run
from forecaster.training.feed import Feed, epoch_order, make_feed
from forecaster.training.fit import training_source
from forecaster.training.plan import TrainingPlan
from forecaster.training.prepare import prepare
from tests.cluster.holders import held_in_parts
from tests.cluster.processes import family_of, is_running, workers_of

# Ray takes its time to begin, and longer on a machine that others use.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]

SETTINGS: dict[str, Any] = {
    "horizon": 4,
    "look_back": 12,
    "epochs": 4,
    "units": 16,
    "ensemble": 1,
    "dropout": 0.1,
    "precision": "float32",
    "baselines": "fast",
}


def waves(n_series: int = 30, n_rows: int = 90) -> pd.DataFrame:
    """Noisy waves of different heights, of 12 steps."""
    random = np.random.default_rng(0)
    steps = np.arange(n_rows)
    frames = [
        pd.DataFrame(
            {
                "unique_id": f"wave {number}",
                "ds": steps,
                "y": (number + 1) * np.sin(steps * 2 * np.pi / 12 + number) + random.normal(0, 0.1, n_rows),
            }
        )
        for number in range(n_series)
    ]
    return pd.concat(frames, ignore_index=True)


def losses(forecaster: Forecaster) -> list[float]:
    """Training and validation losses of all fits, in order."""
    epochs = [
        epoch
        for fit in forecaster.report["training"]
        for member in fit["members"]
        for epoch in member["history"]
    ]
    known = [(epoch["train_loss"], epoch["valid_loss"]) for epoch in epochs]
    return [loss for pair in known for loss in pair if loss is not None]


def weights(forecaster: Forecaster, folder: Path) -> np.ndarray:
    """All weights of the saved run."""
    forecaster.save(folder)
    models = [model for one in load_run(folder).models for model in one.models]
    found = [weight for model in models for weight in model.get_weights()]
    return np.concatenate([weight.ravel() for weight in found])


def keys(tree: Any) -> Any:
    """The keys of a tree, lists by their first entry."""
    if isinstance(tree, dict):
        return {name: keys(value) for name, value in tree.items()}
    return [keys(tree[0])] if isinstance(tree, list) and tree else None


def test_two_workers_train_as_one_process_does_and_the_same_each_time(
    ray_here: Session, tmp_path: Path
) -> None:
    del ray_here
    data = waves()
    local = Forecaster(**SETTINGS).fit(data)
    told: list[tuple[str, int, Any]] = []
    engine = {"engine": "ray", "workers": 2}
    first = Forecaster(**SETTINGS, **engine).fit(data, progress=lambda *news: told.append(news))
    again = Forecaster(**SETTINGS, **engine).fit(data)
    np.testing.assert_allclose(losses(first), losses(local), rtol=0.01)
    assert losses(first) == losses(again)
    assert (weights(first, tmp_path / "first") == weights(again, tmp_path / "again")).all()
    assert [result.epoch for _, _, result in told] == [1, 2, 3, 4] * 2
    assert keys(first.report) == keys(local.report)
    for part in ("data", "split", "settings", "defaults", "warnings"):
        assert first.report[part] == local.report[part]
    mae = [one.report["scores"]["test"]["model"]["mae"] for one in (first, local)]
    assert mae[0] == pytest.approx(mae[1], rel=0.02)
    baselines = [one.report["scores"]["test"]["baselines"] for one in (first, local)]
    assert baselines[0] == baselines[1]
    ahead = first.predict()
    assert ahead["unique_id"].tolist() == local.predict()["unique_id"].tolist()
    pd.testing.assert_frame_equal(ahead, Forecaster.load(tmp_path / "first").predict(data))


@pytest.mark.parametrize("n_workers", [1, 2, 3, 5, 8])
def test_parts_are_consecutive_series_with_about_as_many_rows(n_workers: int) -> None:
    data = pd.concat([waves(1, 500), waves(6, 40).assign(unique_id=lambda frame: "b" + frame["unique_id"])])
    panel = read_panel(data)
    parts = parts_of(panel, n_workers)
    assert len(parts) == min(n_workers, 7)
    assert all(part.n_series > 0 for part in parts)
    assert [name for part in parts for name in part.ids] == panel.ids.tolist()
    assert sum(part.n_rows for part in parts) == panel.n_rows


def test_no_worker_is_without_a_series() -> None:
    data = pd.concat([waves(5, 20), waves(1, 900).assign(unique_id="z")])
    parts = parts_of(read_panel(data), 4)
    assert [part.n_series for part in parts] == [3, 1, 1, 1]


class InMemory:
    """Leaves arrays where they are."""

    def put(self, array: np.ndarray) -> np.ndarray:
        return array

    def take(self, stored: np.ndarray, index: np.ndarray) -> np.ndarray:
        return stored[index]


@pytest.mark.parametrize("cache_bytes", [0, 1 << 26])
def test_parts_of_a_batch_are_the_batch_of_one_process(
    cache_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecaster.training.feed.CACHE_BYTES", cache_bytes)
    panel = read_panel(waves(7, 60))
    settings = make_settings(SETTINGS)

    def fed(part: Panel) -> list[tuple[np.ndarray, int]]:
        prepared = prepare(part, settings)
        source = training_source(prepared.panel, prepared.parts, prepared.settings)
        feed = make_feed(source, PointHead(), InMemory(), 3)
        n_windows = source.peers.total(source.n_windows)
        batches = feed.batches(epoch_order(n_windows, n_windows, TrainingPlan(), 1))
        return [(batch.inputs["past"][batch.mask[:, 0] > 0], batch.n_known) for batch in batches]

    whole = fed(panel)
    parts = held_in_parts(panel, 3, fed)
    assert {len(part) for part in parts} == {len(whole)}
    assert any(len(past) == 0 for past, _ in parts[0])  # a step to which it has nothing to bring
    for number, (past, n_known) in enumerate(whole):
        found = [part[number] for part in parts]
        rows = sorted(row.ravel().tolist() for one, _ in found for row in one)
        np.testing.assert_allclose(rows, sorted(row.ravel().tolist() for row in past), atol=1e-5)
        assert sum(n for _, n in found) == n_known


def test_one_process_has_the_feed_of_one() -> None:
    panel = read_panel(waves(2, 60))
    prepared = prepare(panel, make_settings(SETTINGS))
    source = training_source(prepared.panel, prepared.parts, prepared.settings)
    assert type(make_feed(source, PointHead(), InMemory(), 8)) is Feed


def test_a_number_of_workers_without_ray_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^--workers 2: only for --engine ray"):
        Forecaster(workers=2).fit(waves(2))


def test_an_error_of_the_data_is_told_once_and_gives_processors_back(
    ray_here: Session, tmp_path: Path
) -> None:
    import ray

    asked = Forecaster(**SETTINGS, test_size=1_000, engine="ray", workers=2)
    with pytest.raises(ConfigError, match="--test-size 1000 does not leave both rows to hold out"):
        asked.fit(waves(4), checkpoint=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert ray.available_resources()["CPU"] == ray_here.n_workers


# What takes minutes: a command, its workers, and what becomes of it when some of them are killed.

LONG = ["--epochs", "3000", "--units", "64", "--look-back", "24", "--horizon", "4", "--ensemble", "1"]
LONG += ["--baselines", "fast", "--precision", "float32"]

# Long enough to be killed, and short enough to be waited for.
SHORT = ["--epochs", "150", "--no-final-fit"]


def begin(folder: Path, *more: str) -> subprocess.Popen[str]:
    """`forecast train --engine ray` in a process of its own."""
    command = [sys.executable, str(ROOT / "cli.py"), "train", "waves.csv", *LONG]
    command += ["--engine", "ray", "--workers", "2", "--out", "run", *more]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def wait_for(what: Any, seconds: float = 250) -> Any:
    """What a function gives, once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("waited in vain")


def has_standing(folder: Path) -> bool:
    """Whether a checkpoint holds a network that is being trained, and an epoch of it."""
    place = folder / "run/checkpoint/state.json"
    return place.exists() and '"epoch":' in place.read_text().partition('"history"')[2]


@pytest.fixture
def data_here(tmp_path: Path) -> Path:
    waves(60, 200).to_csv(tmp_path / "waves.csv", index=False)
    return tmp_path


def history(folder: Path) -> list[dict[str, Any]]:
    """Epochs of the network that is being trained, as the checkpoint has them."""
    state = json.loads((folder / "run/checkpoint/state.json").read_text())["state"]
    found: list[dict[str, Any]] = state["going"]["standing"]["history"]
    return found


def assert_went_on(folder: Path, before: list[dict[str, Any]]) -> None:
    """The run has the epochs of the checkpoint and more, none twice."""
    found = Forecaster.load(folder / "run").report
    assert found["resumed"] == 1
    epochs = found["training"][0]["members"][0]["history"]
    assert len(epochs) > len(before)
    assert epochs[: len(before)] == before
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, len(epochs) + 1))


def test_a_lost_worker_begins_again_at_the_checkpoint(data_here: Path) -> None:
    process = begin(data_here)
    wait_for(lambda: has_standing(data_here))
    before = history(data_here)
    os.kill(workers_of(process.pid)[1], signal.SIGKILL)
    wait_for(lambda: len(history(data_here)) > len(before) + 1)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=200)[1] and process.returncode == 130
    assert_went_on(data_here, before)


def known_losses(run: Path) -> list[tuple[int, float, float]]:
    """Training and validation losses of the epochs of a saved run."""
    epochs = Forecaster.load(run).report["training"][0]["members"][0]["history"]
    return [(epoch["epoch"], epoch["train_loss"], epoch["valid_loss"]) for epoch in epochs]


def test_a_killed_command_goes_on_with_resume_and_ends_as_if_nothing_had_been(data_here: Path) -> None:
    process = begin(data_here, *SHORT)
    wait_for(lambda: has_standing(data_here))
    before, family = history(data_here), family_of(process.pid)
    process.kill()
    process.communicate()
    wait_for(lambda: not any(map(is_running, family)))
    for more in (("--resume", "run"), ("--out", "whole")):
        process = begin(data_here, *SHORT, *more)
        said = process.communicate(timeout=600)[1]
        assert process.returncode == 0, said
    assert_went_on(data_here, before)
    assert known_losses(data_here / "run") == known_losses(data_here / "whole")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_command_keeps_the_best_weights_and_leaves_nothing_running(
    number: signal.Signals, code: int, data_here: Path
) -> None:
    process = begin(data_here)
    wait_for(lambda: has_standing(data_here))
    family = family_of(process.pid)
    process.send_signal(number)
    said = process.communicate(timeout=200)[1]
    assert process.returncode == code, said
    assert "best weights so far" in said
    assert Forecaster.load(data_here / "run").report["state"] == "interrupted"
    wait_for(lambda: not any(map(is_running, family)), 20)
