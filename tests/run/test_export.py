from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import forecaster.run.export as module
from forecaster.commands import cli
from forecaster.errors import ConfigError, RunError
from forecaster.forecaster import Forecaster
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.run.export import TOLERANCE, export_run
from forecaster.run.export_onnx import need, onnx_bytes, run_onnx
from forecaster.run.export_twin import stock_twin
from forecaster.run.load import load_run
from tests.conftest import TINY, SavedRun

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

SIZES: dict[str, Any] = {"look_back": 13, "horizon": 7, "n_channels": 3, "n_outputs": 2, "units": (6,)}
PARALLEL = {**SIZES, "decoder": "parallel"}
KNOWN = {"n_series": 5, "series_units": 3, "n_future": 2}
NETWORKS: dict[str, dict[str, Any]] = {
    "two layers": {"units": (6, 5)},
    "gru in segments": {"cell": "gru", "segment": 4, "units": (5, 6)},
    "rnn both ways": {"cell": "rnn", "segment": 5, "bidirectional": True, "units": (5, 4)},
    "lstm both ways": {"bidirectional": True, "units": (5, 4)},
    "gru both ways": {"cell": "gru", "bidirectional": True},
    "branches": {"branches": ((2, 0), (1,)), "segment": 4, "n_static": 3, "dense_units": (5, 4)},
    "marks": {"n_marks": 4, "mark_units": 3, "linear": True},
    "direct, all that is known": {**KNOWN, "n_static": 2},
    "parallel": {**PARALLEL, "out_segment": 3},
    "parallel in one": {**PARALLEL, "out_segment": 7},
    "parallel, all that is known": {**PARALLEL, **KNOWN, "out_segment": 4, "n_static": 2, "cell": "gru"},
    "other activations": {"activation": "softsign", "recurrent_activation": "hard_sigmoid"},
    "relu": {"cell": "gru", "activation": "relu", "recurrent_dropout": 0.1},
}


def network(**sizes: Any) -> tuple[Architecture, keras.Model]:
    """A network in which no weight is zero."""
    architecture = Architecture(**{**SIZES, **sizes})
    model = build_model(architecture)
    random = np.random.default_rng(1)
    for layer in model.layers:
        layer.set_weights(
            [
                random.normal(size=part.shape) * 0.3 if part.dtype == np.float32 else part
                for part in layer.get_weights()
            ]
        )
    return architecture, model


