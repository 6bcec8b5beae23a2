"""One run forecasts the same with any backend, batch size and number of threads."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.forecaster import Forecaster
from tests.conftest import SavedRun

ROOT = Path(__file__).parents[1]
GOLDEN = sorted((ROOT / "tests" / "files" / "golden").glob("v*/*"))
CLOSEST = 1e-5

# Trains for two epochs where it is asked to, then writes the forecasts of all runs it is given.
PROGRAM = """
import sys
import numpy as np
import pandas as pd
from forecaster import Forecaster
import keras

backend, out, *runs = sys.argv[1:]
assert keras.backend.backend() == backend
for number, run in enumerate(runs):
    Forecaster.load(run).predict().to_parquet(f"{out}/{number}.parquet")
step = np.arange(60)
table = pd.DataFrame({"step": step, "y": 10 + np.sin(step / 3)})
trained = Forecaster(look_back=6, horizon=2, season=1, epochs=2, ensemble=1, units=4, threads=1).fit(table)
trained.save(f"{out}/trained")
trained.predict().to_parquet(f"{out}/trained.parquet")
print(trained.report["scores"]["test"]["model"]["mae"])
"""


def forecasts_with(backend: str, out: Path, runs: list[Path]) -> list[pd.DataFrame]:
    """Forecasts of some runs in a process of their own, where training too must work."""
    out.mkdir()
    command = [sys.executable, "-c", PROGRAM, backend, str(out), *map(str, runs)]
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout.splitlines()[-1]) < 5.0
    return [pd.read_parquet(out / f"{number}.parquet") for number in range(len(runs))]


def assert_close(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Numbers within 1e-5 of each other, of their own size where they are large; all else equal."""
    assert list(one.columns) == list(other.columns)
    for name in one:
        if one[name].dtype.kind == "f":
            np.testing.assert_allclose(one[name], other[name], rtol=CLOSEST, atol=CLOSEST, err_msg=name)
        else:
            pd.testing.assert_series_equal(one[name], other[name], check_dtype=False)


@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_other_backends_forecast_what_torch_does_and_train(
    backend: str, tmp_path: Path, values_run: SavedRun, events_run: SavedRun
) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    runs = [values_run.folder, events_run.folder, *GOLDEN]
    found = forecasts_with(backend, tmp_path / backend, runs)
    for run, forecast in zip(runs, found, strict=True):
        assert_close(forecast, Forecaster.load(run).predict())
    # and the other way: what that backend trained, torch forecasts
    trained = pd.read_parquet(tmp_path / backend / "trained.parquet")
    assert_close(trained, Forecaster.load(tmp_path / backend / "trained").predict())


@pytest.mark.parametrize("kind", ["values_run", "events_run"])
def test_batch_size_and_threads_do_not_move_forecasts(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from forecaster.evaluation import forecast as forecasting
    from forecaster.training import fitted

    run = Forecaster.load(request.getfixturevalue(kind).folder)
    before = torch.get_num_threads()
    whole = run.predict()
    try:
        for chunk, threads in ((1, 1), (7, 2), (8192, 2)):
            torch.set_num_threads(threads)
            monkeypatch.setattr(fitted, "CHUNK", chunk)
            monkeypatch.setattr(forecasting, "CHUNK", chunk)
            assert_close(run.predict(), whole)
    finally:
        torch.set_num_threads(before)


def test_what_is_drawn_for_a_series_depends_neither_on_others_nor_on_the_batch(
    events_run: SavedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forecaster.evaluation import paths
    from forecaster.training import fitted

    run, rows = Forecaster.load(events_run.folder), pd.read_csv(events_run.data)
    asked = {"horizon": 3, "seed": 5, "as_of": rows["date"].max(), "within": ["9d"]}
    whole = run.predict(rows, **asked)
    assert_close(run.predict(**asked), whole)  # from what the run keeps
    alone = rows[rows["customer"] == "c17"]
    one = run.predict(alone, **asked)
    assert_close(one, whole[whole["unique_id"] == "c17"].reset_index(drop=True))
    assert not run.predict(alone, **{**asked, "seed": 6})["within_9d"].equals(one["within_9d"])
    monkeypatch.setattr(fitted, "CHUNK", 97)
    monkeypatch.setattr(paths, "MOST_WINDOWS", 7 * paths.N_PATHS)
    mixed = run.predict(rows.sample(frac=1, random_state=1), **asked)  # series as they come in the file
    mixed, whole = (table.sort_values(["unique_id", "step"], ignore_index=True) for table in (mixed, whole))
    assert_close(mixed, whole)


def test_same_settings_train_to_the_same_bits_and_what_they_hang_on_is_recorded(values_run: SavedRun) -> None:
    from tests.conftest import TINY

    first, second = (
        Forecaster(**TINY, look_back=6, horizon=3, season=1).fit(str(values_run.data)) for _ in range(2)
    )
    for name, tensor in first._trained().models[0].tensors().items():
        assert tensor.tobytes() == second._trained().models[0].tensors()[name].tobytes()
    pd.testing.assert_frame_equal(first.predict(), second.predict(), check_exact=True)
    report = first.report
    assert report["threads"] == 1
    assert {"forecaster", "python", "keras", "numpy", "torch"} <= set(report["versions"])
    assert report["device"] == "cpu"


@pytest.mark.slow
def test_32_forecasts_at_once_are_identical(values_run: SavedRun) -> None:
    command = [sys.executable, "-m", "cli", "predict", "--run", str(values_run.folder), "--json"]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(32)
    ]
    outputs = [process.communicate() for process in running]
    assert {process.returncode for process in running} == {0}
    assert len({content for content, _ in outputs}) == 1
    assert not any(errors for _, errors in outputs)