def inputs_of(sizes: Architecture, n: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(2)
    shape = (n, sizes.look_back, sizes.n_channels)
    given = {"past": random.normal(size=shape), "observed": random.random(shape) > 0.2}
    if sizes.n_static:
        given["static"] = random.normal(size=(n, sizes.n_static))
    if sizes.n_future:
        given["future"] = random.normal(size=(n, sizes.horizon, sizes.n_future))
    floats = {name: part.astype(np.float32) for name, part in given.items()}
    if sizes.n_marks:
        floats["marks"] = random.integers(0, sizes.n_marks + 1, shape[:2]).astype(np.int32)
    if sizes.n_series:
        floats["series"] = random.integers(0, sizes.n_series + 1, n).astype(np.int32)
    return floats


def is_stock(layer: Any) -> bool:
    parts = layer.layers if isinstance(layer, keras.Model) else []
    return type(layer).__module__.startswith("keras.") and all(is_stock(part) for part in parts)


@pytest.mark.parametrize("sizes", NETWORKS.values(), ids=NETWORKS)
def test_twin_of_stock_layers_and_its_onnx_put_out_what_the_network_does(sizes: dict[str, Any]) -> None:
    architecture, model = network(**sizes)
    twin = stock_twin(model)
    assert is_stock(twin)
    assert [one.name for one in twin.inputs] == [one.name for one in model.inputs]
    for n in (1, 5):  # the batch is of any size
        given = inputs_of(architecture, n)
        expected = model.predict(given, verbose=0)
        least = float(TOLERANCE * max(1.0, np.abs(expected).max()))
        assert twin.predict(given, verbose=0) == pytest.approx(expected, abs=least)
        content = onnx_bytes(model, twin, {"name": "text"})
        assert run_onnx(content, given) == pytest.approx(expected, abs=least)


def test_onnx_holds_one_operator_a_recurrent_layer_and_its_metadata() -> None:
    import onnx

    _, model = network(units=(6, 5))
    made = onnx.load_from_string(onnx_bytes(model, stock_twin(model), {"kind": "values"}))
    kinds = [node.op_type for node in made.graph.node]
    assert kinds.count("LSTM") == 2
    assert len(kinds) < 20  # not a copy for every step
    assert {one.key: one.value for one in made.metadata_props} == {"kind": "values"}
    assert made.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert made.opset_import[0].version == 17


def test_an_activation_that_onnx_does_not_have_is_refused() -> None:
    _, model = network(activation="gelu")
    with pytest.raises(ConfigError, match=r"no activation gelu; they have elu, .*Take --format keras\."):
        onnx_bytes(model, stock_twin(model), {})


def test_a_layer_without_a_counterpart_is_refused() -> None:
    class Own(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    given = keras.Input((2,), name="past")
    with pytest.raises(RunError, match="layer own: Own has no counterpart"):
        stock_twin(keras.Model(given, Own(name="own")(given)))


def test_a_missing_package_says_which_extra_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ConfigError, match=r"the package onnx is missing\. Install forecaster\[onnx\]\."):
        need("onnx")


def run_example(folder: Path) -> Any:
    """What example.py prints where this package cannot be imported."""
    code = "import runpy, sys; sys.modules['forecaster'] = None; runpy.run_path(sys.argv[1])"
    program = folder.absolute() / "example.py"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(program)],
        cwd=folder.anchor,
        env={**os.environ, "OMP_NUM_THREADS": "1", "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def series(n: int, period: int = 12) -> pd.DataFrame:
    steps = np.arange(n)
    days = pd.date_range("2024-01-01", periods=n, freq="D")
    return pd.DataFrame({"ds": days, "y": 50 + 5 * np.sin(steps * 2 * np.pi / period) + steps % 3})


def gaps() -> pd.DataFrame:
    waited = np.random.default_rng(0).lognormal(1.0, 0.5, size=120)
    return pd.DataFrame({"waiting": waited})


WAITS = {"kind": "intervals", "target": "waiting", "unit": "minutes", "look_back": 3}
RUNS: dict[str, tuple[Any, dict[str, Any]]] = {
    "quantile": (series, {"look_back": 14, "horizon": 3, "transforms": "level,log", "ensemble": 2}),
    "conformal": (series, {"look_back": 14, "horizon": 2, "conformal": True, "residual": "last"}),
    "point": (series, {"look_back": 14, "horizon": 2, "head": "point", "transforms": "standard,last"}),
    "bins": (series, {"look_back": 14, "task": "classify", "n_bins": 5, "ensemble": 2}),
    "mixture": (gaps, {**WAITS, "ensemble": 2}),
    "hazard": (gaps, {**WAITS, "head": "hazard"}),
}


@pytest.mark.parametrize("name", RUNS)
def test_example_forecasts_as_the_run_does_and_without_this_package(name: str, tmp_path: Path) -> None:
    make, settings = RUNS[name]
    table = make(120) if make is series else make()
    made = Forecaster(**{**TINY, "baselines": "fast", "season": 1, **settings}).fit(table)
    made.save(tmp_path / "run")
    folder = tmp_path / "out"
    written = export_run(load_run(tmp_path / "run"), "onnx", folder)
    assert written.largest_difference <= TOLERANCE
    expected = json.loads((folder / "example.json").read_text())["forecast"]
    printed = run_example(folder)
    assert np.asarray(printed) == pytest.approx(np.asarray(expected), rel=1e-5)
    if name in ("quantile", "conformal"):
        assert made.predict()["forecast"].to_numpy() == pytest.approx(np.asarray(printed), rel=1e-5)


@pytest.mark.parametrize("format_name", ["keras", "keras-json"])
def test_plain_keras_opens_the_files(format_name: str, values_run: SavedRun, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    written = export_run(load_run(values_run.folder), format_name, folder)
    files = {"keras": ["quantile-1.keras"], "keras-json": ["quantile-1.json", "quantile-1.weights.h5"]}
    assert list(written.files) == files[format_name]
    expected = json.loads((folder / "example.json").read_text())["forecast"]
    assert run_example(folder) == pytest.approx(expected, rel=1e-5)


def test_metadata_spells_out_what_goes_before_and_after(values_run: SavedRun, tmp_path: Path) -> None:
    import onnx

    folder = tmp_path / "out"
    run = load_run(values_run.folder)
    export_run(run, "onnx", folder)
    facts = json.loads((folder / "metadata.json").read_text())
    (model,) = facts["models"]
    assert facts["series"] == ["a", "b"]
    assert model["inputs"]["past"]["shape"] == ["batch", 6, 1]
    assert [one["name"] for one in model["transforms"]] == [
        one.name for one in run.models[0].normaliser.steps
    ]
    assert model["decoding"]["levels"] == list(run.models[0].head.unmarked.levels)
    assert facts["check"]["largest_difference"] <= facts["check"]["tolerance"] == TOLERANCE
    own = onnx.load(folder / model["files"][0])
    props = {one.key: one.value for one in own.metadata_props}
    assert json.loads(props["decoding"]) == model["decoding"]
    assert json.loads(props["transforms"]) == model["transforms"]
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        name: 0o600 for name in ("example.json", "example.py", "metadata.json", "quantile-1.onnx")
    }


def test_a_file_that_predicts_something_else_is_not_written(
    values_run: SavedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "run_onnx", lambda content, inputs: run_onnx(content, inputs) + 1e-4)
    with pytest.raises(RunError, match=r"quantile-1\.onnx: its outputs differ .* by 0\.0001 of the largest"):
        export_run(load_run(values_run.folder), "onnx", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_run_without_rows_is_compared_on_made_up_windows(values_run: SavedRun, tmp_path: Path) -> None:
    run = Forecaster(**TINY, look_back=6, season=1).fit(str(values_run.data))
    run.save(tmp_path / "run", context=False)
    folder = tmp_path / "out"
    assert export_run(load_run(tmp_path / "run"), "onnx", folder).n_compared == 16
    example = json.loads((folder / "example.json").read_text())
    assert (example["target"], example["forecast"], example["steps"]) == (None, None, [])
    assert len(run_example(folder)) == 1


def test_command_names_its_files_and_refuses_a_folder_that_is_there(
    values_run: SavedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(values_run.folder.parents[1])
    done = CliRunner().invoke(cli, ["export", "tiny", "--out", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["files"] == ["quantile-1.onnx"]
    assert "Compared on 18 windows" in done.stderr
    again = CliRunner().invoke(cli, ["export", "tiny", "--out", str(tmp_path / "out")])
    assert again.exit_code == 1
    assert "it is there already. Choose another --out" in again.stderr
